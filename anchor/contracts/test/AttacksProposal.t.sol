// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {TestToken} from "../src/TestToken.sol";
import {TallyTypes} from "../src/TallyTypes.sol";
import {Fixture} from "./Fixture.sol";
import {PayoutTree} from "./PayoutTree.sol";

/// What a proposer would try: another proposal over the first, tokens left out, totals that are not true; and races around
/// veto, finalization and revocation.
contract AttacksProposalTest is Fixture {
    function test_proposeTwice() public {
        TallyTypes.EpochContent memory content = emptyContent();
        propose(content);
        proposeFails(content, abi.encodeWithSelector(TallyTypes.AlreadyProposed.selector, 1));
        content.payoutRoot = keccak256("other");
        proposeFails(content, abi.encodeWithSelector(TallyTypes.AlreadyProposed.selector, 1));
    }

    function test_proposeTheNextWhileOneIsPending() public {
        TallyTypes.EpochContent memory content = emptyContent();
        propose(content);
        content.epoch = 2;
        proposeFails(content, abi.encodeWithSelector(TallyTypes.UnexpectedEpoch.selector, 1, 2));
    }

    function test_proposeAFinalizedEpochAgain() public {
        TallyTypes.EpochContent memory content = emptyContent();
        proposeAndFinalize(content);
        proposeFails(content, abi.encodeWithSelector(TallyTypes.UnexpectedEpoch.selector, 2, 1));
    }

    function test_tokensUnsorted() public {
        TallyTypes.EpochContent memory content = contentOfBoth(1, 1, keccak256("root"));
        (content.tokens[0], content.tokens[1]) = (content.tokens[1], content.tokens[0]);
        proposeFails(
            content,
            abi.encodeWithSelector(TallyTypes.TokensNotAscending.selector, address(tokenB), address(tokenA))
        );
    }

    function test_tokenRepeated() public {
        TallyTypes.EpochContent memory content = contentOfBoth(1, 1, keccak256("root"));
        content.tokens[1] = content.tokens[0];
        proposeFails(
            content,
            abi.encodeWithSelector(TallyTypes.TokensNotAscending.selector, address(tokenA), address(tokenA))
        );
    }

    function test_tokenZero() public {
        proposeFails(
            contentOf(address(0), 1, 0, keccak256("root")),
            abi.encodeWithSelector(TallyTypes.TokensNotAscending.selector, address(0), address(0))
        );
    }

    function test_tokenNotAllowed() public {
        address unknown = address(new TestToken(address(this)));
        proposeFails(
            contentOf(unknown, 1, 0, keccak256("root")),
            abi.encodeWithSelector(TallyTypes.TokenNotAllowed.selector, unknown)
        );
    }

    function test_tokenOmitted() public {
        proposeAndFinalize(contentOfBoth(1, 1, keccak256("root")));
        proposeFails(emptyContent(), abi.encodeWithSelector(TallyTypes.TokenOmitted.selector, address(tokenA)));
        proposeFails(
            contentOf(address(tokenA), 1, 0, keccak256("root")),
            abi.encodeWithSelector(TallyTypes.TokenOmitted.selector, address(tokenB))
        );
        proposeFails(
            contentOf(address(tokenB), 1, 0, keccak256("root")),
            abi.encodeWithSelector(TallyTypes.TokenOmitted.selector, address(tokenA))
        );
    }

    function test_finalizeEarly() public {
        propose(emptyContent());
        uint64 finalizableAt = uint64(block.timestamp) + DELAY;
        vm.warp(finalizableAt - 1);
        vm.expectRevert(abi.encodeWithSelector(TallyTypes.TooEarly.selector, 1, finalizableAt));
        distributor.finalizeEpoch(1, new bytes[](0));
    }

    function test_vetoInTheLastSecond() public {
        propose(emptyContent());
        waitForDelay(1);
        veto(1);
        vm.expectRevert(abi.encodeWithSelector(TallyTypes.NotProposed.selector, 1));
        distributor.finalizeEpoch(1, new bytes[](0));
        vm.assertEq(distributor.lastFinalized(), 0);
    }

    /// Whichever is executed first holds; the other fails. After a finalization a revocation is left.
    function test_finalizeAndVetoRace() public {
        propose(emptyContent());
        waitForDelay(1);
        distributor.finalizeEpoch(1, new bytes[](0));
        vm.expectRevert(abi.encodeWithSelector(TallyTypes.NotProposed.selector, 1));
        veto(1);
        revoke(1, 0);
        vm.assertTrue(distributor.epochRecord(1).state == TallyTypes.EpochState.Revoked);
    }

    function test_attemptsGoUpByOne() public {
        TallyTypes.EpochContent memory content = emptyContent();
        propose(content);
        veto(1);
        proposeFails(content, abi.encodeWithSelector(TallyTypes.UnexpectedAttempt.selector, 2, 1));
        content.attempt = 3;
        proposeFails(content, abi.encodeWithSelector(TallyTypes.UnexpectedAttempt.selector, 2, 3));
        content.attempt = 2;
        proposeAndFinalize(content);
        vm.assertEq(distributor.epochRecord(1).content.attempt, 2);
    }

    /// A vetoed attempt leaves no totals behind for tokens that the next attempt does not name.
    function test_amountsOfAVetoedAttemptAreForgotten() public {
        bytes32[] memory nodes = treeOf(address(tokenB), 300, 200);
        distributor.deposit(address(tokenB), 500, PAYER);
        propose(contentOfBoth(0, 500, nodes[0]));
        veto(1);
        TallyTypes.EpochContent memory content = contentOf(address(tokenA), 0, 0, nodes[0]);
        content.attempt = 2;
        proposeAndFinalize(content);
        vm.assertEq(distributor.totalsOf(1, address(tokenB)), 0);
        bytes32[] memory proof = PayoutTree.prove(nodes, 0);
        vm.expectRevert(abi.encodeWithSelector(TallyTypes.ClaimExceedsTotal.selector, address(tokenB), 0, 300, 0));
        distributor.claim(1, ALICE, address(tokenB), 300, proof);
    }

    /// Totals of one token that deposits never cover leave the other token's claims open.
    function test_overstatedTotalOfOneTokenHarmsOnlyIt() public {
        bytes32[] memory leaves = new bytes32[](2);
        leaves[0] = distributor.payoutLeaf(ALICE, address(tokenA), 300);
        leaves[1] = distributor.payoutLeaf(ALICE, address(tokenB), 300);
        bytes32[] memory nodes = PayoutTree.build(leaves);
        distributor.deposit(address(tokenA), 300, PAYER);
        distributor.deposit(address(tokenB), 300, PAYER);
        proposeAndFinalize(contentOfBoth(type(uint128).max, 300, nodes[0]));
        bytes32[] memory proof = PayoutTree.prove(nodes, 0);
        vm.expectRevert(
            abi.encodeWithSelector(
                TallyTypes.Underfunded.selector, address(tokenA), uint256(type(uint128).max), 300
            )
        );
        distributor.claim(1, ALICE, address(tokenA), 300, proof);
        distributor.claim(1, ALICE, address(tokenB), 300, PayoutTree.prove(nodes, 1));
        vm.assertEq(tokenB.balanceOf(ALICE), 300);
    }

    /// The same in one batch: the claims of the other token are paid.
    function test_overstatedTotalInABatch() public {
        bytes32[] memory leaves = new bytes32[](2);
        leaves[0] = distributor.payoutLeaf(ALICE, address(tokenA), 300);
        leaves[1] = distributor.payoutLeaf(BOB, address(tokenB), 300);
        bytes32[] memory nodes = PayoutTree.build(leaves);
        distributor.deposit(address(tokenA), 300, PAYER);
        distributor.deposit(address(tokenB), 300, PAYER);
        proposeAndFinalize(contentOfBoth(301, 300, nodes[0]));
        TallyTypes.Claim[] memory claims = new TallyTypes.Claim[](2);
        claims[0] = TallyTypes.Claim(1, ALICE, address(tokenA), 300, PayoutTree.prove(nodes, 0));
        claims[1] = TallyTypes.Claim(1, BOB, address(tokenB), 300, PayoutTree.prove(nodes, 1));
        distributor.claimMany(claims);
        vm.assertEq(tokenA.balanceOf(ALICE), 0);
        vm.assertEq(tokenB.balanceOf(BOB), 300);
    }

    /// Proofs fetched for epoch 1 are good after epoch 2 is final: a root is never switched away.
    function test_rootSwitchBetweenProofAndClaim() public {
        bytes32[] memory first = fundedEpoch(300, 200);
        bytes32[] memory second = treeOf(address(tokenA), 400, 200);
        distributor.deposit(address(tokenA), 100, PAYER);
        proposeAndFinalize(contentOf(address(tokenA), 600, 0, second[0]));
        distributor.claim(1, ALICE, address(tokenA), 300, PayoutTree.prove(first, 0));
        distributor.claim(2, ALICE, address(tokenA), 400, PayoutTree.prove(second, 0));
        vm.assertEq(tokenA.balanceOf(ALICE), 400);
    }

    function test_claimAgainstAVetoedEpoch() public {
        bytes32[] memory nodes = treeOf(address(tokenA), 300, 200);
        distributor.deposit(address(tokenA), 500, PAYER);
        propose(contentOf(address(tokenA), 500, 0, nodes[0]));
        veto(1);
        bytes32[] memory proof = PayoutTree.prove(nodes, 0);
        vm.expectRevert(abi.encodeWithSelector(TallyTypes.NotFinalized.selector, 1));
        distributor.claim(1, ALICE, address(tokenA), 300, proof);
    }

    /// A revoked epoch pays nobody, and binds nothing after it: not its totals, not its ledger.
    function test_revokedEpochBindsNothing() public {
        bytes32[] memory good = fundedEpoch(300, 200);
        bytes32[] memory bad = treeOf(address(tokenA), 900, 200);
        TallyTypes.EpochContent memory content = contentOf(address(tokenA), 1e9, 0, bad[0]);
        content.treeSize = type(uint64).max;
        proposeAndFinalize(content);
        revoke(2, 0);
        vm.assertEq(distributor.lastFinalized(), 2);
        vm.assertEq(distributor.baseEpoch(), 1);
        bytes32[] memory proof = PayoutTree.prove(bad, 0);
        vm.expectRevert(abi.encodeWithSelector(TallyTypes.NotFinalized.selector, 2));
        distributor.claim(2, ALICE, address(tokenA), 900, proof);
        distributor.claim(1, ALICE, address(tokenA), 300, PayoutTree.prove(good, 0));

        content = contentOf(address(tokenA), 500, 0, good[0]);
        proposeAndFinalize(content);
        vm.assertEq(distributor.baseEpoch(), 3);
        vm.assertEq(distributor.epochRecord(3).prevHash, distributor.epochRecord(2).recordHash);
        distributor.claim(3, BOB, address(tokenA), 200, PayoutTree.prove(good, 1));
    }

    /// What was paid under an epoch that was revoked later stays counted: nobody is paid it again, and no proposal forgets it.
    function test_paidUnderARevokedEpochStaysCounted() public {
        fundedEpoch(300, 200);
        bytes32[] memory bad = treeOf(address(tokenA), 900, 200);
        distributor.deposit(address(tokenA), 600, PAYER);
        proposeAndFinalize(contentOf(address(tokenA), 1100, 0, bad[0]));
        distributor.claim(2, ALICE, address(tokenA), 900, PayoutTree.prove(bad, 0));
        revoke(2, 0);
        bytes32[] memory good = treeOf(address(tokenA), 300, 200);
        bytes32[] memory proof = PayoutTree.prove(good, 1);
        vm.expectRevert(
            abi.encodeWithSelector(TallyTypes.ClaimExceedsTotal.selector, address(tokenA), 900, 200, 500)
        );
        distributor.claim(1, BOB, address(tokenA), 200, proof);
        proposeFails(
            contentOf(address(tokenA), 899, 0, good[0]),
            abi.encodeWithSelector(TallyTypes.PayableDecreased.selector, address(tokenA), 900, 899)
        );
        proposeAndFinalize(contentOf(address(tokenA), 1100, 0, bad[0]));
        distributor.claim(3, BOB, address(tokenA), 200, PayoutTree.prove(bad, 1));
        vm.assertEq(distributor.claimed(address(tokenA)), 1100);
    }

    function test_revokedTwice() public {
        proposeAndFinalize(emptyContent());
        proposeAndFinalize(emptyContent());
        revoke(1, 0);
        vm.assertEq(distributor.baseEpoch(), 2);
        revoke(2, 0);
        vm.assertEq(distributor.baseEpoch(), 0);
        vm.expectRevert(abi.encodeWithSelector(TallyTypes.NotFinalized.selector, 2));
        vm.prank(GUARDIAN);
        distributor.revokeEpoch(2, new bytes[](0));
    }
}
