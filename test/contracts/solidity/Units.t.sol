// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IntentNonces} from "../../../contracts/IntentNonces.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IReductionToken} from "../../../contracts/interfaces/IReductionToken.sol";
import {RecordIds} from "../../../contracts/libraries/RecordIds.sol";
import {ProgrammeId, RetirementId, TokenId} from "../../../contracts/types/Ids.sol";
import {newRetirement, Retirement} from "../../../contracts/types/Retirement.sol";
import {newSupply, Supply} from "../../../contracts/types/Supply.sol";
import {FuzzTest} from "./Vm.sol";

/// @dev Stands for every contract that the token knows, and calls it at random in all their names.
contract UnitsHandler is FuzzTest {
    uint256 private constant HOLDERS = 4;
    uint256 private constant IDS = 3;
    bytes32 private constant REASON = "reason";

    IReductionToken public immutable TOKEN;
    uint256 public moves;
    uint256 public retirements;
    uint256 public voids;
    /// @dev What a call must never leave behind; a handler that reverted would only be skipped.
    uint256 public faults;

    mapping(RetirementId retirementId => bool) public made;
    mapping(RetirementId retirementId => bool) public consumed;
    mapping(address account => mapping(TokenId tokenId => uint64)) private _frozen;
    mapping(uint256 idIndex => uint256 grams) private _recorded;

    constructor() {
        IReductionToken.Wiring memory wiring = IReductionToken.Wiring({
            programmes: address(this),
            issuance: address(this),
            certificate: address(this),
            accountGuard: address(this),
            freezes: address(this),
            corrections: address(this),
            doubleCount: address(this),
            settlement: address(0x51),
            pledge: address(0x52),
            poolReserve: address(0x53)
        });
        TOKEN = IReductionToken(deployed("ReductionToken", abi.encode(address(this), wiring)));
        for (uint256 i = 0; i < HOLDERS; ++i) TOKEN.setStanding(holder(i), 1);
        for (uint256 i = 0; i < IDS; ++i) TOKEN.mint(holder(i), tokenIdOf(i), 1_000_000);
    }

    /// @dev As AccountGuard; nothing is refused.
    function spend(address, address, uint256[] calldata, uint256[] calldata) external {}

    function move(uint8 from, uint8 to, uint8 which, uint64 grams) external {
        (address sender, TokenId tokenId, uint64 amount) = _pick(from, which, grams);
        uint256 id = TokenId.unwrap(tokenId);
        VM.prank(sender);
        try TOKEN.safeTransferFrom(sender, holder(to), id, amount, "") {
            if (sender != holder(to)) _checkFrozenKept(sender, tokenId);
            ++moves;
        } catch {}
    }

    function moveTwice(uint8 from, uint8 to, uint8 which, uint64 grams) external {
        (address sender, TokenId tokenId, uint64 amount) = _pick(from, which, grams);
        uint256[] memory ids = new uint256[](2);
        uint256[] memory values = new uint256[](2);
        (ids[0], ids[1]) = (TokenId.unwrap(tokenId), TokenId.unwrap(tokenId));
        (values[0], values[1]) = (amount / 2, amount - amount / 2);
        VM.prank(sender);
        try TOKEN.safeBatchTransferFrom(sender, holder(to), ids, values, "") {
            if (sender != holder(to)) _checkFrozenKept(sender, tokenId);
            ++moves;
        } catch {}
    }

    function retire(uint8 from, uint8 which, uint64 grams, uint8 purpose, bool atOnce) external {
        (address sender, TokenId tokenId, uint64 amount) = _pick(from, which, grams);
        uint8 why = uint8(bound(purpose, 1, 6));
        (, , , uint64 first, ) = TOKEN.supplyOf(tokenId);
        uint64 end = first + amount;
        RetirementId expected = RecordIds.retirement(sender, why, REASON, tokenId, first, end);
        if (atOnce) {
            try TOKEN.retireConsumed(sender, tokenId, amount, why, REASON) returns (
                RetirementId retirementId
            ) {
                consumed[retirementId] = true;
                if (!_same(retirementId, expected)) ++faults;
                _note(retirementId, sender, tokenId, amount);
                _recorded[which % IDS] += amount;
            } catch {}
            return;
        }
        VM.prank(sender);
        try TOKEN.retire(tokenId, amount, why, REASON) returns (RetirementId retirementId) {
            if (!_same(retirementId, expected)) ++faults;
            _note(retirementId, sender, tokenId, amount);
            _recorded[which % IDS] += amount;
            _tryConsume(retirementId);
        } catch {}
    }

    function retireLines(uint8 from, uint8 which, uint64 grams, uint8 count) external {
        (address sender, TokenId tokenId, uint64 amount) = _pick(from, which, grams);
        uint256 most = bound(count, 1, 5);
        IReductionToken.Line[] memory lines = new IReductionToken.Line[](most);
        for (uint256 i = 0; i < most; ++i) {
            TokenId each = i % 2 == 0 ? tokenId : tokenIdOf(i);
            lines[i] = IReductionToken.Line(each, amount / uint64(most), bytes32(i));
        }
        VM.prank(sender);
        try TOKEN.retireBatch(lines, 3, REASON) returns (RetirementId retirementId) {
            _note(retirementId, sender, tokenId, (amount / uint64(most)) * uint64(most));
            for (uint256 i = 0; i < most; ++i) {
                _recorded[i % 2 == 0 ? which % IDS : i % IDS] += amount / most;
            }
            _tryConsume(retirementId);
        } catch {}
    }

    function force(uint8 from, uint8 to, uint8 which, uint64 grams) external {
        (address sender, TokenId tokenId, uint64 amount) = _pick(from, which, grams);
        try TOKEN.forceTransfer(sender, holder(to), tokenId, amount, REASON) {
            ++moves;
        } catch {}
    }

    function void(uint8 from, uint8 which, uint64 grams) external {
        (address sender, TokenId tokenId, uint64 amount) = _pick(from, which, grams);
        try TOKEN.voidGrams(sender, tokenId, amount, REASON) {
            ++voids;
        } catch {}
    }

    function reissue(uint8 to, uint8 which, uint64 grams) external {
        TokenId tokenId = tokenIdOf(which);
        (, , , , uint64 voided) = TOKEN.supplyOf(tokenId);
        uint64 amount = uint64(bound(grams, 1, uint256(voided) + 1));
        try TOKEN.reissue(holder(to), tokenId, amount, REASON) {
            ++moves;
        } catch {}
    }

    function pull(uint8 from, uint8 which, uint64 grams, uint8 custodian) external {
        (address sender, TokenId tokenId, uint64 amount) = _pick(from, which, grams);
        VM.prank(address(uint160(0x51 + (custodian % 3))));
        try TOKEN.pull(sender, tokenId, amount) {
            _checkFrozenKept(sender, tokenId);
            ++moves;
        } catch {}
    }

    function freeze(uint8 who, uint8 which, uint64 grams) external {
        _frozen[holder(who)][tokenIdOf(which)] = uint64(bound(grams, 0, 500_000));
        TOKEN.setPartlyFrozen(holder(who), true);
    }

    function guard(uint8 who, bool value) external {
        TOKEN.setGuarded(holder(who), value);
    }

    function suspend(uint8 which, uint8 draw) external {
        TOKEN.setIdState(tokenIdOf(which), draw % 8 == 0 ? 2 : 1);
    }

    function check() external view {
        equal(faults, 0);
        for (uint256 i = 0; i < IDS; ++i) {
            uint256 id = TokenId.unwrap(tokenIdOf(i));
            uint256 held = 0;
            for (uint256 k = 0; k < HOLDERS; ++k) held += TOKEN.balanceOf(holder(k), id);
            for (uint160 k = 0; k < 3; ++k) held += TOKEN.balanceOf(address(0x51 + k), id);
            (, , uint64 issued, uint64 retired, uint64 voided) = TOKEN.supplyOf(tokenIdOf(i));
            equal(held + retired + voided, issued);
            equal(retired, _recorded[i]);
        }
    }

    /// @dev As Freezes.
    function frozenOf(address account, TokenId tokenId) external view returns (uint64) {
        return _frozen[account][tokenId];
    }

    function holder(uint256 i) public pure returns (address) {
        return address(uint160(0xB0 + (i % HOLDERS)));
    }

    function tokenIdOf(uint256 i) public pure returns (TokenId) {
        return TokenId.wrap((1 << 248) | (1 << 216) | (1 + (i % IDS)));
    }

    function _note(
        RetirementId retirementId,
        address sender,
        TokenId tokenId,
        uint64 grams
    ) private {
        (address retirer, , , uint56 recorded) = TOKEN.retirementOf(retirementId);
        if (made[retirementId] || retirer != sender || recorded != grams) ++faults;
        if (TOKEN.isConsumed(retirementId) != consumed[retirementId]) ++faults;
        made[retirementId] = true;
        _checkFrozenKept(sender, tokenId);
        ++retirements;
    }

    // Each retirement is consumed once, and what it says stays.
    function _tryConsume(RetirementId retirementId) private {
        (address before, , uint8 purpose, uint56 grams) = TOKEN.retirementOf(retirementId);
        TOKEN.consume(retirementId);
        (address retirer, , uint8 still, uint56 left) = TOKEN.retirementOf(retirementId);
        if (retirer != before || still != purpose || left != grams) ++faults;
        try TOKEN.consume(retirementId) {
            ++faults;
        } catch {}
    }

    function _checkFrozenKept(address account, TokenId tokenId) private {
        if (TOKEN.standingOf(account) & 8 == 0) return;
        uint256 left = TOKEN.balanceOf(account, TokenId.unwrap(tokenId));
        if (left < _frozen[account][tokenId]) ++faults;
    }

    function _pick(
        uint8 from,
        uint8 which,
        uint64 grams
    ) private view returns (address sender, TokenId tokenId, uint64 amount) {
        sender = holder(from);
        tokenId = tokenIdOf(which);
        uint256 balance = TOKEN.balanceOf(sender, TokenId.unwrap(tokenId));
        amount = uint64(bound(grams, 0, balance / 3 + 2));
    }

    function _same(RetirementId a, RetirementId b) private pure returns (bool) {
        return RetirementId.unwrap(a) == RetirementId.unwrap(b);
    }
}

