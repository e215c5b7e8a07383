// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IReductionToken} from "../interfaces/IReductionToken.sol";
import {CertificateId, RetirementId, TokenId} from "../types/Ids.sol";

/// @title RecordIds: ids of retirements and certificates
/// @notice Each id is the hash of all that its record says, so that an opening proves itself.
library RecordIds {
    /// @notice Id of a retirement of one id's units.
    function retirement(
        address holder,
        uint8 purpose,
        bytes32 content,
        TokenId tokenId,
        uint64 firstSerial,
        uint64 endSerial
    ) internal pure returns (RetirementId) {
        return
            RetirementId.wrap(
                keccak256(abi.encode(holder, purpose, content, tokenId, firstSerial, endSerial))
            );
    }

    /// @notice Id of a batch retirement.
    /// @dev Four words against six, so that it is never the id of a retirement of one line.
    function batch(
        address holder,
        uint8 purpose,
        bytes32 content,
        IReductionToken.RetiredLine[] memory lines
    ) internal pure returns (RetirementId) {
        bytes32 linesHash = keccak256(abi.encode(lines));
        return RetirementId.wrap(keccak256(abi.encode(holder, purpose, content, linesHash)));
    }

    /// @notice Id of a certificate.
    function certificate(
        address holder,
        RetirementId[] memory retirements,
        bytes32 content
    ) internal pure returns (CertificateId) {
        return CertificateId.wrap(uint256(keccak256(abi.encode(holder, retirements, content))));
    }
}
