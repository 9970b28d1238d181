// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {TallyDistributor} from "../src/TallyDistributor.sol";
import {TestToken} from "../src/TestToken.sol";
import {TallyTypes} from "../src/TallyTypes.sol";
import {Cheats} from "./Cheats.sol";
import {PayoutTree} from "./PayoutTree.sol";

/// A distributor with two allowed tokens (`tokenA` has the lower address), some money, and short ways to say things.
abstract contract Fixture is Cheats {
    uint64 internal constant DELAY = 1 hours;
    uint64 internal constant ADMIN_DELAY = 2 hours;
    address internal constant ADMIN = address(0xad);
    address internal constant PROPOSER = address(0xbeef);
    address internal constant GUARDIAN = address(0x9a4d);
    address internal constant ALICE = address(0xa11ce);
    address internal constant BOB = address(0xb0b);
    address internal constant PAYER = address(0x9a);

    TallyDistributor internal distributor;
    TestToken internal tokenA;
    TestToken internal tokenB;

    /// Keys of three attesters, in ascending order of their addresses.
    uint256[3] internal attesterKeys;

    function setUp() public virtual {
        deploy(0);
    }

    /// A fresh house: two tokens, money, and a distributor whose proposals need `threshold` of three attesters.
    function deploy(uint8 threshold) internal {
        vm.warp(1_700_000_000);
        TestToken one = new TestToken(address(this));
        TestToken two = new TestToken(address(this));
        (tokenA, tokenB) = address(one) < address(two) ? (one, two) : (two, one);
        sortAttesterKeys();
        distributor = new TallyDistributor(setupOf(threshold));
        tokenA.mint(address(this), 1e30);
        tokenB.mint(address(this), 1e30);
        tokenA.approve(address(distributor), type(uint256).max);
        tokenB.approve(address(distributor), type(uint256).max);
    }

    function setupOf(uint8 threshold) internal view returns (TallyTypes.Setup memory setup) {
        address[] memory tokens = new address[](2);
        (tokens[0], tokens[1]) = (address(tokenA), address(tokenB));
        return TallyTypes.Setup(
            ADMIN, PROPOSER, GUARDIAN, attesterAddresses(), threshold, DELAY, ADMIN_DELAY, tokens
        );
    }

    function attesterAddresses() internal view returns (address[] memory attesters) {
        attesters = new address[](3);
        for (uint256 i = 0; i < 3; i++) {
            attesters[i] = vm.addr(attesterKeys[i]);
        }
    }

    function sortAttesterKeys() private {
        attesterKeys = [uint256(0xa1), 0xa2, 0xa3];
        for (uint256 i = 0; i < 2; i++) {
            for (uint256 j = 0; j < 2 - i; j++) {
                if (vm.addr(attesterKeys[j]) > vm.addr(attesterKeys[j + 1])) {
                    (attesterKeys[j], attesterKeys[j + 1]) = (attesterKeys[j + 1], attesterKeys[j]);
                }
            }
        }
    }

    /// Schedules a call, waits, and executes it.
    function asAdmin(bytes memory call_) internal {
        scheduleAndWait(call_);
        vm.prank(ADMIN);
        distributor.execute(call_, 0);
    }

    function asAdminFails(bytes memory call_, bytes memory reason) internal {
        scheduleAndWait(call_);
        vm.expectRevert(reason);
        vm.prank(ADMIN);
        distributor.execute(call_, 0);
        bytes32 operation = keccak256(abi.encode(call_, bytes32(0)));
        vm.prank(ADMIN);
        distributor.cancel(operation);
    }

    function scheduleAndWait(bytes memory call_) internal {
        vm.prank(ADMIN);
        distributor.schedule(call_, 0);
        vm.warp(block.timestamp + ADMIN_DELAY);
    }

    function allow(address token) internal {
        asAdmin(abi.encodeCall(distributor.allowToken, (token)));
    }

    /// 65 bytes: r, s, v.
    function signed(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    /// Signatures of the first `count` attesters.
    function signedBy(uint256 count, bytes32 digest) internal view returns (bytes[] memory signatures) {
        signatures = new bytes[](count);
        for (uint256 i = 0; i < count; i++) {
            signatures[i] = signed(attesterKeys[i], digest);
        }
    }

    /// The first `count` attesters' attestations of the pending proposal.
    function attestations(uint64 epoch, uint256 count) internal view returns (bytes[] memory) {
        TallyTypes.EpochRecord memory record = distributor.epochRecord(epoch);
        return signedBy(count, distributor.attestationDigest(epoch, record.content.attempt, record.recordHash));
    }

    function revocations(uint64 epoch, uint256 count) internal view returns (bytes[] memory) {
        return signedBy(count, distributor.revocationDigest(epoch, distributor.epochRecord(epoch).recordHash));
    }

    function veto(uint64 epoch) internal {
        vm.prank(GUARDIAN);
        distributor.vetoEpoch(epoch);
    }

    function revoke(uint64 epoch, uint256 signers) internal {
        bytes[] memory signatures = revocations(epoch, signers);
        vm.prank(GUARDIAN);
        distributor.revokeEpoch(epoch, signatures);
    }

    /// A proposal of the next epoch that says nothing about money.
    function emptyContent() internal view returns (TallyTypes.EpochContent memory content) {
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
        returns (TallyTypes.EpochContent memory content)
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
        returns (TallyTypes.EpochContent memory content)
    {
        content = emptyContent();
        content.payoutRoot = payoutRoot;
        content.tokens = new address[](2);
        content.totals = new uint256[](2);
        content.reserved = new uint256[](2);
        (content.tokens[0], content.tokens[1]) = (address(tokenA), address(tokenB));
        (content.totals[0], content.totals[1]) = (totalA, totalB);
    }

    function propose(TallyTypes.EpochContent memory content) internal {
        vm.prank(PROPOSER);
        send(content);
    }

    function proposeFails(TallyTypes.EpochContent memory content, bytes memory reason) internal {
        vm.expectRevert(reason);
        vm.prank(PROPOSER);
        send(content);
    }

    function send(TallyTypes.EpochContent memory content) internal {
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

    function proposeAndFinalize(TallyTypes.EpochContent memory content) internal {
        propose(content);
        waitForDelay(content.epoch);
        distributor.finalizeEpoch(content.epoch, new bytes[](0));
    }

    function waitForDelay(uint64 epoch) internal {
        TallyTypes.EpochRecord memory record = distributor.epochRecord(epoch);
        vm.warp(record.proposedAt + record.delay);
    }

    /// Deposits ALICE's and BOB's amounts in `tokenA` and finalizes an epoch that owes them.
    function fundedEpoch(uint256 alice, uint256 bob) internal returns (bytes32[] memory nodes) {
        nodes = treeOf(address(tokenA), alice, bob);
        distributor.deposit(address(tokenA), alice + bob, PAYER);
        proposeAndFinalize(contentOf(address(tokenA), alice + bob, 0, nodes[0]));
    }

    /// Tree over ALICE's and BOB's cumulative amounts in one token.
    function treeOf(address token, uint256 alice, uint256 bob) internal view returns (bytes32[] memory nodes) {
        bytes32[] memory leaves = new bytes32[](2);
        leaves[0] = distributor.payoutLeaf(ALICE, token, alice);
        leaves[1] = distributor.payoutLeaf(BOB, token, bob);
        return PayoutTree.build(leaves);
    }
}
