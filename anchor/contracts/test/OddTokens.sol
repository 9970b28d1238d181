// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// Keeps one percent of every transfer.
contract FeeToken is ERC20 {
    constructor(address holder) ERC20("Fee", "FEE") {
        _mint(holder, 1e30);
    }

    function _update(address from, address to, uint256 amount) internal override {
        if (from == address(0)) return super._update(from, to, amount);
        super._update(from, address(0xfee), amount / 100);
        super._update(from, to, amount - amount / 100);
    }
}

/// Moves nothing and says that it did.
contract SilentToken is ERC20 {
    constructor() ERC20("Silent", "SIL") {}

    function transferFrom(address, address, uint256) public pure override returns (bool) {
        return true;
    }
}

/// Calls `target` with `data` in the middle of every transfer, once armed, and keeps what came of it.
contract ReentrantToken is ERC20 {
    address public target;
    bytes public data;
    bool public attacked;
    bool public succeeded;
    bytes public answer;

    constructor(address holder) ERC20("Reentrant", "RE") {
        _mint(holder, 1e30);
    }

    function arm(address target_, bytes calldata data_) external {
        target = target_;
        data = data_;
    }

    function _update(address from, address to, uint256 amount) internal override {
        super._update(from, to, amount);
        if (target == address(0)) return;
        attacked = true;
        (succeeded, answer) = target.call(data);
    }
}

/// Answers `false` instead of reverting.
contract FalseToken is ERC20 {
    bool public isBroken;

    constructor(address holder) ERC20("False", "FAL") {
        _mint(holder, 1e30);
    }

    function breakDown() external {
        isBroken = true;
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        return isBroken ? false : super.transfer(to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        return isBroken ? false : super.transferFrom(from, to, amount);
    }
}

/// Refuses transfers from or to blocked accounts.
contract BlocklistToken is ERC20 {
    error Blocked(address account);

    mapping(address account => bool) public isBlocked;

    constructor(address holder) ERC20("Blocklist", "BLK") {
        _mint(holder, 1e30);
    }

    function setBlocked(address account, bool blocked) external {
        isBlocked[account] = blocked;
    }

    function _update(address from, address to, uint256 amount) internal override {
        if (isBlocked[from]) revert Blocked(from);
        if (isBlocked[to]) revert Blocked(to);
        super._update(from, to, amount);
    }
}

/// All balances are shares of what `rebase` says there is.
contract RebasingToken is ERC20 {
    uint256 public percent = 100;

    constructor(address holder) ERC20("Rebasing", "REB") {
        _mint(holder, 1e30);
    }

    function rebase(uint256 percent_) external {
        percent = percent_;
    }

    function balanceOf(address account) public view override returns (uint256) {
        return super.balanceOf(account) * percent / 100;
    }

    function _update(address from, address to, uint256 amount) internal override {
        super._update(from, to, amount * 100 / percent);
    }
}

/// A contract account (ERC-1271) that takes its owner's signatures until it revokes them.
contract Wallet {
    address public owner;

    constructor(address owner_) {
        owner = owner_;
    }

    function revokeOwner() external {
        owner = address(0);
    }

    function isValidSignature(bytes32 digest, bytes calldata signature) external view returns (bytes4) {
        (address signer, ECDSA.RecoverError failure,) = ECDSA.tryRecoverCalldata(digest, signature);
        bool isOwners = failure == ECDSA.RecoverError.NoError && signer == owner && owner != address(0);
        return isOwners ? bytes4(0x1626ba7e) : bytes4(0xffffffff);
    }
}
