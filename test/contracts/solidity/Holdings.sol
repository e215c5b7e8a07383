// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {AccountGuard} from "../../../contracts/AccountGuard.sol";
import {Corrections} from "../../../contracts/Corrections.sol";
import {Freezes} from "../../../contracts/Freezes.sol";
import {Programmes} from "../../../contracts/Programmes.sol";
import {ReductionToken} from "../../../contracts/ReductionToken.sol";
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

    Programmes internal programmes;
    ReductionToken internal token;
    AccountGuard internal guard;
    Freezes internal freezes;
    Corrections internal corrections;
    TokenId[2] internal units;

    /// @dev What a handler saw that must not be; a revert in a handler would only be skipped.
    uint256 public violations;

    constructor() {
        VM.warp(1_767_225_600);
        AccessManager manager = new AccessManager(address(this));
        programmes = new Programmes(address(manager), ReductionToken(_created(3)));
        token = new ReductionToken(address(manager), _wiring());
        guard = new AccountGuard(programmes, token);
        freezes = new Freezes(programmes, token, address(this));
        corrections = new Corrections(programmes, token);
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
