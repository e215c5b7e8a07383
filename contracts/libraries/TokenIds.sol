// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AssetKey, MethodologyId, ProgrammeId, SourceId, TokenId} from "../types/Ids.sol";

/// @title TokenIds: the layout of a token id
/// @notice Most significant first: version 8 bits (1) | programme 32 | methodology 32 | first day
/// 24 | end day 24 | top 136 bits of keccak256(abi.encode(sourceId, assetKey)). The quantity is no
/// part of it, so that the same reduction with another amount still collides.
library TokenIds {
    uint8 internal constant VERSION = 1;
    uint32 internal constant END_OF_DAYS = 1 << 24;

    /// @notice A day that does not fit 24 bits.
    error TokenIdsDayTooLate(uint32 day);

    /// @notice Packs the parts of an id.
    /// @param firstDay First day, below 2^24.
    /// @param endDay Day after the last one, below 2^24.
    /// @custom:reverts TokenIdsDayTooLate
    function pack(
        ProgrammeId programme,
        MethodologyId methodology,
        uint32 firstDay,
        uint32 endDay,
        SourceId sourceId,
        AssetKey assetKey
    ) internal pure returns (TokenId) {
        if (firstDay >= END_OF_DAYS) revert TokenIdsDayTooLate(firstDay);
        if (endDay >= END_OF_DAYS) revert TokenIdsDayTooLate(endDay);
        return
            TokenId.wrap(
                (uint256(VERSION) << 248) |
                    (uint256(ProgrammeId.unwrap(programme)) << 216) |
                    (uint256(MethodologyId.unwrap(methodology)) << 184) |
                    (uint256(firstDay) << 160) |
                    (uint256(endDay) << 136) |
                    (uint256(keccak256(abi.encode(sourceId, assetKey))) >> 120)
            );
    }

    /// @notice Layout version of an id.
    function version(TokenId tokenId) internal pure returns (uint8) {
        return uint8(TokenId.unwrap(tokenId) >> 248);
    }

    /// @notice Programme of an id.
    function programmeOf(TokenId tokenId) internal pure returns (ProgrammeId) {
        return ProgrammeId.wrap(uint32(TokenId.unwrap(tokenId) >> 216));
    }

    /// @notice Methodology of an id.
    function methodologyOf(TokenId tokenId) internal pure returns (MethodologyId) {
        return MethodologyId.wrap(uint32(TokenId.unwrap(tokenId) >> 184));
    }

    /// @notice First day of an id's period.
    function firstDayOf(TokenId tokenId) internal pure returns (uint32) {
        return uint24(TokenId.unwrap(tokenId) >> 160);
    }

    /// @notice Day after the last one of an id's period.
    function endDayOf(TokenId tokenId) internal pure returns (uint32) {
        return uint24(TokenId.unwrap(tokenId) >> 136);
    }

    /// @notice Lowest 136 bits: top of keccak256(abi.encode(sourceId, assetKey)).
    function tagOf(TokenId tokenId) internal pure returns (uint136) {
        return uint136(TokenId.unwrap(tokenId));
    }
}
