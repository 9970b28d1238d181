// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import {TallyTypes} from "../src/TallyTypes.sol";
import {Fixture} from "./Fixture.sol";
import {PayoutTree} from "./PayoutTree.sol";
import {CumulativeReference, PlainReference} from "./References.sol";

/// Gas of whole transactions (each call is one, with 21,000 and its calldata), in trees of 2^17 leaves. The references are
/// measured beside it, on the same token and depth. `forge test --match-contract GasTest -vv` prints the figures.
/// forge-config: default.isolate = true
contract GasTest is Fixture {
    /// Read by forge, which prints it.
    event log_named_uint(string name, uint256 value);

    uint256 private constant DEPTH = 17;
    uint256 private constant BATCH = 10;

    // Bounds: what was measured, and a little. A change that costs more has to raise them on purpose.
    uint256 private constant FIRST_MAX = 106_600;
    uint256 private constant LATER_MAX = 72_400;
    uint256 private constant MANY_MAX = 752_000;
    uint256 private constant PROPOSE_MAX = 221_000;
    uint256 private constant FINALIZE_MAX = 70_000;
    /// What accounting against deposits, pause, recipient, selfOnly, guard and epochs may add to the bare reference.
    uint256 private constant FEATURES_MAX = 11_200;

    CumulativeReference private bare;
    PlainReference private plain;

    function setUp() public override {
        super.setUp();
        bare = new CumulativeReference();
        plain = new PlainReference();
        // Somebody else was paid before: no total of the token starts at zero.
        bytes32 root = distributor.payoutLeaf(PAYER, address(tokenA), 1);
        distributor.deposit(address(tokenA), 1e9, PAYER);
        proposeAndFinalize(contentOf(address(tokenA), 1, 0, root));
        distributor.claim(1, PAYER, address(tokenA), 1, new bytes32[](0));
        tokenA.transfer(address(bare), 1e9);
        tokenA.transfer(address(plain), 1e9);
        plain.set(1, plain.leaf(PAYER, address(tokenA), 1), address(tokenA), 1e9);
        plain.claim(1, PAYER, address(tokenA), 1, new bytes32[](0));
    }

    /// First claim of an account, and one in a later epoch. Neither is the epoch's first claim of the token, which costs some
    /// 4,400 more: it looks up the epoch's total.
    function test_claim_atDepth17() public {
        uint256 first = ours(2, 300);
        uint256 later = ours(3, 400);
        uint256 bareFirst = ofBare(300);
        uint256 bareLater = ofBare(400);
        uint256 plainFirst = ofPlain(2, 300);
        uint256 plainLater = ofPlain(3, 400);
        emit log_named_uint("claim, first", first);
        emit log_named_uint("claim, later", later);
        emit log_named_uint("bare reference, first", bareFirst);
        emit log_named_uint("bare reference, later", bareLater);
        emit log_named_uint("plain reference, first", plainFirst);
        emit log_named_uint("plain reference, later", plainLater);
        vm.assertLe(first, plainFirst);
        vm.assertLe(later, plainLater);
        vm.assertLe(first, bareFirst + FEATURES_MAX);
        vm.assertLe(later, bareLater + FEATURES_MAX);
        vm.assertLe(first, FIRST_MAX);
        vm.assertLe(later, LATER_MAX);
    }

    function test_claimMany_ofTen() public {
        bytes32[] memory leaves = new bytes32[](16);
        for (uint256 i = 0; i < 16; i++) {
            leaves[i] = distributor.payoutLeaf(address(uint160(0x1000 + i)), address(tokenA), 100);
        }
        bytes32[] memory nodes = PayoutTree.build(leaves);
        bytes32[] memory above = siblings(DEPTH - 4);
        finalizeRoot(rootOf(nodes[0], above), 1601);
        TallyTypes.Claim[] memory claims = new TallyTypes.Claim[](BATCH);
        for (uint256 i = 0; i < BATCH; i++) {
            bytes32[] memory proof = join(PayoutTree.prove(nodes, i), above);
            claims[i] = TallyTypes.Claim(2, address(uint160(0x1000 + i)), address(tokenA), 100, proof);
        }
        distributor.claimMany(claims);
        uint256 gas = vm.lastCallGas().gasTotalUsed;
        emit log_named_uint("claimMany of 10", gas);
        vm.assertEq(tokenA.balanceOf(address(0x1009)), 100);
        vm.assertLe(gas, BATCH * ofBare(300));
        vm.assertLe(gas, MANY_MAX);
    }

    function test_proposeAndFinalize() public {
        TallyTypes.EpochContent memory content = contentOf(address(tokenA), 600, 0, keccak256("root"));
        content.uri = "bundle:epoch-000002";
        propose(content);
        uint256 proposed = vm.lastCallGas().gasTotalUsed;
        waitForDelay(2);
        distributor.finalizeEpoch(2, new bytes[](0));
        uint256 finalized = vm.lastCallGas().gasTotalUsed;
        emit log_named_uint("proposeEpoch, one token", proposed);
        emit log_named_uint("finalizeEpoch, nobody attests", finalized);
        vm.assertLe(proposed, PROPOSE_MAX);
        vm.assertLe(finalized, FINALIZE_MAX);
    }

    function ours(uint64 epoch, uint256 cumulative) private returns (uint256) {
        bytes32[] memory proof = siblings(DEPTH - 1);
        bytes32 neighbour = distributor.payoutLeaf(BOB, address(tokenA), cumulative);
        bytes32 leaf = distributor.payoutLeaf(ALICE, address(tokenA), cumulative);
        finalizeRoot(rootOf(Hashes.commutativeKeccak256(leaf, neighbour), proof), 1 + 2 * cumulative);
        distributor.claim(epoch, BOB, address(tokenA), cumulative, join(one(leaf), proof));
        distributor.claim(epoch, ALICE, address(tokenA), cumulative, join(one(neighbour), proof));
        return vm.lastCallGas().gasTotalUsed;
    }

    function ofBare(uint256 cumulative) private returns (uint256) {
        bytes32[] memory proof = siblings(DEPTH);
        bare.setRoot(rootOf(bare.leaf(address(0xba5e), address(tokenA), cumulative), proof));
        bare.claim(address(0xba5e), address(tokenA), cumulative, proof);
        return vm.lastCallGas().gasTotalUsed;
    }

    function ofPlain(uint256 epoch, uint256 cumulative) private returns (uint256) {
        bytes32[] memory proof = siblings(DEPTH);
        address account = address(0x914);
        plain.set(epoch, rootOf(plain.leaf(account, address(tokenA), cumulative), proof), address(tokenA), 1e9);
        plain.claim(epoch, account, address(tokenA), cumulative, proof);
        return vm.lastCallGas().gasTotalUsed;
    }

    function finalizeRoot(bytes32 root, uint256 total) private {
        proposeAndFinalize(contentOf(address(tokenA), total, 0, root));
    }

    function siblings(uint256 count) private pure returns (bytes32[] memory proof) {
        proof = new bytes32[](count);
        for (uint256 i = 0; i < count; i++) {
            proof[i] = keccak256(abi.encode("sibling", i));
        }
    }

    function rootOf(bytes32 node, bytes32[] memory proof) private pure returns (bytes32) {
        for (uint256 i = 0; i < proof.length; i++) {
            node = Hashes.commutativeKeccak256(node, proof[i]);
        }
        return node;
    }

    function one(bytes32 node) private pure returns (bytes32[] memory nodes) {
        nodes = new bytes32[](1);
        nodes[0] = node;
    }

    function join(bytes32[] memory below, bytes32[] memory above) private pure returns (bytes32[] memory all) {
        all = new bytes32[](below.length + above.length);
        for (uint256 i = 0; i < all.length; i++) {
            all[i] = i < below.length ? below[i] : above[i - below.length];
        }
    }
}
