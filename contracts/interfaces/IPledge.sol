// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ProgrammeId, TokenId} from "../types/Ids.sol";

/// @title Pledge: units as security for a debt (质押)
/// @notice The owner pledges units to a creditor; both agree before it starts. The creditor may
/// release them at any time. After the due day the creditor claims them; the claim ripens after a
/// grace in which the programme's authority may stay it; then the units go to the creditor. They
/// never go to anybody else than owner or creditor.
/// @dev A pledge's id is the EIP-712 digest of its terms (domain "Tanpu Pledge", "1"): the terms
/// are brought along, the creditor's signature over the same digest accepts them, and no terms
/// count twice. Ends of graces wait while the programme is paused.
interface IPledge {
    /// @notice What both agree on.
    /// @param owner Who pledges.
    /// @param creditor Who is secured.
    /// @param tokenId Id of the units.
    /// @param grams How many, not 0.
    /// @param acceptBy Last second in which the creditor may accept, seconds since 1970.
    /// @param dueAt From then on the creditor may claim, seconds since 1970.
    /// @param document Hash of the contract between the two.
    /// @param salt Tells equal terms apart.
    struct Terms {
        address owner;
        address creditor;
        TokenId tokenId;
        uint64 grams;
        uint64 acceptBy;
        uint64 dueAt;
        bytes32 document;
        uint256 salt;
    }

    /// @notice The owner's units went under the pledge; it has not started.
    event PledgeOffered(bytes32 indexed pledgeId, Terms terms);
    /// @notice The creditor agreed; from now only the creditor frees the units.
    event PledgeAccepted(bytes32 indexed pledgeId);
    /// @notice The owner took an offer back.
    event PledgeTakenBack(bytes32 indexed pledgeId);
    /// @notice The creditor gave the units back.
    event PledgeReleased(bytes32 indexed pledgeId);
    /// @notice The creditor claims the units.
    /// @param ripeAt When that may be carried out if no pause comes between, seconds since 1970.
    event PledgeClaimed(bytes32 indexed pledgeId, uint64 ripeAt, bytes32 document);
    /// @notice The authority stayed a claim.
    event PledgeStayed(bytes32 indexed pledgeId, address indexed authority, bytes32 document);
    /// @notice The authority lets a stayed pledge go on; the creditor may claim again.
    event PledgeStayLifted(bytes32 indexed pledgeId, address indexed authority, bytes32 document);
    /// @notice The units went to the creditor.
    event PledgeForeclosed(bytes32 indexed pledgeId);

    /// @notice A pledge of no grams.
    error PledgeGramsZero();
    /// @notice Nobody pledges to himself.
    error PledgeSelf(address account);
    /// @notice Only the owner offers and takes back.
    error PledgeNotOwner(address owner, address caller);
    /// @notice Only the creditor does this.
    error PledgeNotCreditor(address creditor, address caller);
    /// @notice The last second to accept has passed.
    error PledgeAcceptBy(uint64 acceptBy, uint64 time);
    /// @notice Due before the last second to accept.
    error PledgeDueTooEarly(uint64 dueAt, uint64 acceptBy);
    /// @notice The same terms were offered before.
    error PledgeExists(bytes32 pledgeId);
    /// @notice Not possible in the state in which the pledge is.
    error PledgeState(bytes32 pledgeId, uint8 state);
    /// @notice Not the creditor's signature over the pledge's id.
    error PledgeSignature(address creditor, bytes32 pledgeId);
    /// @notice The party's account is not open, or frozen, or closed.
    error PledgeStanding(address account, uint8 standing);
    /// @notice The debt is not due yet.
    error PledgeNotDue(bytes32 pledgeId, uint64 dueAt);
    /// @notice The grace of the claim is still running.
    error PledgeNotRipe(bytes32 pledgeId, uint64 ripeAt);
    /// @notice The account does not have the role in the programme now.
    error PledgeRoleMissing(ProgrammeId programme, uint8 role, address account);
    /// @notice The authority's account is of a party's institution.
    error PledgeSameInstitution(address authority, address party);

    /// @notice Puts the caller's units under a pledge that starts when the creditor accepts.
    /// @param terms The caller is their owner.
    /// @return pledgeId EIP-712 digest of the terms.
    /// @custom:reverts PledgeNotOwner, PledgeGramsZero, PledgeSelf, PledgeAcceptBy,
    /// PledgeDueTooEarly, PledgeStanding for the creditor, PledgeExists, every refusal of a
    /// transfer (ReductionTokenStanding, ReductionTokenPaused, ...)
    /// @custom:source design.md section 5: lien, release, foreclosure.
    function offer(Terms calldata terms) external returns (bytes32 pledgeId);

