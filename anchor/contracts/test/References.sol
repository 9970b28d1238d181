// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {ReentrancyGuard} from "@openzeppelin/contracts/utils/ReentrancyGuard.sol";

/// A reference for gas, not for use: the least that a cumulative distributor in the manner of Morpho's URD or Merkl does. One
/// root, no epochs, no accounting of deposits, no pause, no recipient, no guard.
contract CumulativeReference {
    using SafeERC20 for IERC20;

    event Claimed(address indexed account, address indexed token, uint256 amount);

    error InvalidProof();
    error NothingToClaim();

    bytes32 public root;
    mapping(address account => mapping(address token => uint256)) public claimed;

    function setRoot(bytes32 root_) external {
        root = root_;
    }

    function leaf(address account, address token, uint256 cumulative) public pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(abi.encode(account, token, cumulative))));
    }

    function claim(address account, address token, uint256 cumulative, bytes32[] calldata proof) external {
        if (!MerkleProof.verifyCalldata(proof, root, leaf(account, token, cumulative))) revert InvalidProof();
        uint256 before = claimed[account][token];
        if (cumulative <= before) revert NothingToClaim();
        claimed[account][token] = cumulative;
        emit Claimed(account, token, cumulative - before);
        IERC20(token).safeTransfer(account, cumulative - before);
    }
}

/// A reference for gas, not for use: what TallyDistributor's claim does, each feature kept in the plain way, in a slot of its
/// own: roots by epoch, accounting against deposits and totals, pause, recipient, selfOnly, guard.
contract PlainReference is ReentrancyGuard {
    using SafeERC20 for IERC20;

    event Claimed(
        address indexed account,
        address indexed token,
        uint256 indexed epoch,
        uint256 amount,
        uint256 cumulative,
        address recipient
    );

    error InvalidProof();
    error NothingToClaim();
    error Refused();

    mapping(uint256 epoch => bytes32) public roots;
    mapping(uint256 epoch => bool) public isFinal;
    mapping(uint256 epoch => mapping(address token => uint256)) public totals;
    mapping(address token => uint256) public deposited;
    mapping(address token => uint256) public paid;
    mapping(address token => uint256) public pausedUntil;
    mapping(address account => address) public recipients;
    mapping(address account => bool) public selfOnly;
    mapping(address account => mapping(address token => uint256)) public claimed;

    function set(uint256 epoch, bytes32 root, address token, uint256 total) external {
        roots[epoch] = root;
        isFinal[epoch] = true;
        totals[epoch][token] = total;
        deposited[token] = total;
    }

    function leaf(address account, address token, uint256 cumulative) public view returns (bytes32) {
        return keccak256(bytes.concat(keccak256(abi.encode(block.chainid, address(this), account, token, cumulative))));
    }

    function claim(uint256 epoch, address account, address token, uint256 cumulative, bytes32[] calldata proof)
        external
        nonReentrant
    {
        if (!isFinal[epoch] || block.timestamp < pausedUntil[token]) revert Refused();
        if (selfOnly[account] && msg.sender != account) revert Refused();
        if (!MerkleProof.verifyCalldata(proof, roots[epoch], leaf(account, token, cumulative))) revert InvalidProof();
        uint256 before = claimed[account][token];
        if (cumulative <= before) revert NothingToClaim();
        uint256 amount = cumulative - before;
        uint256 total = totals[epoch][token];
        if (total > deposited[token] || paid[token] + amount > total) revert Refused();
        paid[token] += amount;
        claimed[account][token] = cumulative;
        address recipient = recipients[account] == address(0) ? account : recipients[account];
        emit Claimed(account, token, epoch, amount, cumulative, recipient);
        IERC20(token).safeTransfer(recipient, amount);
    }
}