/// @dev The token alone: issued = held + retired + void, frozen grams stay, each retirement is one
/// record and stands in one certificate.
contract UnitsTest {
    UnitsHandler private _handler;

    constructor() {
        _handler = new UnitsHandler();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    function invariant_IssuedIsHeldRetiredOrVoid() external view {
        _handler.check();
    }
}

/// @dev Lets a test use a nonce without a signature.
contract Nonces is IntentNonces {
    constructor() EIP712("Nonces", "1") {}

    function use(address signer, uint256 nonce) external {
        _useNonce(signer, nonce, 0);
    }
}

/// @dev Nonces and the fields that share a slot.
contract PackingTest is FuzzTest {
    Nonces private immutable NONCES = new Nonces();

    function testFuzz_NonceIsUsedAloneAndOnce(
        address signer,
        address other,
        uint256 nonce,
        uint256 neighbour
    ) external {
        NONCES.use(signer, nonce);
        equal(NONCES.isNonceUsed(signer, nonce) ? 1 : 0, 1);
        if (neighbour != nonce) equal(NONCES.isNonceUsed(signer, neighbour) ? 1 : 0, 0);
        if (other != signer) equal(NONCES.isNonceUsed(other, nonce) ? 1 : 0, 0);
        VM.expectPartialRevert(bytes4(keccak256("IntentNoncesUsed(address,uint256)")));
        NONCES.use(signer, nonce);
    }

    function testFuzz_CancelledNoncesAreThoseOfTheMask(
        uint248 word,
        uint256 mask,
        uint8 bit,
        uint248 other
    ) external {
        NONCES.cancelNonces(word, mask);
        uint256 nonce = (uint256(word) << 8) | bit;
        equal(NONCES.isNonceUsed(address(this), nonce) ? 1 : 0, (mask >> bit) & 1);
        if (other != word) {
            equal(NONCES.isNonceUsed(address(this), (uint256(other) << 8) | bit) ? 1 : 0, 0);
        }
        if ((mask >> bit) & 1 == 0) NONCES.use(address(this), nonce);
    }

    function testFuzz_SupplyKeepsItsFieldsApart(
        uint64 issued,
        uint64 retired,
        uint64 voided,
        uint64 reissued,
        uint8 state
    ) external pure {
        retired = uint64(bound(retired, 0, issued));
        voided = uint64(bound(voided, 0, issued - retired));
        reissued = uint64(bound(reissued, 0, voided));
        Supply supply = newSupply(issued, 1).withState(state).afterVoiding(voided);
        supply = supply.afterRetiring(retired).afterReissuing(reissued);
        equal(supply.exists() ? 1 : 0, 1);
        equal(supply.state(), state);
        equal(supply.issuedGrams(), issued);
        equal(supply.retiredGrams(), retired);
        equal(supply.voidedGrams(), voided - reissued);
        equal(supply.withState(1).state(), 1);
        equal(Supply.wrap(0).exists() ? 1 : 0, 0);
    }

    function testFuzz_RetirementKeepsItsFieldsApart(
        address holder,
        uint32 programme,
        uint8 purpose,
        bool consumed,
        uint56 grams
    ) external pure {
        purpose = uint8(bound(purpose, 0, 127));
        ProgrammeId theirs = ProgrammeId.wrap(programme);
        Retirement record = newRetirement(holder, theirs, purpose, consumed, grams);
        equal(record.isConsumed() ? 1 : 0, consumed ? 1 : 0);
        record = record.afterConsuming();
        equal(uint160(record.holder()), uint160(holder));
        equal(ProgrammeId.unwrap(record.programme()), programme);
        equal(record.purpose(), purpose);
        equal(record.grams(), grams);
        equal(record.isConsumed() ? 1 : 0, 1);
    }
}
