// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC1155Receiver} from "@openzeppelin/contracts/token/ERC1155/IERC1155Receiver.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {IPoolReserve} from "./interfaces/IPoolReserve.sol";
import {IProgrammes} from "./interfaces/IProgrammes.sol";
import {IReductionToken} from "./interfaces/IReductionToken.sol";
import {SumTree} from "./libraries/SumTree.sol";
import {TokenIds} from "./libraries/TokenIds.sol";
import {ParameterKeys, Roles} from "./types/Codes.sol";
import {InstitutionId, ProgrammeId, RetirementId, TokenId} from "./types/Ids.sol";

/// @title PoolReserve
/// @notice What it does and why: interfaces/IPoolReserve.sol.
contract PoolReserve is IPoolReserve {
    using TokenIds for TokenId;

    /// @dev In the first slot all that a withdrawal has to know while no lower floor waits.
    struct Reserve {
        uint96 heldGrams;
        uint96 floorGrams;
        // Running second from which lowerGrams is the floor; 0 when no lower floor waits.
        uint40 lowerFrom;
        uint96 lowerGrams;
        uint64 epochs;
    }

    /// @notice Longest wait of a lower floor, so that no decision locks the units for ever.
    uint40 public constant MOST_LOWER_SECONDS = 365 days;
    uint128 private constant MILLIGRAMS_PER_GRAM = 1000;

    IProgrammes private immutable PROGRAMMES;
    IReductionToken private immutable TOKEN;

    mapping(ProgrammeId programme => Reserve) private _reserves;
    mapping(ProgrammeId programme => mapping(uint64 epoch => Epoch)) private _epochs;

    modifier onlyToken() {
        if (msg.sender != address(TOKEN)) revert PoolReserveNotToken(msg.sender);
        _;
    }

    constructor(IProgrammes programmes, IReductionToken reductionToken) {
        PROGRAMMES = programmes;
        TOKEN = reductionToken;
    }

    /// @inheritdoc IPoolReserve
    function anchor(
        ProgrammeId programme,
        bytes32 root,
        uint128 totalMilligrams,
        uint64 count,
        uint8 depth,
        bytes32 fileHash
    ) external returns (uint64 epoch) {
        uint40 time = _requireOperator(programme);
        if (totalMilligrams % MILLIGRAMS_PER_GRAM != 0) {
            revert PoolReserveFraction(totalMilligrams);
        }
        // depthOf doubles its width until it reaches the count, so a depth above 64 cannot pass.
        if (depth != SumTree.depthOf(count) || (count == 0 && totalMilligrams != 0)) {
            revert PoolReserveShape(count, depth);
        }
        Reserve storage reserve = _reserves[programme];
        uint128 totalGrams = totalMilligrams / MILLIGRAMS_PER_GRAM;
        uint96 held = reserve.heldGrams;
        if (totalGrams > held) revert PoolReserveShort(held, totalGrams);
        uint40 lowerFrom = _setFloor(programme, reserve, uint96(totalGrams), time);
        epoch = reserve.epochs + 1;
        reserve.epochs = epoch;
        _epochs[programme][epoch] = Epoch({
            root: root,
            fileHash: fileHash,
            totalMilligrams: totalMilligrams,
            count: count,
            depth: depth,
            anchoredAt: uint40(block.timestamp)
        });
        emit PoolAnchored(
            programme,
            epoch,
            root,
            totalMilligrams,
            count,
            depth,
            fileHash,
            reserve.floorGrams,
            lowerFrom
        );
    }

    /// @inheritdoc IPoolReserve
    function withdraw(
        ProgrammeId programme,
        address to,
        TokenId tokenId,
        uint64 grams,
        bytes32 document
    ) external {
        uint40 time = _requireOperator(programme);
        InstitutionId institution = PROGRAMMES.institutionOf(to);
        if (institution == PROGRAMMES.institutionOf(msg.sender)) {
            revert PoolReserveOwnInstitution(to, institution);
        }
        _take(programme, tokenId, grams, time);
        emit PoolWithdrawn(programme, tokenId, to, grams, document);
        // Last, because it may call the receiver.
        TOKEN.safeTransferFrom(address(this), to, TokenId.unwrap(tokenId), grams, "");
    }

    /// @inheritdoc IPoolReserve
    function retire(
        ProgrammeId programme,
        TokenId tokenId,
        uint64 grams,
        uint8 purpose,
        bytes32 content
    ) external returns (RetirementId retirementId) {
        _take(programme, tokenId, grams, _requireOperator(programme));
        retirementId = TOKEN.retire(tokenId, grams, purpose, content);
        emit PoolRetired(programme, tokenId, retirementId, grams);
    }

    /// @inheritdoc IPoolReserve
    function onVoided(TokenId tokenId, uint64 grams) external onlyToken {
        ProgrammeId programme = tokenId.programmeOf();
        Reserve storage reserve = _reserves[programme];
        reserve.heldGrams -= grams;
        emit PoolVoided(programme, tokenId, grams, _deficit(programme, reserve));
    }

    /// @inheritdoc IERC1155Receiver
    function onERC1155Received(
        address,
        address from,
        uint256 id,
        uint256 value,
        bytes calldata
    ) external onlyToken returns (bytes4) {
        _add(from, id, value);
        return IERC1155Receiver.onERC1155Received.selector;
    }

    /// @inheritdoc IERC1155Receiver
    function onERC1155BatchReceived(
        address,
        address from,
        uint256[] calldata ids,
        uint256[] calldata values,
        bytes calldata
    ) external onlyToken returns (bytes4) {
        for (uint256 i = 0; i < ids.length; ++i) {
            _add(from, ids[i], values[i]);
        }
        return IERC1155Receiver.onERC1155BatchReceived.selector;
    }

    /// @inheritdoc IPoolReserve
    function verifyLine(
        ProgrammeId programme,
        uint64 epoch,
        uint64 index,
        SumTree.Leaf calldata leaf,
        SumTree.Node[] calldata siblings
    ) external view returns (bool) {
        Epoch memory anchored = epochOf(programme, epoch);
        SumTree.Tree memory tree = SumTree.Tree({
            root: anchored.root,
            totalMilligrams: anchored.totalMilligrams,
            count: anchored.count,
            depth: anchored.depth
        });
        return
            leaf.milligrams % MILLIGRAMS_PER_GRAM == 0 &&
            SumTree.verify(tree, index, leaf, siblings);
    }

    /// @inheritdoc IPoolReserve
    function lastEpoch(ProgrammeId programme) external view returns (uint64) {
        return _reserves[programme].epochs;
    }

    /// @inheritdoc IPoolReserve
    function heldGrams(ProgrammeId programme) external view returns (uint128) {
        return _reserves[programme].heldGrams;
    }

    /// @inheritdoc IPoolReserve
    function anchoredGrams(ProgrammeId programme) external view returns (uint128) {
        Reserve storage reserve = _reserves[programme];
        return reserve.lowerFrom == 0 ? reserve.floorGrams : reserve.lowerGrams;
    }

    /// @inheritdoc IPoolReserve
    function floorOf(
        ProgrammeId programme
    ) external view returns (uint128 floorGrams, uint128 lowerGrams, uint40 lowerFrom) {
        Reserve storage reserve = _reserves[programme];
        uint40 time = _runningSeconds(programme);
        floorGrams = _floor(reserve, time);
        if (time < reserve.lowerFrom) {
            (lowerGrams, lowerFrom) = (reserve.lowerGrams, reserve.lowerFrom);
        }
    }

    /// @inheritdoc IPoolReserve
    function deficitGrams(ProgrammeId programme) external view returns (uint128) {
        return _deficit(programme, _reserves[programme]);
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return
            interfaceId == type(IERC1155Receiver).interfaceId ||
            interfaceId == type(IERC165).interfaceId;
    }

    /// @inheritdoc IPoolReserve
    function epochOf(ProgrammeId programme, uint64 epoch) public view returns (Epoch memory) {
        if (epoch == 0 || epoch > _reserves[programme].epochs) {
            revert PoolReserveEpochUnknown(programme, epoch);
        }
        return _epochs[programme][epoch];
    }

    // The token holds no id with more than 64 bits of grams; 2^32 such ids fit the counter.
    function _add(address from, uint256 id, uint256 value) private {
        TokenId tokenId = TokenId.wrap(id);
        ProgrammeId programme = tokenId.programmeOf();
        _reserves[programme].heldGrams += uint96(value);
        emit PoolReceived(programme, tokenId, from, uint64(value));
    }

    function _take(ProgrammeId programme, TokenId tokenId, uint64 grams, uint40 time) private {
        if (tokenId.programmeOf() != programme) revert PoolReserveProgramme(programme, tokenId);
        Reserve storage reserve = _reserves[programme];
        uint256 needed = uint256(_floor(reserve, time)) + grams;
        uint96 held = reserve.heldGrams;
        if (held < needed) revert PoolReserveShort(held, uint128(needed));
        reserve.heldGrams = held - grams;
    }

    /// @dev A total that is not below the floor is the floor at once. A lower one waits; what was
    /// to become the floor before keeps its time only when the new total is not below it either, so
    /// that no gram is released sooner than its own announcement allows.
    /// @return lowerFrom Running second from which the total is the floor; 0 for at once.
    function _setFloor(
        ProgrammeId programme,
        Reserve storage reserve,
        uint96 grams,
        uint40 time
    ) private returns (uint40 lowerFrom) {
        uint96 floor = _floor(reserve, time);
        if (grams < floor) {
            bool keeps = time < reserve.lowerFrom && grams >= reserve.lowerGrams;
            lowerFrom = keeps ? reserve.lowerFrom : _lowerFrom(programme, time);
        }
        reserve.floorGrams = lowerFrom == 0 ? grams : floor;
        reserve.lowerGrams = lowerFrom == 0 ? 0 : grams;
        reserve.lowerFrom = lowerFrom;
    }

    function _lowerFrom(ProgrammeId programme, uint40 time) private view returns (uint40) {
        uint128 length = PROGRAMMES.parameterOr(programme, ParameterKeys.POOL_LOWER_SECONDS, 0);
        if (length == 0) return 0;
        return time + (length < MOST_LOWER_SECONDS ? uint40(length) : MOST_LOWER_SECONDS);
    }

    function _deficit(
        ProgrammeId programme,
        Reserve storage reserve
    ) private view returns (uint128) {
        uint96 held = reserve.heldGrams;
        uint96 floor = _floor(reserve, _runningSeconds(programme));
        return floor > held ? floor - held : 0;
    }

    function _floor(Reserve storage reserve, uint40 time) private view returns (uint96) {
        uint40 from = reserve.lowerFrom;
        return from != 0 && time >= from ? reserve.lowerGrams : reserve.floorGrams;
    }

    /// @return time The programme's running second.
    function _requireOperator(ProgrammeId programme) private view returns (uint40 time) {
        (bool holds, uint64 paused) = PROGRAMMES.actorIn(programme, Roles.OPERATOR, msg.sender);
        if (!holds) revert PoolReserveRoleMissing(programme, Roles.OPERATOR, msg.sender);
        return uint40(block.timestamp - paused);
    }

    function _runningSeconds(ProgrammeId programme) private view returns (uint40) {
        return uint40(block.timestamp - PROGRAMMES.pausedSecondsOf(programme));
    }
}
