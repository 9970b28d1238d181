// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {TallyDistributor} from "../src/TallyDistributor.sol";
import {TestToken} from "../src/TestToken.sol";
import {TallyTypes} from "../src/TallyTypes.sol";
import {Fixture} from "./Fixture.sol";

/// Who may do what, and that ADMIN waits in public before anything changes.
contract RolesTest is Fixture {
    bytes4 private constant UNAUTHORIZED = IAccessControl.AccessControlUnauthorizedAccount.selector;

    function test_constructor_refusesWhatCannotWork() public {
        TallyTypes.Setup memory setup = setupOf(0);
        setup.admin = address(0);
        constructorFails(setup, abi.encodeWithSelector(TallyTypes.ZeroAddress.selector));
        setup = setupOf(0);
        setup.proposer = address(0);
        constructorFails(setup, abi.encodeWithSelector(TallyTypes.ZeroAddress.selector));
        setup = setupOf(0);
        setup.guardian = address(0);
        constructorFails(setup, abi.encodeWithSelector(TallyTypes.ZeroAddress.selector));
        setup = setupOf(0);
        setup.minimumDelay = 0;
        constructorFails(setup, abi.encodeWithSelector(TallyTypes.DelayOutOfRange.selector, 0, 1, 30 days));
        setup.minimumDelay = 31 days;
        constructorFails(setup, abi.encodeWithSelector(TallyTypes.DelayOutOfRange.selector, 31 days, 1, 30 days));
        setup = setupOf(0);
        setup.adminDelay = DELAY - 1;
        constructorFails(
            setup, abi.encodeWithSelector(TallyTypes.DelayOutOfRange.selector, DELAY - 1, DELAY, 30 days)
        );
        setup = setupOf(4);
        constructorFails(setup, abi.encodeWithSelector(TallyTypes.AttesterCount.selector, 3, 4));
    }

    function test_roles_areDisjoint() public {
        TallyTypes.Setup memory setup = setupOf(0);
        setup.proposer = ADMIN;
        constructorFails(setup, abi.encodeWithSelector(TallyTypes.RolesNotDisjoint.selector, ADMIN));
        setup = setupOf(0);
        setup.guardian = PROPOSER;
        constructorFails(setup, abi.encodeWithSelector(TallyTypes.RolesNotDisjoint.selector, PROPOSER));
        setup = setupOf(0);
        setup.guardian = setup.attesters[1];
        constructorFails(setup, abi.encodeWithSelector(TallyTypes.RolesNotDisjoint.selector, setup.attesters[1]));

        grantFails(distributor.PROPOSER(), ADMIN);
        grantFails(distributor.GUARDIAN(), ADMIN);
        grantFails(distributor.ADMIN(), PROPOSER);
        grantFails(distributor.ADMIN(), GUARDIAN);
        grantFails(distributor.GUARDIAN(), vm.addr(attesterKeys[0]));
        grantFails(distributor.PROPOSER(), address(distributor));
        asAdmin(abi.encodeCall(distributor.grantRole, (distributor.PROPOSER(), ALICE)));
        vm.assertTrue(distributor.hasRole(distributor.PROPOSER(), ALICE));
    }

    /// Whoever had OpenZeppelin's admin role could grant roles without the delay.
    function test_nobodyGetsTheRoleOfTheContract() public {
        vm.assertTrue(distributor.hasRole(bytes32(0), address(distributor)));
        grantFails(bytes32(0), ALICE);
        grantFails(bytes32(0), ADMIN);
    }

    function test_roles_areAsked() public {
        TallyTypes.EpochContent memory content = emptyContent();
        vm.expectRevert(abi.encodeWithSelector(UNAUTHORIZED, ADMIN, distributor.PROPOSER()));
        vm.prank(ADMIN);
        send(content);
        propose(content);
        bytes32 guardian = distributor.GUARDIAN();
        vm.expectRevert(abi.encodeWithSelector(UNAUTHORIZED, PROPOSER, guardian));
        vm.prank(PROPOSER);
        distributor.vetoEpoch(1);
        vm.expectRevert(abi.encodeWithSelector(UNAUTHORIZED, ADMIN, guardian));
        vm.prank(ADMIN);
        distributor.pause(new address[](0), uint64(block.timestamp) + 1);
        vm.expectRevert(abi.encodeWithSelector(UNAUTHORIZED, ADMIN, guardian));
        vm.prank(ADMIN);
        distributor.unpause(new address[](0));
        vm.expectRevert(abi.encodeWithSelector(UNAUTHORIZED, PROPOSER, guardian));
        vm.prank(PROPOSER);
        distributor.revokeEpoch(1, new bytes[](0));
        bytes32 admin = distributor.ADMIN();
        vm.expectRevert(abi.encodeWithSelector(UNAUTHORIZED, GUARDIAN, admin));
        vm.prank(GUARDIAN);
        distributor.schedule("", 0);
        vm.expectRevert(abi.encodeWithSelector(UNAUTHORIZED, GUARDIAN, admin));
        vm.prank(GUARDIAN);
        distributor.execute("", 0);
        vm.expectRevert(abi.encodeWithSelector(UNAUTHORIZED, GUARDIAN, admin));
        vm.prank(GUARDIAN);
        distributor.cancel(0);
    }

    /// No call of ADMIN changes anything by itself.
    function test_admin_changesNothingDirectly() public {
        bytes4 reason = TallyTypes.OnlyByOperation.selector;
        vm.expectRevert(reason);
        vm.prank(ADMIN);
        distributor.allowToken(address(tokenA));
        vm.expectRevert(reason);
        vm.prank(ADMIN);
        distributor.setDelay(2 hours);
        vm.expectRevert(reason);
        vm.prank(ADMIN);
        distributor.setAttesters(new address[](0), 0);
        vm.expectRevert(reason);
        vm.prank(ADMIN);
        distributor.sweepExcess(address(tokenA), ADMIN);
        bytes32 proposer = distributor.PROPOSER();
        vm.expectRevert(abi.encodeWithSelector(UNAUTHORIZED, ADMIN, bytes32(0)));
        vm.prank(ADMIN);
        distributor.grantRole(proposer, ALICE);
    }

    function test_operation_waitsAndExpires() public {
        bytes memory call_ = abi.encodeCall(distributor.setDelay, (2 hours));
        bytes32 operation = keccak256(abi.encode(call_, bytes32(0)));
        uint64 readyAt = uint64(block.timestamp) + ADMIN_DELAY;
        executeFails(call_, operation, 0);
        vm.expectEmit();
        emit TallyTypes.OperationScheduled(operation, call_, 0, readyAt);
        vm.prank(ADMIN);
        distributor.schedule(call_, 0);
        vm.expectRevert(abi.encodeWithSelector(TallyTypes.OperationPending.selector, operation));
        vm.prank(ADMIN);
        distributor.schedule(call_, 0);
        vm.warp(readyAt - 1);
        executeFails(call_, operation, readyAt);
        vm.warp(readyAt + 14 days + 1);
        executeFails(call_, operation, readyAt);
        vm.warp(readyAt + 14 days);
        vm.prank(ADMIN);
        distributor.execute(call_, 0);
        vm.assertEq(distributor.delay(), 2 hours);
        executeFails(call_, operation, 0);
    }

    function test_operation_canBeCancelled() public {
        bytes memory call_ = abi.encodeCall(distributor.setDelay, (2 hours));
        scheduleAndWait(call_);
        bytes32 operation = keccak256(abi.encode(call_, bytes32(0)));
        vm.prank(ADMIN);
        distributor.cancel(operation);
        executeFails(call_, operation, 0);
        vm.expectRevert(abi.encodeWithSelector(TallyTypes.OperationNotReady.selector, operation, 0));
        vm.prank(ADMIN);
        distributor.cancel(operation);
    }

    function test_setAttesters_refuses() public {
        address[] memory members = new address[](2);
        (members[0], members[1]) = (BOB, ALICE);
        (members[0], members[1]) = ALICE < BOB ? (BOB, ALICE) : (ALICE, BOB);
        setAttestersFails(
            members, 1, abi.encodeWithSelector(TallyTypes.AttestersNotAscending.selector, members[0], members[1])
        );
        members[1] = members[0];
        setAttestersFails(
            members, 1, abi.encodeWithSelector(TallyTypes.AttestersNotAscending.selector, members[0], members[0])
        );
        setAttestersFails(
            members, 3, abi.encodeWithSelector(TallyTypes.AttesterCount.selector, 2, 3)
        );
        setAttestersFails(
            new address[](33), 0, abi.encodeWithSelector(TallyTypes.AttesterCount.selector, 33, 0)
        );
        members = new address[](1);
        setAttestersFails(
            members, 1, abi.encodeWithSelector(TallyTypes.AttestersNotAscending.selector, address(0), address(0))
        );
        members[0] = GUARDIAN;
        setAttestersFails(
            members, 1, abi.encodeWithSelector(TallyTypes.RolesNotDisjoint.selector, GUARDIAN)
        );
    }

    function test_sweepExcess_neverTouchesDeposits() public {
        fundedEpoch(300, 200);
        bytes memory call_ = abi.encodeCall(distributor.sweepExcess, (address(tokenA), BOB));
        asAdminFails(call_, abi.encodeWithSelector(TallyTypes.NothingToSweep.selector, address(tokenA)));
        tokenA.transfer(address(distributor), 77);
        asAdmin(call_);
        vm.assertEq(tokenA.balanceOf(BOB), 77);
        vm.assertEq(tokenA.balanceOf(address(distributor)), 500);
        asAdminFails(
            abi.encodeCall(distributor.sweepExcess, (address(tokenA), address(0))),
            abi.encodeWithSelector(TallyTypes.InvalidRecipient.selector, address(0))
        );
    }

    /// What somebody sent by mistake in a token that is not even allowed can be given back.
    function test_sweepExcess_ofAForeignToken() public {
        TestToken foreign = new TestToken(address(this));
        foreign.mint(address(distributor), 5);
        asAdmin(abi.encodeCall(distributor.sweepExcess, (address(foreign), BOB)));
        vm.assertEq(foreign.balanceOf(BOB), 5);
    }

    function test_pause_stopsATokenAndEndsByItself() public {
        bytes32[] memory nodes = treeOf(address(tokenA), 300, 200);
        distributor.deposit(address(tokenA), 500, PAYER);
        proposeAndFinalize(contentOf(address(tokenA), 500, 0, nodes[0]));
        address[] memory tokens = new address[](1);
        tokens[0] = address(tokenA);
        uint64 until = uint64(block.timestamp) + 7 days;
        pauseFails(tokens, until + 1, abi.encodeWithSelector(TallyTypes.PauseOutOfRange.selector, until + 1, until));
        pauseFails(
            tokens,
            uint64(block.timestamp),
            abi.encodeWithSelector(TallyTypes.PauseOutOfRange.selector, block.timestamp, until)
        );
        vm.prank(GUARDIAN);
        distributor.pause(tokens, until);

        bytes memory reason = abi.encodeWithSelector(TallyTypes.TokenIsPaused.selector, address(tokenA), until);
        vm.expectRevert(reason);
        distributor.deposit(address(tokenA), 1, PAYER);
        bytes32[] memory proof = new bytes32[](1);
        proof[0] = nodes[1];
        vm.expectRevert(reason);
        distributor.claim(1, ALICE, address(tokenA), 300, proof);
        distributor.deposit(address(tokenB), 1, PAYER);
        vm.warp(until);
        distributor.claim(1, ALICE, address(tokenA), 300, proof);
    }

    /// A pause cannot be prolonged, nor repeated before a day of rest: claims are open one day in eight at least.
    function test_pause_cannotBecomeForEver() public {
        address[] memory tokens = new address[](1);
        tokens[0] = address(tokenA);
        uint64 until = uint64(block.timestamp) + 7 days;
        vm.prank(GUARDIAN);
        distributor.pause(tokens, until);
        bytes memory reason =
            abi.encodeWithSelector(TallyTypes.PauseTooSoon.selector, address(tokenA), until + 1 days);
        vm.warp(until - 1);
        pauseFails(tokens, until + 1 days, reason);
        vm.warp(until + 1 days - 1);
        pauseFails(tokens, until + 2 days, reason);
        vm.warp(until + 1 days);
        vm.prank(GUARDIAN);
        distributor.pause(tokens, until + 2 days);
        vm.prank(GUARDIAN);
        distributor.unpause(tokens);
        distributor.deposit(address(tokenA), 1, PAYER);
        vm.assertEq(distributor.pausedUntil(address(tokenA)), block.timestamp);

        tokens[0] = ALICE;
        pauseFails(
            tokens, uint64(block.timestamp) + 1, abi.encodeWithSelector(TallyTypes.TokenNotAllowed.selector, ALICE)
        );
    }

    function constructorFails(TallyTypes.Setup memory setup, bytes memory reason) private {
        vm.expectRevert(reason);
        new TallyDistributor(setup);
    }

    function grantFails(bytes32 role, address account) private {
        asAdminFails(
            abi.encodeCall(distributor.grantRole, (role, account)),
            abi.encodeWithSelector(TallyTypes.RolesNotDisjoint.selector, account)
        );
    }

    function setAttestersFails(address[] memory members, uint8 threshold, bytes memory reason) private {
        asAdminFails(abi.encodeCall(distributor.setAttesters, (members, threshold)), reason);
    }

    function executeFails(bytes memory call_, bytes32 operation, uint64 readyAt) private {
        vm.expectRevert(abi.encodeWithSelector(TallyTypes.OperationNotReady.selector, operation, readyAt));
        vm.prank(ADMIN);
        distributor.execute(call_, 0);
    }

    function pauseFails(address[] memory tokens, uint64 until, bytes memory reason) private {
        vm.expectRevert(reason);
        vm.prank(GUARDIAN);
        distributor.pause(tokens, until);
    }
}
