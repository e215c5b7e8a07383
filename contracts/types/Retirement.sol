// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ProgrammeId} from "./Ids.sol";

/// @notice Record of a retirement in one slot, least significant first: grams 56 | purpose 7 |
/// consumed by a certificate 1 | programme 32 | holder 160. 56 bits of grams are 72 billion tonnes.
type Retirement is uint256;

using RetirementFields for Retirement global;

/// @notice A record.
/// @param retirer Whose units they were.
/// @param theirs Programme of the units.
/// @param why See Purpose.
/// @param consumed Whether a certificate consumes it at once.
/// @param many Grams, below 2^56.
function newRetirement(
    address retirer,
    ProgrammeId theirs,
    uint8 why,
    bool consumed,
    uint64 many
) pure returns (Retirement) {
    return
        Retirement.wrap(
            (uint256(uint160(retirer)) << 96) |
                (uint256(ProgrammeId.unwrap(theirs)) << 64) |
                (consumed ? 1 << 63 : 0) |
                (uint256(why) << 56) |
                many
        );
}

/// @title RetirementFields: reads and changes of a Retirement
library RetirementFields {
    /// @notice Whose units they were; zero when there is no such retirement.
    function holder(Retirement record) internal pure returns (address) {
        return address(uint160(Retirement.unwrap(record) >> 96));
    }

    /// @notice Programme of the units.
    function programme(Retirement record) internal pure returns (ProgrammeId) {
        return ProgrammeId.wrap(uint32(Retirement.unwrap(record) >> 64));
    }

    /// @notice Whether a certificate consumed it.
    function isConsumed(Retirement record) internal pure returns (bool) {
        return (Retirement.unwrap(record) >> 63) & 1 != 0;
    }

    /// @notice See Purpose.
    function purpose(Retirement record) internal pure returns (uint8) {
        return uint8(Retirement.unwrap(record) >> 56) & 0x7f;
    }

    /// @notice How many grams.
    function grams(Retirement record) internal pure returns (uint56) {
        return uint56(Retirement.unwrap(record));
    }

    /// @notice Consumed, for ever.
    function afterConsuming(Retirement record) internal pure returns (Retirement) {
        return Retirement.wrap(Retirement.unwrap(record) | (1 << 63));
    }
}
