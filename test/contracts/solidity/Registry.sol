// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccountGuard} from "../../../contracts/interfaces/IAccountGuard.sol";
import {ICertificate} from "../../../contracts/interfaces/ICertificate.sol";
import {ICorrections} from "../../../contracts/interfaces/ICorrections.sol";
import {IDoubleCount} from "../../../contracts/interfaces/IDoubleCount.sol";
import {IFreezes} from "../../../contracts/interfaces/IFreezes.sol";
import {IIssuance} from "../../../contracts/interfaces/IIssuance.sol";
import {IPledge} from "../../../contracts/interfaces/IPledge.sol";
import {IPoolReserve} from "../../../contracts/interfaces/IPoolReserve.sol";
import {IProgrammes} from "../../../contracts/interfaces/IProgrammes.sol";
import {IReductionToken} from "../../../contracts/interfaces/IReductionToken.sol";
import {ISettlement} from "../../../contracts/interfaces/ISettlement.sol";
import {ISources} from "../../../contracts/interfaces/ISources.sol";
import {ParameterKeys, Roles} from "../../../contracts/types/Codes.sol";
import {AssetKey, ClassId, InstitutionId, MethodologyId} from "../../../contracts/types/Ids.sol";
import {ProgrammeId, RequestId, SourceId, TokenId} from "../../../contracts/types/Ids.sol";
import {FuzzTest} from "./Vm.sol";

