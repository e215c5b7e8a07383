import type { Message } from "./messages.ts";

/** What the contracts that hold, guard and correct units refuse; see messagesChain.ts. */
export const unitMessages = {
  // ReductionToken
  REDUCTION_TOKEN_CONSUMED: {
    en: "The retirement {retirementId} already stands in a certificate.",
    zh: "注销 {retirementId} 已用于一份证明。",
  },
  REDUCTION_TOKEN_EXISTS: { en: "These units were already issued.", zh: "该减排量已签发。" },
  REDUCTION_TOKEN_GRAMS_TOO_MANY: {
    en: "{grams} g are more than {most} g.",
    zh: "{grams} 克超过上限 {most} 克。",
  },
  REDUCTION_TOKEN_GRAMS_ZERO: { en: "Nothing is no amount.", zh: "数量不能为零。" },
  REDUCTION_TOKEN_IN_CUSTODY: {
    en: "Units that {account} holds for others are not moved or voided by force.",
    zh: "{account} 代他人保管的减排量不得强制划转或作废。",
  },
  REDUCTION_TOKEN_ISSUER_KNOWN: {
    en: "{issuer} may issue already.",
    zh: "{issuer} 已具有签发资格。",
  },
  REDUCTION_TOKEN_ISSUER_ZERO: { en: "An issuer needs an address.", zh: "签发合约须有地址。" },
  REDUCTION_TOKEN_LINES_EMPTY: {
    en: "A retirement needs at least one line.",
    zh: "注销至少需要一行明细。",
  },
  REDUCTION_TOKEN_LINES_MIXED: {
    en: "The unit {tokenId} is not of programme {programme}; one retirement covers one programme.",
    zh: "减排量 {tokenId} 不属于碳普惠机制 {programme}，一次注销只覆盖一个机制。",
  },
  REDUCTION_TOKEN_LINES_TOO_MANY: {
    en: "{count} lines are more than {most}.",
    zh: "{count} 行明细超过上限 {most} 行。",
  },
  REDUCTION_TOKEN_NOT_ACCOUNT_GUARD: {
    en: "Only the account guard does this, not {caller}.",
    zh: "只有账户保护合约可执行，{caller} 不可。",
  },
  REDUCTION_TOKEN_NOT_CERTIFICATE: {
    en: "Only the certificate contract does this, not {caller}.",
    zh: "只有证明合约可执行，{caller} 不可。",
  },
  REDUCTION_TOKEN_NOT_CORRECTIONS: {
    en: "Only the corrections contract does this, not {caller}.",
    zh: "只有更正合约可执行，{caller} 不可。",
  },
  REDUCTION_TOKEN_NOT_CUSTODIAN: {
    en: "Only the contracts that hold units for others do this, not {caller}.",
    zh: "只有代管减排量的合约可执行，{caller} 不可。",
  },
  REDUCTION_TOKEN_NOT_FREEZES: {
    en: "Only the freezes contract does this, not {caller}.",
    zh: "只有冻结合约可执行，{caller} 不可。",
  },
  REDUCTION_TOKEN_NOT_ISSUANCE: {
    en: "Only the issuance contract does this, not {caller}.",
    zh: "只有签发合约可执行，{caller} 不可。",
  },
  REDUCTION_TOKEN_NOT_PROGRAMMES: {
    en: "Only the programmes contract does this, not {caller}.",
    zh: "只有机制合约可执行，{caller} 不可。",
  },
  REDUCTION_TOKEN_PARTLY_FROZEN: {
    en: "The account {account} would keep {leftGrams} g of the unit {tokenId}, but {frozenGrams} g are frozen.",
    zh: "碳账户 {account} 的减排量 {tokenId} 将余 {leftGrams} 克，而其中 {frozenGrams} 克已冻结。",
  },
  REDUCTION_TOKEN_PAUSED: {
    en: "Programme {programme} is paused.",
    zh: "碳普惠机制 {programme} 已暂停。",
  },
  REDUCTION_TOKEN_PURPOSE: { en: "There is no purpose {purpose}.", zh: "没有用途 {purpose}。" },
  REDUCTION_TOKEN_RETIREMENT_UNKNOWN: {
    en: "There is no retirement {retirementId}.",
    zh: "没有注销记录 {retirementId}。",
  },
  REDUCTION_TOKEN_STANDING: {
    en: "The standing {standing} of account {account} does not allow this.",
    zh: "碳账户 {account} 的状态 {standing} 不允许此操作。",
  },
  REDUCTION_TOKEN_STANDING_FIXED: {
    en: "The standing of the registry's own contract {account} does not change.",
    zh: "登记系统合约 {account} 的状态不可更改。",
  },
  REDUCTION_TOKEN_STATE: {
    en: "The unit is in state {state}, which does not allow this.",
    zh: "该减排量处于状态 {state}，不允许此操作。",
  },
  REDUCTION_TOKEN_UNKNOWN: { en: "There is no unit {tokenId}.", zh: "没有减排量 {tokenId}。" },
  REDUCTION_TOKEN_VOID_TOO_FEW: {
    en: "{voidGrams} g of the unit {tokenId} are void, fewer than {grams} g.",
    zh: "减排量 {tokenId} 已作废 {voidGrams} 克，少于 {grams} 克。",
  },

  // Certificate
  CERTIFICATE_DISPUTED: {
    en: "The unit {tokenId} still carries an open debt.",
    zh: "减排量 {tokenId} 仍有未了结的责任。",
  },
  CERTIFICATE_EMPTY: {
    en: "A certificate needs at least one retirement.",
    zh: "证明至少需要一笔注销。",
  },
  CERTIFICATE_EXISTS: { en: "This certificate already exists.", zh: "该证明已存在。" },
  CERTIFICATE_HOLDER_STANDING: {
    en: "The standing {standing} of account {holder} does not allow a certificate.",
    zh: "碳账户 {holder} 的状态 {standing} 不允许出具证明。",
  },
  CERTIFICATE_IMPAIRED_ALREADY: {
    en: "The certificate is already shown as impaired by the unit {tokenId}.",
    zh: "该证明已因减排量 {tokenId} 标注为存在瑕疵。",
  },
  CERTIFICATE_KIND_UNKNOWN: {
    en: "There is no certificate of kind {kind}.",
    zh: "没有类型为 {kind} 的证明。",
  },
  CERTIFICATE_LINE_UNKNOWN: {
    en: "The retirement {retirementId} has no line {line}.",
    zh: "注销 {retirementId} 没有第 {line} 行。",
  },
  CERTIFICATE_LOCKED: { en: "A certificate cannot be handed on.", zh: "证明不可转让。" },
  CERTIFICATE_MIXED_PROGRAMMES: {
    en: "The retirement {retirementId} belongs to programme {programme}; one certificate covers one programme.",
    zh: "注销 {retirementId} 属于碳普惠机制 {programme}，一份证明只覆盖一个机制。",
  },
  CERTIFICATE_NOT_DELEGATE: {
    en: "The order lets only {delegate} bring it, not {caller}.",
    zh: "该指令只许 {delegate} 提交，{caller} 不可。",
  },
  CERTIFICATE_NOT_DISPUTED: {
    en: "The unit {tokenId} carries no open debt.",
    zh: "减排量 {tokenId} 没有未了结的责任。",
  },
  CERTIFICATE_NOT_IMPAIRED: {
    en: "The certificate is not shown as impaired by the unit {tokenId}.",
    zh: "该证明未因减排量 {tokenId} 标注为存在瑕疵。",
  },
  CERTIFICATE_NOT_RETIRER: {
    en: "Only who retired may certify: {retirementId} is by {retirer}, not {caller}.",
    zh: "只有注销方可申领证明：{retirementId} 由 {retirer} 注销，非 {caller}。",
  },
  CERTIFICATE_NOT_VALID: {
    en: "The certificate is in state {state}.",
    zh: "该证明处于状态 {state}。",
  },
  CERTIFICATE_OPENING_MISMATCH: {
    en: "What was brought is not what the certificate {certificateId} is made of.",
    zh: "所提交的内容与证明 {certificateId} 不符。",
  },
  CERTIFICATE_PURPOSE: {
    en: "The purpose {purpose} of retirement {retirementId} allows no certificate here.",
    zh: "注销 {retirementId} 的用途 {purpose} 不适用于此证明。",
  },
  CERTIFICATE_REPLACED_MISMATCH: {
    en: "The order names the certificate {signed}, but {opened} was brought.",
    zh: "指令所指证明为 {signed}，所提交的却是 {opened}。",
  },
  CERTIFICATE_REPLACED_NOT_REVOKED: {
    en: "Only a revoked certificate can be replaced.",
    zh: "只有已撤销的证明可被替换。",
  },
  CERTIFICATE_REPLACED_PROGRAMME: {
    en: "The certificate to be replaced is of programme {programme}.",
    zh: "被替换的证明属于碳普惠机制 {programme}。",
  },
  CERTIFICATE_RETIREMENT_MISMATCH: {
    en: "What was brought is not what the retirement {retirementId} is made of.",
    zh: "所提交的内容与注销 {retirementId} 不符。",
  },
  CERTIFICATE_ROLE_MISSING: {
    en: "{caller} does not hold role {role} in programme {programme}.",
    zh: "{caller} 在碳普惠机制 {programme} 中不具有角色 {role}。",
  },
  CERTIFICATE_SHORT: {
    en: "{retiredGrams} g were retired, {emittedGrams} g were emitted.",
    zh: "注销 {retiredGrams} 克，少于排放 {emittedGrams} 克。",
  },
  CERTIFICATE_TOO_MANY: {
    en: "{count} retirements are more than {most}.",
    zh: "{count} 笔注销超过上限 {most} 笔。",
  },
  CERTIFICATE_UNKNOWN: {
    en: "There is no certificate {certificateId}.",
    zh: "没有证明 {certificateId}。",
  },

  // Signed orders
  INTENT_NONCES_EXPIRED: {
    en: "The signed order counted until {deadline}.",
    zh: "该签名指令有效期至 {deadline}。",
  },
  INTENT_NONCES_SIGNATURE: {
    en: "The signature under the order is not that of {signer}.",
    zh: "该指令的签名不是 {signer} 作出的。",
  },
  INTENT_NONCES_USED: {
    en: "{signer} has already used or cancelled the nonce {nonce}.",
    zh: "{signer} 已使用或取消序号 {nonce}。",
  },

  // AccountGuard
  ACCOUNT_GUARD_COOLING: {
    en: "A cooling-off of {coolingSeconds} s is not between {least} s and {most} s.",
    zh: "冷静期 {coolingSeconds} 秒不在 {least} 至 {most} 秒之间。",
  },
  ACCOUNT_GUARD_DAY_GRAMS: {
    en: "{grams} g on one day are more than the account's limit of {most} g.",
    zh: "单日 {grams} 克超过该账户的限额 {most} 克。",
  },
  ACCOUNT_GUARD_DOCUMENT_ZERO: { en: "This needs the hash of a document.", zh: "须提供文件哈希。" },
  ACCOUNT_GUARD_GRAMS_ZERO: { en: "An order of nothing is no order.", zh: "指令数量不能为零。" },
  ACCOUNT_GUARD_IS_TRUSTED: {
    en: "The account {account} already trusts {receiver}.",
    zh: "碳账户 {account} 已信任 {receiver}。",
  },
  ACCOUNT_GUARD_LIMITS: {
    en: "A limit of {transactionGrams} g in one transfer does not fit one of {dayGrams} g a day.",
    zh: "单笔限额 {transactionGrams} 克与单日限额 {dayGrams} 克不相容。",
  },
  ACCOUNT_GUARD_NOT_LOWER: {
    en: "At once, limits are only lowered; they are {transactionGrams} g and {dayGrams} g a day now.",
    zh: "限额只可立即调低；现为单笔 {transactionGrams} 克、单日 {dayGrams} 克。",
  },
  ACCOUNT_GUARD_NOT_PERSON: {
    en: "{caller} is neither the account {account} nor its second person.",
    zh: "{caller} 既不是碳账户 {account} 本身，也不是其第二经办人。",
  },
  ACCOUNT_GUARD_NOT_SECOND: {
    en: "{caller} is not the second person of the account {account}.",
    zh: "{caller} 不是碳账户 {account} 的第二经办人。",
  },
  ACCOUNT_GUARD_NOT_TOKEN: {
    en: "Only the token does this, not {caller}.",
    zh: "只有减排量合约可执行，{caller} 不可。",
  },
  ACCOUNT_GUARD_OFF: {
    en: "The account {account} is not guarded.",
    zh: "碳账户 {account} 未启用保护。",
  },
  ACCOUNT_GUARD_ON: {
    en: "The account {account} is already guarded.",
    zh: "碳账户 {account} 已启用保护。",
  },
  ACCOUNT_GUARD_ORDER_COOLING: {
    en: "The order {orderId} waits until {ripeAt}.",
    zh: "指令 {orderId} 的冷静期至 {ripeAt} 结束。",
  },
  ACCOUNT_GUARD_ORDER_DEAD: {
    en: "The order {orderId} was placed under an earlier guard.",
    zh: "指令 {orderId} 系在此前的保护设置下作出，已失效。",
  },
  ACCOUNT_GUARD_ORDER_KIND: {
    en: "The order {orderId} is of kind {kind}; the account itself moves the units.",
    zh: "指令 {orderId} 的类型为 {kind}，须由账户自行划转。",
  },
  ACCOUNT_GUARD_ORDER_LIVE: {
    en: "The order {orderId} says the same and is still open.",
    zh: "内容相同的指令 {orderId} 尚未了结。",
  },
  ACCOUNT_GUARD_ORDER_OVER: {
    en: "The order {orderId} ended at {endsAt}.",
    zh: "指令 {orderId} 已于 {endsAt} 失效。",
  },
  ACCOUNT_GUARD_ORDER_STATE: {
    en: "The order {orderId} is in state {state}, which does not allow this.",
    zh: "指令 {orderId} 处于状态 {state}，不允许此操作。",
  },
  ACCOUNT_GUARD_ORDER_UNKNOWN: { en: "There is no order {orderId}.", zh: "没有指令 {orderId}。" },
  ACCOUNT_GUARD_RECEIVER_ZERO: {
    en: "A trusted account needs an address.",
    zh: "受信任账户须有地址。",
  },
  ACCOUNT_GUARD_ROLE_MISSING: {
    en: "{caller} does not hold role {role} in programme {programme}.",
    zh: "{caller} 在碳普惠机制 {programme} 中不具有角色 {role}。",
  },
  ACCOUNT_GUARD_SAME_INSTITUTION: {
    en: "{caller} belongs to the institution of the account {account} and does not decide about it.",
    zh: "{caller} 与碳账户 {account} 同属一个机构，不得就其作出决定。",
  },
  ACCOUNT_GUARD_SECOND: {
    en: "{second} cannot be the second person of the account {account}.",
    zh: "{second} 不能担任碳账户 {account} 的第二经办人。",
  },
  ACCOUNT_GUARD_STANDING: {
    en: "The standing {standing} of account {account} does not allow this.",
    zh: "碳账户 {account} 的状态 {standing} 不允许此操作。",
  },
  ACCOUNT_GUARD_TRANSACTION_GRAMS: {
    en: "{grams} g at once are more than the account's limit of {most} g.",
    zh: "单笔 {grams} 克超过该账户的限额 {most} 克。",
  },
  ACCOUNT_GUARD_UNTRUSTED: {
    en: "The account {account} does not trust {receiver}; that needs an order by two persons.",
    zh: "碳账户 {account} 未信任 {receiver}，须由两人下达指令。",
  },

  // Freezes
  FREEZES_ACCOUNT_UNKNOWN: { en: "There is no account {account}.", zh: "没有碳账户 {account}。" },
  FREEZES_DEBT_UNKNOWN: {
    en: "Nothing of the account {account} is frozen for request {requestId}.",
    zh: "碳账户 {account} 没有因申请 {requestId} 而冻结的减排量。",
  },
  FREEZES_DOCUMENT_ZERO: { en: "A freeze needs the number of its document.", zh: "冻结须有文号。" },
  FREEZES_EXPIRY: {
    en: "A freeze until {expiresAt} would be over already.",
    zh: "冻结至 {expiresAt}，该时间已过。",
  },
  FREEZES_FULL: {
    en: "The account {account} already has {most} freezes on this unit.",
    zh: "碳账户 {account} 对该减排量的冻结已达 {most} 项。",
  },
  FREEZES_GRAMS_ZERO: { en: "A freeze of nothing is no freeze.", zh: "冻结数量不能为零。" },
  FREEZES_NOT_DOUBLE_COUNT: {
    en: "Only the double-count contract does this, not {caller}.",
    zh: "只有重复计算核查合约可执行，{caller} 不可。",
  },
  FREEZES_NOT_EXPIRED: {
    en: "The freeze {freezeId} counts until {expiresAt} (0: until it is lifted).",
    zh: "冻结 {freezeId} 有效期至 {expiresAt}（0 表示直至解除）。",
  },
  FREEZES_ROLE_MISSING: {
    en: "{caller} does not hold role {role} in programme {programme}.",
    zh: "{caller} 在碳普惠机制 {programme} 中不具有角色 {role}。",
  },
  FREEZES_SAME_INSTITUTION: {
    en: "{caller} belongs to the institution of the account {account} and does not lift its freeze.",
    zh: "{caller} 与碳账户 {account} 同属一个机构，不得解除其冻结。",
  },
  FREEZES_TOKEN_UNKNOWN: { en: "There is no unit {tokenId}.", zh: "没有减排量 {tokenId}。" },
  FREEZES_UNKNOWN: {
    en: "There is no freeze {freezeId}, or it ended.",
    zh: "没有冻结 {freezeId}，或其已结束。",
  },

  // Corrections
  CORRECTIONS_ABOVE_VOIDED: {
    en: "{grams} g are more than the {leftGrams} g that this act voided and nobody got back.",
    zh: "{grams} 克超过该事项作废且尚未恢复的 {leftGrams} 克。",
  },
  CORRECTIONS_BALANCE: {
    en: "The account {account} holds {heldGrams} g of the unit {tokenId}, fewer than {grams} g.",
    zh: "碳账户 {account} 持有减排量 {tokenId} {heldGrams} 克，少于 {grams} 克。",
  },
  CORRECTIONS_DOCUMENT_ZERO: { en: "This needs the hash of a document.", zh: "须提供文件哈希。" },
  CORRECTIONS_EXPIRED: {
    en: "The act could be approved until {expiresAt}.",
    zh: "该事项的批准期限至 {expiresAt}。",
  },
  CORRECTIONS_EXPIRY_SECONDS: {
    en: "The programme gives {actSeconds} s for an approval, which is no time.",
    zh: "该机制规定的批准期限为 {actSeconds} 秒，无法执行。",
  },
  CORRECTIONS_FIELDS: {
    en: "An act of kind {kind} names too little or too much.",
    zh: "类型为 {kind} 的事项，所填内容不全或有多余。",
  },
  CORRECTIONS_GRAMS_ZERO: { en: "An act over nothing is no act.", zh: "更正数量不能为零。" },
  CORRECTIONS_KIND: { en: "There is no act of kind {kind}.", zh: "没有类型为 {kind} 的更正事项。" },
  CORRECTIONS_NOT_VOIDED: {
    en: "That act voided nothing of the unit {tokenId}.",
    zh: "该事项未作废减排量 {tokenId}。",
  },
  CORRECTIONS_OTHER_INSTITUTION: {
    en: "{from} and {to} do not belong to one institution.",
    zh: "{from} 与 {to} 不属于同一机构。",
  },
  CORRECTIONS_PARTY_UNKNOWN: { en: "{party} has no account here.", zh: "{party} 在此没有碳账户。" },
  CORRECTIONS_REPLACEMENT: {
    en: "The unit {replacement} cannot replace {tokenId}.",
    zh: "减排量 {replacement} 不能替换 {tokenId}。",
  },
  CORRECTIONS_ROLE_MISSING: {
    en: "{account} does not hold role {role} in programme {programme}.",
    zh: "{account} 在碳普惠机制 {programme} 中不具有角色 {role}。",
  },
  CORRECTIONS_SAME_INSTITUTION: {
    en: "{caller} and {party} belong to one institution; whoever proposes or gains does not decide.",
    zh: "{caller} 与 {party} 属同一机构，提出方和当事方不得决定。",
  },
  CORRECTIONS_STATE: {
    en: "The act is in state {state}, which does not allow this.",
    zh: "该事项处于状态 {state}，不允许此操作。",
  },
  CORRECTIONS_TOKEN_UNKNOWN: { en: "There is no unit {tokenId}.", zh: "没有减排量 {tokenId}。" },
  CORRECTIONS_UNKNOWN: { en: "There is no act {actId}.", zh: "没有更正事项 {actId}。" },
} as const satisfies Record<string, Message>;
