// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC1155} from "@openzeppelin/contracts/token/ERC1155/ERC1155.sol";
import {IReductionToken} from "./interfaces/IReductionToken.sol";
import {TokenIds} from "./libraries/TokenIds.sol";
import {IdState, Purpose, Standing} from "./types/Codes.sol";
import {ProgrammeId, RetirementId, TokenId} from "./types/Ids.sol";

/// @title ReductionToken
/// @notice What it does and why: interfaces/IReductionToken.sol.
contract ReductionToken is IReductionToken, ERC1155 {
    using TokenIds for TokenId;

    /// @dev One slot: what a transfer and a retirement need of an id.
    struct Supply {
        bool exists;
        uint8 state;
        uint64 issuedGrams;
        uint64 retiredGrams;
        uint64 voidGrams;
    }

    /// @dev One slot. 56 bits of grams are 72 billion tonnes.
    struct Retirement {
        address holder;
        ProgrammeId programme;
        uint8 purpose;
        uint56 grams;
    }

    address private immutable PROGRAMMES;
    address private immutable ISSUANCE;

    mapping(TokenId tokenId => Supply) private _supplies;
    mapping(address account => uint8 standing) private _standings;
    mapping(ProgrammeId programme => bool paused) private _paused;
    mapping(RetirementId retirementId => Retirement) private _retirements;

    modifier onlyIssuance() {
        if (msg.sender != ISSUANCE) revert ReductionTokenNotIssuance(msg.sender);
        _;
    }

    modifier onlyProgrammes() {
        if (msg.sender != PROGRAMMES) revert ReductionTokenNotProgrammes(msg.sender);
        _;
    }

    constructor(address programmes, address issuance) ERC1155("") {
        PROGRAMMES = programmes;
        ISSUANCE = issuance;
    }

    /// @inheritdoc IReductionToken
    function mint(address to, TokenId tokenId, uint64 grams) external onlyIssuance {
        Supply storage supply = _supplies[tokenId];
        if (supply.exists) revert ReductionTokenExists(tokenId);
        if (grams == 0) revert ReductionTokenGramsZero();
        supply.exists = true;
        supply.state = IdState.ACTIVE;
        supply.issuedGrams = grams;
        _mint(to, TokenId.unwrap(tokenId), grams, "");
    }

    /// @inheritdoc IReductionToken
    function setIdState(TokenId tokenId, uint8 state) external onlyIssuance {
        Supply storage supply = _supplies[tokenId];
        if (!supply.exists) revert ReductionTokenUnknown(TokenId.unwrap(tokenId));
        supply.state = state;
        emit IdStateSet(tokenId, state);
    }

    /// @inheritdoc IReductionToken
    function setStanding(address account, uint8 standing) external onlyProgrammes {
        _standings[account] = standing;
        emit StandingSet(account, standing);
    }

    /// @inheritdoc IReductionToken
    function setPaused(ProgrammeId programme, bool paused) external onlyProgrammes {
        _paused[programme] = paused;
        emit PausedSet(programme, paused);
    }

    /// @inheritdoc IReductionToken
    function retire(
        TokenId tokenId,
        uint64 grams,
        uint8 purpose,
        bytes32 content
    ) external returns (RetirementId retirementId) {
        if (purpose < Purpose.COMPLIANCE_OFFSET || purpose > Purpose.POINTS) {
            revert ReductionTokenPurpose(purpose);
        }
        if (grams == 0) revert ReductionTokenGramsZero();
        if (grams > type(uint56).max) {
            revert ReductionTokenGramsTooMany(grams, type(uint56).max);
        }
        // Burning calls nobody back, so that the record may follow it.
        _burn(msg.sender, TokenId.unwrap(tokenId), grams);

        Supply storage supply = _supplies[tokenId];
        uint64 firstSerial = supply.retiredGrams;
        uint64 endSerial = firstSerial + grams;
        supply.retiredGrams = endSerial;
        retirementId = RetirementId.wrap(
            keccak256(abi.encode(msg.sender, purpose, content, tokenId, firstSerial, endSerial))
        );
        _retirements[retirementId] = Retirement({
            holder: msg.sender,
            programme: tokenId.programmeOf(),
            purpose: purpose,
            grams: uint56(grams)
        });
        emit Retired(retirementId, tokenId, msg.sender, firstSerial, endSerial, purpose, content);
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
            uint64 voidGrams
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
        return (record.holder, record.programme, record.purpose, record.grams);
    }

    /// @inheritdoc IReductionToken
    function standingOf(address account) external view returns (uint8) {
        return _standings[account];
    }

    /// @inheritdoc IReductionToken
    function isPaused(ProgrammeId programme) external view returns (bool) {
        return _paused[programme];
    }

    /// @dev Every movement passes here: minting, transfers by whatever entry point, retirement.
    function _update(
        address from,
        address to,
        uint256[] memory ids,
        uint256[] memory values
    ) internal override {
        if (from != address(0)) _requireOpen(from);
        if (to != address(0)) _requireOpen(to);
        for (uint256 i = 0; i < ids.length; ++i) {
            uint256 id = ids[i];
            uint8 state = _supplies[TokenId.wrap(id)].state;
            if (state != IdState.ACTIVE) _refuse(id, state);
            ProgrammeId programme = TokenId.wrap(id).programmeOf();
            if (_paused[programme]) revert ReductionTokenPaused(ProgrammeId.unwrap(programme));
        }
        super._update(from, to, ids, values);
    }

    // Apart from the check, so that units that move pay for one read only.
    function _refuse(uint256 id, uint8 state) private view {
        if (!_supplies[TokenId.wrap(id)].exists) revert ReductionTokenUnknown(id);
        revert ReductionTokenState(id, state);
    }

    function _requireOpen(address account) private view {
        uint8 standing = _standings[account];
        if (standing != Standing.OPEN) revert ReductionTokenStanding(account, standing);
    }
}
