// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC1155Receiver} from "@openzeppelin/contracts/token/ERC1155/IERC1155Receiver.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {IPoolReserve} from "./interfaces/IPoolReserve.sol";
import {IProgrammes} from "./interfaces/IProgrammes.sol";
import {IReductionToken} from "./interfaces/IReductionToken.sol";
import {SumTree} from "./libraries/SumTree.sol";
import {TokenIds} from "./libraries/TokenIds.sol";
import {Roles} from "./types/Codes.sol";
import {InstitutionId, ProgrammeId, RetirementId, TokenId} from "./types/Ids.sol";

/// @title PoolReserve
/// @notice What it does and why: interfaces/IPoolReserve.sol.
contract PoolReserve is IPoolReserve {
    using TokenIds for TokenId;

    /// @dev One slot, all that a withdrawal has to know.
    struct Reserve {
        uint96 heldGrams;
        uint96 anchoredGrams;
        uint64 epochs;
    }

    uint128 private constant MILLIGRAMS_PER_GRAM = 1000;

    IProgrammes private immutable PROGRAMMES;
    IReductionToken private immutable TOKEN;

    mapping(ProgrammeId programme => Reserve) private _reserves;
    mapping(ProgrammeId programme => mapping(uint64 epoch => Epoch)) private _epochs;

    modifier onlyToken() {
        if (msg.sender != address(TOKEN)) revert PoolReserveNotToken(msg.sender);
        _;
    }

    modifier onlyOperator(ProgrammeId programme) {
        PROGRAMMES.requireRunning(programme);
        if (!PROGRAMMES.hasRole(programme, Roles.OPERATOR, msg.sender)) {
            revert PoolReserveRoleMissing(programme, Roles.OPERATOR, msg.sender);
        }
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
    ) external onlyOperator(programme) returns (uint64 epoch) {
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
        epoch = reserve.epochs + 1;
        reserve.anchoredGrams = uint96(totalGrams);
        reserve.epochs = epoch;
        _epochs[programme][epoch] = Epoch({
            root: root,
            fileHash: fileHash,
            totalMilligrams: totalMilligrams,
            count: count,
            depth: depth,
            anchoredAt: uint40(block.timestamp)
        });
        emit PoolAnchored(programme, epoch, root, totalMilligrams, count, depth, fileHash);
    }

    /// @inheritdoc IPoolReserve
    function withdraw(
        ProgrammeId programme,
        address to,
        TokenId tokenId,
        uint64 grams,
        bytes32 document
    ) external onlyOperator(programme) {
        InstitutionId institution = PROGRAMMES.institutionOf(to);
        if (institution == PROGRAMMES.institutionOf(msg.sender)) {
            revert PoolReserveOwnInstitution(to, institution);
        }
        _take(programme, tokenId, grams);
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
    ) external onlyOperator(programme) returns (RetirementId retirementId) {
        _take(programme, tokenId, grams);
        retirementId = TOKEN.retire(tokenId, grams, purpose, content);
        emit PoolRetired(programme, tokenId, retirementId, grams);
    }

    /// @inheritdoc IPoolReserve
    function onVoided(TokenId tokenId, uint64 grams) external onlyToken {
        ProgrammeId programme = tokenId.programmeOf();
        Reserve storage reserve = _reserves[programme];
        reserve.heldGrams -= grams;
        emit PoolVoided(programme, tokenId, grams, _deficit(reserve));
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
        return _reserves[programme].anchoredGrams;
    }

    /// @inheritdoc IPoolReserve
    function deficitGrams(ProgrammeId programme) external view returns (uint128) {
        return _deficit(_reserves[programme]);
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

    function _take(ProgrammeId programme, TokenId tokenId, uint64 grams) private {
        if (tokenId.programmeOf() != programme) revert PoolReserveProgramme(programme, tokenId);
        Reserve storage reserve = _reserves[programme];
        uint256 needed = uint256(reserve.anchoredGrams) + grams;
        uint96 held = reserve.heldGrams;
        if (held < needed) revert PoolReserveShort(held, uint128(needed));
        reserve.heldGrams = held - grams;
    }

    function _deficit(Reserve storage reserve) private view returns (uint128) {
        uint96 held = reserve.heldGrams;
        uint96 anchored = reserve.anchoredGrams;
        return anchored > held ? anchored - held : 0;
    }
}
