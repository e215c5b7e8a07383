// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {TokenIds} from "../libraries/TokenIds.sol";
import {AssetKey, MethodologyId, ProgrammeId, SourceId, TokenId} from "../types/Ids.sol";

/// @title TokenIdsHarness: lets tests call the library
contract TokenIdsHarness {
    using TokenIds for TokenId;

    /// @notice See TokenIds.pack.
    function pack(
        ProgrammeId programme,
        MethodologyId methodology,
        uint32 firstDay,
        uint32 endDay,
        SourceId sourceId,
        AssetKey assetKey
    ) external pure returns (TokenId) {
        return TokenIds.pack(programme, methodology, firstDay, endDay, sourceId, assetKey);
    }

    /// @notice All parts of an id.
    function unpack(
        TokenId tokenId
    )
        external
        pure
        returns (
            uint8 version,
            ProgrammeId programme,
            MethodologyId methodology,
            uint32 firstDay,
            uint32 endDay,
            uint136 tag
        )
    {
        return (
            tokenId.version(),
            tokenId.programmeOf(),
            tokenId.methodologyOf(),
            tokenId.firstDayOf(),
            tokenId.endDayOf(),
            tokenId.tagOf()
        );
    }
}
