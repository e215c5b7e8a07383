// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ActId, InstitutionId, ProgrammeId, TokenId} from "../types/Ids.sol";

/// @title Corrections: acts on units without their holder's order
/// @notice Forced and non-trade transfer (司法划转, 非交易过户), void (作废), reissue and replacement. The
/// operator of the units' programme proposes an act, an authority of that programme approves it,
/// and it is executed at once and whole. The authority is of another institution than the operator
/// and every party.
/// @dev A holder can move units between the two steps; where that matters the authority freezes
/// them first (IFreezes), which an act passes. An act is bound to its content by its id. What a
/// forced transfer leaves frozen stays under its freeze until it is lifted.
interface ICorrections {
    /// @notice What is proposed; fields its kind does not use are 0.
    /// @param kind See ActKind.
    /// @param from Holder who loses the units; 0 for a reissue.
    /// @param to Receiver of a transfer or reissue; 0 for a void or a replacement.
    /// @param liable Replacement only: who gives the units of the other id to the holder.
    /// @param tokenId Id of the units that move, leave or come back.
    /// @param replacement Replacement only: id of the units the holder gets, of the same programme.
    /// @param grams How many, not 0.
    /// @param voidAct Reissue only: the executed act that voided the grams.
    /// @param document Hash of the deciding document, not 0.
    struct Act {
        uint8 kind;
        address from;
        address to;
        address liable;
        TokenId tokenId;
        TokenId replacement;
        uint64 grams;
        ActId voidAct;
        bytes32 document;
    }

    /// @notice An act as it stands.
    /// @param proposer The operator; zero when there is no such act.
    /// @param state See ActState; an act that ran out stays proposed.
    /// @param expiresAt First second at which it can no longer be approved, pauses since its
    /// proposal not counted.
    /// @param pausedSeconds Seconds the programme had been paused when it was proposed.
    /// @param reissuedGrams Grams of a void or replacement that were given back since.
    /// @param act What is proposed.
    struct Record {
        address proposer;
        uint8 state;
        uint40 expiresAt;
        uint40 pausedSeconds;
        uint64 reissuedGrams;
        Act act;
    }

    /// @notice An operator proposed an act.
    event ActProposed(
        ActId indexed actId,
        ProgrammeId indexed programme,
        address indexed proposer,
        uint64 number,
        uint40 expiresAt,
        Act act
    );
    /// @notice An authority approved an act, and it was executed.
    event ActExecuted(ActId indexed actId, address indexed authority, bytes32 document);
    /// @notice An authority rejected an act.
    event ActRejected(ActId indexed actId, address indexed authority, bytes32 document);
    /// @notice An operator withdrew an act.
    event ActWithdrawn(ActId indexed actId, address indexed operator);

    /// @notice The account does not have the role in the units' programme.
    error CorrectionsRoleMissing(ProgrammeId programme, uint8 role, address account);
    /// @notice An authority does not decide what its own institution proposed or gains or loses by.
    error CorrectionsSameInstitution(InstitutionId institution, address caller, address party);
    /// @notice Units of a lost key go to an account of the same institution only.
    error CorrectionsOtherInstitution(address from, address to);
    /// @notice There is no such kind of act.
    error CorrectionsKind(uint8 kind);
    /// @notice A field that the kind needs is missing, one it never uses is set, or a party is
    /// named twice.
    error CorrectionsFields(uint8 kind);
    /// @notice A party is no institution account.
    error CorrectionsPartyUnknown(address party);
    /// @notice An act is about at least one gram.
    error CorrectionsGramsZero();
    /// @notice An act and its decision need a document.
    error CorrectionsDocumentZero();
    /// @notice The id was never issued.
    error CorrectionsTokenUnknown(TokenId tokenId);
    /// @notice The replacement is the same id, or of another programme.
    error CorrectionsReplacement(TokenId tokenId, TokenId replacement);
    /// @notice The account holds fewer grams than the act takes.
    error CorrectionsBalance(address account, TokenId tokenId, uint256 heldGrams, uint64 grams);
    /// @notice The named act voided nothing of that id.
    error CorrectionsNotVoided(ActId voidAct, TokenId tokenId);
    /// @notice More grams than are left of what the named act voided.
    error CorrectionsAboveVoided(ActId voidAct, uint64 grams, uint64 leftGrams);
    /// @notice The parameter "act.seconds" must be 1 to 315,360,000 (ten years).
    error CorrectionsExpirySeconds(uint128 actSeconds);
    /// @notice There is no such act.
    error CorrectionsUnknown(ActId actId);
    /// @notice The act is no longer proposed.
    error CorrectionsState(ActId actId, uint8 state);
    /// @notice The act's time is over.
    error CorrectionsExpired(ActId actId, uint40 expiresAt);

    /// @notice Proposes an act, to be approved within the parameter "act.seconds". By an operator
    /// of the units' programme.
    /// @param act What is proposed.
    /// @return actId keccak256(abi.encode(number, act)); numbers run from 1.
    /// @custom:reverts CorrectionsKind, CorrectionsFields, CorrectionsGramsZero,
    /// CorrectionsDocumentZero, CorrectionsRoleMissing, ProgrammesUnknown, ProgrammesPaused,
    /// CorrectionsPartyUnknown, CorrectionsOtherInstitution, CorrectionsTokenUnknown,
    /// CorrectionsReplacement, CorrectionsBalance, CorrectionsNotVoided, CorrectionsAboveVoided,
    /// ProgrammesParameterUnset, CorrectionsExpirySeconds
    /// @custom:source design.md section 5: forced or non-trade transfer, proposed by the operator,
    /// approved by the authority, with a document hash.
    function propose(Act calldata act) external returns (ActId actId);

    /// @notice Approves an act and executes it whole. By an authority of the units' programme, of
    /// another institution than the proposer and every party; the proposer must still be an
    /// operator.
    /// @param actId The act; it names what the act says.
    /// @param document Hash of the decision, not 0.
    /// @custom:reverts CorrectionsUnknown, CorrectionsState, ProgrammesPaused,
    /// CorrectionsRoleMissing, CorrectionsSameInstitution, CorrectionsExpired,
    /// CorrectionsDocumentZero, CorrectionsAboveVoided, and what forceTransfer, voidGrams and
    /// reissue of IReductionToken revert with
    /// @custom:source design.md law 5: whoever applies does not decide.
    function approve(ActId actId, bytes32 document) external;

    /// @notice Rejects an act. By an authority who could approve it.
    /// @param actId The act.
    /// @param document Hash of the decision, not 0.
    /// @custom:reverts CorrectionsUnknown, CorrectionsState, ProgrammesPaused,
    /// CorrectionsRoleMissing, CorrectionsSameInstitution, CorrectionsDocumentZero
    function reject(ActId actId, bytes32 document) external;

    /// @notice Withdraws an act. By its proposer, also one who is no operator any more, or another
    /// operator of the programme.
    /// @param actId The act.
    /// @custom:reverts CorrectionsUnknown, CorrectionsState, ProgrammesPaused,
    /// CorrectionsRoleMissing
    function withdraw(ActId actId) external;

    /// @notice The act as stored; all zero when there is none.
    function actOf(ActId actId) external view returns (Record memory);

    /// @notice Whether the act can no longer be approved because its time is over.
    /// @custom:reverts CorrectionsUnknown
    function isExpired(ActId actId) external view returns (bool);

    /// @notice How many acts there are.
    function actCount() external view returns (uint64);
}
