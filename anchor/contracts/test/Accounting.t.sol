// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {TallyDistributor} from "../src/TallyDistributor.sol";
import {TallyTypes} from "../src/TallyTypes.sol";
import {Fixture} from "./Fixture.sol";
import {RandomHouse} from "./RandomHouse.sol";

/// The sums that hold after anything anybody does, with many accounts and two tokens.
contract AccountingTest is Fixture {
    struct Selectors {
        address addr;
        bytes4[] selectors;
    }

    RandomHouse private _random;

    function setUp() public override {
        _random = new RandomHouse();
    }

    /// Read by Foundry: the contract whose functions it calls at random.
    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_random);
    }

    /// Read by Foundry: which of its functions.
    function targetSelectors() external view returns (Selectors[] memory targets) {
        targets = new Selectors[](1);
        bytes4[] memory selectors = new bytes4[](9);
        selectors[0] = RandomHouse.deposit.selector;
        selectors[1] = RandomHouse.sendPastDeposit.selector;
        selectors[2] = RandomHouse.settle.selector;
        selectors[3] = RandomHouse.revokeOne.selector;
        selectors[4] = RandomHouse.pauseOne.selector;
        selectors[5] = RandomHouse.claim.selector;
        selectors[6] = RandomHouse.claimBySignature.selector;
        selectors[7] = RandomHouse.claimBatch.selector;
        selectors[8] = RandomHouse.deposit.selector;
        targets[0] = Selectors(address(_random), selectors);
    }

    /// The random house does reach paid and refused claims; otherwise the invariants would hold of nothing.
    function test_theRandomHouseIsNotIdle() public {
        _random.deposit(8999, 0);
        _random.deposit(8999, 1);
        _random.settle(uint256(keccak256("one")), 100, 2);
        _random.claim(uint256(keccak256("two")));
        _random.claim(uint256(keccak256("two")));
        _random.claimBySignature(uint256(keccak256("three")));
        _random.claimBatch(uint256(keccak256("four")), 5);
        vm.assertEq(_random.accepted(), 3);
        vm.assertEq(_random.refused(), 1);
        vm.assertTrue(_random.paid(0) > 0);
        vm.assertTrue(_random.paid(1) > 0);
        _random.settle(uint256(keccak256("five")), 100, 1);
        _random.revokeOne(0);
        _random.pauseOne(0, 0);
        vm.assertTrue(_random.house().epochRecord(1).state == TallyTypes.EpochState.Revoked);
        vm.assertEq(_random.house().epochRecord(2).content.attempt, 2);
    }

    /// claimed ≤ totals - reserved ≤ deposited, for one epoch that became final.
    function invariant_claimedIsOwedAndFunded() public view {
        TallyDistributor house = _random.house();
        for (uint256 t = 0; t < 2; t++) {
            address token = address(_random.tokens()[t]);
            uint256 claimed = house.claimed(token);
            bool funded = claimed == 0;
            for (uint64 epoch = house.lastFinalized(); epoch > 0 && !funded; epoch--) {
                uint256 total = house.totalsOf(epoch, token);
                funded = claimed <= total - house.reservedOf(epoch, token) && total <= house.deposited(token);
            }
            vm.assertTrue(funded);
        }
    }

    /// What is claimed is what the accounts got, together and one by one, and nobody got more than some tree named.
    function invariant_claimedIsWhatAccountsGot() public view {
        TallyDistributor house = _random.house();
        for (uint256 t = 0; t < 2; t++) {
            uint256 sum = 0;
            for (uint256 i = 0; i < _random.ACCOUNTS(); i++) {
                uint256 got = _random.tokens()[t].balanceOf(_random.account(i));
                vm.assertEq(house.claimedBy(_random.account(i), address(_random.tokens()[t])), got);
                vm.assertLe(got, _random.earned(2 * i + t));
                sum += got;
            }
            vm.assertEq(house.claimed(address(_random.tokens()[t])), sum);
            vm.assertEq(_random.paid(t), sum);
        }
    }

    /// The distributor holds at least what was deposited and not paid.
    function invariant_balanceCoversDeposits() public view {
        TallyDistributor house = _random.house();
        for (uint256 t = 0; t < 2; t++) {
            address token = address(_random.tokens()[t]);
            uint256 held = _random.tokens()[t].balanceOf(address(house));
            vm.assertGe(held, house.deposited(token) - house.claimed(token));
        }
    }

    /// Each record names the one before it, waited its delay, and pays no less than one that still stands before it. The
    /// newest four are looked at: the others were when they were new.
    function invariant_recordsFormAChain() public view {
        TallyDistributor house = _random.house();
        uint64 last = house.lastFinalized();
        for (uint64 epoch = last > 4 ? last - 3 : 1; epoch <= last; epoch++) {
            TallyTypes.EpochRecord memory record = house.epochRecord(epoch);
            TallyTypes.EpochRecord memory before = house.epochRecord(epoch - 1);
            vm.assertEq(record.prevHash, before.recordHash);
            vm.assertEq(record.recordHash, house.hashOf(before.recordHash, record.content));
            vm.assertGe(record.finalizedAt, record.proposedAt + record.delay);
            bool stands = record.state == TallyTypes.EpochState.Finalized;
            vm.assertEq(house.claimableRoot(epoch), stands ? record.content.payoutRoot : bytes32(0));
            if (before.state != TallyTypes.EpochState.Finalized) continue;
            for (uint256 t = 0; t < 2; t++) {
                vm.assertGe(payableOf(record.content, t), payableOf(before.content, t));
            }
        }
    }

    /// The epoch that the next one builds on is the newest that was not revoked.
    function invariant_baseIsTheNewestStanding() public view {
        TallyDistributor house = _random.house();
        for (uint64 epoch = house.lastFinalized(); epoch > house.baseEpoch(); epoch--) {
            vm.assertTrue(house.epochRecord(epoch).state == TallyTypes.EpochState.Revoked);
        }
        if (house.baseEpoch() == 0) return;
        vm.assertTrue(house.epochRecord(house.baseEpoch()).state == TallyTypes.EpochState.Finalized);
    }

    function payableOf(TallyTypes.EpochContent memory content, uint256 t) private pure returns (uint256) {
        return content.totals[t] - content.reserved[t];
    }
}
