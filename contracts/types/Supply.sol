// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice What became of an id's grams, in one slot, least significant first: retired grams 64 |
/// void grams 64 | issued grams 64 | state 8 | exists 8. Packed by hand, because a retirement reads
/// and writes the slot once so, and pays 200 gas more when the compiler packs a struct.
type Supply is uint256;

using SupplyFields for Supply global;

/// @notice A word of the books for an id that is being issued.
/// @param grams Issued grams.
/// @param idState State of the id.
function newSupply(uint64 grams, uint8 idState) pure returns (Supply) {
    return Supply.wrap((1 << 200) | (uint256(idState) << 192) | (uint256(grams) << 128));
}

/// @title SupplyFields: reads and changes of a Supply
library SupplyFields {
    /// @notice Whether the id was issued; an explicit flag, never a quantity.
    function exists(Supply supply) internal pure returns (bool) {
        return Supply.unwrap(supply) >> 200 != 0;
    }

    /// @notice See IdState.
    function state(Supply supply) internal pure returns (uint8) {
        return uint8(Supply.unwrap(supply) >> 192);
    }

    /// @notice Grams ever issued.
    function issuedGrams(Supply supply) internal pure returns (uint64) {
        return uint64(Supply.unwrap(supply) >> 128);
    }

    /// @notice Grams that left by correction, less those reissued.
    function voidedGrams(Supply supply) internal pure returns (uint64) {
        return uint64(Supply.unwrap(supply) >> 64);
    }

    /// @notice Grams that left by retirement; also the next serial.
    function retiredGrams(Supply supply) internal pure returns (uint64) {
        return uint64(Supply.unwrap(supply));
    }

    /// @notice With another state.
    function withState(Supply supply, uint8 idState) internal pure returns (Supply) {
        uint256 others = Supply.unwrap(supply) & ~(uint256(0xff) << 192);
        return Supply.wrap(others | (uint256(idState) << 192));
    }

    /// @notice With grams retired. They left a balance, so that the sum stays below what was issued
    /// and no field runs over.
    function afterRetiring(Supply supply, uint64 grams) internal pure returns (Supply) {
        return Supply.wrap(Supply.unwrap(supply) + grams);
    }

    /// @notice With grams voided, which left a balance as well.
    function afterVoiding(Supply supply, uint64 grams) internal pure returns (Supply) {
        return Supply.wrap(Supply.unwrap(supply) + (uint256(grams) << 64));
    }

    /// @notice With grams given back, at most those voided.
    function afterReissuing(Supply supply, uint64 grams) internal pure returns (Supply) {
        return Supply.wrap(Supply.unwrap(supply) - (uint256(grams) << 64));
    }
}