/// @dev A whole registry with one programme, where no review is asked for and notices are empty, so
/// that fuzz tests can issue at will. This contract deploys it and is its registrar.
abstract contract Registry is FuzzTest {
    ProgrammeId internal constant PROGRAMME = ProgrammeId.wrap(1);
    ClassId internal constant CLASS = ClassId.wrap(1);
    AssetKey internal constant ASSET = AssetKey.wrap("asset");
    address internal constant AUTHORITY = address(0xA1);
    address internal constant OPERATOR = address(0xA2);
    address internal constant APPLICANT = address(0xA3);
    address internal constant OWNER = address(0xA4);
    uint32 internal constant FIRST_DAY = 17_775;

    // Places of the contracts in the order of their creation, from the AccessManager at 1.
    uint8 internal constant ISSUANCE = 4;
    uint8 internal constant TOKEN = 5;
    uint8 internal constant CERTIFICATE = 6;
    uint8 internal constant ACCOUNT_GUARD = 7;
    uint8 internal constant FREEZES = 8;
    uint8 internal constant CORRECTIONS = 9;
    uint8 internal constant DOUBLE_COUNT = 10;
    uint8 internal constant SETTLEMENT = 11;
    uint8 internal constant PLEDGE = 12;
    uint8 internal constant POOL_RESERVE = 13;

    IProgrammes internal programmes;
    ISources internal sources;
    IIssuance internal issuance;
    IReductionToken internal token;
    ICertificate internal certificate;
    IAccountGuard internal accountGuard;
    IFreezes internal freezes;
    ICorrections internal corrections;
    IDoubleCount internal doubleCount;
    ISettlement internal settlement;
    IPledge internal pledge;
    IPoolReserve internal poolReserve;
    SourceId internal sourceId;

    constructor() {
        VM.warp(1_767_225_600);
        // A contract's own nonce starts at 1; all of ours are below 128, one byte in RLP.
        // By name, so that no test has to compile what it only calls.
        address manager = deployed("AccessManager", abi.encode(address(this)));
        programmes = IProgrammes(deployed("Programmes", abi.encode(manager, _created(TOKEN))));
        bytes memory wired = abi.encode(
            manager,
            programmes,
            _created(ISSUANCE),
            _created(POOL_RESERVE)
        );
        sources = ISources(deployed("Sources", wired));
        wired = abi.encode(programmes, sources, _created(TOKEN), _created(DOUBLE_COUNT));
        issuance = IIssuance(deployed("Issuance", wired));
        token = IReductionToken(deployed("ReductionToken", abi.encode(manager, _wiring())));
        wired = abi.encode(token, programmes, _created(DOUBLE_COUNT));
        certificate = ICertificate(deployed("Certificate", wired));
        bytes memory both = abi.encode(programmes, token);
        accountGuard = IAccountGuard(deployed("AccountGuard", both));
        wired = abi.encode(programmes, token, _created(DOUBLE_COUNT));
        freezes = IFreezes(deployed("Freezes", wired));
        corrections = ICorrections(deployed("Corrections", both));
        wired = abi.encode(programmes, sources, issuance, token, freezes);
        doubleCount = IDoubleCount(deployed("DoubleCount", wired));
        settlement = ISettlement(deployed("Settlement", both));
        pledge = IPledge(deployed("Pledge", both));
        poolReserve = IPoolReserve(deployed("PoolReserve", both));
        equal(uint160(address(token)), uint160(_created(TOKEN)));
        _populate();
    }

    function _populate() private {
        programmes.createProgramme(
            PROGRAMME,
            ProgrammeId.wrap(0),
            2,
            AUTHORITY,
            InstitutionId.wrap("authority"),
            0
        );
        _join(OPERATOR, "operator", Roles.OPERATOR);
        _join(APPLICANT, "applicant", Roles.APPLICANT);
        _join(OWNER, "owner", 0);
        _set(ParameterKeys.NOTICE_SECONDS, 0);
        _set(ParameterKeys.REVIEW_COUNT, 0);
        _set(ParameterKeys.ISSUE_GRANULARITY_GRAMS, 1);
        _set(ParameterKeys.ISSUE_CARRY, 1);
        _set(ParameterKeys.RESERVATION_SECONDS, 1 days);
        _set(ParameterKeys.CERTIFICATE_PURPOSES, 255);
        VM.prank(AUTHORITY);
        sources.registerMethodology(PROGRAMME, "method", CLASS, 3, 0, 0, 0, 0);
        VM.prank(OPERATOR);
        sourceId = sources.registerSource(
            PROGRAMME,
            MethodologyId.wrap(1),
            ASSET,
            APPLICANT,
            OWNER,
            0
        );
    }

    function _join(address account, bytes32 institution, uint8 role) internal {
        VM.prank(AUTHORITY);
        programmes.openAccount(PROGRAMME, account, InstitutionId.wrap(institution), 0);
        if (role == 0) return;
        VM.prank(AUTHORITY);
        programmes.grantRole(PROGRAMME, role, account, 0, 0);
    }

    function _set(bytes32 key, uint128 value) internal {
        VM.prank(AUTHORITY);
        programmes.setParameter(PROGRAMME, key, value, 0, 0);
    }

    /// @dev A proposal of one leaf for the registry's source.
    function _proposal(
        uint32 firstDay,
        uint32 endDay,
        uint128 milligrams
    ) internal view returns (IIssuance.Proposal memory) {
        return
            IIssuance.Proposal({
                sourceId: sourceId,
                firstDay: firstDay,
                endDay: endDay,
                root: "root",
                totalMilligrams: milligrams,
                count: 1,
                depth: 0,
                hashSuite: 1,
                leafFileHash: 0,
                reportHash: 0
            });
    }

    function _propose(IIssuance.Proposal memory proposal) internal returns (RequestId) {
        VM.prank(APPLICANT);
        return issuance.propose(proposal);
    }

    function _issue(
        RequestId requestId,
        IIssuance.Proposal memory proposal
    ) internal returns (TokenId) {
        VM.prank(OPERATOR);
        issuance.file(requestId, proposal, 0, 0);
        VM.prank(AUTHORITY);
        issuance.issue(requestId, proposal, 0);
        return issuance.tokenIdOf(proposal);
    }

    /// @dev Proposes and issues.
    function _issued(
        uint32 firstDay,
        uint32 endDay,
        uint128 milligrams
    ) internal returns (TokenId) {
        IIssuance.Proposal memory proposal = _proposal(firstDay, endDay, milligrams);
        return _issue(_propose(proposal), proposal);
    }

    function _created(uint8 nonce) internal view returns (address) {
        bytes memory list = abi.encodePacked(bytes2(0xd694), address(this), nonce);
        return address(uint160(uint256(keccak256(list))));
    }

    function _wiring() private view returns (IReductionToken.Wiring memory) {
        return
            IReductionToken.Wiring({
                programmes: address(programmes),
                issuance: address(issuance),
                certificate: _created(CERTIFICATE),
                accountGuard: _created(ACCOUNT_GUARD),
                freezes: _created(FREEZES),
                corrections: _created(CORRECTIONS),
                doubleCount: _created(DOUBLE_COUNT),
                settlement: _created(SETTLEMENT),
                pledge: _created(PLEDGE),
                poolReserve: _created(POOL_RESERVE)
            });
    }
}
