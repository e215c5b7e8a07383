// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice What an account may do in one programme. 0 is no role.
library Roles {
    uint8 internal constant AUTHORITY = 1;
    uint8 internal constant OPERATOR = 2;
    uint8 internal constant REVIEWER = 3;
    uint8 internal constant APPLICANT = 4;
    /// @notice 交易场所: brings trades to settlement.
    uint8 internal constant EXCHANGE = 5;
    /// @notice 资金存管: signs receipts for cash it holds; never of the exchange's institution.
    uint8 internal constant CUSTODIAN = 6;
}

/// @notice Bits of an account's standing. A transfer passes at once only when exactly OPEN is set.
library Standing {
    uint8 internal constant OPEN = 1;
    uint8 internal constant FROZEN = 2;
    /// @notice Transfers outside the trusted list wait a cooling-off.
    uint8 internal constant GUARDED = 4;
    /// @notice Some grams of the account, not all, are frozen under a document.
    uint8 internal constant HAS_PARTIAL_FREEZE = 8;
    uint8 internal constant CLOSED = 16;
}

/// @notice Tier of a programme's authority; a parent's tier is the greater one.
library Tiers {
    uint8 internal constant DISTRICT = 1;
    uint8 internal constant CITY = 2;
    uint8 internal constant PROVINCE = 3;
    uint8 internal constant NATION = 4;
}

/// @notice What stands behind a methodology. 0 is refused.
library MethodologyStatus {
    uint8 internal constant OFFICIAL = 1;
    uint8 internal constant PUBLISHED = 2;
    uint8 internal constant DEMONSTRATION = 3;
}

/// @notice State of a source. 0 stands for one that is not there.
library SourceState {
    /// @notice Registered, waits for its first review (审定).
    uint8 internal constant PENDING = 1;
    uint8 internal constant ACTIVE = 2;
    uint8 internal constant SUSPENDED = 3;
    /// @notice For ever.
    uint8 internal constant DELISTED = 4;
}

/// @notice State of a contract that issues. 0 stands for one that never did.
library IssuerState {
    uint8 internal constant NONE = 0;
    uint8 internal constant OPEN = 1;
    /// @notice Books no more days, but finishes what it booked.
    uint8 internal constant CLOSED = 2;
}

/// @notice Bits of what one programme recognises of another.
library Recognition {
    /// @notice Its units may stand in this programme's certificates.
    uint8 internal constant UNITS = 1;
    /// @notice Its accredited reviewers count here.
    uint8 internal constant REVIEWERS = 2;
}

/// @notice State of an issuance request.
library RequestState {
    uint8 internal constant NONE = 0;
    uint8 internal constant PROPOSED = 1;
    uint8 internal constant FILED = 2;
    uint8 internal constant ISSUED = 3;
    uint8 internal constant REJECTED = 4;
    uint8 internal constant WITHDRAWN = 5;
    uint8 internal constant EXPIRED = 6;
    /// @notice Felled by a challenge before issue.
    uint8 internal constant FALLEN = 7;
}

/// @notice Kind of a review statement.
library StatementKind {
    /// @notice 审定
    uint8 internal constant VALIDATION = 1;
    /// @notice 核查
    uint8 internal constant VERIFICATION = 2;
    /// @notice 技术论证
    uint8 internal constant TECHNICAL = 3;
}

/// @notice State of an objection.
library ObjectionState {
    uint8 internal constant OPEN = 1;
    uint8 internal constant UPHELD = 2;
    uint8 internal constant DISMISSED = 3;
}

/// @notice State of a token id. 0 stands for an id that was never issued.
library IdState {
    uint8 internal constant ACTIVE = 1;
    uint8 internal constant SUSPENDED = 2;
}

/// @notice Purpose of a retirement.
library Purpose {
    /// @notice 抵销, before 清缴
    uint8 internal constant COMPLIANCE_OFFSET = 1;
    /// @notice 抵消
    uint8 internal constant VOLUNTARY_OFFSET = 2;
    uint8 internal constant EVENT_NEUTRALITY = 3;
    /// @notice 生态损害赔偿
    uint8 internal constant ECO_DAMAGE = 4;
    uint8 internal constant DONATION = 5;
    uint8 internal constant POINTS = 6;
}

/// @notice Kind of a certificate.
library CertificateKind {
    uint8 internal constant NEUTRALITY_SELF_DECLARED = 1;
    uint8 internal constant NEUTRALITY_THIRD_PARTY = 2;
    uint8 internal constant PERSONAL_RECORD = 3;
}

/// @notice State of a certificate.
library CertificateState {
    uint8 internal constant VALID = 1;
    uint8 internal constant REVOKED = 2;
    /// @notice Revoked, and another certificate took its retirements.
    uint8 internal constant REPLACED = 3;
}

/// @notice What an order of a guarded account does once it waited.
library GuardOrderKind {
    /// @notice Grams of one id to one receiver, or a retirement; the account then moves them.
    uint8 internal constant MOVE = 1;
    uint8 internal constant TRUST = 2;
    uint8 internal constant LIMITS = 3;
    uint8 internal constant SECOND = 4;
    uint8 internal constant COOLING = 5;
    uint8 internal constant OFF = 6;
}

/// @notice State of an order of a guarded account.
library GuardOrderState {
    uint8 internal constant PLACED = 1;
    uint8 internal constant CONFIRMED = 2;
    uint8 internal constant DONE = 3;
    uint8 internal constant CANCELLED = 4;
}

