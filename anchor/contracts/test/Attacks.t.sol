// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ReentrancyGuard} from "@openzeppelin/contracts/utils/ReentrancyGuard.sol";
import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import {TallyDistributor} from "../src/TallyDistributor.sol";
import {TestToken} from "../src/TestToken.sol";
import {Fixture} from "./Fixture.sol";
import {FeeToken, ReentrantToken, SilentToken} from "./OddTokens.sol";
import {PayoutTree} from "./PayoutTree.sol";

/// What somebody would try in order to be paid twice, too early, too much, or from what belongs to others.
contract AttacksTest is Fixture {
    function test_proposeTwice() public {
        TallyDistributor.EpochContent memory content = emptyContent();
        propose(content);
        proposeFails(content, abi.encodeWithSelector(TallyDistributor.AlreadyProposed.selector, 1));
        content.payoutRoot = keccak256("other");
        proposeFails(content, abi.encodeWithSelector(TallyDistributor.AlreadyProposed.selector, 1));
    }

    function test_proposeTheNextWhileOneIsPending() public {
        TallyDistributor.EpochContent memory content = emptyContent();
        propose(content);
        content.epoch = 2;
        proposeFails(content, abi.encodeWithSelector(TallyDistributor.UnexpectedEpoch.selector, 1, 2));
    }

    function test_proposeAFinalizedEpochAgain() public {
        TallyDistributor.EpochContent memory content = emptyContent();
        proposeAndFinalize(content);
        proposeFails(content, abi.encodeWithSelector(TallyDistributor.UnexpectedEpoch.selector, 2, 1));
    }

    function test_tokensUnsorted() public {
        TallyDistributor.EpochContent memory content = contentOfBoth(1, 1, keccak256("root"));
        (content.tokens[0], content.tokens[1]) = (content.tokens[1], content.tokens[0]);
        proposeFails(
            content,
            abi.encodeWithSelector(TallyDistributor.TokensNotAscending.selector, address(tokenB), address(tokenA))
        );
    }

    function test_tokenRepeated() public {
        TallyDistributor.EpochContent memory content = contentOfBoth(1, 1, keccak256("root"));
        content.tokens[1] = content.tokens[0];
        proposeFails(
            content,
            abi.encodeWithSelector(TallyDistributor.TokensNotAscending.selector, address(tokenA), address(tokenA))
        );
    }

    function test_tokenZero() public {
        proposeFails(
            contentOf(address(0), 1, 0, keccak256("root")),
            abi.encodeWithSelector(TallyDistributor.TokensNotAscending.selector, address(0), address(0))
        );
    }

    function test_tokenNotAllowed() public {
        address unknown = address(new TestToken(address(this)));
        proposeFails(
            contentOf(unknown, 1, 0, keccak256("root")),
            abi.encodeWithSelector(TallyDistributor.TokenNotAllowed.selector, unknown)
        );
    }

    function test_tokenOmitted() public {
        proposeAndFinalize(contentOfBoth(1, 1, keccak256("root")));
        proposeFails(emptyContent(), abi.encodeWithSelector(TallyDistributor.TokenOmitted.selector, address(tokenA)));
        proposeFails(
            contentOf(address(tokenA), 1, 0, keccak256("root")),
            abi.encodeWithSelector(TallyDistributor.TokenOmitted.selector, address(tokenB))
        );
        proposeFails(
            contentOf(address(tokenB), 1, 0, keccak256("root")),
            abi.encodeWithSelector(TallyDistributor.TokenOmitted.selector, address(tokenA))
        );
    }

    function test_finalizeEarly() public {
        propose(emptyContent());
        uint64 finalizableAt = uint64(block.timestamp) + DELAY;
        vm.warp(finalizableAt - 1);
        vm.expectRevert(abi.encodeWithSelector(TallyDistributor.TooEarly.selector, 1, finalizableAt));
        distributor.finalizeEpoch(1);
    }

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
        vm.expectRevert(TallyDistributor.InvalidProof.selector);
        distributor.claim(1, address(uint160(uint256(nodes[3]))), token, uint256(nodes[4]), proof);
        vm.expectRevert(TallyDistributor.InvalidProof.selector);
        distributor.claim(1, ALICE, token, 300, proof);
        vm.expectRevert(TallyDistributor.InvalidProof.selector);
        distributor.claim(1, ALICE, token, 300, new bytes32[](0));
    }

    function test_claimTwice() public {
        bytes32[] memory nodes = fundedEpoch(300, 200);
        bytes32[] memory proof = PayoutTree.prove(nodes, 0);
        distributor.claim(1, ALICE, address(tokenA), 300, proof);
        vm.expectRevert(
            abi.encodeWithSelector(TallyDistributor.NothingToClaim.selector, ALICE, address(tokenA), 300, 300)
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
            abi.encodeWithSelector(TallyDistributor.NothingToClaim.selector, ALICE, address(tokenA), 300, 400)
        );
        distributor.claim(1, ALICE, address(tokenA), 300, proof);
    }

    function test_claimOfAnotherAccountOrToken() public {
        bytes32[] memory nodes = fundedEpoch(300, 200);
        bytes32[] memory proof = PayoutTree.prove(nodes, 0);
        vm.expectRevert(TallyDistributor.InvalidProof.selector);
        distributor.claim(1, BOB, address(tokenA), 300, proof);
        vm.expectRevert(TallyDistributor.InvalidProof.selector);
        distributor.claim(1, ALICE, address(tokenB), 300, proof);
    }

    function test_replayOnAnotherChain() public {
        bytes32[] memory nodes = fundedEpoch(300, 200);
        bytes32[] memory proof = PayoutTree.prove(nodes, 0);
        uint256 here = block.chainid;
        vm.chainId(here + 1);
        vm.expectRevert(TallyDistributor.InvalidProof.selector);
        distributor.claim(1, ALICE, address(tokenA), 300, proof);
        vm.chainId(here);
        distributor.claim(1, ALICE, address(tokenA), 300, proof);
    }

    function test_replayOnAnotherDistributor() public {
        bytes32[] memory nodes = fundedEpoch(300, 200);
        distributor = new TallyDistributor(ADMIN, PROPOSER, DELAY);
        allow(address(tokenA));
        tokenA.approve(address(distributor), type(uint256).max);
        distributor.deposit(address(tokenA), 500, PAYER);
        proposeAndFinalize(contentOf(address(tokenA), 500, 0, nodes[0]));
        bytes32[] memory proof = PayoutTree.prove(nodes, 0);
        vm.expectRevert(TallyDistributor.InvalidProof.selector);
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
        vm.expectRevert(abi.encodeWithSelector(TallyDistributor.Underfunded.selector, address(tokenA), 300, 299));
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
        vm.expectRevert(abi.encodeWithSelector(TallyDistributor.Underfunded.selector, address(tokenA), 500, 0));
        distributor.claim(1, ALICE, address(tokenA), 300, proof);
    }

    /// A false tree whose leaves sum to more than its totals cannot take what is reserved.
    function test_falseTreeStopsAtItsTotal() public {
        bytes32[] memory nodes = treeOf(address(tokenA), 300, 600);
        distributor.deposit(address(tokenA), 1000, PAYER);
        proposeAndFinalize(contentOf(address(tokenA), 1000, 200, nodes[0]));
        distributor.claim(1, ALICE, address(tokenA), 300, PayoutTree.prove(nodes, 0));
        bytes32[] memory proof = PayoutTree.prove(nodes, 1);
        vm.expectRevert(abi.encodeWithSelector(TallyDistributor.ClaimExceedsTotal.selector, address(tokenA), 900, 800));
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
        vm.expectRevert(abi.encodeWithSelector(TallyDistributor.ClaimExceedsTotal.selector, address(tokenA), 900, 800));
        distributor.claim(1, BOB, address(tokenA), 600, proof);
    }

    /// A leaf in a token that the epoch does not name has no total to be paid from.
    function test_leafOfAnUnnamedToken() public {
        bytes32[] memory nodes = treeOf(address(tokenB), 300, 200);
        distributor.deposit(address(tokenB), 1000, PAYER);
        proposeAndFinalize(contentOf(address(tokenA), 0, 0, nodes[0]));
        bytes32[] memory proof = PayoutTree.prove(nodes, 0);
        vm.expectRevert(abi.encodeWithSelector(TallyDistributor.ClaimExceedsTotal.selector, address(tokenB), 300, 0));
        distributor.claim(1, ALICE, address(tokenB), 300, proof);
    }

    function test_feeOnTransferIsCreditedByWhatArrived() public {
        FeeToken fee = new FeeToken(address(this));
        allow(address(fee));
        fee.approve(address(distributor), type(uint256).max);
        vm.expectEmit();
        emit TallyDistributor.Deposited(PAYER, address(fee), address(this), 990);
        distributor.deposit(address(fee), 1000, PAYER);
        vm.assertEq(distributor.deposited(address(fee)), 990);
        vm.assertEq(fee.balanceOf(address(distributor)), 990);
    }

    function test_tokenThatOnlySaysItPaid() public {
        SilentToken silent = new SilentToken();
        allow(address(silent));
        vm.expectRevert(abi.encodeWithSelector(TallyDistributor.NothingReceived.selector, address(silent)));
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
            bytes32(token.answer()), bytes32(abi.encodePacked(ReentrancyGuard.ReentrancyGuardReentrantCall.selector))
        );
    }

    /// Deposits ALICE's and BOB's amounts and finalizes an epoch that owes them.
    function fundedEpoch(uint256 alice, uint256 bob) private returns (bytes32[] memory nodes) {
        nodes = treeOf(address(tokenA), alice, bob);
        distributor.deposit(address(tokenA), alice + bob, PAYER);
        proposeAndFinalize(contentOf(address(tokenA), alice + bob, 0, nodes[0]));
    }
}
