import type { Message } from "./messages.ts";

/** Messages for the custom errors that the contracts inherit from OpenZeppelin's. */
export const inheritedMessages = {
  // Inherited from the token standards
  ERC1155_INSUFFICIENT_BALANCE: {
    en: "The account holds {balance} g of this unit; {needed} g are asked for.",
    zh: "该账户持有 {balance} 克，需要 {needed} 克。",
  },
  ERC1155_INVALID_APPROVER: { en: "{approver} cannot approve.", zh: "{approver} 不能授权。" },
  ERC1155_INVALID_ARRAY_LENGTH: {
    en: "There are {idsLength} units, but {valuesLength} amounts.",
    zh: "减排量有 {idsLength} 项，数量有 {valuesLength} 项。",
  },
  ERC1155_INVALID_OPERATOR: {
    en: "{operator} cannot be authorised.",
    zh: "{operator} 不能被授权。",
  },
  ERC1155_INVALID_RECEIVER: {
    en: "{receiver} cannot receive units.",
    zh: "{receiver} 不能接收减排量。",
  },
  ERC1155_INVALID_SENDER: { en: "{sender} cannot send units.", zh: "{sender} 不能转出减排量。" },
  ERC1155_MISSING_APPROVAL_FOR_ALL: {
    en: "{operator} is not authorised by {owner}.",
    zh: "{operator} 未获 {owner} 授权。",
  },
  ERC721_INCORRECT_OWNER: { en: "The certificate belongs to {owner}.", zh: "该证明属于 {owner}。" },
  ERC721_INSUFFICIENT_APPROVAL: {
    en: "{operator} is not authorised for this certificate.",
    zh: "{operator} 未获该证明的授权。",
  },
  ERC721_INVALID_APPROVER: { en: "{approver} cannot approve.", zh: "{approver} 不能授权。" },
  ERC721_INVALID_OPERATOR: {
    en: "{operator} cannot be authorised.",
    zh: "{operator} 不能被授权。",
  },
  ERC721_INVALID_OWNER: { en: "{owner} cannot own a certificate.", zh: "{owner} 不能持有证明。" },
  ERC721_INVALID_RECEIVER: {
    en: "{receiver} cannot receive a certificate.",
    zh: "{receiver} 不能接收证明。",
  },
  ERC721_INVALID_SENDER: {
    en: "{sender} cannot send a certificate.",
    zh: "{sender} 不能转出证明。",
  },
  ERC721_NONEXISTENT_TOKEN: {
    en: "There is no certificate {tokenId}.",
    zh: "没有证明 {tokenId}。",
  },

  // Inherited from the access manager and helpers
  ACCESS_MANAGER_ALREADY_SCHEDULED: {
    en: "The operation {operationId} is already scheduled.",
    zh: "操作 {operationId} 已排期。",
  },
  ACCESS_MANAGER_BAD_CONFIRMATION: {
    en: "The confirmation is not the caller's own.",
    zh: "确认者不是调用者本人。",
  },
  ACCESS_MANAGER_EXPIRED: {
    en: "The scheduled operation {operationId} has expired.",
    zh: "已排期的操作 {operationId} 已过期。",
  },
  ACCESS_MANAGER_INVALID_INITIAL_ADMIN: {
    en: "{initialAdmin} cannot be the first administrator.",
    zh: "{initialAdmin} 不能作为初始管理员。",
  },
  ACCESS_MANAGER_LOCKED_FUNCTION: {
    en: "The function {selector} is locked.",
    zh: "函数 {selector} 已锁定。",
  },
  ACCESS_MANAGER_LOCKED_ROLE: { en: "The role {roleId} is locked.", zh: "角色 {roleId} 已锁定。" },
  ACCESS_MANAGER_NOT_READY: {
    en: "The scheduled operation {operationId} is not due yet.",
    zh: "已排期的操作 {operationId} 未到执行时间。",
  },
  ACCESS_MANAGER_NOT_SCHEDULED: {
    en: "The operation {operationId} is not scheduled.",
    zh: "操作 {operationId} 未排期。",
  },
  ACCESS_MANAGER_UNAUTHORIZED_ACCOUNT: {
    en: "{msgsender} does not hold the system role {roleId}.",
    zh: "{msgsender} 不具有系统角色 {roleId}。",
  },
  ACCESS_MANAGER_UNAUTHORIZED_CALL: {
    en: "{caller} may not call {selector} of {target}.",
    zh: "{caller} 无权调用 {target} 的 {selector}。",
  },
  ACCESS_MANAGER_UNAUTHORIZED_CANCEL: {
    en: "{msgsender} may not cancel what {caller} scheduled.",
    zh: "{msgsender} 无权取消 {caller} 的排期。",
  },
  ACCESS_MANAGER_UNAUTHORIZED_CONSUME: {
    en: "{target} may not consume a schedule.",
    zh: "{target} 无权使用排期。",
  },
  ACCESS_MANAGED_INVALID_AUTHORITY: {
    en: "{authority} cannot manage access.",
    zh: "{authority} 不能作为权限管理合约。",
  },
  ACCESS_MANAGED_REQUIRED_DELAY: {
    en: "{caller} must schedule this {delay} seconds ahead.",
    zh: "{caller} 须提前 {delay} 秒排期。",
  },
  ACCESS_MANAGED_UNAUTHORIZED: { en: "{caller} may not do this.", zh: "{caller} 无权执行此操作。" },
  INVALID_SHORT_STRING: {
    en: "A name of the contract's signing domain is damaged.",
    zh: "合约签名域的名称已损坏。",
  },
  STRING_TOO_LONG: {
    en: "A name of the contract's signing domain is too long.",
    zh: "合约签名域的名称过长。",
  },
  ADDRESS_EMPTY_CODE: { en: "There is no contract at {target}.", zh: "{target} 处没有合约。" },
  FAILED_CALL: { en: "A call to another contract failed.", zh: "对其他合约的调用失败。" },
  INSUFFICIENT_BALANCE: {
    en: "The balance is {balance}, {needed} are needed.",
    zh: "余额为 {balance}，需要 {needed}。",
  },
  SAFE_CAST_OVERFLOWED_UINT_DOWNCAST: {
    en: "{value} does not fit {bits} bits.",
    zh: "{value} 超出 {bits} 位整数。",
  },
  REENTRANCY_GUARD_REENTRANT_CALL: {
    en: "A contract called back while it was being called.",
    zh: "合约在执行过程中被重入调用。",
  },
} as const satisfies Record<string, Message>;
