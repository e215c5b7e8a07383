// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC1155Receiver} from "@openzeppelin/contracts/token/ERC1155/IERC1155Receiver.sol";
import {SumTree} from "../libraries/SumTree.sol";
import {InstitutionId, ProgrammeId, RetirementId, TokenId} from "../types/Ids.sol";

/// @title PoolReserve: the units of persons
/// @notice Holds, as nominee (名义持有人) and apart from the operator's own assets, the units behind
/// the personal accounts of each programme. Persons are lines of a tree the operator anchors, epoch
/// by epoch; the pool never anchors more than it holds, and nothing leaves it below its floor: the
/// total last anchored, except that a lower one counts only after the programme's
/// "pool.lowerSeconds" (at once where it decided none). So whoever takes units out has anchored the
/// lower lines first and long enough for everybody to look, and each person can prove their line
/// against any epoch.
/// @dev Epochs count from 1 in each programme. A line is a leaf of libraries/SumTree.sol, in
/// milligrams and whole grams. Only the token's units are received. The token tells of voided units
/// (onVoided); what the pool then lacks to its floor is shown by deficitGrams and PoolVoided and
/// blocks withdrawal and retirement until units come in or the floor falls. Waits are in running
/// seconds of the programme: seconds since 1970 without those it was paused.
interface IPoolReserve is IERC1155Receiver {
    /// @notice An anchored state of a programme's personal lines.
    /// @param root Root of the tree of lines.
    /// @param fileHash Hash of the file of lines.
    /// @param totalMilligrams Sum of all lines; whole grams.
    /// @param count Number of lines.
    /// @param depth Smallest d with 2^d >= count.
    /// @param anchoredAt Seconds since 1970.
    struct Epoch {
        bytes32 root;
        bytes32 fileHash;
        uint128 totalMilligrams;
        uint64 count;
        uint8 depth;
        uint40 anchoredAt;
    }

    /// @notice Units came in, by issue (from is 0) or transfer.
    event PoolReceived(
        ProgrammeId indexed programme,
        TokenId indexed tokenId,
        address indexed from,
        uint64 grams
    );
    /// @notice The operator stated all lines.
    /// @param floorGrams Below it nothing leaves now.
    /// @param lowerFrom Running second from which the total is the floor; 0 when it is at once.
    event PoolAnchored(
        ProgrammeId indexed programme,
        uint64 indexed epoch,
        bytes32 root,
        uint128 totalMilligrams,
        uint64 count,
        uint8 depth,
        bytes32 fileHash,
        uint128 floorGrams,
        uint40 lowerFrom
    );
    /// @notice Units left to an account.
    event PoolWithdrawn(
        ProgrammeId indexed programme,
        TokenId indexed tokenId,
        address indexed to,
        uint64 grams,
        bytes32 document
    );
    /// @notice Units left by retirement; the token's Retired says the rest.
    event PoolRetired(
        ProgrammeId indexed programme,
        TokenId indexed tokenId,
        RetirementId indexed retirementId,
        uint64 grams
    );
    /// @notice Units of the pool were voided.
    /// @param deficit Grams the pool now lacks to its floor; 0 for none.
    event PoolVoided(
        ProgrammeId indexed programme,
        TokenId indexed tokenId,
        uint64 grams,
        uint128 deficit
    );

    /// @notice Only the registry's token tells the pool what it receives and loses.
    error PoolReserveNotToken(address caller);
    /// @notice The account does not have the role in the programme now.
    error PoolReserveRoleMissing(ProgrammeId programme, uint8 role, address account);
    /// @notice The operator takes nothing out of the pool for itself.
    error PoolReserveOwnInstitution(address to, InstitutionId institution);
    /// @notice The units are of another programme.
    error PoolReserveProgramme(ProgrammeId programme, TokenId tokenId);
    /// @notice The lines do not sum to whole grams.
    error PoolReserveFraction(uint128 totalMilligrams);
    /// @notice Not the depth of so many lines, or grams without a line.
    error PoolReserveShape(uint64 count, uint8 depth);
    /// @notice The pool holds less than it would have to.
    error PoolReserveShort(uint128 heldGrams, uint128 neededGrams);
    /// @notice The programme has no epoch of that number.
    error PoolReserveEpochUnknown(ProgrammeId programme, uint64 epoch);

