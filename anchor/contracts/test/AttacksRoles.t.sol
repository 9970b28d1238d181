// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {TallyTypes} from "../src/TallyTypes.sol";
import {Fixture} from "./Fixture.sol";
import {PayoutTree} from "./PayoutTree.sol";

/// Each role in the hands of a thief, alone and in pairs, and what that costs. 1000 are committed; ALICE has claimed her 300,
/// and BOB's 200 and 500 of nobody's are still there: 700 are committed and unclaimed. Two of three attesters are needed.
///
/// Loss in short: none for PROPOSER, GUARDIAN, attesters alone, PROPOSER + GUARDIAN, GUARDIAN + attesters, and PROPOSER +
/// attesters while the guardian watches. For ADMIN, alone or with anyone, and for PROPOSER + attesters with a guardian that
/// sleeps: what is committed and unclaimed at the end of a public delay.
contract AttacksRolesTest is Fixture {
    address private constant THIEF = address(0x7414f);

    bytes32[] private honest;

    function setUp() public override {
        deploy(2);
        distributor.deposit(address(tokenA), 1000, PAYER);
        honest = treeOf(address(tokenA), 300, 200);
        propose(contentOf(address(tokenA), 500, 0, honest[0]));
        waitForDelay(1);
        distributor.finalizeEpoch(1, attestations(1, 2));
        distributor.claim(1, ALICE, address(tokenA), 300, PayoutTree.prove(honest, 0));
    }

    /// Loss: none. A false root never becomes final without attestations, and the guardian ends it.
    function test_proposerAlone_losesNothing() public {
        proposeTheft(1000);
        waitForDelay(2);
        vm.expectRevert(abi.encodeWithSelector(TallyTypes.NotEnoughAttestations.selector, 2, 0));
        distributor.finalizeEpoch(2, new bytes[](0));
        veto(2);
        assertUnclaimed(700);
        bobClaims();
    }

    /// Loss: none. It holds up epochs, pauses seven days of eight, and what is final stays payable in between.
    function test_guardianAlone_losesNothingButTime() public {
        propose(contentOf(address(tokenA), 500, 0, honest[0]));
        veto(2);
        address[] memory tokens = new address[](1);
        tokens[0] = address(tokenA);
        uint64 until = uint64(block.timestamp) + 7 days;
        vm.prank(GUARDIAN);
        distributor.pause(tokens, until);
        bytes[] memory none = new bytes[](0);
        vm.expectRevert(abi.encodeWithSelector(TallyTypes.NotEnoughAttestations.selector, 2, 0));
        vm.prank(GUARDIAN);
        distributor.revokeEpoch(1, none);
        vm.warp(until);
        assertUnclaimed(700);
        bobClaims();
    }

    /// Loss: none. Attestations without a proposal are worth nothing.
    function test_attestersAlone_loseNothing() public {
        bytes[] memory signatures = signedBy(3, distributor.attestationDigest(2, 1, keccak256("theirs")));
        vm.expectRevert(abi.encodeWithSelector(TallyTypes.NotProposed.selector, 2));
        distributor.finalizeEpoch(2, signatures);
        assertUnclaimed(700);
    }

    /// Loss: nothing before `adminDelay`, in which everybody sees what is coming and claims; then, after another proposal's
    /// delay, what is committed and unclaimed: here 500, once BOB has claimed.
    function test_adminAlone_losesTheUnclaimedAfterTwoPublicDelays() public {
        uint256 start = block.timestamp;
        takeOver();
        vm.assertEq(block.timestamp, start + ADMIN_DELAY);
        bobClaims();
        thiefProposes();
        waitForDelay(2);
        distributor.finalizeEpoch(2, new bytes[](0));
        vm.assertEq(block.timestamp, start + ADMIN_DELAY + DELAY);
        steal(2, 500);
        assertUnclaimed(0);
        vm.assertEq(tokenA.balanceOf(ALICE), 300);
        vm.assertEq(tokenA.balanceOf(BOB), 200);
    }

    /// Loss: none by itself. ADMIN moves nothing directly, and what it sweeps is what nobody deposited.
    function test_adminAlone_sweepsOnlyTheExcess() public {
        asAdminFails(
            abi.encodeCall(distributor.sweepExcess, (address(tokenA), THIEF)),
            abi.encodeWithSelector(TallyTypes.NothingToSweep.selector, address(tokenA))
        );
        assertUnclaimed(700);
    }

    /// Loss: none. Without vetoes the attestations are still missing.
    function test_proposerAndGuardian_loseNothing() public {
        proposeTheft(1000);
        vm.warp(block.timestamp + 365 days);
        vm.expectRevert(abi.encodeWithSelector(TallyTypes.NotEnoughAttestations.selector, 2, 0));
        distributor.finalizeEpoch(2, new bytes[](0));
        assertUnclaimed(700);
        bobClaims();
    }

    /// Loss: none while the guardian watches, in the whole delay and until somebody finalizes.
    function test_proposerAndAttesters_loseNothingWhileTheGuardianWatches() public {
        proposeTheft(1000);
        bytes[] memory signatures = attestations(2, 2);
        waitForDelay(2);
        veto(2);
        vm.expectRevert(abi.encodeWithSelector(TallyTypes.NotProposed.selector, 2));
        distributor.finalizeEpoch(2, signatures);
        assertUnclaimed(700);
    }

    /// Loss, with a guardian that sleeps: what is committed and unclaimed when the delay ends; here 500, once BOB has claimed.
    function test_proposerAndAttesters_loseTheUnclaimedWhenTheGuardianSleeps() public {
        proposeTheft(1000);
        bobClaims();
        waitForDelay(2);
        distributor.finalizeEpoch(2, attestations(2, 2));
        steal(2, 500);
        assertUnclaimed(0);
        vm.assertEq(tokenA.balanceOf(BOB), 200);
    }

    /// Loss: the same as ADMIN's alone. The proposer's key saves no time: the set of its proposal is the one before.
    function test_proposerAndAdmin_loseNoMoreThanAdminAlone() public {
        scheduleAndWait(abi.encodeCall(distributor.setAttesters, (new address[](0), 0)));
        proposeTheft(1000);
        vm.prank(ADMIN);
        distributor.execute(abi.encodeCall(distributor.setAttesters, (new address[](0), 0)), 0);
        waitForDelay(2);
        vm.expectRevert(abi.encodeWithSelector(TallyTypes.NotEnoughAttestations.selector, 2, 0));
        distributor.finalizeEpoch(2, new bytes[](0));
        veto(2);
        assertUnclaimed(700);
    }

    /// Loss: the same as ADMIN's alone; the guardian's key adds that nobody vetoes. BOB claims in the public delays.
    function test_guardianAndAdmin_loseNoMoreThanAdminAlone() public {
        takeOver();
        bobClaims();
        thiefProposes();
        waitForDelay(2);
        distributor.finalizeEpoch(2, new bytes[](0));
        steal(2, 500);
        vm.assertEq(tokenA.balanceOf(BOB), 200);
    }

    /// Loss: none is moved. They revoke epochs, so BOB waits until ADMIN replaces them and the next epoch names him again.
    function test_guardianAndAttesters_loseNothingButTime() public {
        revoke(1, 2);
        bytes32[] memory proof = PayoutTree.prove(honest, 1);
        vm.expectRevert(abi.encodeWithSelector(TallyTypes.NotFinalized.selector, 1));
        distributor.claim(1, BOB, address(tokenA), 200, proof);
        assertUnclaimed(700);
        asAdmin(abi.encodeCall(distributor.setAttesters, (new address[](0), 0)));
        asAdmin(abi.encodeCall(distributor.revokeRole, (distributor.GUARDIAN(), GUARDIAN)));
        vm.expectRevert(
            abi.encodeWithSelector(
                IAccessControl.AccessControlUnauthorizedAccount.selector, GUARDIAN, distributor.GUARDIAN()
            )
        );
        vm.prank(GUARDIAN);
        distributor.revokeEpoch(1, new bytes[](0));
        proposeAndFinalize(contentOf(address(tokenA), 500, 0, honest[0]));
        distributor.claim(2, BOB, address(tokenA), 200, proof);
        vm.assertEq(tokenA.balanceOf(BOB), 200);
    }

    /// Loss: the same as ADMIN's alone: attestations save no time, because ADMIN still has to get a proposer.
    function test_adminAndAttesters_loseNoMoreThanAdminAlone() public {
        bytes memory call_ = abi.encodeCall(distributor.grantRole, (distributor.PROPOSER(), THIEF));
        vm.prank(ADMIN);
        distributor.schedule(call_, 0);
        vm.warp(block.timestamp + ADMIN_DELAY - 1);
        bytes32 operation = keccak256(abi.encode(call_, bytes32(0)));
        vm.expectRevert(
            abi.encodeWithSelector(TallyTypes.OperationNotReady.selector, operation, block.timestamp + 1)
        );
        vm.prank(ADMIN);
        distributor.execute(call_, 0);
        bobClaims();
        vm.warp(block.timestamp + 1);
        vm.prank(ADMIN);
        distributor.execute(call_, 0);
        thiefProposes();
        waitForDelay(2);
        distributor.finalizeEpoch(2, attestations(2, 2));
        steal(2, 500);
        assertUnclaimed(0);
    }

    /// However large a false leaf is: what a thief gets is at most what is committed and unclaimed, of that token alone.
    function testFuzz_theftIsBounded(uint128 total, uint96 stolen) public {
        distributor.deposit(address(tokenB), 1000, PAYER);
        total = uint128(bound(total, 500, type(uint128).max));
        bytes32 root = distributor.payoutLeaf(THIEF, address(tokenA), stolen);
        propose(contentOf(address(tokenA), total, 0, root));
        waitForDelay(2);
        distributor.finalizeEpoch(2, attestations(2, 2));
        (bool paid,) = address(distributor).call(
            abi.encodeCall(distributor.claim, (2, THIEF, address(tokenA), stolen, new bytes32[](0)))
        );
        vm.assertEq(tokenA.balanceOf(THIEF), paid ? stolen : 0);
        vm.assertLe(tokenA.balanceOf(THIEF), 700);
        vm.assertEq(tokenB.balanceOf(address(distributor)), 1000);
    }

    /// In one delay: the thief proposes, the guardian and the attesters are gone.
    function takeOver() private {
        bytes[3] memory calls = [
            abi.encodeCall(distributor.grantRole, (distributor.PROPOSER(), THIEF)),
            abi.encodeCall(distributor.revokeRole, (distributor.GUARDIAN(), GUARDIAN)),
            abi.encodeCall(distributor.setAttesters, (new address[](0), 0))
        ];
        for (uint256 i = 0; i < 3; i++) {
            vm.prank(ADMIN);
            distributor.schedule(calls[i], 0);
        }
        vm.warp(block.timestamp + ADMIN_DELAY);
        for (uint256 i = 0; i < 3; i++) {
            vm.prank(ADMIN);
            distributor.execute(calls[i], 0);
        }
    }

    /// Says that the thief earned whatever is left of `total`.
    function theft(uint256 total) private view returns (TallyTypes.EpochContent memory) {
        return contentOf(address(tokenA), total, 0, distributor.payoutLeaf(THIEF, address(tokenA), 500));
    }

    function thiefProposes() private {
        TallyTypes.EpochContent memory content = theft(1000);
        vm.prank(THIEF);
        send(content);
    }

    function proposeTheft(uint256 total) private {
        propose(theft(total));
    }

    function steal(uint64 epoch, uint256 amount) private {
        distributor.claim(epoch, THIEF, address(tokenA), amount, new bytes32[](0));
        vm.assertEq(tokenA.balanceOf(THIEF), amount);
    }

    function bobClaims() private {
        distributor.claim(1, BOB, address(tokenA), 200, PayoutTree.prove(honest, 1));
    }

    function assertUnclaimed(uint256 amount) private view {
        vm.assertEq(tokenA.balanceOf(address(distributor)), amount);
        vm.assertEq(distributor.deposited(address(tokenA)) - distributor.claimed(address(tokenA)), amount);
    }
}
