// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import {TallyDistributor} from "../src/TallyDistributor.sol";
import {TallyTypes} from "../src/TallyTypes.sol";
import {Fixture} from "./Fixture.sol";
import {BlocklistToken} from "./OddTokens.sol";
import {PayoutTree} from "./PayoutTree.sol";

/// What somebody would try in order to be paid twice, too much, or what belongs to others.
contract AttacksClaimTest is Fixture {
    /// An inner node is a hash of two hashes; with the rest of its path as proof it leads to the root. It passes for a leaf
    /// only where a claim's fields can be chosen to hash to it.
    function test_innerNodeAsLeaf() public {
        address token = address(tokenA);
        bytes32[] memory leaves = new bytes32[](3);
        leaves[0] = distributor.payoutLeaf(ALICE, token, 300);
        leaves[1] = distributor.payoutLeaf(BOB, token, 200);
        leaves[2] = distributor.payoutLeaf(PAYER, token, 100);
        bytes32[] memory nodes = PayoutTree.build(leaves);
        distributor.deposit(token, 1000, PAYER);
        proposeAndFinalize(contentOf(token, 600, 0, nodes[0]));
        bytes32[] memory proof = new bytes32[](1);
        proof[0] = nodes[2];
        vm.assertEq(Hashes.commutativeKeccak256(nodes[1], nodes[2]), nodes[0]);
        vm.expectRevert(TallyTypes.InvalidProof.selector);
        distributor.claim(1, address(uint160(uint256(nodes[3]))), token, uint256(nodes[4]), proof);
        vm.expectRevert(TallyTypes.InvalidProof.selector);
        distributor.claim(1, ALICE, token, 300, proof);
        vm.expectRevert(TallyTypes.InvalidProof.selector);
        distributor.claim(1, ALICE, token, 300, new bytes32[](0));
    }

    function test_claimTwice() public {
        bytes32[] memory nodes = fundedEpoch(300, 200);
        bytes32[] memory proof = PayoutTree.prove(nodes, 0);
        distributor.claim(1, ALICE, address(tokenA), 300, proof);
        vm.expectRevert(
            abi.encodeWithSelector(TallyTypes.NothingToClaim.selector, ALICE, address(tokenA), 300, 300)
        );
        distributor.claim(1, ALICE, address(tokenA), 300, proof);
    }

    function test_claimLowerCumulative() public {
        bytes32[] memory first = fundedEpoch(300, 200);
        bytes32[] memory second = treeOf(address(tokenA), 400, 200);
        proposeAndFinalize(contentOf(address(tokenA), 600, 0, second[0]));
        distributor.deposit(address(tokenA), 100, PAYER);
        distributor.claim(2, ALICE, address(tokenA), 400, PayoutTree.prove(second, 0));
        bytes32[] memory proof = PayoutTree.prove(first, 0);
        vm.expectRevert(
            abi.encodeWithSelector(TallyTypes.NothingToClaim.selector, ALICE, address(tokenA), 300, 400)
        );
        distributor.claim(1, ALICE, address(tokenA), 300, proof);
    }

    function test_claimOfAnotherAccountOrToken() public {
        bytes32[] memory nodes = fundedEpoch(300, 200);
        bytes32[] memory proof = PayoutTree.prove(nodes, 0);
        vm.expectRevert(TallyTypes.InvalidProof.selector);
        distributor.claim(1, BOB, address(tokenA), 300, proof);
        vm.expectRevert(TallyTypes.InvalidProof.selector);
        distributor.claim(1, ALICE, address(tokenB), 300, proof);
    }

    function test_replayOnAnotherChain() public {
        bytes32[] memory nodes = fundedEpoch(300, 200);
        bytes32[] memory proof = PayoutTree.prove(nodes, 0);
        uint256 here = block.chainid;
        vm.chainId(here + 1);
        vm.expectRevert(TallyTypes.InvalidProof.selector);
        distributor.claim(1, ALICE, address(tokenA), 300, proof);
        vm.chainId(here);
        distributor.claim(1, ALICE, address(tokenA), 300, proof);
    }

    function test_replayOnAnotherDistributor() public {
        bytes32[] memory nodes = fundedEpoch(300, 200);
        distributor = new TallyDistributor(setupOf(0));
        tokenA.approve(address(distributor), type(uint256).max);
        distributor.deposit(address(tokenA), 500, PAYER);
        proposeAndFinalize(contentOf(address(tokenA), 500, 0, nodes[0]));
        bytes32[] memory proof = PayoutTree.prove(nodes, 0);
        vm.expectRevert(TallyTypes.InvalidProof.selector);
        distributor.claim(1, ALICE, address(tokenA), 300, proof);
    }

    function test_underfundedTokenBlocksOnlyItself() public {
        bytes32[] memory leaves = new bytes32[](2);
        leaves[0] = distributor.payoutLeaf(ALICE, address(tokenA), 300);
        leaves[1] = distributor.payoutLeaf(ALICE, address(tokenB), 300);
        bytes32[] memory nodes = PayoutTree.build(leaves);
        distributor.deposit(address(tokenA), 299, PAYER);
        distributor.deposit(address(tokenB), 300, PAYER);
        proposeAndFinalize(contentOfBoth(300, 300, nodes[0]));

        bytes32[] memory proof = PayoutTree.prove(nodes, 0);
        vm.expectRevert(abi.encodeWithSelector(TallyTypes.Underfunded.selector, address(tokenA), 300, 299));
        distributor.claim(1, ALICE, address(tokenA), 300, proof);
        distributor.claim(1, ALICE, address(tokenB), 300, PayoutTree.prove(nodes, 1));
        vm.assertEq(tokenB.balanceOf(ALICE), 300);

        distributor.deposit(address(tokenA), 1, PAYER);
        distributor.claim(1, ALICE, address(tokenA), 300, proof);
        vm.assertEq(tokenA.balanceOf(ALICE), 300);
    }

    /// Money sent past `deposit` is nobody's deposit and funds nothing.
    function test_plainTransferFundsNothing() public {
        bytes32[] memory nodes = treeOf(address(tokenA), 300, 200);
        tokenA.transfer(address(distributor), 500);
        proposeAndFinalize(contentOf(address(tokenA), 500, 0, nodes[0]));
        bytes32[] memory proof = PayoutTree.prove(nodes, 0);
        vm.expectRevert(abi.encodeWithSelector(TallyTypes.Underfunded.selector, address(tokenA), 500, 0));
        distributor.claim(1, ALICE, address(tokenA), 300, proof);
    }

    /// A false tree whose leaves sum to more than its totals cannot take what is reserved.
    function test_falseTreeStopsAtItsTotal() public {
        bytes32[] memory nodes = treeOf(address(tokenA), 300, 600);
        distributor.deposit(address(tokenA), 1000, PAYER);
        proposeAndFinalize(contentOf(address(tokenA), 1000, 200, nodes[0]));
        distributor.claim(1, ALICE, address(tokenA), 300, PayoutTree.prove(nodes, 0));
        bytes32[] memory proof = PayoutTree.prove(nodes, 1);
        vm.expectRevert(abi.encodeWithSelector(TallyTypes.ClaimExceedsTotal.selector, address(tokenA), 300, 600, 800));
        distributor.claim(1, BOB, address(tokenA), 600, proof);
    }

    /// The same, when a later epoch promises more than was deposited: its unfunded total must not widen the limit.
    function test_falseTreeIsNotHelpedByAnUnfundedEpoch() public {
        bytes32[] memory nodes = treeOf(address(tokenA), 300, 600);
        distributor.deposit(address(tokenA), 1000, PAYER);
        proposeAndFinalize(contentOf(address(tokenA), 1000, 200, nodes[0]));
        proposeAndFinalize(contentOf(address(tokenA), 5000, 0, keccak256("unfunded")));
        distributor.claim(1, ALICE, address(tokenA), 300, PayoutTree.prove(nodes, 0));
        bytes32[] memory proof = PayoutTree.prove(nodes, 1);
        vm.expectRevert(abi.encodeWithSelector(TallyTypes.ClaimExceedsTotal.selector, address(tokenA), 300, 600, 800));
        distributor.claim(1, BOB, address(tokenA), 600, proof);
    }

    /// A leaf in a token that the epoch does not name has no total to be paid from.
    function test_leafOfAnUnnamedToken() public {
        bytes32[] memory nodes = treeOf(address(tokenB), 300, 200);
        distributor.deposit(address(tokenB), 1000, PAYER);
        proposeAndFinalize(contentOf(address(tokenA), 0, 0, nodes[0]));
        bytes32[] memory proof = PayoutTree.prove(nodes, 0);
        vm.expectRevert(abi.encodeWithSelector(TallyTypes.ClaimExceedsTotal.selector, address(tokenB), 0, 300, 0));
        distributor.claim(1, ALICE, address(tokenB), 300, proof);
    }

    /// The root itself, or the two hashes below it in place of a leaf's words (a 64-byte preimage), is no leaf: leaves are
    /// hashed twice, over five words.
    function test_rootOrItsPreimageAsLeaf() public {
        bytes32[] memory nodes = fundedEpoch(300, 200);
        vm.expectRevert(TallyTypes.InvalidProof.selector);
        distributor.claim(1, ALICE, address(tokenA), uint256(nodes[0]), new bytes32[](0));
        address account = address(uint160(uint256(nodes[1])));
        vm.expectRevert(TallyTypes.InvalidProof.selector);
        distributor.claim(1, account, address(uint160(uint256(nodes[2]))), 300, new bytes32[](0));
        vm.assertTrue(distributor.payoutLeaf(ALICE, address(tokenA), 300) != Hashes.commutativeKeccak256(nodes[1], nodes[2]));
    }

    /// A tree that repeats its last leaf pays it once, however it is proven.
    function test_duplicateLastLeaf() public {
        bytes32[] memory leaves = new bytes32[](4);
        leaves[0] = distributor.payoutLeaf(ALICE, address(tokenA), 300);
        leaves[1] = distributor.payoutLeaf(PAYER, address(tokenA), 1);
        leaves[2] = distributor.payoutLeaf(BOB, address(tokenA), 200);
        leaves[3] = leaves[2];
        bytes32[] memory nodes = PayoutTree.build(leaves);
        distributor.deposit(address(tokenA), 701, PAYER);
        proposeAndFinalize(contentOf(address(tokenA), 701, 0, nodes[0]));
        distributor.claim(1, BOB, address(tokenA), 200, PayoutTree.prove(nodes, 2));
        bytes32[] memory proof = PayoutTree.prove(nodes, 3);
        vm.expectRevert(
            abi.encodeWithSelector(TallyTypes.NothingToClaim.selector, BOB, address(tokenA), 200, 200)
        );
        distributor.claim(1, BOB, address(tokenA), 200, proof);
    }

    /// Two leaves of one (account, token): together they pay the larger, never the sum.
    function test_duplicateAccountAndToken() public {
        bytes32[] memory leaves = new bytes32[](2);
        leaves[0] = distributor.payoutLeaf(ALICE, address(tokenA), 300);
        leaves[1] = distributor.payoutLeaf(ALICE, address(tokenA), 200);
        bytes32[] memory nodes = PayoutTree.build(leaves);
        distributor.deposit(address(tokenA), 500, PAYER);
        proposeAndFinalize(contentOf(address(tokenA), 500, 0, nodes[0]));
        distributor.claim(1, ALICE, address(tokenA), 200, PayoutTree.prove(nodes, 1));
        distributor.claim(1, ALICE, address(tokenA), 300, PayoutTree.prove(nodes, 0));
        vm.assertEq(tokenA.balanceOf(ALICE), 300);
    }

    function test_replayOnAnotherEpoch() public {
        bytes32[] memory first = fundedEpoch(300, 200);
        bytes32[] memory second = treeOf(address(tokenA), 400, 200);
        proposeAndFinalize(contentOf(address(tokenA), 600, 0, second[0]));
        bytes32[] memory proof = PayoutTree.prove(first, 0);
        vm.expectRevert(TallyTypes.InvalidProof.selector);
        distributor.claim(2, ALICE, address(tokenA), 300, proof);
    }

    /// Anyone may send a claim, and nobody but the account chooses who is paid.
    function test_claimPaysTheRecipientWhoeverSendsIt() public {
        bytes32[] memory nodes = fundedEpoch(300, 200);
        vm.prank(ALICE);
        distributor.setRecipient(PAYER);
        vm.prank(BOB);
        distributor.claim(1, ALICE, address(tokenA), 300, PayoutTree.prove(nodes, 0));
        vm.assertEq(tokenA.balanceOf(PAYER), 300);
        vm.assertEq(distributor.claimedBy(ALICE, address(tokenA)), 300);
    }

    /// Claims that pay the distributor itself would turn into excess.
    function test_recipientCannotBeTheDistributor() public {
        vm.expectRevert(abi.encodeWithSelector(TallyTypes.InvalidRecipient.selector, address(distributor)));
        vm.prank(ALICE);
        distributor.setRecipient(address(distributor));
    }

    function test_selfOnlyAccountIsClaimedByItselfAlone() public {
        bytes32[] memory nodes = fundedEpoch(300, 200);
        vm.prank(ALICE);
        distributor.setSelfOnly(true);
        bytes32[] memory proof = PayoutTree.prove(nodes, 0);
        vm.expectRevert(abi.encodeWithSelector(TallyTypes.OnlyAccount.selector, ALICE));
        vm.prank(BOB);
        distributor.claim(1, ALICE, address(tokenA), 300, proof);
        vm.prank(ALICE);
        distributor.claim(1, ALICE, address(tokenA), 300, proof);
        vm.assertEq(tokenA.balanceOf(ALICE), 300);
    }

    /// One bad leaf, one that was paid, one of a selfOnly account: each is skipped with its reason, the others are paid.
    function test_oneBadLeafInClaimMany() public {
        bytes32[] memory nodes = fundedEpoch(300, 200);
        vm.prank(BOB);
        distributor.setSelfOnly(true);
        TallyTypes.Claim[] memory claims = new TallyTypes.Claim[](5);
        claims[0] = TallyTypes.Claim(1, ALICE, address(tokenA), type(uint256).max, PayoutTree.prove(nodes, 0));
        claims[1] = TallyTypes.Claim(2, ALICE, address(tokenA), 300, PayoutTree.prove(nodes, 0));
        claims[2] = TallyTypes.Claim(1, BOB, address(tokenA), 200, PayoutTree.prove(nodes, 1));
        claims[3] = TallyTypes.Claim(1, ALICE, address(tokenA), 300, PayoutTree.prove(nodes, 0));
        claims[4] = claims[3];
        skipped(ALICE, 1, abi.encodeWithSelector(TallyTypes.InvalidProof.selector));
        skipped(ALICE, 2, abi.encodeWithSelector(TallyTypes.NotFinalized.selector, 2));
        skipped(BOB, 1, abi.encodeWithSelector(TallyTypes.OnlyAccount.selector, BOB));
        vm.expectEmit();
        emit TallyTypes.Claimed(ALICE, address(tokenA), 1, 300, 300, ALICE);
        skipped(
            ALICE,
            1,
            abi.encodeWithSelector(TallyTypes.NothingToClaim.selector, ALICE, address(tokenA), 300, 300)
        );
        distributor.claimMany(claims);
        vm.assertEq(tokenA.balanceOf(ALICE), 300);
        vm.assertEq(distributor.claimed(address(tokenA)), 300);
    }

    /// A token that refuses one recipient: that claim is undone, the next one is paid, and the first can be claimed later.
    function test_refusedTransferInClaimManyIsUndone() public {
        BlocklistToken token = new BlocklistToken(address(this));
        allow(address(token));
        token.approve(address(distributor), 500);
        distributor.deposit(address(token), 500, PAYER);
        bytes32[] memory nodes = treeOf(address(token), 300, 200);
        proposeAndFinalize(contentOf(address(token), 500, 0, nodes[0]));
        token.setBlocked(ALICE, true);
        TallyTypes.Claim[] memory claims = new TallyTypes.Claim[](2);
        claims[0] = TallyTypes.Claim(1, ALICE, address(token), 300, PayoutTree.prove(nodes, 0));
        claims[1] = TallyTypes.Claim(1, BOB, address(token), 200, PayoutTree.prove(nodes, 1));
        vm.expectEmit();
        emit TallyTypes.ClaimSkipped(
            ALICE,
            address(token),
            1,
            abi.encodeWithSelector(TallyTypes.TransferFailed.selector, address(token), ALICE)
        );
        distributor.claimMany(claims);
        vm.assertEq(distributor.claimed(address(token)), 200);
        vm.assertEq(distributor.claimedBy(ALICE, address(token)), 0);
        vm.assertEq(token.balanceOf(BOB), 200);
        token.setBlocked(ALICE, false);
        distributor.claimMany(claims);
        vm.assertEq(token.balanceOf(ALICE), 300);
    }

    function test_claimManyHasALimit() public {
        vm.expectRevert(abi.encodeWithSelector(TallyTypes.TooManyClaims.selector, 257, 256));
        distributor.claimMany(new TallyTypes.Claim[](257));
    }

    /// A false leaf of 2^256 - 1 is refused by its size, not by an overflow that would end the batch.
    function test_absurdLeafInClaimMany() public {
        bytes32[] memory nodes = treeOf(address(tokenA), type(uint256).max, 200);
        distributor.deposit(address(tokenA), 500, PAYER);
        proposeAndFinalize(contentOf(address(tokenA), 500, 0, nodes[0]));
        TallyTypes.Claim[] memory claims = new TallyTypes.Claim[](2);
        claims[0] = TallyTypes.Claim(1, BOB, address(tokenA), 200, PayoutTree.prove(nodes, 1));
        claims[1] =
            TallyTypes.Claim(1, ALICE, address(tokenA), type(uint256).max, PayoutTree.prove(nodes, 0));
        distributor.claimMany(claims);
        vm.assertEq(tokenA.balanceOf(BOB), 200);
        vm.assertEq(tokenA.balanceOf(ALICE), 0);
    }

    function skipped(address account, uint64 epoch, bytes memory reason) private {
        vm.expectEmit();
        emit TallyTypes.ClaimSkipped(account, address(tokenA), epoch, reason);
    }
}
