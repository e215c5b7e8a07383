// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title PaymentToken: an ERC-20 token that can misbehave
contract PaymentToken is ERC20("Payment token", "PAY") {
    enum Mode {
        HONEST,
        LIES,
        SAYS_NO,
        TAKES_FEE,
        REVERTS,
        DRAINS
    }

    Mode private _mode;
    address private _target;
    bytes private _call;
    bool public callbackFailed;
    bytes public callbackError;

    error PaymentTokenReverts(string reason);

    /// @notice Mints to anyone.
    function mint(address to, uint256 units) external {
        _mint(to, units);
    }

    /// @notice How transferFrom behaves from now on.
    function setMode(Mode mode) external {
        _mode = mode;
    }

    /// @notice What to call in the middle of the next transferFrom, as a token with hooks would.
    function setCallback(address target, bytes calldata data) external {
        _target = target;
        _call = data;
    }

    /// @inheritdoc ERC20
    function transferFrom(address from, address to, uint256 units) public override returns (bool) {
        if (_target != address(0)) _callBack();
        if (_mode == Mode.LIES) return true;
        if (_mode == Mode.SAYS_NO) return false;
        if (_mode == Mode.REVERTS) revert PaymentTokenReverts("a reason that is quite long");
        super.transferFrom(from, to, units);
        if (_mode == Mode.TAKES_FEE) _burn(to, 1);
        if (_mode == Mode.DRAINS) _burn(to, balanceOf(to));
        return true;
    }

    function _callBack() private {
        address target = _target;
        delete _target;
        (bool success, bytes memory result) = target.call(_call);
        callbackFailed = !success;
        callbackError = success ? bytes("") : result;
    }
}

/// @title SilentPaymentToken: a token from before ERC-20 said that transfers answer
contract SilentPaymentToken {
    mapping(address account => uint256) public balanceOf;

    error SilentPaymentTokenShort(address account);

    /// @notice Mints to anyone.
    function mint(address to, uint256 units) external {
        balanceOf[to] += units;
    }

    /// @notice Moves and answers nothing. Everybody's allowance is endless here.
    function transferFrom(address from, address to, uint256 units) external {
        if (balanceOf[from] < units) revert SilentPaymentTokenShort(from);
        balanceOf[from] -= units;
        balanceOf[to] += units;
    }
}
