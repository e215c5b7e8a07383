// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {ERC1155} from "@openzeppelin/contracts/token/ERC1155/ERC1155.sol";
import {ERC1155Utils} from "@openzeppelin/contracts/token/ERC1155/utils/ERC1155Utils.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IntentNonces} from "./IntentNonces.sol";
import {IAccountGuard} from "./interfaces/IAccountGuard.sol";
import {IFreezes} from "./interfaces/IFreezes.sol";
import {IPoolReserve} from "./interfaces/IPoolReserve.sol";
import {IReductionToken} from "./interfaces/IReductionToken.sol";
import {RecordIds} from "./libraries/RecordIds.sol";
import {TokenIds} from "./libraries/TokenIds.sol";
import {IdState, Purpose, Standing} from "./types/Codes.sol";
import {ProgrammeId, RetirementId, TokenId} from "./types/Ids.sol";

/// @title ReductionToken
/// @notice What it does and why: interfaces/IReductionToken.sol.
contract ReductionToken is IReductionToken, ERC1155, AccessManaged, IntentNonces {
    using TokenIds for TokenId;

    /// @dev One slot: what a transfer and a retirement need of an id.
    struct Supply {
        bool exists;
        uint8 state;
        uint64 issuedGrams;
        uint64 retiredGrams;
        uint64 voidGrams;
    }

    /// @dev One slot. 56 bits of grams are 72 billion tonnes. The top bit of the purpose says that
    /// a certificate consumed the retirement.
    struct Retirement {
        address holder;
        ProgrammeId programme;
        uint8 purpose;
        uint56 grams;
    }

    /// @notice Lines of a batch retirement.
    uint256 public constant MOST_LINES = 200;

    uint8 private constant CONSUMED = 0x80;
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
    IAccountGuard private immutable ACCOUNT_GUARD;
    IFreezes private immutable FREEZES;
    address private immutable CORRECTIONS;
    address private immutable DOUBLE_COUNT;
    address private immutable SETTLEMENT;
    address private immutable PLEDGE;
    address private immutable POOL_RESERVE;

    mapping(TokenId tokenId => Supply) private _supplies;
    mapping(address account => uint8 standing) private _standings;
    mapping(ProgrammeId programme => bool paused) private _paused;
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
    ) ERC1155("") AccessManaged(accessManager) EIP712("Tanpu ReductionToken", "1") {
        PROGRAMMES = wiring.programmes;
        ISSUANCE = wiring.issuance;
        CERTIFICATE = wiring.certificate;
        ACCOUNT_GUARD = IAccountGuard(wiring.accountGuard);
        FREEZES = IFreezes(wiring.freezes);
        CORRECTIONS = wiring.corrections;
        DOUBLE_COUNT = wiring.doubleCount;
        SETTLEMENT = wiring.settlement;
        PLEDGE = wiring.pledge;
        POOL_RESERVE = wiring.poolReserve;
        _setStanding(wiring.settlement, Standing.OPEN);
        _setStanding(wiring.pledge, Standing.OPEN);
        _setStanding(wiring.poolReserve, Standing.OPEN);
    }

    /// @inheritdoc IReductionToken
    function mint(address to, TokenId tokenId, uint64 grams) external onlyIssuer {
        Supply storage supply = _supplies[tokenId];
        if (supply.exists) revert ReductionTokenExists(tokenId);
        if (grams == 0) revert ReductionTokenGramsZero();
        supply.exists = true;
        supply.state = IdState.ACTIVE;
        supply.issuedGrams = grams;
        _mint(to, TokenId.unwrap(tokenId), grams, "");
    }

    /// @inheritdoc IReductionToken
    function setIdState(TokenId tokenId, uint8 state) external onlyIssuer {
        Supply storage supply = _supplies[tokenId];
        if (!supply.exists) revert ReductionTokenUnknown(TokenId.unwrap(tokenId));
        supply.state = state;
        emit IdStateSet(tokenId, state);
    }

    /// @inheritdoc IReductionToken
    function addIssuer(address issuer) external restricted {
        if (issuer == address(0)) revert ReductionTokenIssuerZero();
        if (isIssuer(issuer)) revert ReductionTokenIssuerKnown(issuer);
        _issuers[issuer] = true;
        emit IssuerAdded(issuer);
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
        return _retire(msg.sender, tokenId, grams, purpose, content, 0);
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
            (uint64 firstSerial, uint64 endSerial) = _takeSerials(line.tokenId, line.grams);
            retired[i] = RetiredLine(line.tokenId, firstSerial, endSerial, line.beneficiary);
        }
        retirementId = RecordIds.batch(msg.sender, purpose, content, retired);
        _retirements[retirementId] = Retirement({
            holder: msg.sender,
            programme: programme,
            purpose: purpose,
            grams: uint56(grams)
        });
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
        return _retire(holder, tokenId, grams, purpose, content, CONSUMED);
    }

    /// @inheritdoc IReductionToken
    function consume(
        RetirementId retirementId
    )
        external
        onlyCertificate
        returns (address holder, ProgrammeId programme, uint8 purpose, uint56 grams)
    {
        Retirement storage stored = _retirements[retirementId];
        Retirement memory record = stored;
        if (record.holder == address(0)) revert ReductionTokenRetirementUnknown(retirementId);
        if (record.purpose & CONSUMED != 0) revert ReductionTokenConsumed(retirementId);
        stored.purpose = record.purpose | CONSUMED;
        return (record.holder, record.programme, record.purpose, record.grams);
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
            _retire(intent.holder, intent.tokenId, intent.grams, intent.purpose, intent.content, 0);
    }

    /// @inheritdoc IReductionToken
    function pull(address from, TokenId tokenId, uint64 grams) external {
        if (!_isCustodian(msg.sender)) revert ReductionTokenNotCustodian(msg.sender);
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
        _supplies[tokenId].voidGrams += grams;
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
        Supply storage supply = _supplies[tokenId];
        uint64 void = supply.voidGrams;
        if (grams > void) revert ReductionTokenVoidTooFew(tokenId, void, grams);
        supply.voidGrams = void - grams;
        emit Reissued(tokenId, to, grams, reason);
        _mint(to, TokenId.unwrap(tokenId), grams, "");
    }

    /// @inheritdoc IReductionToken
    function supplyOf(
        TokenId tokenId
    )
        external
        view
        returns (
            bool exists,
            uint8 state,
            uint64 issuedGrams,
            uint64 retiredGrams,
            uint64 voidedGrams
        )
    {
        Supply memory supply = _supplies[tokenId];
        return (
            supply.exists,
            supply.state,
            supply.issuedGrams,
            supply.retiredGrams,
            supply.voidGrams
        );
    }

    /// @inheritdoc IReductionToken
    function retirementOf(
        RetirementId retirementId
    ) external view returns (address holder, ProgrammeId programme, uint8 purpose, uint56 grams) {
        Retirement memory record = _retirements[retirementId];
        return (record.holder, record.programme, record.purpose & ~CONSUMED, record.grams);
    }

    /// @inheritdoc IReductionToken
    function isConsumed(RetirementId retirementId) external view returns (bool) {
        return _retirements[retirementId].purpose & CONSUMED != 0;
    }

    /// @inheritdoc IReductionToken
    function standingOf(address account) external view returns (uint8) {
        return _standings[account];
    }

    /// @inheritdoc IReductionToken
    function isPaused(ProgrammeId programme) external view returns (bool) {
        return _paused[programme];
    }

    /// @inheritdoc IReductionToken
    function isIssuer(address account) public view returns (bool) {
        return account == ISSUANCE || _issuers[account];
    }

    /// @dev Every movement passes here: minting, transfers by whatever entry point, retirement.
    /// Only what an authority takes by force does not.
    function _update(
        address from,
        address to,
        uint256[] memory ids,
        uint256[] memory values
    ) internal override {
        uint8 standing = Standing.OPEN;
        if (from != address(0)) {
            standing = _standings[from];
            if (standing != Standing.OPEN) _letLeave(from, standing, to, ids, values);
        }
        if (to != address(0)) _requireReceiver(to);
        for (uint256 i = 0; i < ids.length; ++i) {
            uint256 id = ids[i];
            uint8 state = _supplies[TokenId.wrap(id)].state;
            if (state != IdState.ACTIVE) _refuse(id, state);
            _requireRunning(TokenId.wrap(id).programmeOf());
        }
        super._update(from, to, ids, values);
        // Afterwards, because an id may stand in several lines of a batch.
        if (standing & Standing.HAS_PARTIAL_FREEZE != 0) _requireFrozenLeft(from, ids);
    }

    function _retire(
        address holder,
        TokenId tokenId,
        uint64 grams,
        uint8 purpose,
        bytes32 content,
        uint8 consumed
    ) private returns (RetirementId retirementId) {
        _requirePurpose(purpose);
        if (grams == 0) revert ReductionTokenGramsZero();
        if (grams > type(uint56).max) {
            revert ReductionTokenGramsTooMany(grams, type(uint56).max);
        }
        (uint256[] memory ids, uint256[] memory values) = _lists(tokenId, grams);
        // Burning calls nobody back, so that the record may follow it.
        _update(holder, address(0), ids, values);
        (uint64 firstSerial, uint64 endSerial) = _takeSerials(tokenId, grams);
        retirementId = RecordIds.retirement(
            holder,
            purpose,
            content,
            tokenId,
            firstSerial,
            endSerial
        );
        _retirements[retirementId] = Retirement({
            holder: holder,
            programme: tokenId.programmeOf(),
            purpose: purpose | consumed,
            grams: uint56(grams)
        });
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
            if (line.grams == 0) revert ReductionTokenGramsZero();
            ids[i] = TokenId.unwrap(line.tokenId);
            values[i] = line.grams;
            grams += line.grams;
        }
        if (grams > type(uint56).max) {
            revert ReductionTokenGramsTooMany(grams, type(uint56).max);
        }
        _update(msg.sender, address(0), ids, values);
    }

    function _takeSerials(
        TokenId tokenId,
        uint64 grams
    ) private returns (uint64 firstSerial, uint64 endSerial) {
        Supply storage supply = _supplies[tokenId];
        firstSerial = supply.retiredGrams;
        endSerial = firstSerial + grams;
        supply.retiredGrams = endSerial;
    }

    // An authority's act passes the holder's standing and freezes, but a paused programme stands
    // still, and what is offered or pledged belongs to others too.
    function _takeByForce(address from, address to, TokenId tokenId, uint64 grams) private {
        if (grams == 0) revert ReductionTokenGramsZero();
        // Taking from nobody would be minting.
        if (from == address(0)) revert ERC1155InvalidSender(from);
        if (from == SETTLEMENT || from == PLEDGE) revert ReductionTokenInCustody(from);
        _requireRunning(tokenId.programmeOf());
        (uint256[] memory ids, uint256[] memory values) = _lists(tokenId, grams);
        super._update(from, to, ids, values);
    }

    function _letLeave(
        address from,
        uint8 standing,
        address to,
        uint256[] memory ids,
        uint256[] memory values
    ) private {
        if (!_isActive(standing)) revert ReductionTokenStanding(from, standing);
        if (standing & Standing.GUARDED != 0) ACCOUNT_GUARD.spend(from, to, ids, values);
    }

    function _setBit(address account, uint8 bit, bool value) private {
        uint8 standing = _standings[account];
        _setStanding(account, value ? standing | bit : standing & ~bit);
    }

    function _setStanding(address account, uint8 standing) private {
        _standings[account] = standing;
        emit StandingSet(account, standing);
    }

    function _requireFrozenLeft(address account, uint256[] memory ids) private view {
        for (uint256 i = 0; i < ids.length; ++i) {
            uint256 left = balanceOf(account, ids[i]);
            uint64 frozen = FREEZES.frozenOf(account, TokenId.wrap(ids[i]));
            if (left < frozen) {
                revert ReductionTokenPartlyFrozen(account, ids[i], left, frozen);
            }
        }
    }

    // Apart from the check, so that units that move pay for one read only.
    function _refuse(uint256 id, uint8 state) private view {
        if (!_supplies[TokenId.wrap(id)].exists) revert ReductionTokenUnknown(id);
        revert ReductionTokenState(id, state);
    }

    function _requireReceiver(address account) private view {
        uint8 standing = _standings[account];
        if (!_isActive(standing)) revert ReductionTokenStanding(account, standing);
    }

    function _requireRunning(ProgrammeId programme) private view {
        if (_paused[programme]) revert ReductionTokenPaused(ProgrammeId.unwrap(programme));
    }

    function _isCustodian(address account) private view returns (bool) {
        return account == SETTLEMENT || account == PLEDGE || account == POOL_RESERVE;
    }

    function _lists(
        TokenId tokenId,
        uint64 grams
    ) private pure returns (uint256[] memory ids, uint256[] memory values) {
        ids = new uint256[](1);
        values = new uint256[](1);
        ids[0] = TokenId.unwrap(tokenId);
        values[0] = grams;
    }

    function _requirePurpose(uint8 purpose) private pure {
        if (purpose < Purpose.COMPLIANCE_OFFSET || purpose > Purpose.POINTS) {
            revert ReductionTokenPurpose(purpose);
        }
    }

    function _isActive(uint8 standing) private pure returns (bool) {
        return standing & (Standing.OPEN | Standing.FROZEN | Standing.CLOSED) == Standing.OPEN;
    }
}
