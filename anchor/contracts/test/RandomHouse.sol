// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {TallyDistributor} from "../src/TallyDistributor.sol";
import {TestToken} from "../src/TestToken.sol";
import {TallyTypes} from "../src/TallyTypes.sol";
import {Fixture} from "./Fixture.sol";
import {PayoutTree} from "./PayoutTree.sol";

/// Does random things to a distributor with eight accounts and two tokens: deposits, epochs that earn more and reserve
/// something, vetoes, revocations, pauses, claims in any order, alone, in batches and by signature. Some trees are false
/// (their leaves sum to more than the totals), so the limits are met too.
contract RandomHouse is Fixture {
    uint256 public constant ACCOUNTS = 8;
    uint256 private constant KEY = 0x1000;

    struct Epoch {
        bytes32[] nodes;
        uint256[16] cumulative;
    }

    address[ACCOUNTS] public account;
    uint256 public accepted;
    uint256 public refused;
    uint256[2] public paid;
    uint256[16] public earned;
    uint256[2] private _payable;
    uint256 private _nonce;
    Epoch[] private _epochs;

    constructor() {
        setUp();
        for (uint256 i = 0; i < ACCOUNTS; i++) {
            account[i] = vm.addr(KEY + i);
        }
        _epochs.push();
    }

    function house() external view returns (TallyDistributor) {
        return distributor;
    }

    function tokens() public view returns (TestToken[2] memory) {
        return [tokenA, tokenB];
    }


    function deposit(uint256 random, uint256 which) external {
        TestToken token = tokens()[which % 2];
        if (distributor.pausedUntil(address(token)) > block.timestamp) return;
        distributor.deposit(address(token), bound(random, 1, 9000), PAYER);
    }

    function sendPastDeposit(uint256 random, uint256 which) external {
        tokens()[which % 2].transfer(address(distributor), bound(random, 0, 50));
    }

    /// `kind`: one in four trees is false, one in four is vetoed before its second attempt.
    function settle(uint256 random, uint256 reserve, uint256 kind) external {
        bytes32[] memory leaves = new bytes32[](16);
        uint256[2] memory sums;
        for (uint256 i = 0; i < 16; i++) {
            earned[i] += (random >> (i * 16)) % 200;
            sums[i % 2] += earned[i];
            leaves[i] = distributor.payoutLeaf(account[i / 2], address(tokens()[i % 2]), earned[i]);
        }
        bytes32[] memory nodes = PayoutTree.build(leaves);
        uint256 held = bound(reserve, 0, 300);
        for (uint256 t = 0; t < 2; t++) {
            // A false tree says that it owes no more than the epoch before it.
            if (kind % 4 != 0 && sums[t] > _payable[t]) _payable[t] = sums[t];
        }
        TallyTypes.EpochContent memory content = contentOfBoth(_payable[0] + held, _payable[1] + held, nodes[0]);
        (content.reserved[0], content.reserved[1]) = (held, held);
        if (kind % 4 == 1) {
            propose(content);
            veto(content.epoch);
            content.attempt = 2;
        }
        proposeAndFinalize(content);
        _epochs.push(Epoch(nodes, earned));
    }

    /// One call in eight revokes an epoch.
    function revokeOne(uint256 random) external {
        uint256 number = _epochs.length - 1;
        if (number == 0 || random % 8 != 0) return;
        uint64 epoch = uint64(bound(random >> 8, 1, number));
        if (distributor.epochRecord(epoch).state == TallyTypes.EpochState.Finalized) revoke(epoch, 0);
    }

    /// One call in eight pauses a token.
    function pauseOne(uint256 random, uint256 which) external {
        address[] memory chosen = new address[](1);
        chosen[0] = address(tokens()[which % 2]);
        uint64 pausedUntil = distributor.pausedUntil(chosen[0]);
        if (random % 8 != 0 || block.timestamp < pausedUntil + 1 days) return;
        vm.prank(GUARDIAN);
        distributor.pause(chosen, uint64(block.timestamp + bound(random, 1, 1 hours)));
    }

    function claim(uint256 random) external {
        if (_epochs.length == 1) return;
        TallyTypes.Claim memory leaf = leafOf(random);
        uint256 before = distributor.claimedBy(leaf.account, leaf.token);
        try distributor.claim(leaf.epoch, leaf.account, leaf.token, leaf.cumulative, leaf.proof) {
            note(leaf, before);
        } catch {
            refused++;
        }
    }

    function claimBySignature(uint256 random) external {
        if (_epochs.length == 1) return;
        TallyTypes.Claim memory leaf = leafOf(random);
        uint256 before = distributor.claimedBy(leaf.account, leaf.token);
        TallyTypes.Authorization memory authorization =
            TallyTypes.Authorization(leaf.account, 0, _nonce++, block.timestamp);
        bytes32 digest = distributor.claimDigest(leaf.account, leaf.token, authorization);
        bytes memory signature = signed(KEY + (random >> 64) % ACCOUNTS, digest);
        try distributor.claimWithSig(leaf, authorization, signature) {
            note(leaf, before);
        } catch {
            refused++;
        }
    }

    function claimBatch(uint256 random, uint256 size) external {
        if (_epochs.length == 1) return;
        TallyTypes.Claim[] memory claims = new TallyTypes.Claim[](bound(size, 1, 6));
        uint256[2] memory before = [distributor.claimed(address(tokenA)), distributor.claimed(address(tokenB))];
        for (uint256 i = 0; i < claims.length; i++) {
            claims[i] = leafOf(uint256(keccak256(abi.encode(random, i))));
        }
        distributor.claimMany(claims);
        for (uint256 t = 0; t < 2; t++) {
            paid[t] += distributor.claimed(address(tokens()[t])) - before[t];
        }
        accepted++;
    }

    function leafOf(uint256 random) private view returns (TallyTypes.Claim memory) {
        uint64 epoch = uint64(bound(random >> 8, 1, _epochs.length - 1));
        uint256 index = 2 * ((random >> 64) % ACCOUNTS) + random % 2;
        return TallyTypes.Claim(
            epoch,
            account[index / 2],
            address(tokens()[index % 2]),
            _epochs[epoch].cumulative[index],
            PayoutTree.prove(_epochs[epoch].nodes, index)
        );
    }

    function note(TallyTypes.Claim memory leaf, uint256 before) private {
        paid[leaf.token == address(tokenA) ? 0 : 1] += leaf.cumulative - before;
        accepted++;
    }
}
