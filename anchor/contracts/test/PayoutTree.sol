// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";

/// A Merkle tree in the layout of OpenZeppelin's `standard-v1`: 2n - 1 nodes, root at 0, children of i at 2i + 1 and 2i + 2,
/// leaf i at 2n - 2 - i, pairs hashed in sorted order.
library PayoutTree {
    function build(bytes32[] memory leaves) internal pure returns (bytes32[] memory nodes) {
        uint256 count = leaves.length;
        nodes = new bytes32[](2 * count - 1);
        for (uint256 i = 0; i < count; i++) {
            nodes[2 * count - 2 - i] = leaves[i];
        }
        for (uint256 i = count - 1; i > 0; i--) {
            nodes[i - 1] = Hashes.commutativeKeccak256(nodes[2 * i - 1], nodes[2 * i]);
        }
    }

    function prove(bytes32[] memory nodes, uint256 leafIndex) internal pure returns (bytes32[] memory proof) {
        uint256 start = nodes.length - 1 - leafIndex;
        uint256 length = 0;
        for (uint256 i = start; i > 0; i = (i - 1) / 2) {
            length++;
        }
        proof = new bytes32[](length);
        uint256 step = 0;
        for (uint256 i = start; i > 0; i = (i - 1) / 2) {
            proof[step++] = nodes[i % 2 == 1 ? i + 1 : i - 1];
        }
    }
}
