import type { Message } from "./messages.ts";

/**
 * One message for each custom error of Programmes, Sources and Issuance. The code follows from the
 * error's name by rule, see `codeOfContractError`; a placeholder is named as the error's argument.
 */
export const chainMessages = {
  // Programmes
  PROGRAMMES_ACCOUNT_ELSEWHERE: {
    en: "The account {account} belongs to programme {programme}.",
    zh: "碳账户 {account} 属于碳普惠机制 {programme}。",
  },
  PROGRAMMES_ACCOUNT_EXISTS: {
    en: "The account {account} is already open in programme {programme}.",
    zh: "碳账户 {account} 已在碳普惠机制 {programme} 开立。",
  },
  PROGRAMMES_ACCOUNT_STANDING: {
    en: "The standing {standing} of account {account} does not allow this.",
    zh: "碳账户 {account} 的状态 {standing} 不允许此操作。",
  },
  PROGRAMMES_ACCOUNT_UNKNOWN: {
    en: "There is no account {account}.",
    zh: "没有碳账户 {account}。",
  },
  PROGRAMMES_ACCOUNT_ZERO: { en: "An account needs an address.", zh: "碳账户须有地址。" },
  PROGRAMMES_AUTHORITY_PROTECTED: {
    en: "The authority's account {account} cannot be frozen or closed.",
    zh: "主管部门账户 {account} 不能被冻结或注销。",
  },
  PROGRAMMES_DECIDING_TIER: {
    en: "No programme above {programme} has tier {tier} or a higher one.",
    zh: "碳普惠机制 {programme} 之上没有层级不低于 {tier} 的机制。",
  },
  PROGRAMMES_EXISTS: {
    en: "Programme {programme} already exists.",
    zh: "碳普惠机制 {programme} 已存在。",
  },
  PROGRAMMES_ID_ZERO: { en: "A programme number starts at 1.", zh: "碳普惠机制编号从 1 开始。" },
  PROGRAMMES_INSTITUTION_MISMATCH: {
    en: "The account {account} belongs to another institution.",
    zh: "碳账户 {account} 属于其他机构。",
  },
  PROGRAMMES_INSTITUTION_ZERO: {
    en: "An account needs an institution.",
    zh: "碳账户须登记所属机构。",
  },
  PROGRAMMES_NOT_PAUSED: {
    en: "Programme {programme} is not paused.",
    zh: "碳普惠机制 {programme} 未暂停。",
  },
  PROGRAMMES_NOT_RECOGNISED: {
    en: "Programme {programme} does not recognise this of programme {other}.",
    zh: "碳普惠机制 {programme} 未对机制 {other} 作此互认。",
  },
  PROGRAMMES_PARAMETER_KEY_ZERO: { en: "A parameter needs a name.", zh: "参数须有名称。" },
  PROGRAMMES_PARAMETER_UNSET: {
    en: "Programme {programme} has not set the parameter {key}.",
    zh: "碳普惠机制 {programme} 未设置参数 {key}。",
  },
  PROGRAMMES_PARAMETER_TOO_LARGE: {
    en: "{value} is too large for the parameter {key}, or {effectiveAt} too late.",
    zh: "参数 {key} 的值 {value} 过大，或生效时间 {effectiveAt} 过晚。",
  },
  PROGRAMMES_PAUSED: {
    en: "Programme {programme} is paused.",
    zh: "碳普惠机制 {programme} 已暂停。",
  },
  PROGRAMMES_RECOGNISED: {
    en: "Programme {programme} already recognises this of programme {other}.",
    zh: "碳普惠机制 {programme} 已对机制 {other} 作此互认。",
  },
  PROGRAMMES_RECOGNITION_KIND: {
    en: "There is no recognition of kind {what}.",
    zh: "没有类型为 {what} 的互认。",
  },
  PROGRAMMES_RECOGNITION_SELF: {
    en: "Programme {programme} does not recognise itself.",
    zh: "碳普惠机制 {programme} 无须与自身互认。",
  },
  PROGRAMMES_ROLE_HELD: {
    en: "The account {account} already holds role {role}.",
    zh: "账户 {account} 已具有角色 {role}。",
  },
  PROGRAMMES_ROLE_MISSING: {
    en: "{caller} does not hold role {role} in programme {programme}.",
    zh: "{caller} 在碳普惠机制 {programme} 中不具有角色 {role}。",
  },
  PROGRAMMES_ROLE_NOT_HELD: {
    en: "The account {account} does not hold role {role}.",
    zh: "账户 {account} 不具有角色 {role}。",
  },
  PROGRAMMES_ROLE_UNKNOWN: { en: "There is no role {role}.", zh: "没有角色 {role}。" },
  PROGRAMMES_SELF_REVOKE: {
    en: "Nobody revokes their own role: {account}.",
    zh: "不能撤销自己的角色：{account}。",
  },
  PROGRAMMES_TIER: {
    en: "Tier {tier} does not stand below tier {parentTier}.",
    zh: "层级 {tier} 不在层级 {parentTier} 之下。",
  },
  PROGRAMMES_UNKNOWN: {
    en: "There is no programme {programme}.",
    zh: "没有碳普惠机制 {programme}。",
  },

  // Sources
  SOURCES_ACCOUNT_UNKNOWN: {
    en: "There is no account {account} in this programme.",
    zh: "该碳普惠机制中没有碳账户 {account}。",
  },
  SOURCES_ASSET_KEY_ZERO: { en: "A source needs an asset key.", zh: "减排项目须有资产标识码。" },
  SOURCES_ASSET_SHARED: {
    en: "The asset {assetKey} already has the source {first}; the authority must decide.",
    zh: "资产 {assetKey} 已有减排项目 {first}，须由主管部门决定。",
  },
  SOURCES_CLASS_ZERO: { en: "A class number starts at 1.", zh: "方法学类别编号从 1 开始。" },
  SOURCES_CONSENT_MISSING: {
    en: "{owner} has not consented to the source {sourceId}.",
    zh: "{owner} 未同意减排项目 {sourceId}。",
  },
  SOURCES_CONTENT_HASH_ZERO: {
    en: "A methodology is pinned by its content hash.",
    zh: "方法学须以内容哈希固定。",
  },
  SOURCES_DAY_NOT_TAKEN: {
    en: "Day {day} of this asset is not booked for class {class}.",
    zh: "该资产第 {day} 日未被类别 {class} 占用。",
  },
  SOURCES_DAY_TAKEN: {
    en: "Day {day} of this asset is already booked for class {class}.",
    zh: "该资产第 {day} 日已被类别 {class} 占用。",
  },
  SOURCES_EXCLUSIONS_FULL: {
    en: "Class {class} already has {most} excluded classes.",
    zh: "类别 {class} 的互斥类别已达 {most} 个。",
  },
  SOURCES_EXCLUSION_EXISTS: {
    en: "The classes {classA} and {classB} already exclude each other.",
    zh: "类别 {classA} 与 {classB} 已互斥。",
  },
  SOURCES_EXCLUSION_SAME: {
    en: "A class {class} always excludes itself.",
    zh: "类别 {class} 本身即互斥。",
  },
  SOURCES_EXTERNAL_UNKNOWN: {
    en: "There is no external record {externalId}.",
    zh: "没有外部签发记录 {externalId}。",
  },
  SOURCES_EXTERNAL_WITHDRAWN: {
    en: "The external record {externalId} was withdrawn.",
    zh: "外部签发记录 {externalId} 已撤回。",
  },
  SOURCES_ISSUER_STATE: {
    en: "The issuer {issuer} is in state {state}, which does not allow this.",
    zh: "签发合约 {issuer} 处于状态 {state}，不允许此操作。",
  },
  SOURCES_METHODOLOGY_DAYS: {
    en: "The methodology's days {firstDay} to {endDay} hold no day.",
    zh: "方法学有效期 {firstDay} 至 {endDay} 不含任何一天。",
  },
  SOURCES_METHODOLOGY_STATUS: {
    en: "A methodology of status {status} cannot be put in force.",
    zh: "状态为 {status} 的方法学不能生效。",
  },
  SOURCES_METHODOLOGY_UNKNOWN: {
    en: "Programme {programme} has no methodology {methodology}.",
    zh: "碳普惠机制 {programme} 没有方法学 {methodology}。",
  },
  SOURCES_NOT_FIRST_OWNER: {
    en: "The first source on the asset {assetKey} is {owner}'s, not {caller}'s.",
    zh: "资产 {assetKey} 的首个减排项目属于 {owner}，而非 {caller}。",
  },
  SOURCES_NOT_ISSUANCE: {
    en: "Only the issuance contract books days, not {caller}.",
    zh: "只有签发合约可占用日期，{caller} 不可。",
  },
  SOURCES_PERIOD_EMPTY: {
    en: "The period from day {firstDay} to day {endDay} holds no day.",
    zh: "监测期第 {firstDay} 日至第 {endDay} 日不含任何一天。",
  },
  SOURCES_PERIOD_NOT_ENDED: {
    en: "The period ends on day {endDay}, but today is day {today}.",
    zh: "监测期至第 {endDay} 日，而今天是第 {today} 日。",
  },
  SOURCES_PERIOD_OUTSIDE_METHODOLOGY: {
    en: "The methodology is not in force for all days from {firstDay} to {endDay}.",
    zh: "方法学未覆盖第 {firstDay} 日至第 {endDay} 日的全部日期。",
  },
  SOURCES_PERIOD_TOO_LONG: {
    en: "A period lasts at most {mostDays} days.",
    zh: "监测期最长 {mostDays} 天。",
  },
  SOURCES_ROLE_MISSING: {
    en: "{caller} does not hold role {role} in programme {programme}.",
    zh: "{caller} 在碳普惠机制 {programme} 中不具有角色 {role}。",
  },
  SOURCES_SAME_INSTITUTION: {
    en: "{caller} and {party} belong to one institution; whoever applies does not decide.",
    zh: "{caller} 与 {party} 属同一机构，申请者不得决定。",
  },
  SOURCES_SOURCE_EXISTS: {
    en: "The source {sourceId} is already registered.",
    zh: "减排项目 {sourceId} 已登记。",
  },
  SOURCES_SOURCE_STATE: {
    en: "The source {sourceId} is in state {state}, which does not allow this.",
    zh: "减排项目 {sourceId} 处于状态 {state}，不允许此操作。",
  },
  SOURCES_SOURCE_UNKNOWN: { en: "There is no source {sourceId}.", zh: "没有减排项目 {sourceId}。" },

  // Issuance
  ISSUANCE_ABOVE_CAP: {
    en: "{totalMilligrams} mg are more than the cap allows for this many leaves ({mostMilligrams} mg).",
    zh: "{totalMilligrams} 毫克超过该叶子数的上限 {mostMilligrams} 毫克。",
  },
  ISSUANCE_BELOW_GRANULARITY: {
    en: "{milligrams} mg are less than one granule of {granuleMilligrams} mg.",
    zh: "{milligrams} 毫克不足一个签发粒度 {granuleMilligrams} 毫克。",
  },
  ISSUANCE_BLOCKED: {
    en: "An open debt keeps the institution from further issue in programme {programme}.",
    zh: "该机构有未了结的责任，在碳普惠机制 {programme} 中不得再签发。",
  },
  ISSUANCE_CLOSED: {
    en: "This version of issuance takes no new requests any more.",
    zh: "该版本的签发合约已不再受理新的申请。",
  },
  ISSUANCE_COUNT_ZERO: {
    en: "A request needs at least one leaf.",
    zh: "签发申请至少需要一个叶子。",
  },
  ISSUANCE_DEPTH: {
    en: "A tree of {count} leaves does not have depth {depth}.",
    zh: "{count} 个叶子的树深度不是 {depth}。",
  },
  ISSUANCE_FORWARD_NEEDLESS: {
    en: "Request {requestId} is decided by its own programme and needs no forwarding.",
    zh: "申请 {requestId} 由本机制决定，无须转报。",
  },
  ISSUANCE_HASH_SUITE: {
    en: "The hash suite {hashSuite} is not known here.",
    zh: "未知的哈希套件 {hashSuite}。",
  },
  ISSUANCE_HELD: {
    en: "{holds} open demands stand in the way of request {requestId}.",
    zh: "申请 {requestId} 尚有 {holds} 项索证未应答。",
  },
  ISSUANCE_KIND_MISSING: {
    en: "Request {requestId} has {found} favourable reviews of kind {kind} and needs {needed}.",
    zh: "申请 {requestId} 有 {found} 份类型为 {kind} 的肯定意见，需要 {needed} 份。",
  },
  ISSUANCE_NOT_SOURCES: {
    en: "Only the sources contract does this, not {caller}.",
    zh: "只有减排项目合约可执行，{caller} 不可。",
  },
  ISSUANCE_NOTICE_OVER: {
    en: "The notice of request {requestId} ended at {noticeEnd}.",
    zh: "申请 {requestId} 的公示已于 {noticeEnd} 结束。",
  },
  ISSUANCE_NOTICE_RUNNING: {
    en: "The notice of request {requestId} runs until {noticeEnd}.",
    zh: "申请 {requestId} 的公示至 {noticeEnd} 结束。",
  },
  ISSUANCE_NOTICE_TOO_LONG: {
    en: "A notice until {noticeEnd} is too long.",
    zh: "公示至 {noticeEnd} 过长。",
  },
  ISSUANCE_NOT_APPLICANT: {
    en: "Only the source's applicant {applicant} proposes, not {caller}.",
    zh: "只有申请主体 {applicant} 可提交申请，{caller} 不可。",
  },
  ISSUANCE_NOT_DOUBLE_COUNT: {
    en: "Only the double-count contract does this, not {caller}.",
    zh: "只有重复计算核查合约可执行，{caller} 不可。",
  },
  ISSUANCE_NOT_EXPIRED: {
    en: "The reservation of request {requestId} lasts until {expiresAt}.",
    zh: "申请 {requestId} 的预留有效至 {expiresAt}。",
  },
  ISSUANCE_NOT_FORWARDED: {
    en: "Request {requestId} was not passed on by its own authority.",
    zh: "申请 {requestId} 尚未由本级主管部门转报。",
  },
  ISSUANCE_OBJECTIONS_OPEN: {
    en: "{open} objections are not decided yet.",
    zh: "尚有 {open} 项异议未决。",
  },
  ISSUANCE_OBJECTION_DECIDED: {
    en: "Objection {index} was already decided.",
    zh: "异议 {index} 已作出决定。",
  },
  ISSUANCE_OBJECTION_EXISTS: {
    en: "{objector} already has the open objection {index}.",
    zh: "{objector} 已有未决异议 {index}。",
  },
  ISSUANCE_OBJECTION_UNKNOWN: { en: "There is no objection {index}.", zh: "没有异议 {index}。" },
  ISSUANCE_OBJECTOR_STANDING: {
    en: "The standing {standing} of account {account} does not allow an objection.",
    zh: "账户 {account} 的状态 {standing} 不允许提出异议。",
  },
  ISSUANCE_PARAMETER_INVALID: {
    en: "The parameter {key} of programme {programme} cannot be {value}.",
    zh: "碳普惠机制 {programme} 的参数 {key} 不能为 {value}。",
  },
  ISSUANCE_PROPOSAL_MISMATCH: {
    en: "What was brought is not what request {requestId} proposed.",
    zh: "所提交的内容与申请 {requestId} 不符。",
  },
  ISSUANCE_REQUEST_UNKNOWN: {
    en: "There is no request {requestId}.",
    zh: "没有签发申请 {requestId}。",
  },
  ISSUANCE_REVIEWED: {
    en: "Request {requestId} was reviewed; its reservation is not released.",
    zh: "申请 {requestId} 已有审核意见，预留不予释放。",
  },
  ISSUANCE_REVIEWS_MISSING: {
    en: "Request {requestId} has {favourable} favourable reviews and needs {needed}.",
    zh: "申请 {requestId} 有 {favourable} 份肯定意见，需要 {needed} 份。",
  },
  ISSUANCE_REVIEW_UNFAVOURABLE: {
    en: "The reviewer {reviewer} found against request {requestId}.",
    zh: "审核机构 {reviewer} 对申请 {requestId} 给出否定意见。",
  },
  ISSUANCE_ROLE_MISSING: {
    en: "{caller} does not hold role {role} in programme {programme}.",
    zh: "{caller} 在碳普惠机制 {programme} 中不具有角色 {role}。",
  },
  ISSUANCE_ROOT_ZERO: { en: "A request needs the root of its tree.", zh: "签发申请须有树根。" },
  ISSUANCE_SAME_INSTITUTION: {
    en: "{caller} and {party} belong to one institution; whoever applies does not decide.",
    zh: "{caller} 与 {party} 属同一机构，申请者不得决定。",
  },
  ISSUANCE_SIGNATURE: {
    en: "The signature is not by the reviewer {reviewer}.",
    zh: "签名不是审核机构 {reviewer} 作出的。",
  },
  ISSUANCE_SOURCE_STATE: {
    en: "The source {sourceId} is in state {state}, which does not allow this.",
    zh: "减排项目 {sourceId} 处于状态 {state}，不允许此操作。",
  },
  ISSUANCE_STATE: {
    en: "Request {requestId} is in state {state}, which does not allow this.",
    zh: "申请 {requestId} 处于状态 {state}，不允许此操作。",
  },
  ISSUANCE_STATEMENTS_FULL: {
    en: "Request {requestId} already has {most} statements.",
    zh: "申请 {requestId} 的审核意见已达 {most} 份。",
  },
  ISSUANCE_STATEMENT_EXPIRED: {
    en: "The review statement was valid until {validUntil}.",
    zh: "审核意见有效期至 {validUntil}。",
  },
  ISSUANCE_STATEMENT_KIND: {
    en: "There is no review of kind {kind}.",
    zh: "没有类型为 {kind} 的审核。",
  },
  ISSUANCE_STATEMENT_KNOWN: {
    en: "The reviewer {reviewer} already signed for request {requestId}.",
    zh: "审核机构 {reviewer} 已对申请 {requestId} 签署意见。",
  },
  ISSUANCE_TOKEN_STATE: {
    en: "The unit is in state {state}, which does not allow this.",
    zh: "该减排量处于状态 {state}，不允许此操作。",
  },
  ISSUANCE_TOKEN_UNKNOWN: { en: "There is no unit {tokenId}.", zh: "没有减排量 {tokenId}。" },
  ISSUANCE_TOTAL_TOO_LARGE: {
    en: "{totalMilligrams} mg are more than one request may hold.",
    zh: "{totalMilligrams} 毫克超过单次申请上限。",
  },
  ISSUANCE_TOTAL_ZERO: {
    en: "A request over nothing is not filed.",
    zh: "减排量为零的申请不予受理。",
  },

  // Libraries
  TOKEN_IDS_DAY_TOO_LATE: {
    en: "Day {day} is later than a token id can say.",
    zh: "第 {day} 日超出减排量编码的范围。",
  },
} as const satisfies Record<string, Message>;
