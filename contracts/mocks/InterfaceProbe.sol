// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

/// @title InterfaceProbe: asks for an interface as ERC-165 says one has to ask
contract InterfaceProbe {
    /// @notice Gas that ERC-165 gives the question.
    uint256 public constant GAS = 30_000;

    /// @notice Asks with 30,000 gas and no right to write.
    /// @return success Whether the call came back.
    /// @return words What it answered, in words; one is asked for.
    /// @return answer The first word of the answer.
    function ask(
        address target,
        bytes4 interfaceId
    ) external view returns (bool success, uint256 words, uint256 answer) {
        bytes memory result;
        (success, result) = target.staticcall{gas: GAS}(
            abi.encodeCall(IERC165.supportsInterface, (interfaceId))
        );
        words = result.length / 32;
        if (words > 0) answer = abi.decode(result, (uint256));
    }
}
