// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IPledge} from "./interfaces/IPledge.sol";
import {IProgrammes} from "./interfaces/IProgrammes.sol";
import {IReductionToken} from "./interfaces/IReductionToken.sol";
import {TokenIds} from "./libraries/TokenIds.sol";
import {ParameterKeys, PledgeStates, Roles, Standing} from "./types/Codes.sol";
import {ProgrammeId, TokenId} from "./types/Ids.sol";

/// @title Pledge
/// @notice What it does and why: interfaces/IPledge.sol.
/// @dev Every change is stored before units leave, because the token may call their receiver, who
/// then finds the pledge ended.
contract Pledge is IPledge, EIP712 {
    using TokenIds for TokenId;

    struct Stored {
        uint8 state;
        uint40 ripeRunningSeconds;
    }

    /// @notice A longer grace counts as this.
    uint64 public constant MOST_GRACE_SECONDS = 366 days;
    /// @notice EIP-712 type of a pledge's terms.
    bytes32 public constant PLEDGE_TYPEHASH = keccak256(
        "Pledge(address owner,address creditor,uint256 tokenId,uint64 grams,uint64 acceptBy,"
        "uint64 dueAt,bytes32 document,uint256 salt)"
    );

    IProgrammes private immutable PROGRAMMES;
    IReductionToken private immutable TOKEN;

    mapping(bytes32 pledgeId => Stored) private _pledges;
    mapping(TokenId tokenId => uint64 grams) private _pledgedGrams;

    constructor(
        IProgrammes programmes,
        IReductionToken reductionToken
    ) EIP712("Tanpu Pledge", "1") {
        PROGRAMMES = programmes;
        TOKEN = reductionToken;
    }

    /// @inheritdoc IPledge
    function offer(Terms calldata terms) external returns (bytes32 pledgeId) {
        return _offer(terms);
    }

    /// @inheritdoc IPledge
    function offerAccepted(
        Terms calldata terms,
        bytes calldata signature
    ) external returns (bytes32 pledgeId) {
        pledgeId = _offer(terms);
        _acceptSigned(terms, signature);
    }

    /// @inheritdoc IPledge
    function accept(Terms calldata terms) external {
        _requireCreditor(terms);
        _accept(terms, pledgeIdOf(terms));
    }

    /// @inheritdoc IPledge
    function acceptBySignature(Terms calldata terms, bytes calldata signature) external {
        _acceptSigned(terms, signature);
    }

    /// @inheritdoc IPledge
    function takeBack(Terms calldata terms) external {
        _requireOwner(terms);
        bytes32 pledgeId = pledgeIdOf(terms);
        _requireState(pledgeId, PledgeStates.OFFERED, PledgeStates.OFFERED);
        emit PledgeTakenBack(pledgeId);
        _end(terms, pledgeId, terms.owner);
    }

    /// @inheritdoc IPledge
    function release(Terms calldata terms) external {
        _requireCreditor(terms);
        bytes32 pledgeId = pledgeIdOf(terms);
        _requireState(pledgeId, PledgeStates.OFFERED, PledgeStates.STAYED);
        emit PledgeReleased(pledgeId);
        _end(terms, pledgeId, terms.owner);
    }

    /// @inheritdoc IPledge
    function claim(Terms calldata terms, bytes32 document) external {
        _requireCreditor(terms);
        bytes32 pledgeId = pledgeIdOf(terms);
        Stored storage stored = _requireState(pledgeId, PledgeStates.RUNNING, PledgeStates.RUNNING);
        if (block.timestamp < terms.dueAt) revert PledgeNotDue(pledgeId, terms.dueAt);
        ProgrammeId programme = terms.tokenId.programmeOf();
        PROGRAMMES.requireRunning(programme);
        uint256 grace = _graceSeconds(programme);
        if (grace > MOST_GRACE_SECONDS) grace = MOST_GRACE_SECONDS;
        uint256 ripeAt = block.timestamp + grace;
        stored.state = PledgeStates.CLAIMED;
        stored.ripeRunningSeconds = uint40(ripeAt - PROGRAMMES.pausedSecondsOf(programme));
        emit PledgeClaimed(pledgeId, uint64(ripeAt), document);
    }

    /// @inheritdoc IPledge
    function stay(Terms calldata terms, bytes32 document) external {
        bytes32 pledgeId = pledgeIdOf(terms);
        Stored storage stored = _requireState(pledgeId, PledgeStates.CLAIMED, PledgeStates.CLAIMED);
        _requireAuthority(terms);
        stored.state = PledgeStates.STAYED;
        stored.ripeRunningSeconds = 0;
        emit PledgeStayed(pledgeId, msg.sender, document);
    }

    /// @inheritdoc IPledge
    function liftStay(Terms calldata terms, bytes32 document) external {
        bytes32 pledgeId = pledgeIdOf(terms);
        Stored storage stored = _requireState(pledgeId, PledgeStates.STAYED, PledgeStates.STAYED);
        _requireAuthority(terms);
        stored.state = PledgeStates.RUNNING;
        emit PledgeStayLifted(pledgeId, msg.sender, document);
    }

    /// @inheritdoc IPledge
    function foreclose(Terms calldata terms) external {
        _requireCreditor(terms);
        bytes32 pledgeId = pledgeIdOf(terms);
        Stored storage stored = _requireState(pledgeId, PledgeStates.CLAIMED, PledgeStates.CLAIMED);
        uint64 paused = PROGRAMMES.pausedSecondsOf(terms.tokenId.programmeOf());
        uint64 ripeAt = stored.ripeRunningSeconds + paused;
        if (block.timestamp < ripeAt) revert PledgeNotRipe(pledgeId, ripeAt);
        uint8 standing = TOKEN.standingOf(terms.owner);
        if (standing & (Standing.FROZEN | Standing.CLOSED) == Standing.FROZEN) {
            revert PledgeStanding(terms.owner, standing);
        }
        emit PledgeForeclosed(pledgeId);
        _end(terms, pledgeId, terms.creditor);
    }

    /// @inheritdoc IPledge
    function pledgeOf(
        bytes32 pledgeId
    ) external view returns (uint8 state, uint40 ripeRunningSeconds) {
        Stored memory stored = _pledges[pledgeId];
        return (stored.state, stored.ripeRunningSeconds);
    }

    /// @inheritdoc IPledge
    function pledgedGrams(TokenId tokenId) external view returns (uint64 grams) {
        return _pledgedGrams[tokenId];
    }

    /// @inheritdoc IPledge
    function pledgeIdOf(Terms calldata terms) public view returns (bytes32 pledgeId) {
        // Every field is static, so that the struct encodes like the list of its fields.
        return _hashTypedDataV4(keccak256(abi.encode(PLEDGE_TYPEHASH, terms)));
    }

    function _offer(Terms calldata terms) private returns (bytes32 pledgeId) {
        _requireOwner(terms);
        if (terms.grams == 0) revert PledgeGramsZero();
        if (terms.owner == terms.creditor) revert PledgeSelf(terms.owner);
        _requireInTime(terms);
        if (terms.dueAt < terms.acceptBy) revert PledgeDueTooEarly(terms.dueAt, terms.acceptBy);
        _requireOpen(terms.creditor);
        pledgeId = pledgeIdOf(terms);
        Stored storage stored = _pledges[pledgeId];
        if (stored.state != PledgeStates.NONE) revert PledgeExists(pledgeId);
        stored.state = PledgeStates.OFFERED;
        _pledgedGrams[terms.tokenId] += terms.grams;
        emit PledgeOffered(pledgeId, terms);
        TOKEN.pull(terms.owner, terms.tokenId, terms.grams);
    }

    function _acceptSigned(Terms calldata terms, bytes calldata signature) private {
        bytes32 pledgeId = pledgeIdOf(terms);
        bool signed = SignatureChecker.isValidSignatureNowCalldata(
            terms.creditor,
            pledgeId,
            signature
        );
        if (!signed) revert PledgeSignature(terms.creditor, pledgeId);
        _accept(terms, pledgeId);
    }

    function _accept(Terms calldata terms, bytes32 pledgeId) private {
        Stored storage stored = _requireState(pledgeId, PledgeStates.OFFERED, PledgeStates.OFFERED);
        _requireInTime(terms);
        _requireOpen(terms.owner);
        _requireOpen(terms.creditor);
        ProgrammeId programme = terms.tokenId.programmeOf();
        PROGRAMMES.requireRunning(programme);
        // Once decided a parameter never is undecided again, so that a claim finds it too.
        _graceSeconds(programme);
        stored.state = PledgeStates.RUNNING;
        emit PledgeAccepted(pledgeId);
    }

    function _end(Terms calldata terms, bytes32 pledgeId, address to) private {
        Stored storage stored = _pledges[pledgeId];
        stored.state = PledgeStates.ENDED;
        stored.ripeRunningSeconds = 0;
        _pledgedGrams[terms.tokenId] -= terms.grams;
        uint256 id = TokenId.unwrap(terms.tokenId);
        TOKEN.safeTransferFrom(address(this), to, id, terms.grams, "");
    }

    function _requireState(
        bytes32 pledgeId,
        uint8 least,
        uint8 most
    ) private view returns (Stored storage stored) {
        stored = _pledges[pledgeId];
        uint8 state = stored.state;
        if (state < least || state > most) revert PledgeState(pledgeId, state);
    }

    function _requireOwner(Terms calldata terms) private view {
        if (msg.sender != terms.owner) revert PledgeNotOwner(terms.owner, msg.sender);
    }

    function _requireCreditor(Terms calldata terms) private view {
        if (msg.sender != terms.creditor) revert PledgeNotCreditor(terms.creditor, msg.sender);
    }

    function _requireInTime(Terms calldata terms) private view {
        if (block.timestamp > terms.acceptBy) {
            revert PledgeAcceptBy(terms.acceptBy, uint64(block.timestamp));
        }
    }

    function _requireOpen(address account) private view {
        uint8 standing = TOKEN.standingOf(account);
        if (standing & (Standing.OPEN | Standing.FROZEN | Standing.CLOSED) != Standing.OPEN) {
            revert PledgeStanding(account, standing);
        }
    }

    function _requireAuthority(Terms calldata terms) private view {
        ProgrammeId programme = terms.tokenId.programmeOf();
        PROGRAMMES.requireRunning(programme);
        if (!PROGRAMMES.hasRole(programme, Roles.AUTHORITY, msg.sender)) {
            revert PledgeRoleMissing(programme, Roles.AUTHORITY, msg.sender);
        }
        _requireApart(terms.owner);
        _requireApart(terms.creditor);
    }

    function _requireApart(address party) private view {
        if (PROGRAMMES.institutionOf(msg.sender) == PROGRAMMES.institutionOf(party)) {
            revert PledgeSameInstitution(msg.sender, party);
        }
    }

    function _graceSeconds(ProgrammeId programme) private view returns (uint256) {
        return
            PROGRAMMES.parameterAt(
                programme,
                ParameterKeys.PLEDGE_GRACE_SECONDS,
                uint64(block.timestamp)
            );
    }
}
