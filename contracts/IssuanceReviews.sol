// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IssuanceRequests} from "./IssuanceRequests.sol";
import {IIssuance} from "./interfaces/IIssuance.sol";
import {ISources} from "./interfaces/ISources.sol";
import {ParameterKeys, Roles, StatementKind} from "./types/Codes.sol";
import {InstitutionId, MethodologyId, RequestId} from "./types/Ids.sol";

/// @title IssuanceReviews: signed statements of reviewers and the rule that counts them
/// @notice Base of Issuance. What it does and why: interfaces/IIssuance.sol.
abstract contract IssuanceReviews is IssuanceRequests, EIP712 {
    /// @dev Institutions that stated favourably, each once, with bit k set for kind k.
    struct Tally {
        uint256 count;
        InstitutionId[] institutions;
        uint256[] kinds;
    }

    /// @notice Statements a request can take. Reviewers are accredited, so this bounds mistakes.
    uint256 public constant MOST_STATEMENTS = 16;
    bytes32 public constant STATEMENT_TYPEHASH = keccak256(
        "Statement(uint64 requestId,bytes32 root,uint128 totalMilligrams,uint32 firstDay,"
        "uint32 endDay,uint32 methodology,bytes32 reportHash,uint8 kind,bool favourable,"
        "uint64 validUntil,address reviewer)"
    );
    /// @dev The rule packs four bytes: institutions of any kind, then of each kind.
    uint256 private constant RULE_BITS = 32;

    mapping(RequestId requestId => mapping(uint256 index => StoredStatement)) private _statements;

    /// @inheritdoc IIssuance
    function attest(
        Attestation calldata attestation,
        Proposal calldata proposal,
        bytes calldata signature
    ) external {
        RequestId requestId = attestation.requestId;
        Stored storage stored = _requireUndecided(requestId);
        _requireContent(requestId, stored, proposal);
        Head memory head = stored.head;
        if (
            attestation.kind < StatementKind.VALIDATION ||
            attestation.kind > StatementKind.TECHNICAL
        ) {
            revert IssuanceStatementKind(attestation.kind);
        }
        if (attestation.validUntil < block.timestamp) {
            revert IssuanceStatementExpired(attestation.validUntil, uint64(block.timestamp));
        }
        (bool accredited, InstitutionId institution) = PROGRAMMES.reviewerIn(
            head.programme,
            attestation.reviewer
        );
        if (!accredited) {
            revert IssuanceRoleMissing(head.programme, Roles.REVIEWER, attestation.reviewer);
        }
        ISources.Source memory source = SOURCES.sourceOf(proposal.sourceId);
        _requireApart(institution, attestation.reviewer, _partiesOf(head.applicant, source));
        bytes32 digest = _digestOf(attestation, proposal, source.methodology);
        if (!SignatureChecker.isValidSignatureNow(attestation.reviewer, digest, signature)) {
            revert IssuanceSignature(attestation.reviewer, digest);
        }
        _storeStatement(attestation, head.statements);
        stored.head.statements = head.statements + 1;
        emit Attested(
            requestId,
            attestation.reviewer,
            institution,
            attestation.kind,
            attestation.favourable,
            attestation.validUntil,
            digest
        );
    }

    /// @inheritdoc IIssuance
    function statementOf(
        RequestId requestId,
        uint256 index
    ) external view returns (StoredStatement memory) {
        return _statements[requestId][index];
    }

    /// @inheritdoc IIssuance
    function statementDigest(
        Attestation calldata attestation,
        Proposal calldata proposal
    ) external view returns (bytes32) {
        ISources.Source memory source = SOURCES.sourceOf(proposal.sourceId);
        return _digestOf(attestation, proposal, source.methodology);
    }

    /// @dev Enough institutions that are accredited now and none of them against. Institutions are
    /// compared with the parties again, because sources and accounts may have changed hands.
    /// @param rule Value of "review.count".
    /// @param validated Whether one of them must have validated, whatever the rule says.
    function _requireReviews(
        RequestId requestId,
        Head memory head,
        Parties memory parties,
        uint128 rule,
        bool validated
    ) internal view {
        if (rule >> RULE_BITS != 0) {
            revert IssuanceParameterInvalid(head.programme, ParameterKeys.REVIEW_COUNT, rule);
        }
        Tally memory tally = _tallyOf(requestId, head, parties);
        uint256 needed = uint8(rule);
        if (tally.count < needed) revert IssuanceReviewsMissing(requestId, tally.count, needed);
        for (uint8 kind = StatementKind.VALIDATION; kind <= StatementKind.TECHNICAL; ++kind) {
            needed = uint8(rule >> (8 * kind));
            if (validated && kind == StatementKind.VALIDATION && needed == 0) needed = 1;
            if (needed == 0) continue;
            uint256 found = 0;
            for (uint256 i = 0; i < tally.count; ++i) {
                found += (tally.kinds[i] >> kind) & 1;
            }
            if (found < needed) revert IssuanceKindMissing(requestId, kind, found, needed);
        }
    }

    // The same statement counts once; a second one of a reviewer differs in some field.
    function _storeStatement(Attestation calldata attestation, uint256 count) private {
        RequestId requestId = attestation.requestId;
        if (count == MOST_STATEMENTS) revert IssuanceStatementsFull(requestId, MOST_STATEMENTS);
        for (uint256 i = 0; i < count; ++i) {
            StoredStatement memory earlier = _statements[requestId][i];
            if (
                earlier.reviewer == attestation.reviewer &&
                earlier.kind == attestation.kind &&
                earlier.favourable == attestation.favourable &&
                earlier.validUntil == attestation.validUntil
            ) revert IssuanceStatementKnown(requestId, attestation.reviewer);
        }
        _statements[requestId][count] = StoredStatement({
            reviewer: attestation.reviewer,
            kind: attestation.kind,
            favourable: attestation.favourable,
            validUntil: attestation.validUntil
        });
    }

    function _tallyOf(
        RequestId requestId,
        Head memory head,
        Parties memory parties
    ) private view returns (Tally memory tally) {
        uint256 count = head.statements;
        tally.institutions = new InstitutionId[](count);
        tally.kinds = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) {
            StoredStatement memory statement = _statements[requestId][i];
            if (statement.validUntil < block.timestamp) continue;
            (bool accredited, InstitutionId institution) = PROGRAMMES.reviewerIn(
                head.programme,
                statement.reviewer
            );
            if (!accredited) continue;
            if (!statement.favourable) {
                revert IssuanceReviewUnfavourable(requestId, statement.reviewer);
            }
            _requireApart(institution, statement.reviewer, parties);
            uint256 place = 0;
            while (place < tally.count && tally.institutions[place] != institution) ++place;
            if (place == tally.count) tally.institutions[tally.count++] = institution;
            tally.kinds[place] |= 1 << statement.kind;
        }
    }

    function _digestOf(
        Attestation calldata attestation,
        Proposal calldata proposal,
        MethodologyId methodology
    ) private view returns (bytes32) {
        return
            _hashTypedDataV4(
                keccak256(
                    abi.encode(
                        STATEMENT_TYPEHASH,
                        attestation.requestId,
                        proposal.root,
                        proposal.totalMilligrams,
                        proposal.firstDay,
                        proposal.endDay,
                        methodology,
                        proposal.reportHash,
                        attestation.kind,
                        attestation.favourable,
                        attestation.validUntil,
                        attestation.reviewer
                    )
                )
            );
    }
}
