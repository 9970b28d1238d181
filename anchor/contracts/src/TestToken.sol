// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title Tally Test Dollar
/// @notice A plain ERC-20 with six decimals for a local chain. It is worth nothing.
contract TestToken is ERC20, Ownable {
    /// @param owner_ the only account that may mint
    constructor(address owner_) ERC20("Tally Test Dollar", "tUSD") Ownable(owner_) {}

    /// @notice Creates `amount` (in millionths of a tUSD) for `account`.
    function mint(address account, uint256 amount) external onlyOwner {
        _mint(account, amount);
    }

    /// @inheritdoc ERC20
    function decimals() public pure override returns (uint8) {
        return 6;
    }
}
