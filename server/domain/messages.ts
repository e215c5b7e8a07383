/** One sentence in each language of the UI; `{name}` is filled from the refusal's values. */
export type Message = { readonly en: string; readonly zh: string };

/** Every refusal the server's own rules can give. The contracts' are in messagesChain.ts, messagesUnits.ts,
 * messagesTrading.ts and messagesInherited.ts. */
export const domainMessages = {
  // Form of what was sent
  VALIDATION_FAILED: {
    en: "The request does not have the described form: {detail}.",
    zh: "请求不符合接口说明：{detail}。",
  },
  FIELD_MISSING: { en: 'The field "{field}" is missing.', zh: "缺少字段“{field}”。" },
  FIELD_MALFORMED: {
    en: 'The field "{field}" does not have the described form.',
    zh: "字段“{field}”格式不正确。",
  },
  DATE_MALFORMED: {
    en: '"{date}" is not a date of the form YYYY-MM-DD.',
    zh: "“{date}”不是 YYYY-MM-DD 形式的日期。",
  },
  INSTANT_MALFORMED: {
    en: '"{instant}" is not a time with date and offset, such as 2018-09-01T11:17:31+08:00.',
    zh: "“{instant}”不是带日期和时区的时间，例如 2018-09-01T11:17:31+08:00。",
  },
  AMOUNT_MALFORMED: {
    en: '"{amount}" is not a whole, positive amount in decimal digits.',
    zh: "“{amount}”不是十进制正整数。",
  },
  AMOUNT_TOO_LARGE: { en: "The amount {amount} is too large.", zh: "数量 {amount} 过大。" },
  BODY_MALFORMED: {
    en: "The body cannot be read as {expected}.",
    zh: "请求正文无法按 {expected} 解析。",
  },
  BODY_NOT_JSON: {
    en: "The body is not JSON from line {line}, column {column} on.",
    zh: "请求正文自第 {line} 行第 {column} 列起不是有效的 JSON。",
  },
  BODY_TOO_LARGE: {
    en: "The body is larger than {limit}.",
    zh: "请求正文超过上限 {limit}。",
  },
  MEDIA_TYPE_UNSUPPORTED: {
    en: "The content type {mediaType} is not accepted here.",
    zh: "此处不接受内容类型 {mediaType}。",
  },
  CURSOR_INVALID: {
    en: "The cursor was not issued by this list.",
    zh: "分页游标不是由该列表给出的。",
  },
  BATCH_TOO_LARGE: {
    en: "A batch holds at most {limit} rows; this one holds {count}.",
    zh: "每批最多 {limit} 行，本批有 {count} 行。",
  },
  TOKEN_ID_MALFORMED: {
    en: "The token id is not a number of at most 256 bits.",
    zh: "减排量编码不是 256 位以内的整数。",
  },
  TOKEN_ID_VERSION: {
    en: "The token id has version {version}; this registry knows version 1.",
    zh: "减排量编码的版本为 {version}，本登记系统只识别版本 1。",
  },

  // Who may
  UNAUTHENTICATED: {
    en: "A valid API key is needed.",
    zh: "需要有效的接口密钥。",
  },
  API_KEY_REVOKED: { en: "This API key was revoked.", zh: "该接口密钥已被吊销。" },
  FORBIDDEN: {
    en: 'The role "{role}" may not do "{action}".',
    zh: "角色“{role}”无权执行“{action}”。",
  },
  SCOPE_MISSING: {
    en: 'The API key lacks the scope "{scope}".',
    zh: "接口密钥缺少权限范围“{scope}”。",
  },
  PROGRAMME_MISMATCH: {
    en: "This API key belongs to another programme.",
    zh: "该接口密钥属于其他碳普惠机制。",
  },
  PLATFORM_MISMATCH: {
    en: "A platform reports for itself only.",
    zh: "平台只能报送自己的数据。",
  },
  ACCOUNT_MISMATCH: {
    en: "This account belongs to somebody else.",
    zh: "该碳账户不属于当前操作方。",
  },
  RATE_LIMITED: {
    en: "Too many requests; try again in {seconds} seconds.",
    zh: "请求过于频繁，请在 {seconds} 秒后重试。",
  },

  // Repetition
  IDEMPOTENCY_KEY_MISSING: {
    en: "This request needs an Idempotency-Key.",
    zh: "该请求需要 Idempotency-Key。",
  },
  IDEMPOTENCY_KEY_MALFORMED: {
    en: "The Idempotency-Key must be a UUID.",
    zh: "Idempotency-Key 必须是 UUID。",
  },
  IDEMPOTENCY_KEY_CONFLICT: {
    en: "This Idempotency-Key was used with other content.",
    zh: "该 Idempotency-Key 已用于其他内容。",
  },

  // Not there
  STREAMS_TOO_MANY: {
    en: "This key has {count} open event streams, the most it may have; close one first.",
    zh: "该密钥已有 {count} 个事件流，达到上限，请先关闭其中之一。",
  },
  WEBHOOK_URL_REFUSED: {
    en: "Nothing can be sent to this address: {reason}.",
    zh: "无法向该地址发送：{reason}。",
  },
  WEBHOOKS_TOO_MANY: {
    en: "A key has at most {limit} webhooks; end one first.",
    zh: "每个密钥最多 {limit} 个回调地址，请先停用其中之一。",
  },
  ROUTE_NOT_FOUND: { en: "There is no such address.", zh: "该地址不存在。" },
  METHOD_NOT_ALLOWED: {
    en: "This address does not accept {method}.",
    zh: "该地址不接受 {method}。",
  },
  NOT_FOUND: { en: "There is no {what} {id}.", zh: "未找到 {what} {id}。" },

  // Periods
  PERIOD_EMPTY: {
    en: "The period from {first} to {end} (not included) holds no day.",
    zh: "监测期 {first} 至 {end}（不含）不包含任何一天。",
  },
  PERIOD_TOO_LONG: {
    en: "The period from {first} to {end} is longer than five years.",
    zh: "监测期 {first} 至 {end} 超过五年。",
  },
  PERIOD_NOT_ENDED: {
    en: "The period ends on {end} (not included), but today is {today}; it must be over.",
    zh: "监测期至 {end}（不含），而今天是 {today}；监测期须已结束。",
  },
  PERIOD_ALREADY_CLOSED: {
    en: "The period that holds {day} was closed; a later activity is not moved to another day.",
    zh: "包含 {day} 的监测期已关账，迟报的行为不会被移到其他日期。",
  },
  PERIOD_OVERLAPS_CLOSED: {
    en: "Days of {first} to {end} were already closed for this source.",
    zh: "该减排项目在 {first} 至 {end} 之间已有日期关账。",
  },
  DAYS_DETACHED: {
    en: "The reports of {day} lie in files; they have to be attached before a period on or beside that day is closed.",
    zh: "{day} 的上报已移至文件；须先取回，才能关闭当日或相邻日期的监测期。",
  },
  PERIOD_WITHOUT_ACTIVITIES: {
    en: "No activity was accepted from {first} to {end}.",
    zh: "{first} 至 {end} 没有被接受的行为。",
  },
  PERIOD_NOT_CLOSED: {
    en: "The period was not closed yet; its tree is not known.",
    zh: "该监测期尚未关账，行为树未知。",
  },

  // Activities
  BEHAVIOUR_UNKNOWN: {
    en: 'The methodology knows no behaviour "{behaviour}".',
    zh: "方法学中没有行为“{behaviour}”。",
  },
  CARRIER_MISSING: {
    en: 'Without "{field}" nobody can tell this ride from another one; it cannot be credited.',
    zh: "缺少“{field}”，无法与其他行程区分，不能计入。",
  },
  STATION_MISSING: {
    en: "The {field} is blank, so it is not known that anybody travelled.",
    zh: "{field} 为空，无法确认发生了出行。",
  },
  NO_TRAVEL: {
    en: "Entry and exit are the same station; nobody was carried anywhere.",
    zh: "进出站相同，没有发生位移。",
  },
  EXIT_BEFORE_ENTRY: {
    en: "The exit is before the entry.",
    zh: "出站时间早于进站时间。",
  },
  ACTIVITY_IN_FUTURE: {
    en: "The activity is later than the time it was reported.",
    zh: "行为时间晚于报送时间。",
  },
  CORRECTION_OF_ITSELF: {
    en: "A row cannot correct itself; a correction has an order number of its own.",
    zh: "一行数据不能更正自身；更正须使用新的订单号。",
  },
  BATCH_CONFLICT: {
    en: 'The batch "{batch}" was received before with other content.',
    zh: "批次“{batch}”此前已接收，但内容不同。",
  },
  LINE_MALFORMED: {
    en: "The line cannot be read as {expected}.",
    zh: "该行无法按 {expected} 解析。",
  },
  LINE_TOO_LONG: {
    en: "The line is longer than {limit} bytes.",
    zh: "该行超过 {limit} 字节。",
  },
  BODY_CUT: {
    en: "The body ended before it was whole; what was answered is stored, and sending it again completes it.",
    zh: "请求正文不完整；已答复的行已入库，重新发送即可补全。",
  },
  ACTIVITY_CONFLICT: {
    en: "This order number was reported before with other content.",
    zh: "该订单号此前以不同内容报送过。",
  },
  ACTIVITY_OUTSIDE_METHODOLOGY: {
    en: "The methodology is not in force on {day}.",
    zh: "方法学在 {day} 不适用。",
  },
  LEAF_CAP_EXCEEDED: {
    en: "One activity may earn at most {cap} mg under this methodology; this one gives {milligrams} mg.",
    zh: "按该方法学单次行为最多 {cap} 毫克，本次为 {milligrams} 毫克。",
  },
  QUANTITY_MALFORMED: {
    en: 'The quantity "{field}" is not a decimal number of at least zero.',
    zh: "数量“{field}”不是非负十进制数。",
  },

  // Methodologies and factors
  METHODOLOGY_INVALID: {
    en: "The methodology does not have the described form: {detail}.",
    zh: "方法学不符合规定格式：{detail}。",
  },
  METHODOLOGY_EXAMPLE_WRONG: {
    en: 'The worked example "{example}" gives {actual} mg, not {expected} mg.',
    zh: "算例“{example}”结果为 {actual} 毫克，而非 {expected} 毫克。",
  },
  METHODOLOGY_NOT_QUANTITATIVE: {
    en: "A methodology of status {status} can never become units.",
    zh: "状态为 {status} 的方法学不能形成减排量。",
  },
  PARAMETER_UNKNOWN: {
    en: 'The methodology has no parameter "{parameter}".',
    zh: "方法学中没有参数“{parameter}”。",
  },
  FACTOR_MISSING: {
    en: 'There is no sourced factor "{factor}"; none is invented.',
    zh: "没有有来源的因子“{factor}”，不予编造。",
  },
  FACTOR_UNIT_MISMATCH: {
    en: "The factor {factor} is per {expected}, the quantity is in {unit}.",
    zh: "因子 {factor} 按 {expected} 计，而数量单位为 {unit}。",
  },

  // Keys
  DEMO_KEYS_OUTSIDE_DEMO: {
    en: "The demonstration keys are published and are refused outside demo mode.",
    zh: "演示密钥是公开的，非演示模式下拒绝使用。",
  },
  KEYS_MALFORMED: {
    en: "The key file is malformed: {detail}.",
    zh: "密钥文件格式错误：{detail}。",
  },
  PROGRAMME_KEY_MISSING: {
    en: "There is no key for programme {programme}.",
    zh: "没有碳普惠机制 {programme} 的密钥。",
  },

  // Trees and published files
  LEAVES_EMPTY: { en: "A tree needs at least one leaf.", zh: "行为树至少需要一个叶子。" },
  LEAF_FILE_MALFORMED: {
    en: "The leaf file is malformed: {detail}.",
    zh: "叶子文件格式错误：{detail}。",
  },
  LEAF_ORDER_BROKEN: {
    en: "Leaf {index} does not follow its neighbour in ascending order.",
    zh: "第 {index} 个叶子未按指纹升序排列。",
  },
  LEAF_TOTAL_WRONG: {
    en: "The leaves add up to {actual} mg; {expected} mg are stated.",
    zh: "叶子合计为 {actual} 毫克，而声明为 {expected} 毫克。",
  },
  LEAF_ROOT_WRONG: {
    en: "The leaves give the root {actual}; {expected} is stated.",
    zh: "叶子得到的树根为 {actual}，而声明为 {expected}。",
  },
  LEAF_PROOF_WRONG: {
    en: "The proof does not lead from the leaf to the root.",
    zh: "该证明无法从叶子推到树根。",
  },

  // Commands
  REQUEST_STATE: {
    en: "The issuance request is {state}; this step needs it to be {expected}.",
    zh: "签发申请当前为“{state}”，此步骤要求为“{expected}”。",
  },
  SAME_INSTITUTION: {
    en: "Whoever applies does not decide: both sides belong to one institution.",
    zh: "申请与决定不得为同一机构。",
  },
  SIGNATURE_INVALID: {
    en: "The signature is not by {signer}.",
    zh: "签名不是由 {signer} 作出的。",
  },
  INSUFFICIENT_UNITS: {
    en: "The account holds {held} g of this unit; {wanted} g are asked for.",
    zh: "该账户持有 {held} 克，而申请 {wanted} 克。",
  },
  PURPOSE_UNKNOWN: { en: "There is no purpose {purpose}.", zh: "没有用途 {purpose}。" },
  SIGNER_UNAVAILABLE: {
    en: "No key for {account} is held here; it must sign for itself.",
    zh: "此处未托管 {account} 的密钥，须由其自行签名。",
  },
  OPERATION_ID_CONFLICT: {
    en: "This operation id was used for another command.",
    zh: "该操作编号已用于其他指令。",
  },
  TRANSACTION_REVERTED: {
    en: "The chain refused the transaction: {reason}.",
    zh: "链上拒绝了该交易：{reason}。",
  },
  TRANSACTION_DISPLACED: {
    en: "Another transaction took the place of this one.",
    zh: "该交易的位置被另一笔交易占用。",
  },
  CONTRACT_REFUSED: {
    en: "The contract refused with {name}.",
    zh: "合约以 {name} 拒绝。",
  },

  // Certificates
  INVENTORY_EMPTY: {
    en: "No line of the inventory could be counted.",
    zh: "排放清单中没有可核算的项目。",
  },
  RETIREMENT_UNKNOWN: {
    en: "There is no retirement {retirement}.",
    zh: "没有注销记录 {retirement}。",
  },
  CERTIFICATE_BENEFICIARY: {
    en: "A replacement speaks for the same beneficiary as the certificate {certificateId}.",
    zh: "替换证明的受益方须与原证明 {certificateId} 相同。",
  },
  NOT_FINAL_YET: {
    en: "This becomes available when block {block} is final.",
    zh: "待区块 {block} 最终确认后方可提供。",
  },

  // The service itself
  CHAIN_UNAVAILABLE: {
    en: "The chain does not answer; nothing was lost, try again.",
    zh: "链暂无响应，数据未丢失，请重试。",
  },
  DATABASE_UNAVAILABLE: {
    en: "The database does not answer; try again.",
    zh: "数据库暂无响应，请重试。",
  },
  NOT_READY: {
    en: "Not ready yet: the {part} is missing ({detail}).",
    zh: "服务尚未就绪：缺少 {part}（{detail}）。",
  },
  MIRROR_BEHIND: {
    en: "The mirror of the chain was last written {behindSeconds} seconds ago; {limitSeconds} are allowed.",
    zh: "链上数据镜像已 {behindSeconds} 秒未更新，上限为 {limitSeconds} 秒。",
  },
  MIRROR_OUTDATED: {
    en: "The mirror of the chain was made by another version and lacks {lacks}; the indexer builds the present form beside it.",
    zh: "链上数据镜像由其他版本生成，缺少 {lacks}；索引器正在重建。",
  },
  MIRROR_NOT_THERE_YET: {
    en: "The mirror is at block {block} and does not hold {after} yet; ask again.",
    zh: "镜像目前到区块 {block}，尚不包含 {after}，请稍后重试。",
  },
  SERVICE_UNAVAILABLE: {
    en: "The service is starting or stopping; try again.",
    zh: "服务正在启动或停止，请重试。",
  },
  INTERNAL: {
    en: "Something failed here; the request id finds it in the log.",
    zh: "服务内部出错，可凭请求编号在日志中查找。",
  },
} as const satisfies Record<string, Message>;
