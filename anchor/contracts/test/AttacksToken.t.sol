// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {TallyTypes} from "../src/TallyTypes.sol";
import {Fixture} from "./Fixture.sol";
import {
    BlocklistToken,
    FalseToken,
    FeeToken,
    RebasingToken,
    ReentrantToken,
    SilentToken
} from "./OddTokens.sol";
import {PayoutTree} from "./PayoutTree.sol";

/// Tokens that are not plain ERC-20s: what they do is refused or reverts, and is never miscounted.
contract AttacksTokenTest is Fixture {
    function test_feeOnTransferIsCreditedByWhatArrived() public {
        FeeToken fee = new FeeToken(address(this));
        allow(address(fee));
        fee.approve(address(distributor), type(uint256).max);
        vm.expectEmit();
        emit TallyTypes.Deposited(PAYER, address(fee), address(this), 990);
        distributor.deposit(address(fee), 1000, PAYER);
        vm.assertEq(distributor.deposited(address(fee)), 990);
        vm.assertEq(fee.balanceOf(address(distributor)), 990);
    }

    function test_tokenThatOnlySaysItPaid() public {
        SilentToken silent = new SilentToken();
        allow(address(silent));
        vm.expectRevert(abi.encodeWithSelector(TallyTypes.NothingReceived.selector, address(silent)));
        distributor.deposit(address(silent), 1000, PAYER);
    }

    /// Inside a deposit's transfer: another deposit would be counted by both.
    function test_reentrantDeposit() public {
        ReentrantToken token = reentrantToken();
        token.arm(address(distributor), abi.encodeCall(distributor.deposit, (address(tokenA), 1, ALICE)));
        distributor.deposit(address(token), 1000, PAYER);
        assertRefusedReentry(token);
        vm.assertEq(distributor.deposited(address(token)), 1000);
    }

    /// Inside a claim's transfer: the same claim again.
    function test_reentrantClaim() public {
        ReentrantToken token = reentrantToken();
        distributor.deposit(address(token), 1000, PAYER);
        bytes32[] memory nodes = treeOf(address(token), 300, 200);
        proposeAndFinalize(contentOf(address(token), 500, 0, nodes[0]));
        bytes32[] memory proof = PayoutTree.prove(nodes, 0);
        token.arm(address(distributor), abi.encodeCall(distributor.claim, (1, ALICE, address(token), 300, proof)));
        distributor.claim(1, ALICE, address(token), 300, proof);
        assertRefusedReentry(token);
        vm.assertEq(token.balanceOf(ALICE), 300);
        vm.assertEq(distributor.claimed(address(token)), 300);
    }

    function reentrantToken() private returns (ReentrantToken token) {
        token = new ReentrantToken(address(this));
        allow(address(token));
        token.approve(address(distributor), type(uint256).max);
    }

    function assertRefusedReentry(ReentrantToken token) private view {
        vm.assertTrue(token.attacked());
        vm.assertTrue(!token.succeeded());
        vm.assertEq(
            bytes32(token.answer()), bytes32(abi.encodePacked(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector))
        );
    }

    /// Inside a claim's transfer: a batch, a claim by signature, a sweep, a deposit. All share one guard.
    function test_reentrantIntoEveryDoor() public {
        ReentrantToken token = reentrantToken();
        distributor.deposit(address(token), 1000, PAYER);
        bytes32[] memory nodes = treeOf(address(token), 300, 200);
        proposeAndFinalize(contentOf(address(token), 500, 0, nodes[0]));
        TallyTypes.Claim[] memory claims = new TallyTypes.Claim[](1);
        claims[0] = TallyTypes.Claim(1, BOB, address(token), 200, PayoutTree.prove(nodes, 1));
        TallyTypes.Authorization memory authorization;
        bytes[3] memory doors = [
            abi.encodeCall(distributor.claimMany, (claims)),
            abi.encodeCall(distributor.claimWithSig, (claims[0], authorization, "")),
            abi.encodeCall(distributor.deposit, (address(tokenA), 1, ALICE))
        ];
        bytes32[] memory proof = PayoutTree.prove(nodes, 0);
        uint256 snapshot = vm.snapshotState();
        for (uint256 i = 0; i < doors.length; i++) {
            token.arm(address(distributor), doors[i]);
            distributor.claim(1, ALICE, address(token), 300, proof);
            assertRefusedReentry(token);
            vm.revertToState(snapshot);
        }
    }

    function test_falseReturningToken() public {
        FalseToken token = new FalseToken(address(this));
        allow(address(token));
        token.approve(address(distributor), type(uint256).max);
        distributor.deposit(address(token), 500, PAYER);
        bytes32[] memory nodes = treeOf(address(token), 300, 200);
        proposeAndFinalize(contentOf(address(token), 500, 0, nodes[0]));
        token.breakDown();
        bytes memory reason = abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(token));
        vm.expectRevert(reason);
        distributor.deposit(address(token), 1, PAYER);
        bytes32[] memory proof = PayoutTree.prove(nodes, 0);
        vm.expectRevert(reason);
        distributor.claim(1, ALICE, address(token), 300, proof);
        vm.assertEq(distributor.claimed(address(token)), 0);
        vm.assertEq(distributor.claimedBy(ALICE, address(token)), 0);
    }

    /// A blocked account loses nothing: it names another recipient.
    function test_blocklistingToken() public {
        BlocklistToken token = new BlocklistToken(address(this));
        allow(address(token));
        token.approve(address(distributor), type(uint256).max);
        distributor.deposit(address(token), 500, PAYER);
        bytes32[] memory nodes = treeOf(address(token), 300, 200);
        proposeAndFinalize(contentOf(address(token), 500, 0, nodes[0]));
        token.setBlocked(ALICE, true);
        bytes32[] memory proof = PayoutTree.prove(nodes, 0);
        vm.expectRevert(abi.encodeWithSelector(BlocklistToken.Blocked.selector, ALICE));
        distributor.claim(1, ALICE, address(token), 300, proof);
        vm.prank(ALICE);
        distributor.setRecipient(PAYER);
        distributor.claim(1, ALICE, address(token), 300, proof);
        vm.assertEq(token.balanceOf(PAYER), 300);
    }

    /// A token that blocks the distributor stops its own claims and nobody else's.
    function test_tokenThatBlocksTheDistributor() public {
        BlocklistToken token = new BlocklistToken(address(this));
        allow(address(token));
        token.approve(address(distributor), type(uint256).max);
        distributor.deposit(address(token), 300, PAYER);
        distributor.deposit(address(tokenA), 200, PAYER);
        bytes32[] memory leaves = new bytes32[](2);
        leaves[0] = distributor.payoutLeaf(ALICE, address(token), 300);
        leaves[1] = distributor.payoutLeaf(BOB, address(tokenA), 200);
        bytes32[] memory nodes = PayoutTree.build(leaves);
        TallyTypes.EpochContent memory content = contentOfBoth(200, 300, nodes[0]);
        content.tokens[1] = address(token);
        if (address(token) < address(tokenA)) {
            (content.tokens[0], content.tokens[1]) = (content.tokens[1], content.tokens[0]);
            (content.totals[0], content.totals[1]) = (content.totals[1], content.totals[0]);
        }
        proposeAndFinalize(content);
        token.setBlocked(address(distributor), true);
        TallyTypes.Claim[] memory claims = new TallyTypes.Claim[](2);
        claims[0] = TallyTypes.Claim(1, ALICE, address(token), 300, PayoutTree.prove(nodes, 0));
        claims[1] = TallyTypes.Claim(1, BOB, address(tokenA), 200, PayoutTree.prove(nodes, 1));
        distributor.claimMany(claims);
        vm.assertEq(tokenA.balanceOf(BOB), 200);
        vm.assertEq(distributor.claimed(address(token)), 0);
    }

    /// A token that shrinks pays while it can and then reverts; one that grows leaves an excess that no claim reaches.
    function test_rebasingToken() public {
        RebasingToken token = new RebasingToken(address(this));
        allow(address(token));
        token.approve(address(distributor), type(uint256).max);
        distributor.deposit(address(token), 500, PAYER);
        bytes32[] memory nodes = treeOf(address(token), 300, 200);
        proposeAndFinalize(contentOf(address(token), 500, 0, nodes[0]));
        token.rebase(50);
        bytes32[] memory proof = PayoutTree.prove(nodes, 0);
        (bool paid,) = address(distributor).call(
            abi.encodeCall(distributor.claim, (1, ALICE, address(token), 300, proof))
        );
        vm.assertTrue(!paid);
        vm.assertEq(distributor.claimed(address(token)), 0);
        distributor.claim(1, BOB, address(token), 200, PayoutTree.prove(nodes, 1));
        vm.assertEq(distributor.claimed(address(token)), 200);
        token.rebase(300);
        distributor.claim(1, ALICE, address(token), 300, proof);
        vm.assertEq(distributor.claimed(address(token)), distributor.deposited(address(token)));
    }
}
