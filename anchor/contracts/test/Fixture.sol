// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {TallyDistributor} from "../src/TallyDistributor.sol";
import {TestToken} from "../src/TestToken.sol";
import {Cheats} from "./Cheats.sol";
import {PayoutTree} from "./PayoutTree.sol";

/// A distributor with two allowed tokens (`tokenA` has the lower address), some money, and short ways to say things.
abstract contract Fixture is Cheats {
    uint64 internal constant DELAY = 1 hours;
    address internal constant ADMIN = address(0xad);
    address internal constant PROPOSER = address(0xbeef);
    address internal constant ALICE = address(0xa11ce);
    address internal constant BOB = address(0xb0b);
    address internal constant PAYER = address(0x9a);

    TallyDistributor internal distributor;
    TestToken internal tokenA;
    TestToken internal tokenB;

    function setUp() public virtual {
        vm.warp(1_700_000_000);
        distributor = new TallyDistributor(ADMIN, PROPOSER, DELAY);
        TestToken one = new TestToken(address(this));
        TestToken two = new TestToken(address(this));
        (tokenA, tokenB) = address(one) < address(two) ? (one, two) : (two, one);
        allow(address(tokenA));
        allow(address(tokenB));
        tokenA.mint(address(this), 1e30);
        tokenB.mint(address(this), 1e30);
        tokenA.approve(address(distributor), type(uint256).max);
        tokenB.approve(address(distributor), type(uint256).max);
    }

    function allow(address token) internal {
        vm.prank(ADMIN);
        distributor.allowToken(token);
    }

    /// A proposal of the next epoch that says nothing about money.
    function emptyContent() internal view returns (TallyDistributor.EpochContent memory content) {
        content.epoch = distributor.lastFinalized() + 1;
        content.attempt = 1;
        content.ledgerRoot = keccak256("ledger");
        content.treeSize = 10;
        content.payoutRoot = keccak256("payouts");
        content.manifestHash = keccak256("manifest");
        content.uri = "file:epoch";
    }

    /// A proposal of the next epoch with one token.
    function contentOf(address token, uint256 total, uint256 reserved, bytes32 payoutRoot)
        internal
        view
        returns (TallyDistributor.EpochContent memory content)
    {
        content = emptyContent();
        content.payoutRoot = payoutRoot;
        content.tokens = new address[](1);
        content.totals = new uint256[](1);
        content.reserved = new uint256[](1);
        (content.tokens[0], content.totals[0], content.reserved[0]) = (token, total, reserved);
    }

    /// A proposal of the next epoch with both tokens.
    function contentOfBoth(uint256 totalA, uint256 totalB, bytes32 payoutRoot)
        internal
        view
        returns (TallyDistributor.EpochContent memory content)
    {
        content = emptyContent();
        content.payoutRoot = payoutRoot;
        content.tokens = new address[](2);
        content.totals = new uint256[](2);
        content.reserved = new uint256[](2);
        (content.tokens[0], content.tokens[1]) = (address(tokenA), address(tokenB));
        (content.totals[0], content.totals[1]) = (totalA, totalB);
    }

    function propose(TallyDistributor.EpochContent memory content) internal {
        vm.prank(PROPOSER);
        send(content);
    }

    function proposeFails(TallyDistributor.EpochContent memory content, bytes memory reason) internal {
        vm.expectRevert(reason);
        vm.prank(PROPOSER);
        send(content);
    }

    function send(TallyDistributor.EpochContent memory content) internal {
        distributor.proposeEpoch(
            content.epoch,
            content.attempt,
            content.ledgerRoot,
            content.treeSize,
            content.payoutRoot,
            content.tokens,
            content.totals,
            content.reserved,
            content.manifestHash,
            content.uri
        );
    }

    function proposeAndFinalize(TallyDistributor.EpochContent memory content) internal {
        propose(content);
        vm.warp(distributor.epochRecord(content.epoch).proposedAt + distributor.epochRecord(content.epoch).delay);
        distributor.finalizeEpoch(content.epoch);
    }

    /// Tree over ALICE's and BOB's cumulative amounts in one token.
    function treeOf(address token, uint256 alice, uint256 bob) internal view returns (bytes32[] memory nodes) {
        bytes32[] memory leaves = new bytes32[](2);
        leaves[0] = distributor.payoutLeaf(ALICE, token, alice);
        leaves[1] = distributor.payoutLeaf(BOB, token, bob);
        return PayoutTree.build(leaves);
    }
}
