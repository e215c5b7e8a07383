// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {Certificate} from "../../../contracts/Certificate.sol";
import {Issuance} from "../../../contracts/Issuance.sol";
import {Programmes} from "../../../contracts/Programmes.sol";
import {ReductionToken} from "../../../contracts/ReductionToken.sol";
import {Sources} from "../../../contracts/Sources.sol";
import {IIssuance} from "../../../contracts/interfaces/IIssuance.sol";
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

    Programmes internal programmes;
    Sources internal sources;
    Issuance internal issuance;
    ReductionToken internal token;
    Certificate internal certificate;
    SourceId internal sourceId;

    constructor() {
        VM.warp(1_767_225_600);
        // A contract's own nonce starts at 1; all of ours are below 128, one byte in RLP.
        AccessManager manager = new AccessManager(address(this));
        programmes = new Programmes(address(manager), ReductionToken(_created(5)));
        sources = new Sources(address(manager), programmes, _created(4));
        issuance = new Issuance(programmes, sources, ReductionToken(_created(5)));
        token = new ReductionToken(address(programmes), address(issuance));
        certificate = new Certificate(token, programmes);
        equal(uint160(address(token)), uint160(_created(5)));
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

    function _propose(
        uint32 firstDay,
        uint32 endDay,
        uint128 milligrams
    ) internal returns (RequestId) {
        VM.prank(APPLICANT);
        return
            issuance.propose(
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
                })
            );
    }

    function _issue(RequestId requestId) internal returns (TokenId) {
        VM.prank(OPERATOR);
        issuance.file(requestId, 0, 0);
        VM.prank(AUTHORITY);
        issuance.issue(requestId, 0);
        return issuance.requestOf(requestId).tokenId;
    }

    function _created(uint8 nonce) private view returns (address) {
        bytes memory list = abi.encodePacked(bytes2(0xd694), address(this), nonce);
        return address(uint160(uint256(keccak256(list))));
    }
}
