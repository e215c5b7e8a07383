// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccountGuard} from "../../../contracts/interfaces/IAccountGuard.sol";
import {ICorrections} from "../../../contracts/interfaces/ICorrections.sol";
import {IFreezes} from "../../../contracts/interfaces/IFreezes.sol";
import {IProgrammes} from "../../../contracts/interfaces/IProgrammes.sol";
import {IReductionToken} from "../../../contracts/interfaces/IReductionToken.sol";
import {ParameterKeys, Roles} from "../../../contracts/types/Codes.sol";
import {InstitutionId, ProgrammeId, TokenId} from "../../../contracts/types/Ids.sol";
import {FuzzTest} from "./Vm.sol";

/// @dev Programmes, the token and what guards, freezes and corrects holdings. This contract issues,
/// challenges and settles itself, so that a run spends its calls on holdings.
abstract contract Holdings is FuzzTest {
    ProgrammeId internal constant PROGRAMME = ProgrammeId.wrap(1);
    address internal constant AUTHORITY = address(0xA1);
    address internal constant OPERATOR = address(0xA2);
    address internal constant HOLDER = address(0xB1);
    address internal constant SECOND = address(0xB2);
    address internal constant PARTNER = address(0xB3);
    address internal constant THIEF = address(0xB4);
    uint64 internal constant ISSUED = 1_000_000;

    IProgrammes internal programmes;
    IReductionToken internal token;
    IAccountGuard internal guard;
    IFreezes internal freezes;
    ICorrections internal corrections;
    TokenId[2] internal units;

    /// @dev What a handler saw that must not be; a revert in a handler would only be skipped.
    uint256 public violations;

    constructor() {
        VM.warp(1_767_225_600);
        address manager = deployed("AccessManager", abi.encode(address(this)));
        programmes = IProgrammes(deployed("Programmes", abi.encode(manager, _created(3))));
        token = IReductionToken(deployed("ReductionToken", abi.encode(manager, _wiring())));
        guard = IAccountGuard(deployed("AccountGuard", abi.encode(programmes, token)));
        freezes = IFreezes(deployed("Freezes", abi.encode(programmes, token, address(this))));
        corrections = ICorrections(deployed("Corrections", abi.encode(programmes, token)));
        equal(uint160(address(token)), uint160(_created(3)));
        equal(uint160(address(corrections)), uint160(_created(6)));
        programmes.createProgramme(
            PROGRAMME,
            ProgrammeId.wrap(0),
            2,
            AUTHORITY,
            InstitutionId.wrap("authority"),
            0
        );
        _join(OPERATOR, "operator");
        _join(HOLDER, "company");
        _join(SECOND, "company");
        _join(PARTNER, "partner");
        _join(THIEF, "thief");
        VM.prank(AUTHORITY);
        programmes.grantRole(PROGRAMME, Roles.OPERATOR, OPERATOR, 0, 0);
        VM.prank(AUTHORITY);
        programmes.setParameter(PROGRAMME, ParameterKeys.ACT_SECONDS, 30 days, 0, 0);
        for (uint256 i = 0; i < 2; ++i) {
            units[i] = TokenId.wrap((1 << 248) | (1 << 216) | (1 << 184) | (i + 1));
            token.mint(HOLDER, units[i], ISSUED);
        }
    }

    function _claim(bool holds) internal {
        if (!holds) ++violations;
    }

    function held(address account, uint256 which) internal view returns (uint64) {
        return uint64(token.balanceOf(account, TokenId.unwrap(units[which])));
    }

    function _join(address account, bytes32 institution) private {
        VM.prank(AUTHORITY);
        programmes.openAccount(PROGRAMME, account, InstitutionId.wrap(institution), 0);
    }

    function _wiring() private view returns (IReductionToken.Wiring memory wiring) {
        wiring.programmes = address(programmes);
        wiring.issuance = address(this);
        wiring.accountGuard = _created(4);
        wiring.freezes = _created(5);
        wiring.corrections = _created(6);
        wiring.doubleCount = address(this);
        wiring.settlement = address(this);
    }

    // A contract's own nonce starts at 1; all of ours are below 128, one byte in RLP.
    function _created(uint8 nonce) private view returns (address) {
        bytes memory list = abi.encodePacked(bytes2(0xd694), address(this), nonce);
        return address(uint160(uint256(keccak256(list))));
    }
}
