// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {TokenIds} from "../../../contracts/libraries/TokenIds.sol";
import {AssetKey, MethodologyId, ProgrammeId} from "../../../contracts/types/Ids.sol";
import {SourceId, TokenId} from "../../../contracts/types/Ids.sol";
import {FuzzTest} from "./Vm.sol";

contract TokenIdsTest is FuzzTest {
    using TokenIds for TokenId;

    function testFuzz_UnpackGivesWhatWasPacked(
        uint32 programme,
        uint32 methodology,
        uint24 firstDay,
        uint24 endDay,
        bytes32 sourceId,
        bytes32 assetKey
    ) external pure {
        TokenId tokenId = TokenIds.pack(
            ProgrammeId.wrap(programme),
            MethodologyId.wrap(methodology),
            firstDay,
            endDay,
            SourceId.wrap(sourceId),
            AssetKey.wrap(assetKey)
        );
        equal(tokenId.version(), 1);
        equal(ProgrammeId.unwrap(tokenId.programmeOf()), programme);
        equal(MethodologyId.unwrap(tokenId.methodologyOf()), methodology);
        equal(tokenId.firstDayOf(), firstDay);
        equal(tokenId.endDayOf(), endDay);
        equal(tokenId.tagOf(), uint256(keccak256(abi.encode(sourceId, assetKey))) >> 120);
    }
}
