import type { Message } from "./messages.ts";

/** What the contracts for challenges, trades, pledges and pools refuse; see messagesChain.ts. */
export const tradingMessages = {
  // DoubleCount
  DOUBLE_COUNT_ACCOUNTS_FULL: {
    en: "The debt of request {requestId} already freezes {most} accounts.",
    zh: "申请 {requestId} 的责任已冻结 {most} 个账户。",
  },
  DOUBLE_COUNT_BELOW_CAP: {
    en: "Leaf {index} is not above the cap of {capMilligrams} mg.",
    zh: "第 {index} 个叶子未超过上限 {capMilligrams} 毫克。",
  },
  DOUBLE_COUNT_CONTENT: {
    en: "The content brought has the hash {contentHash}, not {hash}.",
    zh: "所提交内容的哈希为 {contentHash}，而非 {hash}。",
  },
  DOUBLE_COUNT_DEADLINE: {
    en: "The deadline {deadline} of demand {demandId} does not allow this now.",
    zh: "索证 {demandId} 的期限为 {deadline}，此时不允许此操作。",
  },
  DOUBLE_COUNT_DEBT_DEADLINE: {
    en: "The deadline {deadline} of the debt of request {requestId} does not allow this now.",
    zh: "申请 {requestId} 的责任期限为 {deadline}，此时不允许此操作。",
  },
  DOUBLE_COUNT_DEDUCTED: {
    en: "Leaf {index} of request {requestId} is already deducted.",
    zh: "申请 {requestId} 的第 {index} 个叶子已扣减。",
  },
  DOUBLE_COUNT_DEMANDED: {
    en: "This place of request {requestId} was demanded before, by demand {demandId}.",
    zh: "申请 {requestId} 的该位置已由索证 {demandId} 提出。",
  },
  DOUBLE_COUNT_DEMAND_STATE: {
    en: "Demand {demandId} is in state {state}, which does not allow this.",
    zh: "索证 {demandId} 处于状态 {state}，不允许此操作。",
  },
  DOUBLE_COUNT_DEPOSIT: {
    en: "A demand costs a deposit of {neededWei}, not {depositWei}.",
    zh: "索证须缴押金 {neededWei}，而非 {depositWei}。",
  },
  DOUBLE_COUNT_FINGERPRINTS: {
    en: "The two leaves do not have one fingerprint.",
    zh: "两个叶子的行为指纹不同。",
  },
  DOUBLE_COUNT_GRAMS: {
    en: "{grams} g are more than the {most} g that are still owed or free.",
    zh: "{grams} 克超过尚欠或可用的 {most} 克。",
  },
  DOUBLE_COUNT_INDEX: {
    en: "Request {requestId} has {count} leaves and none at {index}.",
    zh: "申请 {requestId} 有 {count} 个叶子，没有第 {index} 个。",
  },
  DOUBLE_COUNT_IN_ORDER: {
    en: "Leaf {index} of request {requestId} stands in order.",
    zh: "申请 {requestId} 的第 {index} 个叶子顺序无误。",
  },
  DOUBLE_COUNT_IN_PERIOD: {
    en: "Leaf {index} is of day {day}, which lies in the period.",
    zh: "第 {index} 个叶子属于第 {day} 日，在监测期内。",
  },
  DOUBLE_COUNT_NOTHING_CREDITED: {
    en: "Nothing is credited to {account}.",
    zh: "{account} 没有可提取的押金。",
  },
  DOUBLE_COUNT_NOT_AUTHORITY: {
    en: "{caller} is no authority of programme {programme}.",
    zh: "{caller} 不是碳普惠机制 {programme} 的主管部门。",
  },
  DOUBLE_COUNT_NOT_COMPANION: {
    en: "Leaf {carrier} does not carry the milligrams of entry {entry}.",
    zh: "第 {carrier} 个叶子并非条目 {entry} 的减排量所在。",
  },
  DOUBLE_COUNT_NOT_LIABLE: {
    en: "{account} does not belong to an institution that owes for request {requestId}.",
    zh: "{account} 所属机构对申请 {requestId} 不负责任。",
  },
  DOUBLE_COUNT_NOT_RESTORABLE: {
    en: "What was taken off leaf {index} of request {requestId} stays taken off.",
    zh: "申请 {requestId} 第 {index} 个叶子的扣减不予恢复。",
  },
  DOUBLE_COUNT_NO_DEBT: {
    en: "Request {requestId} carries no open debt.",
    zh: "申请 {requestId} 没有未了结的责任。",
  },
  DOUBLE_COUNT_PAYMENT: {
    en: "The deposits could not be paid to {to}.",
    zh: "押金无法付至 {to}。",
  },
  DOUBLE_COUNT_PLACE: {
    en: "There is no such place in the tree of request {requestId}: level {level}, index {index}.",
    zh: "申请 {requestId} 的树中没有第 {level} 层第 {index} 个位置。",
  },
  DOUBLE_COUNT_PRIORITY: {
    en: "Request {later} does not come after {earlier}; the later one pays.",
    zh: "申请 {later} 并非在 {earlier} 之后；由后提出者承担。",
  },
  DOUBLE_COUNT_PROOF: {
    en: "The proof of level {level}, index {index} does not lead to the root of request {requestId}.",
    zh: "第 {level} 层第 {index} 个位置的证明推不出申请 {requestId} 的树根。",
  },
  DOUBLE_COUNT_PROPOSAL_MISMATCH: {
    en: "What was brought is not what request {requestId} proposed.",
    zh: "所提交的内容与申请 {requestId} 不符。",
  },
  DOUBLE_COUNT_REPLACEMENT_SECONDS: {
    en: "{replacementSeconds} s for a replacement are more than {mostSeconds} s.",
    zh: "替换期限 {replacementSeconds} 秒超过上限 {mostSeconds} 秒。",
  },
  DOUBLE_COUNT_REPLACING: {
    en: "The parties of request {requestId} may already replace.",
    zh: "申请 {requestId} 的责任方已获准替换。",
  },
  DOUBLE_COUNT_REQUEST_LIVE: {
    en: "Request {requestId} is in state {state} and can still answer.",
    zh: "申请 {requestId} 处于状态 {state}，仍可应答。",
  },
  DOUBLE_COUNT_SAME_INSTITUTION: {
    en: "{caller} and {party} belong to one institution; whoever owes does not decide.",
    zh: "{caller} 与 {party} 属同一机构，责任方不得决定。",
  },
  DOUBLE_COUNT_SAME_LEAF: {
    en: "Leaf {index} of request {requestId} cannot stand against itself.",
    zh: "申请 {requestId} 的第 {index} 个叶子不能与自身比对。",
  },
  DOUBLE_COUNT_SHAPE_RIGHT: {
    en: "Level {level}, index {index} of request {requestId} is what belongs there.",
    zh: "申请 {requestId} 第 {level} 层第 {index} 个位置的形状无误。",
  },
  DOUBLE_COUNT_STANDING: {
    en: "The standing {standing} of account {account} does not allow this.",
    zh: "碳账户 {account} 的状态 {standing} 不允许此操作。",
  },
  DOUBLE_COUNT_STATE: {
    en: "Request {requestId} is in state {state} and cannot be challenged.",
    zh: "申请 {requestId} 处于状态 {state}，不可质疑。",
  },
  DOUBLE_COUNT_SUM_RIGHT: {
    en: "The sum at level {level}, index {index} of request {requestId} is right.",
    zh: "申请 {requestId} 第 {level} 层第 {index} 个位置的合计无误。",
  },
  DOUBLE_COUNT_TOKEN_DISPUTED: {
    en: "The unit {tokenId} carries a debt itself.",
    zh: "减排量 {tokenId} 本身负有责任。",
  },
  DOUBLE_COUNT_TOKEN_PROGRAMME: {
    en: "The unit {tokenId} is not of programme {programme}.",
    zh: "减排量 {tokenId} 不属于碳普惠机制 {programme}。",
  },
  DOUBLE_COUNT_TOKEN_STATE: {
    en: "The unit {tokenId} is in state {state}, which does not allow this.",
    zh: "减排量 {tokenId} 处于状态 {state}，不允许此操作。",
  },
  DOUBLE_COUNT_WHOLE_OWED: {
    en: "All of request {requestId} is owed already.",
    zh: "申请 {requestId} 的全部减排量已列为责任。",
  },

  // Settlement
  SETTLEMENT_ABOVE_PRICE: {
    en: "{fen} fen are more than the buyer's {most} fen.",
    zh: "{fen} 分高于买方限价 {most} 分。",
  },
  SETTLEMENT_BATCH: {
    en: "A batch of {trades} trades is empty or has more than {most}.",
    zh: "一批 {trades} 笔交易为空或超过上限 {most} 笔。",
  },
  SETTLEMENT_BELOW_PRICE: {
    en: "{fen} fen are fewer than the seller's {least} fen.",
    zh: "{fen} 分低于卖方限价 {least} 分。",
  },
  SETTLEMENT_CUSTODIAN_INSTITUTION: {
    en: "The custodian {custodian} belongs to the exchange's institution or has none.",
    zh: "资金存管方 {custodian} 与交易场所同属一个机构，或没有机构。",
  },
  SETTLEMENT_DELIVERY_REFUSED: {
    en: "The units could not be delivered ({reason}).",
    zh: "减排量无法交付（{reason}）。",
  },
  SETTLEMENT_EXPIRED: {
    en: "The order or receipt counted until {expiry}.",
    zh: "委托或凭证有效期至 {expiry}。",
  },
  SETTLEMENT_GAS_SHORT: {
    en: "{gas} gas are too little for one trade; it takes {least}.",
    zh: "剩余 gas {gas} 不足以完成一笔交易，须 {least}。",
  },
  SETTLEMENT_GRAMS_ZERO: { en: "An order of nothing is no order.", zh: "委托数量不能为零。" },
  SETTLEMENT_KNOWN: {
    en: "The order {orderId} was listed before.",
    zh: "委托 {orderId} 此前已挂牌。",
  },
  SETTLEMENT_LEAST_GRAMS: {
    en: "One trade of at least {leastGrams} g does not fit an order of {grams} g.",
    zh: "单笔至少 {leastGrams} 克与委托 {grams} 克不相容。",
  },
  SETTLEMENT_LIFE: {
    en: "An order may last until {latest}, not until {expiry}.",
    zh: "委托最迟至 {latest}，不能至 {expiry}。",
  },
  SETTLEMENT_NOT_EXCHANGE: {
    en: "The order is for the exchange {exchange}, not for {institution}.",
    zh: "委托指定的交易场所为 {exchange}，而非 {institution}。",
  },
  SETTLEMENT_NOT_OPEN: { en: "The order {orderId} is not open.", zh: "委托 {orderId} 未在挂牌。" },
  SETTLEMENT_NOT_OVER: {
    en: "The order {orderId} returns to its seller after {overAfter}.",
    zh: "委托 {orderId} 须在 {overAfter} 之后方可退回卖方。",
  },
  SETTLEMENT_NOT_SELLER: {
    en: "The order is {seller}'s, not {caller}'s.",
    zh: "该委托属于 {seller}，而非 {caller}。",
  },
  SETTLEMENT_ONLY_SELF: {
    en: "Only the contract itself calls this, not {caller}.",
    zh: "只有合约自身可调用，{caller} 不可。",
  },
  SETTLEMENT_PAID_SHORT: {
    en: "{paid} of the payment token arrived where {due} are due.",
    zh: "支付代币到账 {paid}，应付 {due}。",
  },
  SETTLEMENT_PAYMENT_DIFFERS: {
    en: "Seller and buyer name different payments.",
    zh: "买卖双方约定的支付方式不同。",
  },
  SETTLEMENT_PAYMENT_FAILED: {
    en: "The payment token {token} did not pay.",
    zh: "支付代币 {token} 未能付款。",
  },
  SETTLEMENT_PAYMENT_INVALID: {
    en: "{token} at {unitsPerFen} units a fen cannot pay.",
    zh: "代币 {token}（每分 {unitsPerFen} 单位）不能用于支付。",
  },
  SETTLEMENT_PAYMENT_UNKNOWN: {
    en: "The payment {payment} is not in force; {inForce} is.",
    zh: "支付方式 {payment} 未生效，现行为 {inForce}。",
  },
  SETTLEMENT_ROLE_MISSING: {
    en: "{account} does not hold role {role} in programme {programme}.",
    zh: "{account} 在碳普惠机制 {programme} 中不具有角色 {role}。",
  },
  SETTLEMENT_SELF_TRADE: {
    en: "{account} cannot trade with itself.",
    zh: "{account} 不能与自己成交。",
  },
  SETTLEMENT_STANDING: {
    en: "The standing {standing} of account {account} does not allow this.",
    zh: "碳账户 {account} 的状态 {standing} 不允许此操作。",
  },
  SETTLEMENT_TOKEN_ID: {
    en: "The seller offers the unit {sold}, the buyer takes {bought}.",
    zh: "卖方出让减排量 {sold}，买方欲购 {bought}。",
  },
  SETTLEMENT_TOO_FEW: {
    en: "A trade under the order {orderId} takes at least {leastGrams} g, not {grams} g.",
    zh: "委托 {orderId} 单笔至少 {leastGrams} 克，而非 {grams} 克。",
  },
  SETTLEMENT_TOO_MANY: {
    en: "Of the order {orderId} {rest} g are left, fewer than {grams} g.",
    zh: "委托 {orderId} 尚余 {rest} 克，少于 {grams} 克。",
  },
  SETTLEMENT_TRADE_USED: {
    en: "The exchange has already settled trade {tradeId}.",
    zh: "该交易场所的成交 {tradeId} 已结算。",
  },

  // Pledge
  PLEDGE_ACCEPT_BY: {
    en: "The offer could be accepted until {acceptBy}.",
    zh: "该质押要约的接受期限至 {acceptBy}。",
  },
  PLEDGE_DUE_TOO_EARLY: {
    en: "A pledge due at {dueAt} would be due before it can be accepted ({acceptBy}).",
    zh: "质押到期日 {dueAt} 早于接受期限 {acceptBy}。",
  },
  PLEDGE_EXISTS: { en: "The pledge {pledgeId} already exists.", zh: "质押 {pledgeId} 已存在。" },
  PLEDGE_GRAMS_ZERO: { en: "A pledge of nothing is no pledge.", zh: "质押数量不能为零。" },
  PLEDGE_NOT_CREDITOR: {
    en: "The creditor is {creditor}, not {caller}.",
    zh: "质权人为 {creditor}，而非 {caller}。",
  },
  PLEDGE_NOT_DUE: { en: "The pledge is due at {dueAt}.", zh: "质押于 {dueAt} 到期。" },
  PLEDGE_NOT_OWNER: {
    en: "The owner is {owner}, not {caller}.",
    zh: "出质人为 {owner}，而非 {caller}。",
  },
  PLEDGE_NOT_RIPE: {
    en: "The claim can be carried out from {ripeAt} on.",
    zh: "行权须待 {ripeAt} 之后。",
  },
  PLEDGE_ROLE_MISSING: {
    en: "{account} does not hold role {role} in programme {programme}.",
    zh: "{account} 在碳普惠机制 {programme} 中不具有角色 {role}。",
  },
  PLEDGE_SAME_INSTITUTION: {
    en: "{authority} and {party} belong to one institution; a party does not decide.",
    zh: "{authority} 与 {party} 属同一机构，当事方不得决定。",
  },
  PLEDGE_SELF: { en: "{account} cannot pledge to itself.", zh: "{account} 不能质押给自己。" },
  PLEDGE_SIGNATURE: {
    en: "The signature is not that of the creditor {creditor}.",
    zh: "签名不是质权人 {creditor} 作出的。",
  },
  PLEDGE_STANDING: {
    en: "The standing {standing} of account {account} does not allow this.",
    zh: "碳账户 {account} 的状态 {standing} 不允许此操作。",
  },
  PLEDGE_STATE: {
    en: "The pledge is in state {state}, which does not allow this.",
    zh: "该质押处于状态 {state}，不允许此操作。",
  },

  // PoolReserve
  POOL_RESERVE_EPOCH_UNKNOWN: {
    en: "Programme {programme} has no epoch {epoch}.",
    zh: "碳普惠机制 {programme} 没有第 {epoch} 期。",
  },
  POOL_RESERVE_FRACTION: {
    en: "{totalMilligrams} mg are no whole grams.",
    zh: "{totalMilligrams} 毫克不是整克。",
  },
  POOL_RESERVE_NOT_TOKEN: {
    en: "Only the token does this, not {caller}.",
    zh: "只有减排量合约可执行，{caller} 不可。",
  },
  POOL_RESERVE_OWN_INSTITUTION: {
    en: "The operator withdraws nothing to its own institution ({to}).",
    zh: "运营机构不得提取至本机构账户（{to}）。",
  },
  POOL_RESERVE_PROGRAMME: {
    en: "The unit {tokenId} is not of programme {programme}.",
    zh: "减排量 {tokenId} 不属于碳普惠机制 {programme}。",
  },
  POOL_RESERVE_ROLE_MISSING: {
    en: "{account} does not hold role {role} in programme {programme}.",
    zh: "{account} 在碳普惠机制 {programme} 中不具有角色 {role}。",
  },
  POOL_RESERVE_SHAPE: {
    en: "A tree of {count} lines does not have depth {depth}.",
    zh: "{count} 行的树深度不是 {depth}。",
  },
  POOL_RESERVE_SHORT: {
    en: "The pool holds {heldGrams} g, fewer than {neededGrams} g.",
    zh: "归集池持有 {heldGrams} 克，少于 {neededGrams} 克。",
  },
} as const satisfies Record<string, Message>;
