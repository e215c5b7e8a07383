// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {TokenId} from "../../../contracts/types/Ids.sol";
import {Registry} from "./Registry.sol";

/// @dev What the runner calls at random: issues, moves, retirements, freezes, suspensions and pauses.
contract ConservationHandler is Registry {
    uint256 private constant HOLDERS = 4;

    TokenId[] public issued;
    uint256 public retirements;
    uint256 public moves;
    bool private _paused;
    mapping(uint256 tokenId => uint256 grams) public retiredGrams;

    constructor() {
        for (uint256 i = 1; i < HOLDERS; ++i) _join(holder(i), "holder", 0);
        _issueNext(5_000_000);
    }

    function issueMore(uint64 milligrams) external {
        if (_paused || issued.length == 30) return;
        _issueNext(uint128(bound(milligrams, 1_000, 1 << 50)));
    }

    function move(uint8 from, uint8 to, uint8 which, uint64 grams) external {
        TokenId tokenId = issued[which % issued.length];
        address sender = holder(from);
        uint256 balance = token.balanceOf(sender, TokenId.unwrap(tokenId));
        VM.prank(sender);
        try
            token.safeTransferFrom(
                sender,
                holder(to),
                TokenId.unwrap(tokenId),
                bound(grams, 0, balance + 1),
                ""
            )
        {
            ++moves;
        } catch {}
    }

    function retire(uint8 from, uint8 which, uint64 grams, uint8 purpose) external {
        TokenId tokenId = issued[which % issued.length];
        uint256 balance = token.balanceOf(holder(from), TokenId.unwrap(tokenId));
        uint64 amount = uint64(bound(grams, 1, balance + 1));
        VM.prank(holder(from));
        try token.retire(tokenId, amount, uint8(bound(purpose, 1, 6)), "content") {
            retiredGrams[TokenId.unwrap(tokenId)] += amount;
            ++retirements;
        } catch {}
    }

    function freeze(uint8 who, bool frozen) external {
        VM.prank(AUTHORITY);
        if (frozen) {
            try programmes.freezeAccount(PROGRAMME, holder(who), 0) {} catch {}
        } else {
            try programmes.unfreezeAccount(PROGRAMME, holder(who), 0) {} catch {}
        }
    }

    function suspend(uint8 which, bool suspended) external {
        TokenId tokenId = issued[which % issued.length];
        VM.prank(AUTHORITY);
        if (suspended) {
            try issuance.suspendToken(tokenId, 0) {} catch {}
        } else {
            try issuance.resumeToken(tokenId, 0) {} catch {}
        }
    }

    function pause(uint8 draw) external {
        // Pauses are rare, so that most of a run moves something.
        bool paused = draw % 8 == 0;
        if (paused == _paused) return;
        _paused = paused;
        VM.prank(AUTHORITY);
        if (paused) programmes.pauseProgramme(PROGRAMME, 0);
        else programmes.resumeProgramme(PROGRAMME, 0);
    }

    function check() external view {
        for (uint256 i = 0; i < issued.length; ++i) {
            (, , uint64 issuedGrams, uint64 retired, uint64 void) = token.supplyOf(issued[i]);
            uint256 held = 0;
            for (uint256 k = 0; k < HOLDERS; ++k) {
                held += token.balanceOf(holder(k), TokenId.unwrap(issued[i]));
            }
            equal(held + retired + void, issuedGrams);
            equal(retired, retiredGrams[TokenId.unwrap(issued[i])]);
        }
    }

    function holder(uint256 i) public pure returns (address) {
        return address(uint160(uint160(OWNER) + (i % HOLDERS)));
    }

    function _issueNext(uint128 milligrams) private {
        // An owner that is frozen receives nothing.
        if (token.standingOf(OWNER) != 1) return;
        uint32 day = FIRST_DAY + uint32(issued.length);
        issued.push(_issued(day, day + 1, milligrams));
    }
}

/// @dev issued = sum of balances + retired + void, for every id, after any series of calls.
contract ConservationTest {
    ConservationHandler private _handler;

    constructor() {
        _handler = new ConservationHandler();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    function invariant_IssuedIsHeldRetiredOrVoid() external view {
        _handler.check();
    }
}
