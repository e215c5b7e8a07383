// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IIssuance} from "../../../contracts/interfaces/IIssuance.sol";
import {ISources} from "../../../contracts/interfaces/ISources.sol";
import {ParameterKeys} from "../../../contracts/types/Codes.sol";
import {RequestId, TokenId} from "../../../contracts/types/Ids.sol";
import {Registry} from "./Registry.sol";

contract IssuanceTest is Registry {
    /// @dev Over a series of issues no milligram is made and none is lost.
    function testFuzz_GramsAndCarryKeepEveryMilligram(
        uint64[8] calldata amounts,
        uint8 granularity
    ) external {
        uint128[3] memory granularities = [uint128(1), 1_000, 1_000_000];
        uint128 grams = granularities[granularity % 3];
        _set(ParameterKeys.ISSUE_GRANULARITY_GRAMS, grams);
        uint256 proposed = 0;
        uint256 issuedGrams = 0;
        for (uint32 i = 0; i < amounts.length; ++i) {
            uint128 milligrams = uint128(bound(amounts[i], grams * 1_000, 1 << 60));
            proposed += milligrams;
            TokenId tokenId = _issued(FIRST_DAY + i, FIRST_DAY + i + 1, milligrams);
            (, , uint64 issued, , ) = token.supplyOf(tokenId);
            equal(issued % grams, 0);
            equal(token.balanceOf(OWNER, TokenId.unwrap(tokenId)), issued);
            issuedGrams += issued;
            uint256 carry = issuance.carryOf(sourceId);
            if (carry >= grams * 1_000) revert NotEqual(carry, grams * 1_000);
            equal(issuedGrams * 1_000 + carry, proposed);
        }
    }

    /// @dev Whatever the order and overlap of periods, a day is let once; a withdrawal frees it.
    function testFuzz_PeriodsOfRequestsNeverOverlap(
        uint16[10] calldata firsts,
        uint8[10] calldata lengths,
        uint256 withdrawals
    ) external {
        uint32[10] memory firstDays;
        uint32[10] memory endDays;
        for (uint256 i = 0; i < firsts.length; ++i) {
            uint32 firstDay = FIRST_DAY + uint32(bound(firsts[i], 0, 700));
            uint32 endDay = firstDay + 1 + lengths[i];
            bool taken = false;
            for (uint256 k = 0; k < i; ++k) {
                if (firstDay < endDays[k] && firstDays[k] < endDay) taken = true;
            }
            IIssuance.Proposal memory proposal = _proposal(firstDay, endDay, 1_000);
            if (taken) VM.expectPartialRevert(ISources.SourcesDayTaken.selector);
            RequestId requestId = _propose(proposal);
            if (taken) continue;
            if ((withdrawals >> i) & 1 == 1) {
                VM.prank(APPLICANT);
                issuance.withdraw(requestId, proposal);
            } else {
                (firstDays[i], endDays[i]) = (firstDay, endDay);
            }
        }
    }
}
