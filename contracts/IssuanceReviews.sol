// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IssuanceRequests} from "./IssuanceRequests.sol";
import {IIssuance} from "./interfaces/IIssuance.sol";
import {ISources} from "./interfaces/ISources.sol";
import {Roles, StatementKind} from "./types/Codes.sol";
import {InstitutionId, MethodologyId, RequestId} from "./types/Ids.sol";
import {RequestHead} from "./types/RequestHead.sol";

/// @title IssuanceReviews: signed statements of reviewers and the rule that counts them
/// @notice Base of Issuance. What it does and why: interfaces/IIssuance.sol.
abstract contract IssuanceReviews is IssuanceRequests, EIP712 {
    /// @notice Statements a request can take. Reviewers are accredited, so this bounds mistakes.
    uint256 public constant MOST_STATEMENTS = 16;
    /// @notice EIP-712 type of what a reviewer signs.
    bytes32 public constant STATEMENT_TYPEHASH = keccak256(
        "Statement(uint64 requestId,bytes32 root,uint128 totalMilligrams,uint32 firstDay,"
        "uint32 endDay,uint32 methodology,bytes32 reportHash,uint8 kind,bool favourable,"
        "uint64 validUntil,address reviewer)"
    );

    /// @dev One word each, lowest first: reviewer 160 bits | kind 8 | favourable 8 | valid until
    /// 64.
    mapping(RequestId requestId => mapping(uint256 index => uint256 word)) private _statements;

    /// @inheritdoc IIssuance
    function attest(
        Attestation calldata attestation,
        Proposal calldata proposal,
        bytes calldata signature
    ) external {
        RequestId requestId = attestation.requestId;
        Stored storage stored = _requireUndecided(requestId);
        _requireContent(requestId, stored, proposal);
        RequestHead head = stored.head;
        if (
            attestation.kind < StatementKind.VALIDATION ||
            attestation.kind > StatementKind.TECHNICAL
        ) {
            revert IssuanceStatementKind(attestation.kind);
        }
        if (attestation.validUntil < block.timestamp) {
            revert IssuanceStatementExpired(attestation.validUntil, uint64(block.timestamp));
        }
        address reviewer = attestation.reviewer;
        (bool accredited, uint32 number, InstitutionId institution) = PROGRAMMES.namedReviewerIn(
            head.programmeOf(),
            reviewer
        );
        if (!accredited) revert IssuanceRoleMissing(head.programmeOf(), Roles.REVIEWER, reviewer);
        ISources.Parties memory parties = SOURCES.partiesOf(proposal.sourceId);
        _requireApart(number, reviewer, head.applicantOf(), parties);
        bytes32 digest = _digestOf(attestation, proposal, parties.methodology);
        if (!_isSigned(reviewer, digest, signature)) revert IssuanceSignature(reviewer, digest);
        _storeStatement(attestation, head.statementsOf());
        stored.head = head.withOneStatementMore();
        emit Attested(
            requestId,
            reviewer,
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
        return _unpacked(_statements[requestId][index]);
    }

    /// @inheritdoc IIssuance
    function statementDigest(
        Attestation calldata attestation,
        Proposal calldata proposal
    ) external view returns (bytes32) {
        ISources.Parties memory parties = SOURCES.partiesOf(proposal.sourceId);
        return _digestOf(attestation, proposal, parties.methodology);
    }

    /// @dev Enough institutions that are accredited now and none of them against. Institutions are
    /// compared with the parties again, because sources may have changed hands.
    /// @param rule Value of "review.count".
    /// @param validated Whether one of them must have validated, whatever the rule says.
    function _requireReviews(
        RequestId requestId,
        RequestHead head,
        ISources.Parties memory parties,
        uint256 rule,
        bool validated
    ) internal view {
        (uint256[] memory tally, uint256 count) = _tallyOf(requestId, head, parties);
        uint256 needed = uint8(rule);
        if (count < needed) revert IssuanceReviewsMissing(requestId, count, needed);
        if (rule >> 8 != 0 || validated) _requireKinds(requestId, tally, rule, validated);
    }

    // The same statement counts once; a second one of a reviewer differs in some field.
    function _storeStatement(Attestation calldata attestation, uint256 count) private {
        RequestId requestId = attestation.requestId;
        if (count == MOST_STATEMENTS) revert IssuanceStatementsFull(requestId, MOST_STATEMENTS);
        uint256 word =
            uint160(attestation.reviewer) |
                (uint256(attestation.kind) << 160) |
                (attestation.favourable ? 1 << 168 : 0) |
                (uint256(attestation.validUntil) << 176);
        for (uint256 i = 0; i < count; ++i) {
            if (_statements[requestId][i] == word) {
                revert IssuanceStatementKnown(requestId, attestation.reviewer);
            }
        }
        _statements[requestId][count] = word;
    }

    /// @return tally One word for each institution that stated favourably: its number from bit 8,
    /// and bit k for kind k.
    /// @return count How many there are.
    function _tallyOf(
        RequestId requestId,
        RequestHead head,
        ISources.Parties memory parties
    ) private view returns (uint256[] memory tally, uint256 count) {
        tally = new uint256[](head.statementsOf());
        for (uint256 i = 0; i < tally.length; ++i) {
            StoredStatement memory statement = _unpacked(_statements[requestId][i]);
            if (statement.validUntil < block.timestamp) continue;
            address reviewer = statement.reviewer;
            (bool accredited, uint32 institution) = PROGRAMMES.reviewerIn(
                head.programmeOf(),
                reviewer
            );
            if (!accredited) continue;
            if (!statement.favourable) revert IssuanceReviewUnfavourable(requestId, reviewer);
            _requireApart(institution, reviewer, head.applicantOf(), parties);
            uint256 place = 0;
            while (place < count && tally[place] >> 8 != institution) ++place;
            if (place == count) tally[count++] = uint256(institution) << 8;
            tally[place] |= 1 << statement.kind;
        }
    }

    // A key's own signature is tried first: asking whether an account has code costs more.
    function _isSigned(
        address reviewer,
        bytes32 digest,
        bytes calldata signature
    ) private view returns (bool) {
        (address signer, ECDSA.RecoverError failure, ) = ECDSA.tryRecoverCalldata(
            digest,
            signature
        );
        if (failure == ECDSA.RecoverError.NoError && signer == reviewer) return true;
        return SignatureChecker.isValidERC1271SignatureNow(reviewer, digest, signature);
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

    /// @param tally See _tallyOf; words that are not used are 0.
    function _requireKinds(
        RequestId requestId,
        uint256[] memory tally,
        uint256 rule,
        bool validated
    ) private pure {
        for (uint8 kind = StatementKind.VALIDATION; kind <= StatementKind.TECHNICAL; ++kind) {
            uint256 needed = uint8(rule >> (8 * kind));
            if (validated && kind == StatementKind.VALIDATION && needed == 0) needed = 1;
            uint256 found = 0;
            for (uint256 i = 0; i < tally.length; ++i) found += (tally[i] >> kind) & 1;
            if (found < needed) revert IssuanceKindMissing(requestId, kind, found, needed);
        }
    }

    function _unpacked(uint256 word) private pure returns (StoredStatement memory) {
        return
            StoredStatement({
                reviewer: address(uint160(word)),
                kind: uint8(word >> 160),
                favourable: (word >> 168) & 1 == 1,
                validUntil: uint64(word >> 176)
            });
    }
}
