// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Issuance} from "../Issuance.sol";
import {IDoubleCount} from "../interfaces/IDoubleCount.sol";
import {IProgrammes} from "../interfaces/IProgrammes.sol";
import {IReductionToken} from "../interfaces/IReductionToken.sol";
import {ISources} from "../interfaces/ISources.sol";
import {InstitutionId, ProgrammeId} from "../types/Ids.sol";

/// @title IssuanceNext: what a later version of Issuance has to do otherwise, and nothing else
/// @notice See docs/next-version.md. Calendars, units, challenges and debts stay where they are.
contract IssuanceNext is Issuance {
    /// @param version Number that Sources gave it; its requests carry it in their top byte.
    constructor(
        IProgrammes programmes,
        ISources sources,
        IReductionToken reductionToken,
        address doubleCount,
        uint8 version
    ) Issuance(programmes, sources, reductionToken, doubleCount) {
        _requestCount = uint64(version) << 56;
    }

    /// @dev Debts of every version block; DoubleCount pushes them into the first one only.
    function isBlocked(
        ProgrammeId programme,
        InstitutionId institution
    ) public view override returns (bool) {
        return IDoubleCount(DOUBLE_COUNT).openDebtsOf(programme, institution) != 0;
    }

    /// @dev The first version counts what is pushed into it alone, so here every issue asks.
    function _mayBeBlocked(ProgrammeId) internal pure override returns (bool) {
        return true;
    }
}
