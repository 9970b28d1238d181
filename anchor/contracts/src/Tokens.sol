// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Attesters} from "./Attesters.sol";

/// @title Allowed tokens: what was deposited and paid of each, and pauses that end by themselves.
abstract contract Tokens is Attesters, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// One slot, because every claim reads and writes it, and most claims nothing else of a token.
    /// claimed     ever, in the token's smallest unit
    /// cap         what `claimed` may reach: totals - reserved of `fundedEpoch`
    /// fundedEpoch newest epoch whose total of the token was found covered by deposits, and which is not revoked
    /// pausedUntil block time at which the last pause ends
    struct TokenLedger {
        uint96 claimed;
        uint96 cap;
        uint24 fundedEpoch;
        uint32 pausedUntil;
        bool isAllowed;
    }

    /// @notice Most tokens that can be allowed: bounds the gas of a proposal.
    uint256 public constant MAX_TOKENS = 64;

    /// @notice Longest pause of a token, in seconds.
    uint64 public constant MAX_PAUSE = 7 days;

    /// @notice Seconds after a pause in which a token cannot be paused again: a guardian cannot lock claims up for ever.
    uint64 public constant PAUSE_REST = 1 days;

    /// @notice Number of allowed tokens.
    uint256 public allowedTokenCount;

    /// @notice What was ever deposited of a token, by measured balance change, in its smallest unit; below 2^96.
    mapping(address token => uint256) public deposited;

    mapping(address token => TokenLedger) internal _tokens;

    constructor(Setup memory setup) {
        for (uint256 i = 0; i < setup.tokens.length; i++) {
            _allowToken(setup.tokens[i]);
        }
    }

    /// @notice Allows a plain ERC-20 to be deposited and proposed, for ever.
    /// @dev Errors: {OnlyByOperation}, {NotAContract}, {TokenAlreadyAllowed}, {TooManyTokens}.
    function allowToken(address token) external onlyOperation {
        _allowToken(token);
    }

    /// @notice Stops deposits and claims of tokens until a block time. It ends by itself, and cannot be prolonged.
    /// @param until in seconds, at most MAX_PAUSE from now
    /// @dev Errors: {PauseOutOfRange}, {TokenNotAllowed}, {PauseTooSoon}.
    function pause(address[] calldata tokens, uint64 until) external onlyRole(GUARDIAN) {
        uint64 latest = uint64(block.timestamp) + MAX_PAUSE;
        if (until <= block.timestamp || until > latest) revert PauseOutOfRange(until, latest);
        for (uint256 i = 0; i < tokens.length; i++) {
            TokenLedger storage ledger = _tokens[tokens[i]];
            if (!ledger.isAllowed) revert TokenNotAllowed(tokens[i]);
            uint64 possibleAt = uint64(ledger.pausedUntil) + PAUSE_REST;
            if (block.timestamp < possibleAt) revert PauseTooSoon(tokens[i], possibleAt);
            ledger.pausedUntil = uint32(until);
            emit TokenPaused(tokens[i], until);
        }
    }

    /// @notice Ends pauses before their time.
    function unpause(address[] calldata tokens) external onlyRole(GUARDIAN) {
        for (uint256 i = 0; i < tokens.length; i++) {
            TokenLedger storage ledger = _tokens[tokens[i]];
            if (ledger.pausedUntil <= block.timestamp) continue;
            ledger.pausedUntil = uint32(block.timestamp);
            emit TokenPaused(tokens[i], uint64(block.timestamp));
        }
    }

    /// @notice Takes `amount` of `token` from the caller and credits what arrived to `payer`.
    /// @param amount in the token's smallest unit; the caller has approved it
    /// @param payer the account whose vouchers this funds
    /// @dev Errors: {ZeroAddress}, {TokenNotAllowed}, {TokenIsPaused}, {NothingReceived}, {DepositTooLarge}.
    function deposit(address token, uint256 amount, address payer) external nonReentrant {
        if (payer == address(0)) revert ZeroAddress();
        TokenLedger storage ledger = _tokens[token];
        if (!ledger.isAllowed) revert TokenNotAllowed(token);
        if (block.timestamp < ledger.pausedUntil) revert TokenIsPaused(token, ledger.pausedUntil);
        uint256 balanceBefore = IERC20(token).balanceOf(address(this));
        IERC20(token).safeTransferFrom(msg.sender, address(this), amount);
        uint256 balanceAfter = IERC20(token).balanceOf(address(this));
        if (balanceAfter <= balanceBefore) revert NothingReceived(token);
        uint256 received = balanceAfter - balanceBefore;
        uint256 before = deposited[token];
        if (received > type(uint96).max - before) revert DepositTooLarge(token, before);
        deposited[token] = before + received;
        emit Deposited(payer, token, msg.sender, received);
    }

    /// @notice Sends to `to` what the distributor holds of a token beyond deposited - claimed: what was sent past `deposit`.
    /// Deposits can never be swept.
    /// @dev Errors: {OnlyByOperation}, {InvalidRecipient}, {NothingToSweep}.
    function sweepExcess(address token, address to) external onlyOperation nonReentrant {
        if (to == address(0) || to == address(this)) revert InvalidRecipient(to);
        uint256 owed = deposited[token] - _tokens[token].claimed;
        uint256 balance = IERC20(token).balanceOf(address(this));
        if (balance <= owed) revert NothingToSweep(token);
        emit ExcessSwept(token, to, balance - owed);
        IERC20(token).safeTransfer(to, balance - owed);
    }

    /// @notice Whether a token may be deposited and proposed.
    function isAllowed(address token) external view returns (bool) {
        return _tokens[token].isAllowed;
    }

    /// @notice What was ever paid out of a token, in its smallest unit.
    function claimed(address token) external view returns (uint256) {
        return _tokens[token].claimed;
    }

    /// @notice Block time until which deposits and claims of a token stand still; in the past when they do not.
    function pausedUntil(address token) external view returns (uint64) {
        return _tokens[token].pausedUntil;
    }

    function _allowToken(address token) private {
        if (token.code.length == 0) revert NotAContract(token);
        if (_tokens[token].isAllowed) revert TokenAlreadyAllowed(token);
        if (allowedTokenCount == MAX_TOKENS) revert TooManyTokens(MAX_TOKENS);
        _tokens[token].isAllowed = true;
        allowedTokenCount += 1;
        emit TokenAllowed(token);
    }
}
