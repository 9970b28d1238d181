// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {TallyTypes} from "./TallyTypes.sol";

/// @title Three disjoint roles, and a delay before whatever ADMIN changes.
/// @notice Nobody holds OpenZeppelin's admin role but this contract itself: so roles, tokens, delay and attesters change only
/// by an operation that ADMIN scheduled in public `adminDelay` earlier. The delay is in the contract and not in a timelock
/// beside it, whose own delay could be changed.
abstract contract Roles is AccessControl, TallyTypes {
    /// @notice May propose epochs. A hot key: it can move nothing before delay, veto and attestations.
    bytes32 public constant PROPOSER = keccak256("PROPOSER");

    /// @notice May veto proposals, pause tokens for a while, and revoke an epoch together with the attesters.
    bytes32 public constant GUARDIAN = keccak256("GUARDIAN");

    /// @notice May schedule, cancel and execute operations.
    bytes32 public constant ADMIN = keccak256("ADMIN");

    /// @notice Longest delay of a proposal and of an operation, in seconds.
    uint64 public constant MAX_DELAY = 30 days;

    /// @notice Seconds in which an operation can be executed once it is ready: an old one is no loaded gun.
    uint64 public constant OPERATION_WINDOW = 14 days;

    /// @notice Seconds between scheduling an operation and executing it; fixed for ever.
    uint64 public immutable adminDelay;

    /// @notice Block time from which an operation can be executed; zero when it is not scheduled.
    mapping(bytes32 operation => uint64) public operationReadyAt;

    constructor(Setup memory setup) {
        _checkDelay(setup.minimumDelay, 1);
        _checkDelay(setup.adminDelay, setup.minimumDelay);
        adminDelay = setup.adminDelay;
        _grantRole(DEFAULT_ADMIN_ROLE, address(this));
        _grantRole(ADMIN, setup.admin);
        _grantRole(PROPOSER, setup.proposer);
        _grantRole(GUARDIAN, setup.guardian);
    }

    modifier onlyOperation() {
        if (msg.sender != address(this)) revert OnlyByOperation();
        _;
    }

    /// @notice Announces a call of this contract to itself.
    /// @param call_ encoded call of `allowToken`, `setDelay`, `setAttesters`, `sweepExcess`, `grantRole` or `revokeRole`
    /// @param salt tells two operations with equal calls apart
    /// @return operation keccak256(abi.encode(call_, salt))
    /// @dev Errors: {OperationPending}.
    function schedule(bytes calldata call_, bytes32 salt) external onlyRole(ADMIN) returns (bytes32 operation) {
        operation = keccak256(abi.encode(call_, salt));
        if (operationReadyAt[operation] != 0) revert OperationPending(operation);
        uint64 readyAt = uint64(block.timestamp) + adminDelay;
        operationReadyAt[operation] = readyAt;
        emit OperationScheduled(operation, call_, salt, readyAt);
    }

    /// @notice Does what was announced, once.
    /// @dev Errors: {OperationNotReady}; else those of the call.
    function execute(bytes calldata call_, bytes32 salt) external onlyRole(ADMIN) {
        bytes32 operation = keccak256(abi.encode(call_, salt));
        uint64 readyAt = operationReadyAt[operation];
        if (readyAt == 0 || block.timestamp < readyAt || block.timestamp > readyAt + OPERATION_WINDOW) {
            revert OperationNotReady(operation, readyAt);
        }
        delete operationReadyAt[operation];
        emit OperationExecuted(operation);
        // It reverts with the call; what the call returns is nobody's business.
        // slither-disable-next-line unused-return
        Address.functionCall(address(this), call_);
    }

    /// @notice Forgets an operation.
    /// @dev Errors: {OperationNotReady}.
    function cancel(bytes32 operation) external onlyRole(ADMIN) {
        if (operationReadyAt[operation] == 0) revert OperationNotReady(operation, 0);
        delete operationReadyAt[operation];
        emit OperationCancelled(operation);
    }

    function _checkDelay(uint64 delay, uint64 minimum) internal pure {
        if (delay < minimum || delay > MAX_DELAY) revert DelayOutOfRange(delay, minimum, MAX_DELAY);
    }

    function _isAttester(address account) internal view virtual returns (bool);

    function _holdsRole(address account) internal view returns (bool) {
        return hasRole(PROPOSER, account) || hasRole(GUARDIAN, account) || hasRole(ADMIN, account);
    }

    /// @dev OpenZeppelin's admin role stays with this contract: whoever else had it could do without the delay.
    function _grantRole(bytes32 role, address account) internal override returns (bool) {
        if (account == address(0)) revert ZeroAddress();
        if (hasRole(role, account)) return false;
        bool isSelf = account == address(this);
        if (isSelf != (role == DEFAULT_ADMIN_ROLE) || _holdsRole(account) || _isAttester(account)) {
            revert RolesNotDisjoint(account);
        }
        return super._grantRole(role, account);
    }
}
