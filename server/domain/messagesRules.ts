/** What is refused because of a programme's rules; `{rule}`, `{source}` and the dates say which. */
export const rulesMessages = {
  RULES_INVALID: {
    en: "The programme's rules do not have the described form: {detail}.",
    zh: "碳普惠机制规则不符合规定格式：{detail}。",
  },
  RULE_ABSENT: {
    en: 'Programme {programme} has no rule "{rule}" on {day}.',
    zh: "机制 {programme} 在 {day} 没有规则“{rule}”。",
  },
  // What is missing stands in the values `missing` and `missingZh`.
  RULE_DRAFT: {
    en: 'The rule "{rule}" of programme {programme} is a draft on {day} and decides nothing ({source}; from {first}); /v1/rules says what it lacks.',
    zh: "机制 {programme} 的规则“{rule}”在 {day} 为草案，不作为依据（{source}；自 {first} 起），所缺内容见 /v1/rules。",
  },
  RULE_NOT_IN_FORCE: {
    en: 'The rule "{rule}" is not in force on {day} ({source}; from {first} to {end}, not included).',
    zh: "规则“{rule}”在 {day} 不适用（{source}；{first} 至 {end}，不含末日）。",
  },
  EVENT_TOO_SMALL: {
    en: 'An event of the kind "{kind}" counts as a large one from {least} {measure} on ("{rule}": {source}; from {first}).',
    zh: "“{kind}”类活动达到 {least}（{measure}）方为大型活动（“{rule}”：{source}；自 {first} 起）。",
  },
  OFFSET_OTHER_YEAR: {
    en: 'The offset is for the compliance year {ruleYear}, not {year} ("{rule}": {source}; from {first}).',
    zh: "该抵销只适用于 {ruleYear} 年度，不适用于 {year} 年度（“{rule}”：{source}；自 {first} 起）。",
  },
  OFFSET_ENTERPRISE_OUTSIDE: {
    en: 'Only enterprises of programme {allowed} may offset, this one is of {actual} ("{rule}": {source}; from {first}).',
    zh: "只有机制 {allowed} 辖区内的纳入企业可以抵销，该企业属于 {actual}（“{rule}”：{source}；自 {first} 起）。",
  },
  OFFSET_UNITS_OUTSIDE: {
    en: 'Only units of programme {allowed} may be used, these are of {actual} ("{rule}": {source}; from {first}).',
    zh: "只能使用机制 {allowed} 签发的减排量，该减排量属于 {actual}（“{rule}”：{source}；自 {first} 起）。",
  },
  OFFSET_OVER_CAP: {
    en: '{grams} g is more than the {most} g that may be offset ("{rule}": {source}; from {first}).',
    zh: "{grams} 克超过可抵销的 {most} 克（“{rule}”：{source}；自 {first} 起）。",
  },
  SUBSIDY_USED_UP: {
    en: 'The project has had {paid} fen, the most a project is paid is {most} fen ("{rule}": {source}; from {first}).',
    zh: "该项目已获补贴 {paid} 分，单个项目最高 {most} 分（“{rule}”：{source}；自 {first} 起）。",
  },
  POINTS_LIFE_TOO_LONG: {
    en: 'Points of {earned} may live until {most} (not included), not until {wanted} ("{rule}": {source}; from {first}).',
    zh: "{earned} 取得的积分有效期最长至 {most}（不含），不得至 {wanted}（“{rule}”：{source}；自 {first} 起）。",
  },
  POINTS_EXPIRED: {
    en: 'The points of {earned} ended on {most} (not included) ("{rule}": {source}; from {first}).',
    zh: "{earned} 取得的积分已于 {most}（不含）失效（“{rule}”：{source}；自 {first} 起）。",
  },
  POINTS_NOT_TRANSFERABLE: {
    en: 'Points may not be transferred or traded ("{rule}": {source}; from {first}).',
    zh: "积分不得转让、交易（“{rule}”：{source}；自 {first} 起）。",
  },
  POINTS_CANCEL_NOT_YOURS: {
    en: 'Only the {by} decides to cancel points, not the {who} ("{rule}": {source}; from {first}).',
    zh: "积分注销由 {by} 决定，{who} 不得自行注销（“{rule}”：{source}；自 {first} 起）。",
  },
} as const;