/// @notice Why units move, leave or come back without their holder's order.
library ActKind {
    /// @notice 司法划转
    uint8 internal constant JUDICIAL = 1;
    /// @notice 合并
    uint8 internal constant MERGER = 2;
    /// @notice 继承
    uint8 internal constant INHERITANCE = 3;
    /// @notice 破产
    uint8 internal constant INSOLVENCY = 4;
    /// @notice 遗失密钥: to another account of the same institution.
    uint8 internal constant LOST_KEY = 5;
    /// @notice 作废
    uint8 internal constant VOID = 6;
    /// @notice Gives back what an earlier act voided.
    uint8 internal constant REISSUE = 7;
    /// @notice Voids units of a holder and gives it equal ones of whoever is liable.
    uint8 internal constant REPLACE = 8;
}

/// @notice State of an act of Corrections.
library ActState {
    uint8 internal constant PROPOSED = 1;
    uint8 internal constant EXECUTED = 2;
    uint8 internal constant REJECTED = 3;
    uint8 internal constant WITHDRAWN = 4;
}

/// @notice State of a pledge. The order matters: from OFFERED to STAYED the units are pledged.
library PledgeStates {
    uint8 internal constant NONE = 0;
    uint8 internal constant OFFERED = 1;
    uint8 internal constant RUNNING = 2;
    uint8 internal constant CLAIMED = 3;
    uint8 internal constant STAYED = 4;
    uint8 internal constant ENDED = 5;
}

/// @notice What a challenge proved.
library Fault {
    /// @notice The leaf's activity is claimed by an earlier leaf.
    uint8 internal constant DUPLICATE = 1;
    /// @notice The leaf's day lies outside the period.
    uint8 internal constant PERIOD = 2;
    /// @notice The leaf is above the methodology's cap.
    uint8 internal constant CAP = 3;
    /// @notice Two neighbouring leaves do not ascend.
    uint8 internal constant ORDER = 4;
    /// @notice A place states other milligrams than it contains.
    uint8 internal constant SUM = 5;
    /// @notice A place is what cannot stand there.
    uint8 internal constant SHAPE = 6;
    /// @notice A demand passed without an answer.
    uint8 internal constant UNANSWERED = 7;
}

/// @notice State of a demand.
library DemandState {
    uint8 internal constant OPEN = 1;
    uint8 internal constant ANSWERED = 2;
    uint8 internal constant UNANSWERED = 3;
    /// @notice The request ended before anybody answered.
    uint8 internal constant RECLAIMED = 4;
}

/// @notice Keys of a programme's dated parameters: ASCII, left aligned.
library ParameterKeys {
    /// @notice Shortest notice, in seconds.
    bytes32 internal constant NOTICE_SECONDS = "notice.seconds";
    /// @notice How many institutions must have reviewed favourably, four bytes, lowest first: of
    /// any kind, of kind 1 validation, 2 verification, 3 technical; 0 is possible.
    bytes32 internal constant REVIEW_COUNT = "review.count";
    /// @notice Units are issued in whole multiples of so many grams: 1, 1000 or 1000000.
    bytes32 internal constant ISSUE_GRANULARITY_GRAMS = "issue.granularityGrams";
    /// @notice What becomes of the rest below one granule: 1 kept for the source, 0 voided.
    bytes32 internal constant ISSUE_CARRY = "issue.carry";
    /// @notice After so many seconds without a review anyone may release a request's days.
    bytes32 internal constant RESERVATION_SECONDS = "reservation.seconds";
    /// @notice 1: a new source waits for its review; 0 or unset: it is active at once.
    bytes32 internal constant SOURCE_REVIEW = "source.review";
    /// @notice 1: a source's first request may be decided together with the source (双审合一).
    bytes32 internal constant SOURCE_JOINT = "source.joint";
    /// @notice Bit p set: a retirement for purpose p may stand in a certificate.
    bytes32 internal constant CERTIFICATE_PURPOSES = "certificate.purposes";
    /// @notice So many deducted leaves fell a request before issue; 0 for never.
    bytes32 internal constant DUPLICATES_FELL = "duplicates.fell";
    /// @notice Seconds in which a demanded leaf must be shown.
    bytes32 internal constant DEMAND_SECONDS = "demand.seconds";
    /// @notice Deposit for a demand, in wei; 0 where the chain has no money.
    bytes32 internal constant DEMAND_DEPOSIT_WEI = "demand.depositWei";
    /// @notice Seconds in which the authority must decide the remedy of a debt.
    bytes32 internal constant REMEDY_SECONDS = "remedy.seconds";
    /// @notice Seconds in which a proposed act of Corrections must be approved, pauses not counted.
    bytes32 internal constant ACT_SECONDS = "act.seconds";
    /// @notice Seconds after an order's expiry before anyone may return its rest; at most 30 days.
    bytes32 internal constant SETTLEMENT_GRACE_SECONDS = "settlement.graceSeconds";
    /// @notice Seconds from a creditor's claim to its foreclosure; the authority may stay it.
    bytes32 internal constant PLEDGE_GRACE_SECONDS = "pledge.graceSeconds";
    /// @notice Seconds a lower total of a pool waits before it counts, pauses not; at most a year.
    bytes32 internal constant POOL_LOWER_SECONDS = "pool.lowerSeconds";
}
