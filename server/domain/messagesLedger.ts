/** What is refused about personal accounts, rights, mandates, points and epochs. */
export const ledgerMessages = {
  CONSENT_WITHDRAWN: {
    en: "The person has withdrawn the consent to count their activities.",
    zh: "该用户已撤回对其低碳行为进行核算的同意。",
  },
  BALANCE_SHORT: {
    en: "The account has {has} g to dispose of; {needed} g are needed.",
    zh: "账户可用减排量为 {has} 克，需要 {needed} 克。",
  },
  POINTS_TERM_TOO_LONG: {
    en: "Points end on a day to come, within ten years.",
    zh: "碳积分的到期日须在今后十年以内。",
  },
  POINTS_ENDED: {
    en: "These points were used, cancelled or have expired.",
    zh: "该笔碳积分已使用、已取消或已到期。",
  },
  MANDATE_ENDED: {
    en: "The person has revoked this mandate.",
    zh: "该委托已被本人撤销。",
  },
  MANDATE_NOT_RUNNING: {
    en: "The mandate does not run today.",
    zh: "该委托今日不在有效期内。",
  },
  MANDATE_OTHER_AGENT: {
    en: "The mandate names another agent.",
    zh: "该委托的受托人不是本账户。",
  },
  MANDATE_EXCEEDED: {
    en: "The mandate lets {left} g more be moved.",
    zh: "该委托项下剩余可办理 {left} 克。",
  },
  MANDATE_TERM_WRONG: {
    en: "A mandate begins today or later and lasts at most five years.",
    zh: "委托自今日或以后开始，最长五年。",
  },
  RIGHT_RULE_INVALID: {
    en: "The rule of rights cannot be used: {detail}.",
    zh: "权益规则无法使用：{detail}。",
  },
  LINE_FRACTION: {
    en: "Line {index} is not of whole grams.",
    zh: "第 {index} 行不是整克。",
  },
  LINES_EMPTY: {
    en: "Nobody has issued grams in this programme yet.",
    zh: "该机制下尚无个人账户持有已签发的减排量。",
  },
  PROOF_WRONG: {
    en: "The proof does not hold: its {part} is wrong.",
    zh: "证明不成立：其中 {part} 有误。",
  },
  ACCOUNT_NOT_SETTLED: {
    en: "The account still has {pending} mg pending, {issued} mg issued and {points} mg behind points. Cancel the points, then give up the rest or use it first.",
    zh: "账户仍有待签发 {pending} 毫克、已签发 {issued} 毫克、积分锁定 {points} 毫克。请先取消积分，再使用或放弃其余部分。",
  },
  ACCOUNT_MANDATE_OPEN: {
    en: "A mandate of this account still runs; revoke it first.",
    zh: "该账户仍有有效委托，请先撤销。",
  },
  PERSON_DELETED: {
    en: "This person's account was deleted; what was issued stays restricted until {until}.",
    zh: "该用户账户已删除；已签发部分的证据限制保存至 {until}。",
  },
} as const;