    /// @notice Offers what the creditor has signed already, so that the pledge starts at once. By
    /// the owner.
    /// @param terms The caller is their owner.
    /// @param signature The creditor's over the pledge's id; ERC-1271 counts.
    /// @return pledgeId EIP-712 digest of the terms.
    /// @custom:reverts As offer and acceptBySignature
    function offerAccepted(
        Terms calldata terms,
        bytes calldata signature
    ) external returns (bytes32 pledgeId);

    /// @notice Accepts an offer. By the creditor. The programme must have decided the parameter
    /// "pledge.graceSeconds", so that both know how a claim would run.
    /// @param terms The offer's.
    /// @custom:reverts PledgeNotCreditor, PledgeState, PledgeAcceptBy, PledgeStanding for either
    /// party, ProgrammesUnknown, ProgrammesPaused, ProgrammesParameterUnset
    function accept(Terms calldata terms) external;

    /// @notice Accepts an offer by the creditor's signature; anyone may bring it.
    /// @param terms The offer's.
    /// @param signature The creditor's over the pledge's id; ERC-1271 counts.
    /// @custom:reverts PledgeSignature, else as accept
    function acceptBySignature(Terms calldata terms, bytes calldata signature) external;

    /// @notice Takes an offer back that nobody accepted. By the owner.
    /// @param terms The offer's.
    /// @custom:reverts PledgeNotOwner, PledgeState, every refusal of a transfer
    function takeBack(Terms calldata terms) external;

    /// @notice Gives the units back to the owner. By the creditor, at any time, claimed or stayed.
    /// @param terms The pledge's.
    /// @custom:reverts PledgeNotCreditor, PledgeState, every refusal of a transfer
    function release(Terms calldata terms) external;

    /// @notice Claims the units when they are due. By the creditor. Ripens after the
    /// "pledge.graceSeconds" in force now, at most MOST_GRACE_SECONDS.
    /// @param terms The pledge's.
    /// @param document Hash of the notice to the owner.
    /// @custom:reverts PledgeNotCreditor, PledgeState, PledgeNotDue, ProgrammesPaused
    function claim(Terms calldata terms, bytes32 document) external;

    /// @notice Stays a claim, ripe or not. By an authority of the programme that is of neither
    /// party's institution.
    /// @param terms The pledge's.
    /// @param document Hash of the decision.
    /// @custom:reverts PledgeState, PledgeRoleMissing, PledgeSameInstitution, ProgrammesPaused
    function stay(Terms calldata terms, bytes32 document) external;

    /// @notice Lifts a stay; the creditor may claim again, with a new grace. By such an authority.
    /// @param terms The pledge's.
    /// @param document Hash of the decision.
    /// @custom:reverts PledgeState, PledgeRoleMissing, PledgeSameInstitution, ProgrammesPaused
    function liftStay(Terms calldata terms, bytes32 document) external;

    /// @notice Moves the units of a ripe claim to the creditor. By the creditor. Not while the
    /// owner is frozen; when the owner's account is closed nothing can go back, and it may.
    /// @param terms The pledge's.
    /// @custom:reverts PledgeNotCreditor, PledgeState, PledgeNotRipe, PledgeStanding, every refusal
    /// of a transfer
    function foreclose(Terms calldata terms) external;

    /// @notice How a pledge stands.
    /// @param pledgeId EIP-712 digest of its terms.
    /// @return state 0 none, 1 offered, 2 running, 3 claimed, 4 stayed, 5 ended.
    /// @return ripeRunningSeconds When its claim ripens, in running seconds of the programme
    /// (seconds since 1970 less all its pauses); 0 when it is not claimed.
    function pledgeOf(
        bytes32 pledgeId
    ) external view returns (uint8 state, uint40 ripeRunningSeconds);

    /// @notice Grams of an id under pledges and offers; this contract's balance of it.
    /// @param tokenId The id.
    function pledgedGrams(TokenId tokenId) external view returns (uint64 grams);

    /// @notice EIP-712 digest of terms, which is the pledge's id.
    /// @param terms The terms.
    function pledgeIdOf(Terms calldata terms) external view returns (bytes32 pledgeId);
}
