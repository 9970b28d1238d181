// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {TallyDistributor} from "../src/TallyDistributor.sol";
import {TallyTypes} from "../src/TallyTypes.sol";
import {Fixture} from "./Fixture.sol";

/// Attestations: too few, of others, twice the same, replayed, and sets that change while a proposal is pending.
/// Two of three attesters are needed here.
contract AttacksAttestationTest is Fixture {
    function setUp() public override {
        deploy(2);
    }

    function test_finalizeNeedsKOfN() public {
        propose(emptyContent());
        waitForDelay(1);
        bytes[] memory one = attestations(1, 1);
        finalizeFails(one, abi.encodeWithSelector(TallyTypes.NotEnoughAttestations.selector, 2, 1));
        finalizeFails(new bytes[](0), abi.encodeWithSelector(TallyTypes.NotEnoughAttestations.selector, 2, 0));
        distributor.finalizeEpoch(1, attestations(1, 2));
        vm.assertEq(distributor.lastFinalized(), 1);
    }

    function test_allAttestersMayAttest() public {
        propose(emptyContent());
        waitForDelay(1);
        distributor.finalizeEpoch(1, attestations(1, 3));
    }

    function test_attestationsDoNotShortenTheDelay() public {
        propose(emptyContent());
        uint64 finalizableAt = uint64(block.timestamp) + DELAY;
        finalizeFails(attestations(1, 3), abi.encodeWithSelector(TallyTypes.TooEarly.selector, 1, finalizableAt));
    }

    function test_oneAttesterCountsOnce() public {
        propose(emptyContent());
        waitForDelay(1);
        bytes[] memory signatures = attestations(1, 2);
        signatures[1] = signatures[0];
        finalizeFails(signatures, abi.encodeWithSelector(TallyTypes.InvalidAttestation.selector, 1));
        signatures = attestations(1, 2);
        (signatures[0], signatures[1]) = (signatures[1], signatures[0]);
        finalizeFails(signatures, abi.encodeWithSelector(TallyTypes.InvalidAttestation.selector, 1));
    }

    function test_othersDoNotCount() public {
        propose(emptyContent());
        waitForDelay(1);
        bytes[] memory signatures = attestations(1, 2);
        bytes32 digest = distributor.attestationDigest(1, 1, distributor.epochRecord(1).recordHash);
        signatures[1] = signed(0xbad, digest);
        finalizeFails(signatures, abi.encodeWithSelector(TallyTypes.InvalidAttestation.selector, 1));
        signatures[1] = "";
        finalizeFails(signatures, abi.encodeWithSelector(TallyTypes.InvalidAttestation.selector, 1));
    }

    /// Of another attempt, epoch, proposal, chain or contract; or a revocation in place of an attestation.
    function test_attestationsReplayed() public {
        TallyTypes.EpochContent memory content = emptyContent();
        propose(content);
        bytes[] memory first = attestations(1, 2);
        veto(1);
        content.attempt = 2;
        propose(content);
        waitForDelay(1);
        bytes memory refused = abi.encodeWithSelector(TallyTypes.InvalidAttestation.selector, 0);
        finalizeFails(first, refused);
        bytes32 recordHash = distributor.epochRecord(1).recordHash;
        finalizeFails(signedBy(2, distributor.attestationDigest(2, 2, recordHash)), refused);
        finalizeFails(signedBy(2, distributor.attestationDigest(1, 1, recordHash)), refused);
        finalizeFails(signedBy(2, distributor.attestationDigest(1, 2, keccak256("other"))), refused);
        finalizeFails(revocations(1, 2), refused);
        uint256 here = block.chainid;
        vm.chainId(here + 1);
        bytes[] memory foreign = attestations(1, 2);
        vm.chainId(here);
        finalizeFails(foreign, refused);
        TallyDistributor other = new TallyDistributor(setupOf(2));
        finalizeFails(signedBy(2, other.attestationDigest(1, 2, recordHash)), refused);
        distributor.finalizeEpoch(1, attestations(1, 2));
    }

    /// k, the set and the delay are those of the moment of the proposal, whatever ADMIN executes while it is pending.
    function test_setAndThresholdChangedMidFlight() public {
        address[] memory nobody = new address[](0);
        bytes memory call_ = abi.encodeCall(distributor.setAttesters, (nobody, 0));
        scheduleAndWait(call_);
        propose(emptyContent());
        vm.prank(ADMIN);
        distributor.execute(call_, 0);
        waitForDelay(1);
        finalizeFails(new bytes[](0), abi.encodeWithSelector(TallyTypes.NotEnoughAttestations.selector, 2, 0));
        distributor.finalizeEpoch(1, attestations(1, 2));
        proposeAndFinalize(emptyContent());
        vm.assertEq(distributor.epochRecord(1).attesterSet, 0);
        vm.assertEq(distributor.epochRecord(2).attesterSet, 1);
    }

    /// A set that can no longer sign holds up its proposal; a veto and a new attempt go on with the new set.
    function test_vetoGoesOnWithANewSet() public {
        TallyTypes.EpochContent memory content = emptyContent();
        propose(content);
        asAdmin(abi.encodeCall(distributor.setAttesters, (new address[](0), 0)));
        veto(1);
        content.attempt = 2;
        proposeAndFinalize(content);
        vm.assertEq(distributor.lastFinalized(), 1);
    }

    function test_revocationNeedsGuardianAndKAttesters() public {
        propose(emptyContent());
        waitForDelay(1);
        distributor.finalizeEpoch(1, attestations(1, 2));
        bytes[] memory one = revocations(1, 1);
        vm.expectRevert(abi.encodeWithSelector(TallyTypes.NotEnoughAttestations.selector, 2, 1));
        vm.prank(GUARDIAN);
        distributor.revokeEpoch(1, one);
        bytes[] memory wrong = attestations(1, 2);
        vm.expectRevert(abi.encodeWithSelector(TallyTypes.InvalidAttestation.selector, 0));
        vm.prank(GUARDIAN);
        distributor.revokeEpoch(1, wrong);
        revoke(1, 2);
        vm.assertTrue(distributor.epochRecord(1).state == TallyTypes.EpochState.Revoked);
    }

    function test_attesters_areRead() public view {
        (address[] memory members, uint8 threshold) = distributor.attesters(0);
        vm.assertEq(keccak256(abi.encode(members)), keccak256(abi.encode(attesterAddresses())));
        vm.assertEq(threshold, 2);
    }

    function finalizeFails(bytes[] memory signatures, bytes memory reason) private {
        vm.expectRevert(reason);
        distributor.finalizeEpoch(1, signatures);
    }
}
