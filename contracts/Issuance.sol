// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IIssuance} from "./interfaces/IIssuance.sol";
import {IProgrammes} from "./interfaces/IProgrammes.sol";
import {IReductionToken} from "./interfaces/IReductionToken.sol";
import {ISources} from "./interfaces/ISources.sol";
import {HashSuite} from "./libraries/HashSuite.sol";
import {SumTree} from "./libraries/SumTree.sol";
import {TokenIds} from "./libraries/TokenIds.sol";
import {IdState, ObjectionState, ParameterKeys, RequestState} from "./types/Codes.sol";
import {Roles, Standing, StatementKind} from "./types/Codes.sol";
import {InstitutionId, MethodologyId, ProgrammeId, RequestId} from "./types/Ids.sol";
import {SourceId, TokenId} from "./types/Ids.sol";

/// @title Issuance
/// @notice What it does and why: interfaces/IIssuance.sol.
contract Issuance is IIssuance, EIP712 {
    using TokenIds for TokenId;

    /// @dev Six slots. Times are running seconds of the programme: seconds since 1970 less all
    /// pauses so far, so that a pause extends every deadline without touching a request. 64 bits of
    /// milligrams are 18 billion tonnes.
    struct Stored {
        SourceId sourceId;
        bytes32 root;
        bytes32 leafFileHash;
        bytes32 reportHash;
        uint64 totalMilligrams;
        uint64 deductedMilligrams;
        uint64 count;
        uint24 firstDay;
        uint24 endDay;
        uint8 depth;
        uint8 hashSuite;
        address applicant;
        uint40 proposedAt;
        uint40 noticeEnd;
        uint8 state;
        uint8 statements;
    }

    struct ObjectionTally {
        uint32 count;
        uint32 open;
    }

    /// @notice Statements a request can take. Reviewers are accredited, so this bounds mistakes.
    uint256 public constant MOST_STATEMENTS = 16;
    bytes32 public constant STATEMENT_TYPEHASH = keccak256(
        "Statement(uint64 requestId,bytes32 root,uint128 totalMilligrams,uint32 firstDay,"
        "uint32 endDay,uint32 methodology,bytes32 reportHash,uint8 kind,bool favourable,"
        "uint64 validUntil,address reviewer)"
    );
    uint256 private constant MILLIGRAMS_PER_GRAM = 1000;
    uint128 private constant MOST_GRANULARITY_GRAMS = 1_000_000;

    IProgrammes private immutable PROGRAMMES;
    ISources private immutable SOURCES;
    IReductionToken private immutable TOKEN;

    uint64 private _requestCount;
    mapping(RequestId requestId => Stored) private _requests;
    mapping(RequestId requestId => mapping(uint256 index => StoredStatement)) private _statements;
    mapping(RequestId requestId => ObjectionTally) private _objectionTallies;
    mapping(RequestId requestId => mapping(uint32 index => Objection)) private _objections;
    mapping(RequestId requestId => mapping(address objector => uint32 indexPlusOne))
        private _objectionOf;
    mapping(SourceId sourceId => uint64 milligrams) private _carries;

    constructor(
        IProgrammes programmes,
        ISources sources,
        IReductionToken reductionToken
    ) EIP712("Tanpu Issuance", "1") {
        PROGRAMMES = programmes;
        SOURCES = sources;
        TOKEN = reductionToken;
    }

    /// @inheritdoc IIssuance
    function propose(Proposal calldata proposal) external returns (RequestId requestId) {
        ISources.Source memory source = SOURCES.sourceOf(proposal.sourceId);
        if (msg.sender != source.applicant) {
            revert IssuanceNotApplicant(proposal.sourceId, source.applicant, msg.sender);
        }
        PROGRAMMES.requireRunning(source.programme);
        _requireRole(source.programme, Roles.APPLICANT);
        _requireShape(proposal);
        _reserve(proposal);

        requestId = RequestId.wrap(++_requestCount);
        _requests[requestId] = Stored({
            sourceId: proposal.sourceId,
            root: proposal.root,
            leafFileHash: proposal.leafFileHash,
            reportHash: proposal.reportHash,
            totalMilligrams: uint64(proposal.totalMilligrams),
            deductedMilligrams: 0,
            count: proposal.count,
            firstDay: uint24(proposal.firstDay),
            endDay: uint24(proposal.endDay),
            depth: proposal.depth,
            hashSuite: proposal.hashSuite,
            applicant: msg.sender,
            proposedAt: _runningSeconds(source.programme),
            noticeEnd: 0,
            state: RequestState.PROPOSED,
            statements: 0
        });
        TokenId tokenId = _tokenIdOf(source, proposal.sourceId, proposal.firstDay, proposal.endDay);
        emit Proposed(requestId, tokenId, proposal.sourceId, msg.sender, proposal);
    }

    /// @inheritdoc IIssuance
    function attest(Statement calldata statement, bytes calldata signature) external {
        Stored storage stored = _requireUndecided(statement.requestId);
        ISources.Source memory source = SOURCES.sourceOf(stored.sourceId);
        PROGRAMMES.requireRunning(source.programme);
        _requireMatch(statement, stored, source);
        if (statement.kind < StatementKind.VALIDATION || statement.kind > StatementKind.TECHNICAL) {
            revert IssuanceStatementKind(statement.kind);
        }
        if (statement.validUntil < block.timestamp) {
            revert IssuanceStatementExpired(statement.validUntil, uint64(block.timestamp));
        }
        if (!PROGRAMMES.hasRole(source.programme, Roles.REVIEWER, statement.reviewer)) {
            revert IssuanceRoleMissing(source.programme, Roles.REVIEWER, statement.reviewer);
        }
        InstitutionId institution = _requireApart(statement.reviewer, stored, source);
        bytes32 digest = statementDigest(statement);
        if (!SignatureChecker.isValidSignatureNow(statement.reviewer, digest, signature)) {
            revert IssuanceSignature(statement.reviewer, digest);
        }
        _storeStatement(statement, stored);
        emit Attested(
            statement.requestId,
            statement.reviewer,
            institution,
            statement.kind,
            statement.favourable,
            statement.validUntil,
            digest
        );
    }

    /// @inheritdoc IIssuance
    function file(RequestId requestId, bytes32 filingDocument, uint64 noticeEnd) external {
        Stored storage stored = _requireState(requestId, RequestState.PROPOSED);
        ISources.Source memory source = SOURCES.sourceOf(stored.sourceId);
        PROGRAMMES.requireRunning(source.programme);
        _requireRole(source.programme, Roles.OPERATOR);
        _requireReviews(requestId, stored, source);

        // The operator may have signed long before this runs, so the rule's length counts from now.
        uint256 earliest =
            block.timestamp + _parameter(source.programme, ParameterKeys.NOTICE_SECONDS);
        uint256 end = noticeEnd > earliest ? noticeEnd : earliest;
        if (end > type(uint40).max) revert IssuanceNoticeTooLong(noticeEnd);
        stored.state = RequestState.FILED;
        stored.noticeEnd = uint40(end - PROGRAMMES.pausedSecondsOf(source.programme));
        emit Filed(requestId, filingDocument, uint64(end));
    }

    /// @inheritdoc IIssuance
    function object_(RequestId requestId, bytes32 document) external {
        Stored storage stored = _requireState(requestId, RequestState.FILED);
        ISources.Source memory source = SOURCES.sourceOf(stored.sourceId);
        if (_runningSeconds(source.programme) >= stored.noticeEnd) {
            revert IssuanceNoticeOver(
                requestId,
                stored.noticeEnd + PROGRAMMES.pausedSecondsOf(source.programme)
            );
        }
        uint8 standing = PROGRAMMES.accountOf(msg.sender).standing;
        if (standing & (Standing.OPEN | Standing.FROZEN | Standing.CLOSED) != Standing.OPEN) {
            revert IssuanceObjectorStanding(msg.sender, standing);
        }
        uint32 earlier = _objectionOf[requestId][msg.sender];
        if (earlier != 0) revert IssuanceObjectionExists(requestId, msg.sender, earlier - 1);

        ObjectionTally storage tally = _objectionTallies[requestId];
        uint32 index = tally.count++;
        ++tally.open;
        _objections[requestId][index] = Objection(msg.sender, ObjectionState.OPEN);
        _objectionOf[requestId][msg.sender] = index + 1;
        emit Objected(requestId, index, msg.sender, document);
    }

    /// @inheritdoc IIssuance
    function decideObjection(
        RequestId requestId,
        uint32 index,
        bool upheld,
        bytes32 document
    ) external {
        Stored storage stored = _requireState(requestId, RequestState.FILED);
        _requireDecider(stored);
        Objection storage objection = _objections[requestId][index];
        if (objection.state == 0) revert IssuanceObjectionUnknown(requestId, index);
        if (objection.state != ObjectionState.OPEN) {
            revert IssuanceObjectionDecided(requestId, index);
        }
        objection.state = upheld ? ObjectionState.UPHELD : ObjectionState.DISMISSED;
        --_objectionTallies[requestId].open;
        emit ObjectionDecided(requestId, index, upheld, document);
        if (upheld) {
            emit Rejected(requestId, document);
            _fell(stored, RequestState.REJECTED);
        }
    }

    /// @inheritdoc IIssuance
    function issue(RequestId requestId, bytes32 document) external {
        Stored storage stored = _requireState(requestId, RequestState.FILED);
        ISources.Source memory source = _requireDecider(stored);
        if (_runningSeconds(source.programme) < stored.noticeEnd) {
            revert IssuanceNoticeRunning(
                requestId,
                stored.noticeEnd + PROGRAMMES.pausedSecondsOf(source.programme)
            );
        }
        uint32 open = _objectionTallies[requestId].open;
        if (open != 0) revert IssuanceObjectionsOpen(requestId, open);
        _requireReviews(requestId, stored, source);

        SourceId sourceId = stored.sourceId;
        uint64 deducted = stored.deductedMilligrams;
        uint64 carryBefore = _carries[sourceId];
        (uint64 grams, uint64 carryAfter) = _gramsOf(
            source.programme,
            uint256(stored.totalMilligrams) - deducted + carryBefore
        );
        stored.state = RequestState.ISSUED;
        if (carryAfter != carryBefore) _carries[sourceId] = carryAfter;
        TokenId tokenId = _tokenIdOf(source, sourceId, stored.firstDay, stored.endDay);
        emit Issued(
            requestId,
            tokenId,
            source.owner,
            grams,
            carryBefore,
            carryAfter,
            deducted,
            document
        );
        // Last, because it may call the owner back.
        TOKEN.mint(source.owner, tokenId, grams);
    }

    /// @inheritdoc IIssuance
    function reject(RequestId requestId, bytes32 document) external {
        Stored storage stored = _requireUndecided(requestId);
        _requireDecider(stored);
        emit Rejected(requestId, document);
        _fell(stored, RequestState.REJECTED);
    }

    /// @inheritdoc IIssuance
    function withdraw(RequestId requestId) external {
        Stored storage stored = _requireUndecided(requestId);
        if (msg.sender != stored.applicant) {
            revert IssuanceNotApplicant(stored.sourceId, stored.applicant, msg.sender);
        }
        ISources.Source memory source = SOURCES.sourceOf(stored.sourceId);
        PROGRAMMES.requireRunning(source.programme);
        emit Withdrawn(requestId);
        _fell(stored, RequestState.WITHDRAWN);
    }

    /// @inheritdoc IIssuance
    function releaseExpired(RequestId requestId) external {
        Stored storage stored = _requireState(requestId, RequestState.PROPOSED);
        if (stored.statements != 0) revert IssuanceReviewed(requestId, stored.statements);
        ISources.Source memory source = SOURCES.sourceOf(stored.sourceId);
        PROGRAMMES.requireRunning(source.programme);
        uint256 expiresAt =
            stored.proposedAt + _parameter(source.programme, ParameterKeys.RESERVATION_SECONDS);
        if (_runningSeconds(source.programme) < expiresAt) {
            revert IssuanceNotExpired(
                requestId,
                uint64(expiresAt) + PROGRAMMES.pausedSecondsOf(source.programme)
            );
        }
        emit Expired(requestId);
        _fell(stored, RequestState.EXPIRED);
    }

    /// @inheritdoc IIssuance
    function suspendToken(TokenId tokenId, bytes32 document) external {
        _moveToken(tokenId, IdState.ACTIVE, IdState.SUSPENDED);
        emit TokenSuspended(tokenId, document);
    }

    /// @inheritdoc IIssuance
    function resumeToken(TokenId tokenId, bytes32 document) external {
        _moveToken(tokenId, IdState.SUSPENDED, IdState.ACTIVE);
        emit TokenResumed(tokenId, document);
    }

    /// @inheritdoc IIssuance
    function requestOf(RequestId requestId) external view returns (Request memory) {
        Stored memory stored = _known(requestId);
        ISources.Source memory source = SOURCES.sourceOf(stored.sourceId);
        uint64 paused = PROGRAMMES.pausedSecondsOf(source.programme);
        ObjectionTally memory tally = _objectionTallies[requestId];
        return
            Request({
                sourceId: stored.sourceId,
                root: stored.root,
                leafFileHash: stored.leafFileHash,
                reportHash: stored.reportHash,
                totalMilligrams: stored.totalMilligrams,
                deductedMilligrams: stored.deductedMilligrams,
                count: stored.count,
                firstDay: stored.firstDay,
                endDay: stored.endDay,
                depth: stored.depth,
                hashSuite: stored.hashSuite,
                applicant: stored.applicant,
                proposedAt: stored.proposedAt + paused,
                noticeEnd: stored.noticeEnd == 0 ? 0 : stored.noticeEnd + paused,
                state: stored.state,
                statements: stored.statements,
                objections: tally.count,
                openObjections: tally.open,
                tokenId: _tokenIdOf(source, stored.sourceId, stored.firstDay, stored.endDay)
            });
    }

    /// @inheritdoc IIssuance
    function requestCount() external view returns (uint64) {
        return _requestCount;
    }

    /// @inheritdoc IIssuance
    function carryOf(SourceId sourceId) external view returns (uint64 milligrams) {
        return _carries[sourceId];
    }

    /// @inheritdoc IIssuance
    function statementOf(
        RequestId requestId,
        uint256 index
    ) external view returns (StoredStatement memory) {
        return _statements[requestId][index];
    }

    /// @inheritdoc IIssuance
    function objectionOf(
        RequestId requestId,
        uint32 index
    ) external view returns (Objection memory) {
        return _objections[requestId][index];
    }

    /// @inheritdoc IIssuance
    function statementDigest(Statement calldata statement) public view returns (bytes32) {
        // Every field is static, so that the struct encodes like the list of its fields.
        return _hashTypedDataV4(keccak256(abi.encode(STATEMENT_TYPEHASH, statement)));
    }

    // Days that pass here lie in the past, so they fit the 24 bits they are stored in.
    function _reserve(Proposal calldata proposal) private {
        uint64 cap = SOURCES.reserve(proposal.sourceId, proposal.firstDay, proposal.endDay);
        uint128 most = uint128(cap) * proposal.count;
        if (cap != 0 && proposal.totalMilligrams > most) {
            revert IssuanceAboveCap(proposal.totalMilligrams, most);
        }
    }

    // The same statement counts once; a second one of a reviewer differs in some field.
    function _storeStatement(Statement calldata statement, Stored storage stored) private {
        RequestId requestId = statement.requestId;
        uint8 count = stored.statements;
        if (count == MOST_STATEMENTS) revert IssuanceStatementsFull(requestId, MOST_STATEMENTS);
        for (uint256 i = 0; i < count; ++i) {
            StoredStatement storage earlier = _statements[requestId][i];
            if (
                earlier.reviewer == statement.reviewer &&
                earlier.kind == statement.kind &&
                earlier.favourable == statement.favourable &&
                earlier.validUntil == statement.validUntil
            ) revert IssuanceStatementKnown(requestId, statement.reviewer);
        }
        _statements[requestId][count] = StoredStatement({
            reviewer: statement.reviewer,
            kind: statement.kind,
            favourable: statement.favourable,
            validUntil: statement.validUntil
        });
        stored.statements = count + 1;
    }

    function _fell(Stored storage stored, uint8 state) private {
        stored.state = state;
        SOURCES.release(stored.sourceId, stored.firstDay, stored.endDay);
    }

    function _moveToken(TokenId tokenId, uint8 from, uint8 to) private {
        (bool exists, uint8 state, , , ) = TOKEN.supplyOf(tokenId);
        if (!exists) revert IssuanceTokenUnknown(tokenId);
        _requireRole(tokenId.programmeOf(), Roles.AUTHORITY);
        if (state != from) revert IssuanceTokenState(tokenId, state);
        TOKEN.setIdState(tokenId, to);
    }

    /// @dev An authority that may decide about the request.
    function _requireDecider(
        Stored storage stored
    ) private view returns (ISources.Source memory source) {
        source = SOURCES.sourceOf(stored.sourceId);
        PROGRAMMES.requireRunning(source.programme);
        _requireRole(source.programme, Roles.AUTHORITY);
        _requireApart(msg.sender, stored, source);
    }

    /// @dev Enough institutions that are accredited now and none of them against. Institutions are
    /// compared with the applicant's and the owner's again, because accounts may have changed
    /// hands.
    function _requireReviews(
        RequestId requestId,
        Stored storage stored,
        ISources.Source memory source
    ) private view {
        uint256 count = stored.statements;
        InstitutionId[] memory counted = new InstitutionId[](count);
        uint256 favourable = 0;
        for (uint256 i = 0; i < count; ++i) {
            StoredStatement memory statement = _statements[requestId][i];
            address reviewer = statement.reviewer;
            if (statement.validUntil < block.timestamp) continue;
            if (!PROGRAMMES.hasRole(source.programme, Roles.REVIEWER, reviewer)) continue;
            if (!statement.favourable) revert IssuanceReviewUnfavourable(requestId, reviewer);
            InstitutionId institution = _requireApart(reviewer, stored, source);
            if (_contains(counted, favourable, institution)) continue;
            counted[favourable++] = institution;
        }
        uint256 needed = _parameter(source.programme, ParameterKeys.REVIEW_COUNT);
        if (favourable < needed) revert IssuanceReviewsMissing(requestId, favourable, needed);
    }

    /// @dev The party's institution, when it is neither the applicant's nor the owner's.
    function _requireApart(
        address party,
        Stored storage stored,
        ISources.Source memory source
    ) private view returns (InstitutionId institution) {
        institution = PROGRAMMES.institutionOf(party);
        address applicant = stored.applicant;
        if (institution == PROGRAMMES.institutionOf(applicant)) {
            revert IssuanceSameInstitution(institution, party, applicant);
        }
        if (source.owner == applicant) return institution;
        if (institution == PROGRAMMES.institutionOf(source.owner)) {
            revert IssuanceSameInstitution(institution, party, source.owner);
        }
    }

    /// @dev grams = floor(milligrams / (1000 * granularity)) * granularity, the rest carried or
    /// void.
    function _gramsOf(
        ProgrammeId programme,
        uint256 milligrams
    ) private view returns (uint64 grams, uint64 carryAfter) {
        uint128 granularity = _parameter(programme, ParameterKeys.ISSUE_GRANULARITY_GRAMS);
        if (granularity == 0 || granularity > MOST_GRANULARITY_GRAMS) {
            revert IssuanceParameterInvalid(
                programme,
                ParameterKeys.ISSUE_GRANULARITY_GRAMS,
                granularity
            );
        }
        uint128 keeps = _parameter(programme, ParameterKeys.ISSUE_CARRY);
        if (keeps > 1) {
            revert IssuanceParameterInvalid(programme, ParameterKeys.ISSUE_CARRY, keeps);
        }
        uint256 granule = granularity * MILLIGRAMS_PER_GRAM;
        uint256 rest = milligrams % granule;
        if (milligrams < granule) revert IssuanceBelowGranularity(milligrams, granule);
        grams = uint64((milligrams - rest) / MILLIGRAMS_PER_GRAM);
        carryAfter = keeps == 1 ? uint64(rest) : 0;
    }

    function _requireRole(ProgrammeId programme, uint8 role) private view {
        if (!PROGRAMMES.hasRole(programme, role, msg.sender)) {
            revert IssuanceRoleMissing(programme, role, msg.sender);
        }
    }

    function _parameter(ProgrammeId programme, bytes32 key) private view returns (uint128) {
        return PROGRAMMES.parameterAt(programme, key, uint64(block.timestamp));
    }

    function _runningSeconds(ProgrammeId programme) private view returns (uint40) {
        return uint40(block.timestamp - PROGRAMMES.pausedSecondsOf(programme));
    }

    function _known(RequestId requestId) private view returns (Stored storage stored) {
        stored = _requests[requestId];
        if (stored.state == RequestState.NONE) revert IssuanceRequestUnknown(requestId);
    }

    function _requireState(
        RequestId requestId,
        uint8 state
    ) private view returns (Stored storage stored) {
        stored = _known(requestId);
        if (stored.state != state) revert IssuanceState(requestId, stored.state);
    }

    function _requireUndecided(RequestId requestId) private view returns (Stored storage stored) {
        stored = _known(requestId);
        if (stored.state != RequestState.PROPOSED && stored.state != RequestState.FILED) {
            revert IssuanceState(requestId, stored.state);
        }
    }

    function _requireMatch(
        Statement calldata statement,
        Stored storage stored,
        ISources.Source memory source
    ) private view {
        bool same =
            statement.root == stored.root &&
                statement.totalMilligrams == stored.totalMilligrams &&
                statement.firstDay == stored.firstDay &&
                statement.endDay == stored.endDay &&
                statement.reportHash == stored.reportHash &&
                MethodologyId.unwrap(statement.methodology) ==
                    MethodologyId.unwrap(source.methodology);
        if (!same) revert IssuanceStatementMismatch(statement.requestId);
    }

    function _requireShape(Proposal calldata proposal) private pure {
        if (proposal.hashSuite != HashSuite.KECCAK) {
            revert IssuanceHashSuite(proposal.hashSuite);
        }
        if (proposal.root == 0) revert IssuanceRootZero();
        if (proposal.count == 0) revert IssuanceCountZero();
        if (proposal.depth != SumTree.depthOf(proposal.count)) {
            revert IssuanceDepth(proposal.depth, proposal.count);
        }
        if (proposal.totalMilligrams == 0) revert IssuanceTotalZero();
        if (proposal.totalMilligrams > type(uint64).max) {
            revert IssuanceTotalTooLarge(proposal.totalMilligrams, type(uint64).max);
        }
    }

    function _contains(
        InstitutionId[] memory institutions,
        uint256 count,
        InstitutionId institution
    ) private pure returns (bool) {
        for (uint256 i = 0; i < count; ++i) {
            if (institutions[i] == institution) return true;
        }
        return false;
    }

    function _tokenIdOf(
        ISources.Source memory source,
        SourceId sourceId,
        uint32 firstDay,
        uint32 endDay
    ) private pure returns (TokenId) {
        return
            TokenIds.pack(
                source.programme,
                source.methodology,
                firstDay,
                endDay,
                sourceId,
                source.assetKey
            );
    }
}
