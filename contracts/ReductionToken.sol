// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {ERC1155Utils} from "@openzeppelin/contracts/token/ERC1155/utils/ERC1155Utils.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IntentNonces} from "./IntentNonces.sol";
import {UnitLedger} from "./UnitLedger.sol";
import {IPoolReserve} from "./interfaces/IPoolReserve.sol";
import {IReductionToken} from "./interfaces/IReductionToken.sol";
import {RecordIds} from "./libraries/RecordIds.sol";
import {TokenIds} from "./libraries/TokenIds.sol";
import {IdState, Purpose, Standing} from "./types/Codes.sol";
import {ProgrammeId, RetirementId, TokenId} from "./types/Ids.sol";
import {newRetirement, Retirement} from "./types/Retirement.sol";
import {newSupply, Supply} from "./types/Supply.sol";

/// @title ReductionToken
/// @notice What it does and why: interfaces/IReductionToken.sol. The books are in UnitLedger.sol.
contract ReductionToken is UnitLedger, AccessManaged, IntentNonces {
    using TokenIds for TokenId;

    /// @notice Lines of a batch retirement.
    uint256 public constant MOST_LINES = 200;

    uint8 private constant OWN_BITS = Standing.GUARDED | Standing.HAS_PARTIAL_FREEZE;
    bytes32 private constant TRANSFER_INTENT_TYPEHASH = keccak256(
        "TransferIntent(address from,address to,uint256 tokenId,uint64 grams,uint256 nonce,"
        "uint64 deadline)"
    );
    bytes32 private constant RETIRE_INTENT_TYPEHASH = keccak256(
        "RetireIntent(address holder,uint256 tokenId,uint64 grams,uint8 purpose,"
        "bytes32 content,uint256 nonce,uint64 deadline)"
    );

    address private immutable PROGRAMMES;
    address private immutable ISSUANCE;
    address private immutable CERTIFICATE;
    address private immutable CORRECTIONS;
    address private immutable DOUBLE_COUNT;

    mapping(RetirementId retirementId => Retirement) private _retirements;
    mapping(address issuer => bool added) private _issuers;

    modifier onlyIssuer() {
        if (!isIssuer(msg.sender)) revert ReductionTokenNotIssuance(msg.sender);
        _;
    }

    modifier onlyProgrammes() {
        if (msg.sender != PROGRAMMES) revert ReductionTokenNotProgrammes(msg.sender);
        _;
    }

    modifier onlyCertificate() {
        if (msg.sender != CERTIFICATE) revert ReductionTokenNotCertificate(msg.sender);
        _;
    }

    modifier onlyCorrections() {
        if (msg.sender != CORRECTIONS) revert ReductionTokenNotCorrections(msg.sender);
        _;
    }

    constructor(
        address accessManager,
        Wiring memory wiring
    ) UnitLedger(wiring) AccessManaged(accessManager) EIP712("Tanpu ReductionToken", "1") {
        PROGRAMMES = wiring.programmes;
        ISSUANCE = wiring.issuance;
        CERTIFICATE = wiring.certificate;
        CORRECTIONS = wiring.corrections;
        DOUBLE_COUNT = wiring.doubleCount;
    }

    /// @inheritdoc IReductionToken
    function mint(address to, TokenId tokenId, uint64 grams) external onlyIssuer {
        if (_supplies[tokenId].exists()) revert ReductionTokenExists(tokenId);
        if (grams == 0) revert ReductionTokenGramsZero();
        _supplies[tokenId] = newSupply(grams, IdState.ACTIVE);
        _mint(to, TokenId.unwrap(tokenId), grams, "");
    }

    /// @inheritdoc IReductionToken
    function setIdState(TokenId tokenId, uint8 state) external onlyIssuer {
        Supply supply = _supplies[tokenId];
        if (!supply.exists()) revert ReductionTokenUnknown(TokenId.unwrap(tokenId));
        _supplies[tokenId] = supply.withState(state);
        emit IdStateSet(tokenId, state);
    }

    /// @inheritdoc IReductionToken
    function addIssuer(address issuer) external restricted {
        if (issuer == address(0)) revert ReductionTokenIssuerZero();
        if (isIssuer(issuer)) revert ReductionTokenIssuerKnown(issuer);
        _issuers[issuer] = true;
        emit TokenIssuerAdded(issuer);
    }

    /// @inheritdoc IReductionToken
    function setStanding(address account, uint8 standing) external onlyProgrammes {
        if (_isCustodian(account)) revert ReductionTokenStandingFixed(account);
        _setStanding(account, (standing & ~OWN_BITS) | (_standings[account] & OWN_BITS));
    }

    /// @inheritdoc IReductionToken
    function setPaused(ProgrammeId programme, bool paused) external onlyProgrammes {
        _paused[programme] = paused;
        emit PausedSet(programme, paused);
    }

    /// @inheritdoc IReductionToken
    function setGuarded(address account, bool guarded) external {
        if (msg.sender != address(ACCOUNT_GUARD)) {
            revert ReductionTokenNotAccountGuard(msg.sender);
        }
        _setBit(account, Standing.GUARDED, guarded);
    }

    /// @inheritdoc IReductionToken
    function setPartlyFrozen(address account, bool frozen) external {
        if (msg.sender != address(FREEZES)) revert ReductionTokenNotFreezes(msg.sender);
        _setBit(account, Standing.HAS_PARTIAL_FREEZE, frozen);
    }

    /// @inheritdoc IReductionToken
    function retire(
        TokenId tokenId,
        uint64 grams,
        uint8 purpose,
        bytes32 content
    ) external returns (RetirementId retirementId) {
        return _retire(msg.sender, tokenId, grams, purpose, content, false);
    }

    /// @inheritdoc IReductionToken
    function retireBatch(
        Line[] calldata lines,
        uint8 purpose,
        bytes32 content
    ) external returns (RetirementId retirementId) {
        _requirePurpose(purpose);
        (ProgrammeId programme, uint64 grams) = _burnLines(lines);
        RetiredLine[] memory retired = new RetiredLine[](lines.length);
        for (uint256 i = 0; i < lines.length; ++i) {
            Line calldata line = lines[i];
            Supply supply = _supplies[line.tokenId];
            _supplies[line.tokenId] = supply.afterRetiring(line.grams);
            uint64 first = supply.retiredGrams();
            retired[i] = RetiredLine(line.tokenId, first, first + line.grams, line.beneficiary);
        }
        retirementId = RecordIds.batch(msg.sender, purpose, content, retired);
        _retirements[retirementId] = newRetirement(msg.sender, programme, purpose, false, grams);
        emit RetiredBatch(retirementId, msg.sender, purpose, content, retired);
    }

    /// @inheritdoc IReductionToken
    function retireConsumed(
        address holder,
        TokenId tokenId,
        uint64 grams,
        uint8 purpose,
        bytes32 content
    ) external onlyCertificate returns (RetirementId retirementId) {
        return _retire(holder, tokenId, grams, purpose, content, true);
    }

    /// @inheritdoc IReductionToken
    function consume(
        RetirementId retirementId
    )
        external
        onlyCertificate
        returns (address holder, ProgrammeId programme, uint8 purpose, uint56 grams)
    {
        Retirement record = _retirements[retirementId];
        if (record.holder() == address(0)) revert ReductionTokenRetirementUnknown(retirementId);
        if (record.isConsumed()) revert ReductionTokenConsumed(retirementId);
        _retirements[retirementId] = record.afterConsuming();
        return (record.holder(), record.programme(), record.purpose(), record.grams());
    }

    /// @inheritdoc IReductionToken
    function transferByIntent(TransferIntent calldata intent, bytes calldata signature) external {
        bytes32 structHash = keccak256(abi.encode(TRANSFER_INTENT_TYPEHASH, intent));
        _useIntent(intent.from, intent.nonce, intent.deadline, structHash, signature);
        _safeTransferFrom(intent.from, intent.to, TokenId.unwrap(intent.tokenId), intent.grams, "");
    }

    /// @inheritdoc IReductionToken
    function retireByIntent(
        RetireIntent calldata intent,
        bytes calldata signature
    ) external returns (RetirementId retirementId) {
        bytes32 structHash = keccak256(abi.encode(RETIRE_INTENT_TYPEHASH, intent));
        _useIntent(intent.holder, intent.nonce, intent.deadline, structHash, signature);
        return
            _retire(
                intent.holder,
                intent.tokenId,
                intent.grams,
                intent.purpose,
                intent.content,
                false
            );
    }

    /// @inheritdoc IReductionToken
    function pull(address from, TokenId tokenId, uint64 grams) external {
        if (!_isCustodian(msg.sender)) revert ReductionTokenNotCustodian(msg.sender);
        // Pulling from nobody would be minting.
        if (from == address(0)) revert ERC1155InvalidSender(from);
        // Without the receiver's hook: the receiver is who asks.
        (uint256[] memory ids, uint256[] memory values) = _lists(tokenId, grams);
        _update(from, msg.sender, ids, values);
    }

    /// @inheritdoc IReductionToken
    function forceTransfer(
        address from,
        address to,
        TokenId tokenId,
        uint64 grams,
        bytes32 reason
    ) external onlyCorrections {
        if (from == POOL_RESERVE) revert ReductionTokenInCustody(from);
        if (_isCustodian(to)) revert ReductionTokenInCustody(to);
        _requireReceiver(to);
        _takeByForce(from, to, tokenId, grams);
        emit ForcedTransfer(tokenId, from, to, grams, reason);
        ERC1155Utils.checkOnERC1155Received(
            msg.sender,
            from,
            to,
            TokenId.unwrap(tokenId),
            grams,
            ""
        );
    }

    /// @inheritdoc IReductionToken
    function voidGrams(address from, TokenId tokenId, uint64 grams, bytes32 reason) external {
        if (msg.sender != CORRECTIONS && msg.sender != DOUBLE_COUNT) {
            revert ReductionTokenNotCorrections(msg.sender);
        }
        _takeByForce(from, address(0), tokenId, grams);
        _supplies[tokenId] = _supplies[tokenId].afterVoiding(grams);
        emit Voided(tokenId, from, grams, reason);
        if (from == POOL_RESERVE) IPoolReserve(POOL_RESERVE).onVoided(tokenId, grams);
    }

    /// @inheritdoc IReductionToken
    function reissue(
        address to,
        TokenId tokenId,
        uint64 grams,
        bytes32 reason
    ) external onlyCorrections {
        if (grams == 0) revert ReductionTokenGramsZero();
        Supply supply = _supplies[tokenId];
        if (grams > supply.voidedGrams()) {
            revert ReductionTokenVoidTooFew(tokenId, supply.voidedGrams(), grams);
        }
        _supplies[tokenId] = supply.afterReissuing(grams);
        emit Reissued(tokenId, to, grams, reason);
        _mint(to, TokenId.unwrap(tokenId), grams, "");
    }

    /// @inheritdoc IReductionToken
    function retirementOf(
        RetirementId retirementId
    ) external view returns (address holder, ProgrammeId programme, uint8 purpose, uint56 grams) {
        Retirement record = _retirements[retirementId];
        return (record.holder(), record.programme(), record.purpose(), record.grams());
    }

    /// @inheritdoc IReductionToken
    function isConsumed(RetirementId retirementId) external view returns (bool) {
        return _retirements[retirementId].isConsumed();
    }

    /// @inheritdoc IReductionToken
    function isIssuer(address account) public view returns (bool) {
        return account == ISSUANCE || _issuers[account];
    }

    function _retire(
        address holder,
        TokenId tokenId,
        uint64 grams,
        uint8 purpose,
        bytes32 content,
        bool consumed
    ) private returns (RetirementId retirementId) {
        _requirePurpose(purpose);
        _requireGrams(grams);
        (uint64 firstSerial, uint64 endSerial) = _burnUnits(holder, tokenId, grams);
        retirementId = RecordIds.retirement(
            holder,
            purpose,
            content,
            tokenId,
            firstSerial,
            endSerial
        );
        _retirements[retirementId] = newRetirement(
            holder,
            tokenId.programmeOf(),
            purpose,
            consumed,
            grams
        );
        emit Retired(retirementId, tokenId, holder, firstSerial, endSerial, purpose, content);
    }

    function _burnLines(
        Line[] calldata lines
    ) private returns (ProgrammeId programme, uint64 grams) {
        if (lines.length == 0) revert ReductionTokenLinesEmpty();
        if (lines.length > MOST_LINES) {
            revert ReductionTokenLinesTooMany(lines.length, MOST_LINES);
        }
        programme = lines[0].tokenId.programmeOf();
        uint256[] memory ids = new uint256[](lines.length);
        uint256[] memory values = new uint256[](lines.length);
        for (uint256 i = 0; i < lines.length; ++i) {
            Line calldata line = lines[i];
            if (line.tokenId.programmeOf() != programme) {
                revert ReductionTokenLinesMixed(line.tokenId, line.tokenId.programmeOf());
            }
            // 200 lines of 56 bits each: the sum stays below 64 bits.
            _requireGrams(line.grams);
            ids[i] = TokenId.unwrap(line.tokenId);
            values[i] = line.grams;
            grams += line.grams;
        }
        _requireGrams(grams);
        _update(msg.sender, address(0), ids, values);
    }

    function _setBit(address account, uint8 bit, bool value) private {
        uint8 standing = _standings[account];
        _setStanding(account, value ? standing | bit : standing & ~bit);
    }

    function _requirePurpose(uint8 purpose) private pure {
        if (purpose < Purpose.COMPLIANCE_OFFSET || purpose > Purpose.POINTS) {
            revert ReductionTokenPurpose(purpose);
        }
    }

    function _requireGrams(uint64 grams) private pure {
        if (grams == 0) revert ReductionTokenGramsZero();
        if (grams > type(uint56).max) {
            revert ReductionTokenGramsTooMany(grams, type(uint56).max);
        }
    }
}
