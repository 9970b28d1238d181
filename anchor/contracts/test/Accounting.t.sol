// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {TallyDistributor} from "../src/TallyDistributor.sol";
import {TestToken} from "../src/TestToken.sol";
import {Fixture} from "./Fixture.sol";
import {PayoutTree} from "./PayoutTree.sol";

/// Does random things to a distributor: deposits, epochs that earn more and reserve something, claims in any order. Some
/// trees are false (their leaves sum to more than the totals), so the limits are met too.
contract RandomHouse is Fixture {
    struct Epoch {
        bytes32[] nodes;
        uint256[3] cumulative;
    }

    address[3] public accounts = [address(0xa11ce), address(0xb0b), address(0xca501)];
    uint256 public accepted;
    uint256 public refused;
    uint256 public paid;
    Epoch[] private _epochs;
    uint256[3] private _earned;
    uint256 private _payable;

    constructor() {
        setUp();
        _epochs.push();
    }

    function token() external view returns (TestToken) {
        return tokenA;
    }

    function house() external view returns (TallyDistributor) {
        return distributor;
    }

    function deposit(uint256 random) external {
        distributor.deposit(address(tokenA), bound(random, 1, 3000), PAYER);
    }

    function sendPastDeposit(uint256 random) external {
        tokenA.transfer(address(distributor), bound(random, 0, 50));
    }

    function settle(uint256 random, uint256 reserve, bool isFalse) external {
        bytes32[] memory leaves = new bytes32[](3);
        uint256 sum = 0;
        for (uint256 i = 0; i < 3; i++) {
            _earned[i] += (random >> (i * 16)) % 500;
            sum += _earned[i];
            leaves[i] = distributor.payoutLeaf(accounts[i], address(tokenA), _earned[i]);
        }
        // A false tree says that it owes no more than the epoch before it.
        if (!isFalse && sum > _payable) _payable = sum;
        bytes32[] memory nodes = PayoutTree.build(leaves);
        uint256 held = bound(reserve, 0, 300);
        proposeAndFinalize(contentOf(address(tokenA), _payable + held, held, nodes[0]));
        _epochs.push(Epoch(nodes, _earned));
    }

    function claim(uint256 random) external {
        uint256 number = _epochs.length - 1;
        if (number == 0) return;
        uint64 epoch = uint64(bound(random, 1, number));
        uint256 index = (random >> 64) % 3;
        uint256 cumulative = _epochs[epoch].cumulative[index];
        uint256 before = distributor.claimedBy(accounts[index], address(tokenA));
        bytes32[] memory proof = PayoutTree.prove(_epochs[epoch].nodes, index);
        try distributor.claim(epoch, accounts[index], address(tokenA), cumulative, proof) {
            paid += cumulative - before;
            accepted++;
        } catch {
            refused++;
        }
    }
}

/// The sums that hold after anything anybody does.
contract AccountingTest is Fixture {
    RandomHouse private _random;

    function setUp() public override {
        _random = new RandomHouse();
    }

    /// Read by Foundry: the contract whose functions it calls at random.
    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_random);
    }

    struct Selectors {
        address addr;
        bytes4[] selectors;
    }

    /// Read by Foundry: which of its functions.
    function targetSelectors() external view returns (Selectors[] memory targets) {
        targets = new Selectors[](1);
        bytes4[] memory selectors = new bytes4[](5);
        selectors[0] = RandomHouse.deposit.selector;
        selectors[1] = RandomHouse.sendPastDeposit.selector;
        selectors[2] = RandomHouse.settle.selector;
        selectors[3] = RandomHouse.claim.selector;
        selectors[4] = RandomHouse.claim.selector;
        targets[0] = Selectors(address(_random), selectors);
    }

    /// The random house does reach paid and refused claims; otherwise the invariants would hold of nothing.
    function test_theRandomHouseIsNotIdle() public {
        _random.deposit(2000);
        _random.settle(uint256(keccak256("one")), 100, false);
        _random.claim(uint256(keccak256("two")));
        _random.claim(uint256(keccak256("two")));
        vm.assertEq(_random.accepted(), 1);
        vm.assertEq(_random.refused(), 1);
    }

    /// claimed ≤ totals - reserved of the newest epoch, and claimed ≤ totals ≤ deposited of some finalized one.
    function invariant_claimedIsOwedAndFunded() public view {
        TallyDistributor distributor_ = _random.house();
        address token = address(_random.token());
        uint64 last = distributor_.lastFinalized();
        uint256 claimed = distributor_.claimed(token);
        vm.assertLe(claimed, distributor_.totalsOf(last, token) - distributor_.reservedOf(last, token));
        bool funded = claimed == 0;
        for (uint64 epoch = 1; epoch <= last && !funded; epoch++) {
            uint256 total = distributor_.totalsOf(epoch, token);
            funded = claimed <= total - distributor_.reservedOf(epoch, token) && total <= distributor_.deposited(token);
        }
        vm.assertTrue(funded);
    }

    /// What is claimed is what the accounts got, together and one by one.
    function invariant_claimedIsWhatAccountsGot() public view {
        TallyDistributor distributor_ = _random.house();
        TestToken token = _random.token();
        uint256 sum = 0;
        for (uint256 i = 0; i < 3; i++) {
            address account = _random.accounts(i);
            vm.assertEq(distributor_.claimedBy(account, address(token)), token.balanceOf(account));
            sum += token.balanceOf(account);
        }
        vm.assertEq(distributor_.claimed(address(token)), sum);
        vm.assertEq(_random.paid(), sum);
    }

    /// The distributor holds at least what was deposited and not paid.
    function invariant_balanceCoversDeposits() public view {
        TallyDistributor distributor_ = _random.house();
        TestToken token = _random.token();
        uint256 held = token.balanceOf(address(distributor_));
        vm.assertGe(held, distributor_.deposited(address(token)) - distributor_.claimed(address(token)));
    }

    /// Totals - reserved never fall, and each record names the one before it.
    function invariant_recordsFormAChain() public view {
        TallyDistributor distributor_ = _random.house();
        address token = address(_random.token());
        for (uint64 epoch = 1; epoch <= distributor_.lastFinalized(); epoch++) {
            TallyDistributor.EpochRecord memory record = distributor_.epochRecord(epoch);
            vm.assertEq(record.prevHash, distributor_.epochRecord(epoch - 1).recordHash);
            vm.assertGe(record.finalizedAt, record.proposedAt + record.delay);
            vm.assertGe(
                distributor_.totalsOf(epoch, token) - distributor_.reservedOf(epoch, token),
                distributor_.totalsOf(epoch - 1, token) - distributor_.reservedOf(epoch - 1, token)
            );
        }
    }
}
