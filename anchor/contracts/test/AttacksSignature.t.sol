// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {TallyDistributor} from "../src/TallyDistributor.sol";
import {TallyTypes} from "../src/TallyTypes.sol";
import {Fixture} from "./Fixture.sol";
import {Wallet} from "./OddTokens.sol";
import {PayoutTree} from "./PayoutTree.sol";

/// Claims by signature: replayed, altered, late, cancelled, revoked, from accounts with code, and overtaken by a plain claim.
contract AttacksSignatureTest is Fixture {
    uint256 private constant CAROL_KEY = 0xca501;
    uint256 private constant ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;

    address private carol;
    TallyTypes.Claim private leaf;
    TallyTypes.Authorization private authorization;

    /// CAROL earned 300 of `tokenA`, and signs that RELAYED gets it.
    address private constant RELAYED = address(0x4e1a);

    function setUp() public override {
        super.setUp();
        earn(vm.addr(CAROL_KEY));
    }

    function test_claimWithSig_paysWhoWasSignedFor() public {
        bytes memory signature = signed(CAROL_KEY, digest());
        vm.expectEmit();
        emit TallyTypes.NonceSpent(carol, 7);
        vm.expectEmit();
        emit TallyTypes.Claimed(carol, address(tokenA), 1, 300, 300, RELAYED);
        vm.prank(BOB);
        distributor.claimWithSig(leaf, authorization, signature);
        vm.assertEq(tokenA.balanceOf(RELAYED), 300);
        vm.assertEq(tokenA.balanceOf(carol), 0);
        vm.assertTrue(distributor.isNonceSpent(carol, 7));
        vm.assertTrue(!distributor.isNonceSpent(carol, 8));
    }

    function test_claimWithSig_worksForASelfOnlyAccount() public {
        vm.prank(carol);
        distributor.setSelfOnly(true);
        distributor.claimWithSig(leaf, authorization, signed(CAROL_KEY, digest()));
        vm.assertEq(tokenA.balanceOf(RELAYED), 300);
    }

    /// Whatever is signed for cannot be exchanged: recipient, minimum, nonce, deadline, account, token, contract, chain.
    function test_everySignedFieldIsBound() public {
        bytes memory signature = signed(CAROL_KEY, digest());
        TallyTypes.Authorization memory original = authorization;
        authorization.recipient = BOB;
        fails(signature, carol);
        authorization = original;
        authorization.minimum = 0;
        fails(signature, carol);
        authorization = original;
        authorization.nonce = 8;
        fails(signature, carol);
        authorization = original;
        authorization.deadline += 1;
        fails(signature, carol);
        authorization = original;
        leaf.token = address(tokenB);
        fails(signature, carol);
        leaf.token = address(tokenA);
        leaf.account = ALICE;
        fails(signature, ALICE);
        leaf.account = carol;
        uint256 here = block.chainid;
        vm.chainId(here + 1);
        fails(signature, carol);
        vm.chainId(here);
        TallyDistributor other = distributor;
        distributor = new TallyDistributor(setupOf(0));
        fails(signature, carol);
        distributor = other;
        distributor.claimWithSig(leaf, authorization, signature);
    }

    function test_signatureUsedTwice() public {
        bytes memory signature = signed(CAROL_KEY, digest());
        distributor.claimWithSig(leaf, authorization, signature);
        failsWith(signature, abi.encodeWithSelector(TallyTypes.NonceAlreadySpent.selector, carol, 7));
    }

    function test_nonceCancelled() public {
        bytes memory signature = signed(CAROL_KEY, digest());
        vm.prank(carol);
        distributor.cancelNonce(7);
        failsWith(signature, abi.encodeWithSelector(TallyTypes.NonceAlreadySpent.selector, carol, 7));
        vm.expectRevert(abi.encodeWithSelector(TallyTypes.NonceAlreadySpent.selector, carol, 7));
        vm.prank(carol);
        distributor.cancelNonce(7);
        // Somebody else's nonce 7 is another one, and so are this account's other nonces of the same slot.
        vm.prank(BOB);
        distributor.cancelNonce(7);
        authorization.nonce = 8;
        distributor.claimWithSig(leaf, authorization, signed(CAROL_KEY, digest()));
    }

    function test_signatureExpired() public {
        bytes memory signature = signed(CAROL_KEY, digest());
        vm.warp(authorization.deadline + 1);
        failsWith(signature, abi.encodeWithSelector(TallyTypes.SignatureExpired.selector, authorization.deadline));
        vm.warp(authorization.deadline);
        distributor.claimWithSig(leaf, authorization, signature);
    }

    /// The other s of the same signature, 64 bytes, no bytes, one byte more: none is taken.
    function test_malleability() public {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(CAROL_KEY, digest());
        fails(abi.encodePacked(r, bytes32(ORDER - uint256(s)), v == 27 ? 28 : 27), carol);
        fails(abi.encodePacked(r, s), carol);
        fails(abi.encodePacked(r, bytes32(uint256(s) | (uint256(v - 27) << 255))), carol);
        fails("", carol);
        fails(abi.encodePacked(r, s, v, uint8(0)), carol);
        fails(abi.encodePacked(r, s, v - 27), carol);
        distributor.claimWithSig(leaf, authorization, abi.encodePacked(r, s, v));
    }

    /// The zero address signs nothing: a signature from which nothing can be recovered is not its own.
    function test_zeroAddressSignsNothing() public {
        leaf.account = address(0);
        fails(abi.encodePacked(bytes32(0), bytes32(0), uint8(27)), address(0));
    }

    function test_recipientZeroOrTheDistributor() public {
        authorization.recipient = address(0);
        failsWith(
            signed(CAROL_KEY, digest()), abi.encodeWithSelector(TallyTypes.InvalidRecipient.selector, address(0))
        );
        authorization.recipient = address(distributor);
        failsWith(
            signed(CAROL_KEY, digest()),
            abi.encodeWithSelector(TallyTypes.InvalidRecipient.selector, address(distributor))
        );
    }

    function test_belowTheMinimum() public {
        authorization.minimum = 301;
        failsWith(signed(CAROL_KEY, digest()), abi.encodeWithSelector(TallyTypes.BelowMinimum.selector, 300, 301));
    }

    /// A plain claim sent first pays the account itself; then the signed one pays nothing and its nonce stays unspent.
    /// Nobody but the account or whom it signed for is ever paid. An account that wants no such race is `selfOnly`.
    function test_claimFrontRunsAClaimWithSig() public {
        bytes memory signature = signed(CAROL_KEY, digest());
        vm.prank(BOB);
        distributor.claim(1, carol, address(tokenA), 300, leaf.proof);
        vm.assertEq(tokenA.balanceOf(carol), 300);
        failsWith(
            signature,
            abi.encodeWithSelector(TallyTypes.NothingToClaim.selector, carol, address(tokenA), 300, 300)
        );
        vm.assertTrue(!distributor.isNonceSpent(carol, 7));
        vm.assertEq(tokenA.balanceOf(BOB), 0);
    }

    /// An account that is a contract signs as its code says (ERC-1271), until it no longer does.
    function test_erc1271WalletAndItsRevocation() public {
        Wallet wallet = new Wallet(vm.addr(CAROL_KEY));
        earn(address(wallet));
        bytes memory signature = signed(CAROL_KEY, digest());
        fails(signed(0xbad, digest()), address(wallet));
        uint256 snapshot = vm.snapshotState();
        distributor.claimWithSig(leaf, authorization, signature);
        vm.assertEq(tokenA.balanceOf(RELAYED), 300);
        vm.revertToState(snapshot);
        wallet.revokeOwner();
        fails(signature, address(wallet));
    }

    /// An account with a key that delegated its code (EIP-7702) to a contract which knows no signatures still signs with its
    /// key.
    function test_delegatedAccountSignsWithItsKey() public {
        vm.etch(carol, address(tokenB).code);
        fails(signed(0xbad, digest()), carol);
        distributor.claimWithSig(leaf, authorization, signed(CAROL_KEY, digest()));
        vm.assertEq(tokenA.balanceOf(RELAYED), 300);
    }

    /// A claim by signature is for the leaf's account and token, not for an epoch: the relayer may take the newest.
    function test_signatureIsGoodForALaterEpoch() public {
        bytes memory signature = signed(CAROL_KEY, digest());
        bytes32[] memory leaves = new bytes32[](1);
        leaves[0] = distributor.payoutLeaf(carol, address(tokenA), 400);
        distributor.deposit(address(tokenA), 200, PAYER);
        proposeAndFinalize(contentOf(address(tokenA), 500, 0, leaves[0]));
        leaf.epoch = 2;
        leaf.cumulative = 400;
        leaf.proof = new bytes32[](0);
        distributor.claimWithSig(leaf, authorization, signature);
        vm.assertEq(tokenA.balanceOf(RELAYED), 400);
    }

    function earn(address account) private {
        if (distributor.lastFinalized() > 0) deploy(0);
        carol = account;
        bytes32[] memory leaves = new bytes32[](2);
        leaves[0] = distributor.payoutLeaf(account, address(tokenA), 300);
        leaves[1] = distributor.payoutLeaf(BOB, address(tokenA), 1);
        bytes32[] memory nodes = PayoutTree.build(leaves);
        distributor.deposit(address(tokenA), 301, PAYER);
        proposeAndFinalize(contentOf(address(tokenA), 301, 0, nodes[0]));
        leaf = TallyTypes.Claim(1, account, address(tokenA), 300, PayoutTree.prove(nodes, 0));
        authorization = TallyTypes.Authorization(RELAYED, 300, 7, block.timestamp + 3 hours);
    }

    function digest() private view returns (bytes32) {
        return distributor.claimDigest(leaf.account, leaf.token, authorization);
    }

    function fails(bytes memory signature, address account) private {
        failsWith(signature, abi.encodeWithSelector(TallyTypes.InvalidSignature.selector, account));
    }

    function failsWith(bytes memory signature, bytes memory reason) private {
        (TallyTypes.Claim memory claim_, TallyTypes.Authorization memory authorization_) = (leaf, authorization);
        vm.expectRevert(reason);
        distributor.claimWithSig(claim_, authorization_, signature);
    }
}
