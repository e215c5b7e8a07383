// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC1155} from "@openzeppelin/contracts/token/ERC1155/ERC1155.sol";
import {IAccountGuard} from "./interfaces/IAccountGuard.sol";
import {IFreezes} from "./interfaces/IFreezes.sol";
import {IReductionToken} from "./interfaces/IReductionToken.sol";
import {TokenIds} from "./libraries/TokenIds.sol";
import {IdState, Standing} from "./types/Codes.sol";
import {ProgrammeId, TokenId} from "./types/Ids.sol";
import {Supply} from "./types/Supply.sol";

/// @title UnitLedger: the books of the units and the rules by which they move
/// @notice What it does and why: interfaces/IReductionToken.sol. Who may ask for a movement is the
/// token's matter, see ReductionToken.sol.
abstract contract UnitLedger is IReductionToken, ERC1155 {
    using TokenIds for TokenId;

    address internal immutable SETTLEMENT;
    address internal immutable PLEDGE;
    address internal immutable POOL_RESERVE;
    IAccountGuard internal immutable ACCOUNT_GUARD;
    IFreezes internal immutable FREEZES;

    mapping(TokenId tokenId => Supply) internal _supplies;
    mapping(address account => uint8 standing) internal _standings;
    mapping(ProgrammeId programme => bool paused) internal _paused;

    constructor(Wiring memory wiring) ERC1155("") {
        SETTLEMENT = wiring.settlement;
        PLEDGE = wiring.pledge;
        POOL_RESERVE = wiring.poolReserve;
        ACCOUNT_GUARD = IAccountGuard(wiring.accountGuard);
        FREEZES = IFreezes(wiring.freezes);
        _setStanding(wiring.settlement, Standing.OPEN);
        _setStanding(wiring.pledge, Standing.OPEN);
        _setStanding(wiring.poolReserve, Standing.OPEN);
    }

    /// @inheritdoc IReductionToken
    function supplyOf(
        TokenId tokenId
    )
        external
        view
        returns (
            bool exists,
            uint8 state,
            uint64 issuedGrams,
            uint64 retiredGrams,
            uint64 voidedGrams
        )
    {
        Supply supply = _supplies[tokenId];
        return (
            supply.exists(),
            supply.state(),
            supply.issuedGrams(),
            supply.retiredGrams(),
            supply.voidedGrams()
        );
    }

    /// @inheritdoc IReductionToken
    function standingOf(address account) external view returns (uint8) {
        return _standings[account];
    }

    /// @inheritdoc IReductionToken
    function isPaused(ProgrammeId programme) external view returns (bool) {
        return _paused[programme];
    }

    /// @dev Every movement passes here: minting, transfers by whatever entry point, batches. The
    /// two others are below: the retirement of one id, and what an authority takes by force.
    function _update(
        address from,
        address to,
        uint256[] memory ids,
        uint256[] memory values
    ) internal override {
        uint8 standing = Standing.OPEN;
        if (from != address(0)) {
            standing = _standings[from];
            if (standing != Standing.OPEN) _letLeave(from, standing, to, ids, values);
        }
        if (to != address(0)) _requireReceiver(to);
        for (uint256 i = 0; i < ids.length; ++i) _requireMoving(TokenId.wrap(ids[i]));
        super._update(from, to, ids, values);
        // Afterwards, because an id may stand in several lines of a batch.
        if (standing & Standing.HAS_PARTIAL_FREEZE != 0) _requireFrozenLeft(from, ids);
    }

    /// @dev Takes grams out for ever, under the rules of _update, and gives them their serials.
    /// Apart from it, so that the id's slot is read once and written once. Nobody is called back.
    function _burnUnits(
        address holder,
        TokenId tokenId,
        uint64 grams
    ) internal returns (uint64 firstSerial, uint64 endSerial) {
        (uint256[] memory ids, uint256[] memory values) = _lists(tokenId, grams);
        uint8 standing = _standings[holder];
        if (standing != Standing.OPEN) _letLeave(holder, standing, address(0), ids, values);
        Supply supply = _requireMoving(tokenId);
        super._update(holder, address(0), ids, values);
        if (standing & Standing.HAS_PARTIAL_FREEZE != 0) _requireFrozenLeft(holder, ids);
        _supplies[tokenId] = supply.afterRetiring(grams);
        firstSerial = supply.retiredGrams();
        endSerial = firstSerial + grams;
    }

    /// @dev An authority's act passes the holder's standing and freezes, but a paused programme
    /// stands still, and what is offered or pledged belongs to others too.
    function _takeByForce(address from, address to, TokenId tokenId, uint64 grams) internal {
        if (grams == 0) revert ReductionTokenGramsZero();
        // Taking from nobody would be minting.
        if (from == address(0)) revert ERC1155InvalidSender(from);
        if (from == SETTLEMENT || from == PLEDGE) revert ReductionTokenInCustody(from);
        _requireRunning(tokenId.programmeOf());
        (uint256[] memory ids, uint256[] memory values) = _lists(tokenId, grams);
        super._update(from, to, ids, values);
    }

    function _setStanding(address account, uint8 standing) internal {
        _standings[account] = standing;
        emit StandingSet(account, standing);
    }

    function _requireReceiver(address account) internal view {
        uint8 standing = _standings[account];
        if (!_isActive(standing)) revert ReductionTokenStanding(account, standing);
    }

    function _isCustodian(address account) internal view returns (bool) {
        return account == SETTLEMENT || account == PLEDGE || account == POOL_RESERVE;
    }

    function _lists(
        TokenId tokenId,
        uint64 grams
    ) internal pure returns (uint256[] memory ids, uint256[] memory values) {
        ids = new uint256[](1);
        values = new uint256[](1);
        ids[0] = TokenId.unwrap(tokenId);
        values[0] = grams;
    }

    // Apart from the check, so that a plain account pays for one comparison only.
    function _letLeave(
        address from,
        uint8 standing,
        address to,
        uint256[] memory ids,
        uint256[] memory values
    ) private {
        if (!_isActive(standing)) revert ReductionTokenStanding(from, standing);
        if (standing & Standing.GUARDED != 0) ACCOUNT_GUARD.spend(from, to, ids, values);
    }

    function _requireMoving(TokenId tokenId) private view returns (Supply supply) {
        supply = _supplies[tokenId];
        if (supply.state() != IdState.ACTIVE) {
            if (!supply.exists()) revert ReductionTokenUnknown(TokenId.unwrap(tokenId));
            revert ReductionTokenState(TokenId.unwrap(tokenId), supply.state());
        }
        _requireRunning(tokenId.programmeOf());
    }

    function _requireRunning(ProgrammeId programme) private view {
        if (_paused[programme]) revert ReductionTokenPaused(ProgrammeId.unwrap(programme));
    }

    function _requireFrozenLeft(address account, uint256[] memory ids) private view {
        for (uint256 i = 0; i < ids.length; ++i) {
            uint256 left = balanceOf(account, ids[i]);
            uint64 frozen = FREEZES.frozenOf(account, TokenId.wrap(ids[i]));
            if (left < frozen) {
                revert ReductionTokenPartlyFrozen(account, ids[i], left, frozen);
            }
        }
    }

    function _isActive(uint8 standing) private pure returns (bool) {
        return standing & (Standing.OPEN | Standing.FROZEN | Standing.CLOSED) == Standing.OPEN;
    }
}
