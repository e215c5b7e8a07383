// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ProgrammeId} from "../../../contracts/types/Ids.sol";
import {RequestHead, newRequestHead} from "../../../contracts/types/RequestHead.sol";
import {FuzzTest} from "./Vm.sol";

contract RequestHeadTest is FuzzTest {
    /// @dev Whatever changes, every other field stays as it was.
    function testFuzz_FieldsDoNotTouchEachOther(
        address applicant,
        uint40 proposedAt,
        uint32 programme,
        uint8[8] calldata states,
        uint8 statements
    ) external pure {
        ProgrammeId id = ProgrammeId.wrap(programme);
        RequestHead head = newRequestHead(applicant, proposedAt, id, states[0]);
        uint256 count = bound(statements, 0, 16);
        for (uint256 i = 0; i < count; ++i) head = head.withOneStatementMore();
        for (uint256 i = 0; i < states.length; ++i) {
            head = head.withState(states[i]);
            equal(head.stateOf(), states[i]);
        }
        equal(head.isForwarded() ? 1 : 0, 0);
        head = head.withForwarded().withForwarded();
        equal(head.isForwarded() ? 1 : 0, 1);
        equal(head.isMarked() || head.isFiled() ? 1 : 0, 0);
        head = head.withMark().withMark();
        equal(head.isMarked() ? 1 : 0, 1);
        equal(head.stateOf(), states[states.length - 1]);
        equal(head.statementsOf(), count);
        equal(ProgrammeId.unwrap(head.programmeOf()), programme);
        equal(head.timeOf(), proposedAt);
        uint40 noticeEnd = uint40(
            bound(uint256(keccak256(abi.encode(proposedAt))), 0, 2 ** 40 - 1)
        );
        head = head.withNotice(noticeEnd);
        equal(head.timeOf(), noticeEnd);
        equal(head.isFiled() && head.isMarked() && head.isForwarded() ? 1 : 0, 1);
        equal(head.stateOf(), 2);
        equal(head.statementsOf(), count);
        equal(ProgrammeId.unwrap(head.programmeOf()), programme);
        equal(uint160(head.applicantOf()), uint160(applicant));
    }
}