    /// @notice States the sum and the tree of all personal lines. By the operator. A total that is
    /// not below the floor becomes the floor at once and ends a wait. A lower one becomes it after
    /// "pool.lowerSeconds", at most MOST_LOWER_SECONDS, as they are decided now; when another one
    /// waits already, it takes that one's place, and also its time where it is not below it.
    /// @param programme The programme.
    /// @param root Root of the tree.
    /// @param totalMilligrams Sum of all lines; whole grams, at most what the pool holds.
    /// @param count Number of lines; 0 only with a total of 0.
    /// @param depth Smallest d with 2^d >= count.
    /// @param fileHash Hash of the file of lines.
    /// @return epoch Its number in the programme, from 1.
    /// @custom:reverts ProgrammesUnknown, ProgrammesPaused, PoolReserveRoleMissing,
    /// PoolReserveFraction, PoolReserveShape, PoolReserveShort
    /// @custom:source design.md section 5: only net grams of issued units enter epochs.
    function anchor(
        ProgrammeId programme,
        bytes32 root,
        uint128 totalMilligrams,
        uint64 count,
        uint8 depth,
        bytes32 fileHash
    ) external returns (uint64 epoch);

    /// @notice Transfers units out of the pool, never below its floor. By the operator, but not to
    /// its own institution.
    /// @param programme Programme of the units.
    /// @param to An open account.
    /// @param tokenId Their id.
    /// @param grams How many.
    /// @param document Hash of the order.
    /// @custom:reverts ProgrammesUnknown, ProgrammesPaused, PoolReserveRoleMissing,
    /// PoolReserveProgramme, PoolReserveOwnInstitution, PoolReserveShort, every refusal of a
    /// transfer (partial freezes too)
    /// @custom:source design.md section 5: refuses withdrawal below the last anchored total.
    function withdraw(
        ProgrammeId programme,
        address to,
        TokenId tokenId,
        uint64 grams,
        bytes32 document
    ) external;

    /// @notice Retires units of the pool, never below its floor. By the operator. The pool is the
    /// retirement's holder.
    /// @param programme Programme of the units.
    /// @param tokenId Their id.
    /// @param grams How many.
    /// @param purpose See IReductionToken.retire.
    /// @param content See IReductionToken.retire.
    /// @return retirementId See IReductionToken.retire.
    /// @custom:reverts ProgrammesUnknown, ProgrammesPaused, PoolReserveRoleMissing,
    /// PoolReserveProgramme, PoolReserveShort, every refusal of IReductionToken.retire
    function retire(
        ProgrammeId programme,
        TokenId tokenId,
        uint64 grams,
        uint8 purpose,
        bytes32 content
    ) external returns (RetirementId retirementId);

    /// @notice Takes note that units of the pool were voided. Only for the token. Never refuses for
    /// want of units, because a void must not fail for what the pool owes.
    /// @param tokenId Their id.
    /// @param grams How many.
    /// @custom:reverts PoolReserveNotToken
    function onVoided(TokenId tokenId, uint64 grams) external;

    /// @notice Whether a line stands in an epoch. False for a line of part grams.
    /// @param programme The programme.
    /// @param epoch Number of the epoch.
    /// @param index Place of the line.
    /// @param leaf The line in the open.
    /// @param siblings From the lowest level to the top.
    /// @custom:reverts PoolReserveEpochUnknown
    function verifyLine(
        ProgrammeId programme,
        uint64 epoch,
        uint64 index,
        SumTree.Leaf calldata leaf,
        SumTree.Node[] calldata siblings
    ) external view returns (bool);

    /// @notice An epoch.
    /// @custom:reverts PoolReserveEpochUnknown
    function epochOf(ProgrammeId programme, uint64 epoch) external view returns (Epoch memory);

    /// @notice Number of the last epoch of a programme; 0 when there is none.
    function lastEpoch(ProgrammeId programme) external view returns (uint64);

    /// @notice Grams the pool holds of all ids of a programme: the sum of its balances.
    function heldGrams(ProgrammeId programme) external view returns (uint128);

    /// @notice Grams the last epoch owes; 0 when there is none.
    function anchoredGrams(ProgrammeId programme) external view returns (uint128);

    /// @notice Below what nothing leaves the pool.
    /// @return floorGrams The floor now; 0 when there is no epoch.
    /// @return lowerGrams What becomes the floor when its wait is over; 0 when nothing waits.
    /// @return lowerFrom Running second from which it is; 0 when nothing waits.
    function floorOf(
        ProgrammeId programme
    ) external view returns (uint128 floorGrams, uint128 lowerGrams, uint40 lowerFrom);

    /// @notice Grams the pool lacks to its floor after units were voided; 0 for none.
    function deficitGrams(ProgrammeId programme) external view returns (uint128);
}
