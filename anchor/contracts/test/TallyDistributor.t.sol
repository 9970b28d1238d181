// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {TallyDistributor} from "../src/TallyDistributor.sol";
import {TestToken} from "../src/TestToken.sol";
import {TallyTypes} from "../src/TallyTypes.sol";
import {Fixture} from "./Fixture.sol";
import {PayoutTree} from "./PayoutTree.sol";

/// What each function does when it is used as meant, and what it refuses.
contract TallyDistributorTest is Fixture {
    function test_allowToken_refuses() public {
        asAdminFails(
            abi.encodeCall(distributor.allowToken, (ALICE)),
            abi.encodeWithSelector(TallyTypes.NotAContract.selector, ALICE)
        );
        asAdminFails(
            abi.encodeCall(distributor.allowToken, (address(tokenA))),
            abi.encodeWithSelector(TallyTypes.TokenAlreadyAllowed.selector, address(tokenA))
        );
        for (uint256 i = 2; i < distributor.MAX_TOKENS(); i++) {
            allow(address(new TestToken(address(this))));
        }
        asAdminFails(
            abi.encodeCall(distributor.allowToken, (address(new TestToken(address(this))))),
            abi.encodeWithSelector(TallyTypes.TooManyTokens.selector, 64)
        );
    }

    function test_setDelay_neverBelowTheMinimum() public {
        asAdminFails(
            abi.encodeCall(distributor.setDelay, (DELAY - 1)),
            abi.encodeWithSelector(TallyTypes.DelayOutOfRange.selector, DELAY - 1, DELAY, 30 days)
        );
        asAdminFails(
            abi.encodeCall(distributor.setDelay, (30 days + 1)),
            abi.encodeWithSelector(TallyTypes.DelayOutOfRange.selector, 30 days + 1, DELAY, 30 days)
        );
        asAdmin(abi.encodeCall(distributor.setDelay, (2 hours)));
        vm.assertEq(distributor.delay(), 2 hours);
    }

    function test_setDelay_leavesThePendingProposalAlone() public {
        scheduleAndWait(abi.encodeCall(distributor.setDelay, (2 hours)));
        propose(emptyContent());
        uint256 start = block.timestamp;
        vm.prank(ADMIN);
        distributor.execute(abi.encodeCall(distributor.setDelay, (2 hours)), 0);
        vm.assertEq(distributor.epochRecord(1).delay, DELAY);
        vm.warp(start + DELAY);
        distributor.finalizeEpoch(1, new bytes[](0));
        propose(emptyContent());
        vm.assertEq(distributor.epochRecord(2).delay, 2 hours);
    }

    function test_deposit_creditsThePayer() public {
        vm.expectEmit();
        emit TallyTypes.Deposited(PAYER, address(tokenA), address(this), 1000);
        distributor.deposit(address(tokenA), 1000, PAYER);
        vm.assertEq(distributor.deposited(address(tokenA)), 1000);
        vm.assertEq(distributor.deposited(address(tokenB)), 0);
        vm.assertEq(tokenA.balanceOf(address(distributor)), 1000);
    }

    function test_deposit_refuses() public {
        vm.expectRevert(TallyTypes.ZeroAddress.selector);
        distributor.deposit(address(tokenA), 1000, address(0));
        vm.expectRevert(abi.encodeWithSelector(TallyTypes.NothingReceived.selector, address(tokenA)));
        distributor.deposit(address(tokenA), 0, PAYER);
        address unknown = address(new TestToken(address(this)));
        vm.expectRevert(abi.encodeWithSelector(TallyTypes.TokenNotAllowed.selector, unknown));
        distributor.deposit(unknown, 1000, PAYER);
    }

    /// A record has room for amounts below 2^96: more is refused, in one deposit or in the sum of many.
    function test_deposit_staysBelow2To96() public {
        tokenA.mint(address(this), type(uint128).max);
        vm.expectRevert(abi.encodeWithSelector(TallyTypes.DepositTooLarge.selector, address(tokenA), 0));
        distributor.deposit(address(tokenA), 2 ** 96, PAYER);
        distributor.deposit(address(tokenA), 2 ** 96 - 1, PAYER);
        vm.expectRevert(abi.encodeWithSelector(TallyTypes.DepositTooLarge.selector, address(tokenA), 2 ** 96 - 1));
        distributor.deposit(address(tokenA), 1, PAYER);
        vm.assertEq(distributor.deposited(address(tokenA)), 2 ** 96 - 1);
    }

    function test_propose_recordsEverything() public {
        TallyTypes.EpochContent memory content = contentOf(address(tokenA), 900, 100, keccak256("root"));
        bytes32 recordHash = hashOf(bytes32(0), content);
        vm.expectEmit();
        emit TallyTypes.EpochProposed(
            1, 1, recordHash, bytes32(0), content, PROPOSER, uint64(block.timestamp) + DELAY
        );
        propose(content);

        TallyTypes.EpochRecord memory record = distributor.epochRecord(1);
        vm.assertEq(keccak256(abi.encode(record.content)), keccak256(abi.encode(content)));
        vm.assertTrue(record.state == TallyTypes.EpochState.Proposed);
        vm.assertEq(record.recordHash, recordHash);
        vm.assertEq(record.prevHash, bytes32(0));
        vm.assertEq(record.proposedAt, block.timestamp);
        vm.assertEq(record.delay, DELAY);
        vm.assertEq(record.finalizedAt, 0);
        vm.assertEq(distributor.totalsOf(1, address(tokenA)), 900);
        vm.assertEq(distributor.reservedOf(1, address(tokenA)), 100);
        vm.assertEq(distributor.totalsOf(1, address(tokenB)), 0);
        vm.assertEq(distributor.lastFinalized(), 0);
    }

    function test_epochRecord_isEmptyBeforeTheProposal() public view {
        TallyTypes.EpochRecord memory empty;
        vm.assertEq(keccak256(abi.encode(distributor.epochRecord(1))), keccak256(abi.encode(empty)));
    }

    function test_records_formAChain() public {
        TallyTypes.EpochContent memory first = contentOf(address(tokenA), 900, 100, keccak256("one"));
        proposeAndFinalize(first);
        TallyTypes.EpochContent memory second = contentOfBoth(950, 1, keccak256("two"));
        proposeAndFinalize(second);
        vm.assertEq(distributor.epochRecord(2).prevHash, hashOf(bytes32(0), first));
        vm.assertEq(distributor.epochRecord(2).recordHash, hashOf(hashOf(bytes32(0), first), second));
        vm.assertEq(distributor.lastFinalized(), 2);
    }

    function test_propose_acceptsAnEpochWithoutMoney() public {
        TallyTypes.EpochContent memory content = emptyContent();
        content.payoutRoot = 0;
        proposeAndFinalize(content);
        vm.assertEq(distributor.lastFinalized(), 1);
    }

    function test_propose_refusesBadHeads() public {
        TallyTypes.EpochContent memory content = emptyContent();
        content.epoch = 2;
        proposeFails(content, abi.encodeWithSelector(TallyTypes.UnexpectedEpoch.selector, 1, 2));
        content.epoch = 0;
        proposeFails(content, abi.encodeWithSelector(TallyTypes.UnexpectedEpoch.selector, 1, 0));
        content = emptyContent();
        content.attempt = 0;
        proposeFails(content, abi.encodeWithSelector(TallyTypes.UnexpectedAttempt.selector, 1, 0));
        content.attempt = 2;
        proposeFails(content, abi.encodeWithSelector(TallyTypes.UnexpectedAttempt.selector, 1, 2));
        content = emptyContent();
        content.ledgerRoot = 0;
        proposeFails(content, abi.encodeWithSelector(TallyTypes.ZeroHash.selector));
        content = emptyContent();
        content.manifestHash = 0;
        proposeFails(content, abi.encodeWithSelector(TallyTypes.ZeroHash.selector));
        content = emptyContent();
        content.uri = string(new bytes(257));
        proposeFails(content, abi.encodeWithSelector(TallyTypes.UriTooLong.selector, 257, 256));
        content = emptyContent();
        content.totals = new uint256[](1);
        proposeFails(content, abi.encodeWithSelector(TallyTypes.LengthMismatch.selector, 0, 1, 0));
        content = emptyContent();
        content.reserved = new uint256[](1);
        proposeFails(content, abi.encodeWithSelector(TallyTypes.LengthMismatch.selector, 0, 0, 1));
    }

    function test_propose_refusesAShorterLedger() public {
        proposeAndFinalize(emptyContent());
        TallyTypes.EpochContent memory content = emptyContent();
        content.treeSize = 9;
        proposeFails(content, abi.encodeWithSelector(TallyTypes.TreeSizeDecreased.selector, 10, 9));
    }

    function test_propose_refusesBadAmounts() public {
        address token = address(tokenA);
        TallyTypes.EpochContent memory content = contentOf(token, 99, 100, keccak256("root"));
        proposeFails(content, abi.encodeWithSelector(TallyTypes.ReservedExceedsTotal.selector, token, 99, 100));
        content = contentOf(token, 2 ** 128, 0, keccak256("root"));
        proposeFails(content, abi.encodeWithSelector(TallyTypes.AmountTooLarge.selector, token, 2 ** 128));
        proposeAndFinalize(contentOf(token, 1000, 100, keccak256("root")));
        content = contentOf(token, 1000, 101, keccak256("root"));
        proposeFails(content, abi.encodeWithSelector(TallyTypes.PayableDecreased.selector, token, 900, 899));
        propose(contentOf(token, 900, 0, keccak256("root")));
    }

    function test_finalize_afterTheDelayByAnyone() public {
        propose(contentOf(address(tokenA), 900, 100, keccak256("root")));
        vm.warp(block.timestamp + DELAY);
        bytes32 recordHash = distributor.epochRecord(1).recordHash;
        vm.expectEmit();
        emit TallyTypes.EpochFinalized(1, 1, recordHash, keccak256("root"));
        vm.prank(BOB);
        distributor.finalizeEpoch(1, new bytes[](0));
        TallyTypes.EpochRecord memory record = distributor.epochRecord(1);
        vm.assertTrue(record.state == TallyTypes.EpochState.Finalized);
        vm.assertEq(record.finalizedAt, block.timestamp);
        vm.assertEq(record.recordHash, recordHash);
        vm.assertEq(distributor.lastFinalized(), 1);
        vm.expectRevert(abi.encodeWithSelector(TallyTypes.NotProposed.selector, 1));
        distributor.finalizeEpoch(1, new bytes[](0));
    }

    function test_finalize_refusesWhatWasNotProposed() public {
        vm.expectRevert(abi.encodeWithSelector(TallyTypes.NotProposed.selector, 1));
        distributor.finalizeEpoch(1, new bytes[](0));
    }

    function test_claim_paysTheDifference() public {
        address token = address(tokenA);
        distributor.deposit(token, 1000, PAYER);
        bytes32[] memory first = treeOf(token, 300, 200);
        proposeAndFinalize(contentOf(token, 500, 0, first[0]));
        vm.expectEmit();
        emit TallyTypes.Claimed(ALICE, token, 1, 300, 300, ALICE);
        vm.prank(BOB);
        distributor.claim(1, ALICE, token, 300, PayoutTree.prove(first, 0));
        vm.assertEq(tokenA.balanceOf(ALICE), 300);
        vm.assertEq(tokenA.balanceOf(BOB), 0);

        bytes32[] memory second = treeOf(token, 700, 300);
        proposeAndFinalize(contentOf(token, 1000, 0, second[0]));
        distributor.claim(2, ALICE, token, 700, PayoutTree.prove(second, 0));
        vm.assertEq(tokenA.balanceOf(ALICE), 700);
        distributor.claim(1, BOB, token, 200, PayoutTree.prove(first, 1));
        distributor.claim(2, BOB, token, 300, PayoutTree.prove(second, 1));
        vm.assertEq(tokenA.balanceOf(BOB), 300);
        vm.assertEq(distributor.claimed(token), 1000);
        vm.assertEq(distributor.claimedBy(ALICE, token), 700);
        vm.assertEq(distributor.claimedBy(BOB, token), 300);
        vm.assertEq(tokenA.balanceOf(address(distributor)), 0);
    }

    /// The leaf is OpenZeppelin's `standard-v1`: keccak256 of keccak256 of the five ABI words.
    function test_payoutLeaf_isHashedTwice() public view {
        bytes memory words = bytes.concat(
            bytes32(block.chainid),
            bytes32(uint256(uint160(address(distributor)))),
            bytes32(uint256(uint160(ALICE))),
            bytes32(uint256(uint160(address(tokenA)))),
            bytes32(uint256(300))
        );
        vm.assertEq(distributor.payoutLeaf(ALICE, address(tokenA), 300), keccak256(abi.encodePacked(keccak256(words))));
    }

    function test_claim_refusesAPendingEpoch() public {
        address token = address(tokenA);
        distributor.deposit(token, 1000, PAYER);
        bytes32[] memory nodes = treeOf(token, 300, 200);
        propose(contentOf(token, 500, 0, nodes[0]));
        vm.expectRevert(abi.encodeWithSelector(TallyTypes.NotFinalized.selector, 1));
        distributor.claim(1, ALICE, token, 300, PayoutTree.prove(nodes, 0));
    }

    function test_testToken_isADollarOfSixDecimals() public {
        vm.assertEq(tokenA.name(), "Tally Test Dollar");
        vm.assertEq(tokenA.symbol(), "tUSD");
        vm.assertEq(tokenA.decimals(), 6);
        vm.expectRevert(abi.encodeWithSignature("OwnableUnauthorizedAccount(address)", ALICE));
        vm.prank(ALICE);
        tokenA.mint(ALICE, 1);
    }

    function testFuzz_deposits_addUp(uint96[8] calldata amounts) public {
        uint256 sum = 0;
        for (uint256 i = 0; i < amounts.length; i++) {
            uint256 amount = bound(amounts[i], 1, 1e18);
            distributor.deposit(address(tokenA), amount, PAYER);
            sum += amount;
        }
        vm.assertEq(distributor.deposited(address(tokenA)), sum);
        vm.assertEq(tokenA.balanceOf(address(distributor)), sum);
    }

    /// Any order and any subset of claims, ended by a claim of each account against the last epoch, ends the same.
    function testFuzz_claims_endInTheSameBalances(uint96[6] calldata steps, uint256 order, uint256 subset) public {
        address token = address(tokenA);
        bytes32[][] memory trees = new bytes32[][](3);
        uint256[3] memory alice;
        uint256[3] memory bob;
        uint256 total = 0;
        for (uint256 i = 0; i < 3; i++) {
            alice[i] = (i == 0 ? 0 : alice[i - 1]) + bound(steps[2 * i], 1, 1e20);
            bob[i] = (i == 0 ? 0 : bob[i - 1]) + bound(steps[2 * i + 1], 1, 1e20);
            total = alice[i] + bob[i];
            trees[i] = treeOf(token, alice[i], bob[i]);
            proposeAndFinalize(contentOf(token, total, 0, trees[i][0]));
        }
        distributor.deposit(token, total, PAYER);

        for (uint256 n = 0; n < 12; n++) {
            uint256 pick = (order >> (n * 8)) % 6;
            bool skip = (subset >> n) & 1 == 1;
            if (!skip) {
                claimIfOwed(
                    trees[pick / 2], uint64(pick / 2) + 1, pick % 2, pick % 2 == 0 ? alice[pick / 2] : bob[pick / 2]
                );
            }
        }
        claimIfOwed(trees[2], 3, 0, alice[2]);
        claimIfOwed(trees[2], 3, 1, bob[2]);
        vm.assertEq(tokenA.balanceOf(ALICE), alice[2]);
        vm.assertEq(tokenA.balanceOf(BOB), bob[2]);
        vm.assertEq(distributor.claimed(token), total);
    }

    /// Every leaf of a tree of any size is paid; the same proof with any other amount is refused.
    function testFuzz_claim_everyLeafOfATree(uint8 size, uint8 pick, uint96 other) public {
        uint256 count = bound(size, 1, 33);
        uint256 index = bound(pick, 0, count - 1);
        bytes32[] memory leaves = new bytes32[](count);
        for (uint256 i = 0; i < count; i++) {
            leaves[i] = distributor.payoutLeaf(address(uint160(0x1000 + i)), address(tokenA), 10 + i);
        }
        bytes32[] memory nodes = PayoutTree.build(leaves);
        uint256 total = 10 * count + (count * (count - 1)) / 2;
        distributor.deposit(address(tokenA), total, PAYER);
        proposeAndFinalize(contentOf(address(tokenA), total, 0, nodes[0]));

        address account = address(uint160(0x1000 + index));
        bytes32[] memory proof = PayoutTree.prove(nodes, index);
        vm.assume(other != 10 + index);
        vm.expectRevert(TallyTypes.InvalidProof.selector);
        distributor.claim(1, account, address(tokenA), other, proof);
        distributor.claim(1, account, address(tokenA), 10 + index, proof);
        vm.assertEq(tokenA.balanceOf(account), 10 + index);
    }

    function claimIfOwed(bytes32[] memory nodes, uint64 epoch, uint256 leafIndex, uint256 cumulative) private {
        address account = leafIndex == 0 ? ALICE : BOB;
        if (distributor.claimedBy(account, address(tokenA)) >= cumulative) return;
        distributor.claim(epoch, account, address(tokenA), cumulative, PayoutTree.prove(nodes, leafIndex));
    }

    function hashOf(bytes32 prevHash, TallyTypes.EpochContent memory content) private view returns (bytes32) {
        return keccak256(
            abi.encode(
                keccak256("TallyDistributor.EpochRecord.v1"), block.chainid, address(distributor), prevHash, content
            )
        );
    }
}
