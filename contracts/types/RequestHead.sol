// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RequestState} from "./Codes.sol";
import {ProgrammeId} from "./Ids.sol";

/// @notice What every act on a request reads of it, in one word, because a struct's fields would
/// be written one by one. Lowest first: applicant 160 bits | time 40 | programme 32 | state 8 |
/// statements 8 | flags 8. The time is when it was proposed, from filing on when its notice ends,
/// so that neither needs another word. Flags: 1 forwarded, 2 filed, 4 marked: something was taken
/// off, held or objected to, and only then there is more to read.
type RequestHead is uint256;

using {
    applicantOf,
    timeOf,
    programmeOf,
    stateOf,
    statementsOf,
    isForwarded,
    isFiled,
    isMarked,
    withState,
    withOneStatementMore,
    withForwarded,
    withMark,
    withNotice
} for RequestHead global;

/// @notice Head of a request that was just proposed.
/// @param applicant Who proposed.
/// @param proposedAt When, in running seconds of the programme.
/// @param programme Programme of its source.
/// @param state See RequestState.
function newRequestHead(
    address applicant,
    uint40 proposedAt,
    ProgrammeId programme,
    uint8 state
) pure returns (RequestHead) {
    return
        RequestHead.wrap(
            uint160(applicant) |
                (uint256(proposedAt) << 160) |
                (uint256(ProgrammeId.unwrap(programme)) << 200) |
                (uint256(state) << 232)
        );
}

function applicantOf(RequestHead head) pure returns (address) {
    return address(uint160(RequestHead.unwrap(head)));
}

function timeOf(RequestHead head) pure returns (uint40) {
    return uint40(RequestHead.unwrap(head) >> 160);
}

function programmeOf(RequestHead head) pure returns (ProgrammeId) {
    return ProgrammeId.wrap(uint32(RequestHead.unwrap(head) >> 200));
}

function stateOf(RequestHead head) pure returns (uint8) {
    return uint8(RequestHead.unwrap(head) >> 232);
}

function statementsOf(RequestHead head) pure returns (uint8) {
    return uint8(RequestHead.unwrap(head) >> 240);
}

function isForwarded(RequestHead head) pure returns (bool) {
    return (RequestHead.unwrap(head) >> 248) & 1 != 0;
}

function isFiled(RequestHead head) pure returns (bool) {
    return (RequestHead.unwrap(head) >> 249) & 1 != 0;
}

function isMarked(RequestHead head) pure returns (bool) {
    return (RequestHead.unwrap(head) >> 250) & 1 != 0;
}

function withState(RequestHead head, uint8 state) pure returns (RequestHead) {
    uint256 cleared = RequestHead.unwrap(head) & ~(uint256(type(uint8).max) << 232);
    return RequestHead.wrap(cleared | (uint256(state) << 232));
}

/// @dev The caller bounds the number of statements far below 256.
function withOneStatementMore(RequestHead head) pure returns (RequestHead) {
    return RequestHead.wrap(RequestHead.unwrap(head) + (1 << 240));
}

function withForwarded(RequestHead head) pure returns (RequestHead) {
    return RequestHead.wrap(RequestHead.unwrap(head) | (1 << 248));
}

function withMark(RequestHead head) pure returns (RequestHead) {
    return RequestHead.wrap(RequestHead.unwrap(head) | (1 << 250));
}

/// @notice The head of a request that is filed.
/// @param noticeEnd End of its notice, in running seconds of the programme.
function withNotice(RequestHead head, uint40 noticeEnd) pure returns (RequestHead) {
    uint256 cleared =
        RequestHead.unwrap(head.withState(RequestState.FILED)) &
            ~(uint256(type(uint40).max) << 160);
    return RequestHead.wrap(cleared | (uint256(noticeEnd) << 160) | (1 << 249));
}
