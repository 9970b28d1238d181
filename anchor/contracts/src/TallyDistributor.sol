// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {ReentrancyGuard} from "@openzeppelin/contracts/utils/ReentrancyGuard.sol";

/// @title TallyDistributor
/// @notice Keeps the deposits of payers, records one finalized epoch after another, and pays each account what the
/// payout trees of finalized epochs say it earned.
///
/// Amounts in payout trees are cumulative: a leaf says what an account earned in a token since the beginning, and a claim
/// pays the part not yet paid. So any order and any subset of claims ends in the same balances, and a claim against an
/// old epoch is as safe as one against the newest.
///
/// What always holds, for each token:
/// - `claimed` is at most `totals - reserved` of one finalized epoch, whose `totals` are at most `deposited`;
/// - `deposited` and `claimed` never decrease, and `totals - reserved` never decreases from one epoch to the next;
/// - there is at most one finalized record for an epoch, and each names the hash of the one before it.
///
/// Tokens have to be plain ERC-20s: a token that changes balances by itself, or blocks the distributor, harms only the
/// claims of that token.
contract TallyDistributor is AccessControl, ReentrancyGuard {
    using SafeERC20 for IERC20;

    /// @notice Life of an epoch.
    enum EpochState {
        None,
        Proposed,
        Finalized
    }

    /// @notice What a proposer says about an epoch, in the order of {proposeEpoch}'s arguments.
    /// @param epoch number of the epoch, from 1
    /// @param attempt number of the attempt at this epoch, from 1
    /// @param ledgerRoot RFC 6962 root of the ledger after this epoch
    /// @param treeSize number of leaves of the ledger after this epoch
    /// @param payoutRoot root of the payout tree (OpenZeppelin `standard-v1`), see {payoutLeaf}; zero when it is empty
    /// @param tokens tokens ever settled, strictly ascending by address
    /// @param totals for each token: the sum of all cumulative leaves, plus what is reserved
    /// @param reserved for each token: settled but held back, in no leaf
    /// @param manifestHash hash of the epoch's manifest
    /// @param uri where the bundle is found, a hint that is not trusted
    struct EpochContent {
        uint64 epoch;
        uint32 attempt;
        bytes32 ledgerRoot;
        uint64 treeSize;
        bytes32 payoutRoot;
        address[] tokens;
        uint256[] totals;
        uint256[] reserved;
        bytes32 manifestHash;
        string uri;
    }

    /// @notice Everything recorded for an epoch.
    /// @param content what was proposed
    /// @param state whether it is proposed or finalized; all other fields are zero while it is `None`
    /// @param prevHash `recordHash` of the epoch before, zero for epoch 1
    /// @param recordHash keccak256(abi.encode(RECORD_TYPE, chainId, distributor, prevHash, content))
    /// @param proposedAt block time of the proposal, in seconds
    /// @param delay seconds between proposal and finalization, as it was at the proposal
    /// @param finalizedAt block time of the finalization, in seconds, zero before
    struct EpochRecord {
        EpochContent content;
        EpochState state;
        bytes32 prevHash;
        bytes32 recordHash;
        uint64 proposedAt;
        uint64 delay;
        uint64 finalizedAt;
    }

    struct TokenAmounts {
        uint128 total;
        uint128 reserved;
    }

    struct StoredEpoch {
        bytes32 ledgerRoot;
        bytes32 payoutRoot;
        bytes32 manifestHash;
        bytes32 prevHash;
        bytes32 recordHash;
        uint64 treeSize;
        uint64 proposedAt;
        uint64 delay;
        uint64 finalizedAt;
        uint32 attempt;
        EpochState state;
        address[] tokens;
        string uri;
        mapping(address token => TokenAmounts) amounts;
    }

    /// @notice May propose epochs. A hot key: it can move nothing before the delay has passed.
    bytes32 public constant PROPOSER = keccak256("PROPOSER");

    /// @notice May allow tokens, set the delay and grant roles. Meant to be a timelock.
    bytes32 public constant ADMIN = DEFAULT_ADMIN_ROLE;

    /// @notice Domain of {EpochRecord}'s `recordHash`.
    bytes32 public constant RECORD_TYPE = keccak256("TallyDistributor.EpochRecord.v1");

    /// @notice Longest delay between a proposal and its finalization, in seconds.
    uint64 public constant MAX_DELAY = 30 days;

    /// @notice Most tokens that can be allowed: bounds the gas of a proposal.
    uint256 public constant MAX_TOKENS = 64;

    /// @notice Most bytes of a proposal's uri.
    uint256 public constant MAX_URI_BYTES = 256;

    /// @notice Shortest delay that ADMIN can set, in seconds; fixed for ever.
    uint64 public immutable minimumDelay;

    /// @notice Delay of the next proposal, in seconds.
    uint64 public delay;

    /// @notice Number of the newest finalized epoch, 0 when there is none.
    uint64 public lastFinalized;

    /// @notice Number of allowed tokens.
    uint256 public allowedTokenCount;

    /// @notice Whether a token may be deposited and proposed.
    mapping(address token => bool) public isAllowed;

    /// @notice What was ever deposited of a token, by measured balance change, in its smallest unit.
    mapping(address token => uint256) public deposited;

    /// @notice What was ever paid out of a token, in its smallest unit.
    mapping(address token => uint256) public claimed;

    /// @notice What was ever paid to an account in a token, in the token's smallest unit.
    mapping(address account => mapping(address token => uint256)) public claimedBy;

    mapping(uint64 epoch => StoredEpoch) private _epochs;

    /// The newest epoch against which a token was ever claimed: its `totals` were funded then, and stay funded.
    mapping(address token => uint64 epoch) private _newestClaimedEpoch;

    /// @notice `token` may now be deposited and proposed; this is never undone.
    event TokenAllowed(address indexed token);

    /// @notice Proposals from now on wait `delay` seconds.
    event DelaySet(uint64 delay);

    /// @notice `from` deposited `amount` in the name of `payer`; `amount` is what arrived.
    event Deposited(address indexed payer, address indexed token, address indexed from, uint256 amount);

    /// @notice An epoch was proposed. It can be finalized from the block time `finalizableAt` on.
    event EpochProposed(
        uint64 indexed epoch,
        uint32 indexed attempt,
        bytes32 indexed recordHash,
        bytes32 prevHash,
        EpochContent content,
        address proposer,
        uint64 finalizableAt
    );

    /// @notice An epoch became final. Its payout tree can be claimed against.
    event EpochFinalized(uint64 indexed epoch, uint32 indexed attempt, bytes32 indexed recordHash, bytes32 payoutRoot);

    /// @notice `account` was paid `amount` and has now been paid `cumulative` in all. `caller` sent the transaction.
    event Claimed(
        address indexed account,
        address indexed token,
        uint64 indexed epoch,
        uint256 amount,
        uint256 cumulative,
        address caller
    );

    /// @notice A delay outside `minimum` to `maximum` seconds.
    error DelayOutOfRange(uint64 delay, uint64 minimum, uint64 maximum);
    /// @notice An account cannot be PROPOSER and ADMIN.
    error RolesNotDisjoint(address account);
    /// @notice The zero address where an account or a payer is needed.
    error ZeroAddress();
    /// @notice There is no contract at this address.
    error NotAContract(address token);
    /// @notice The token is allowed already.
    error TokenAlreadyAllowed(address token);
    /// @notice MAX_TOKENS are allowed already.
    error TooManyTokens(uint256 maximum);
    /// @notice The token is not allowed.
    error TokenNotAllowed(address token);
    /// @notice The deposit brought nothing.
    error NothingReceived(address token);
    /// @notice Only the epoch after the last finalized one can be proposed.
    error UnexpectedEpoch(uint64 expected, uint64 given);
    /// @notice Only attempt 1 can be proposed.
    error UnexpectedAttempt(uint32 expected, uint32 given);
    /// @notice The epoch has a pending proposal.
    error AlreadyProposed(uint64 epoch);
    /// @notice The ledger's root or the manifest's hash is zero.
    error ZeroHash();
    /// @notice The ledger cannot get shorter.
    error TreeSizeDecreased(uint64 before, uint64 given);
    /// @notice The uri is longer than MAX_URI_BYTES.
    error UriTooLong(uint256 length, uint256 maximum);
    /// @notice `tokens`, `totals` and `reserved` differ in length.
    error LengthMismatch(uint256 tokens, uint256 totals, uint256 reserved);
    /// @notice Tokens are not strictly ascending by address.
    error TokensNotAscending(address before, address given);
    /// @notice A token of the last finalized epoch is missing.
    error TokenOmitted(address token);
    /// @notice An amount does not fit 128 bits.
    error AmountTooLarge(address token, uint256 amount);
    /// @notice More is reserved than the total.
    error ReservedExceedsTotal(address token, uint256 total, uint256 reserved);
    /// @notice What accounts have earned cannot get less.
    error PayableDecreased(address token, uint256 before, uint256 given);
    /// @notice The epoch is not proposed, or is finalized already.
    error NotProposed(uint64 epoch);
    /// @notice The delay of the proposal has not passed.
    error TooEarly(uint64 epoch, uint64 finalizableAt);
    /// @notice The epoch is not finalized.
    error NotFinalized(uint64 epoch);
    /// @notice The proof does not lead from the leaf to the epoch's payout root.
    error InvalidProof();
    /// @notice The epoch's total of the token is not covered by deposits.
    error Underfunded(address token, uint256 total, uint256 deposited);
    /// @notice The account was paid this much already.
    error NothingToClaim(address account, address token, uint256 cumulative, uint256 claimed);
    /// @notice The leaves of the epoch sum to more than its totals say: the payout root is false.
    error ClaimExceedsTotal(address token, uint256 claimed, uint256 payable_);

    /// @param admin first holder of ADMIN
    /// @param proposer first holder of PROPOSER, another account
    /// @param minimumDelay_ shortest delay for ever, and the first delay, in seconds, 1 to MAX_DELAY
    constructor(address admin, address proposer, uint64 minimumDelay_) {
        if (admin == address(0) || proposer == address(0)) revert ZeroAddress();
        if (minimumDelay_ == 0 || minimumDelay_ > MAX_DELAY) revert DelayOutOfRange(minimumDelay_, 1, MAX_DELAY);
        minimumDelay = minimumDelay_;
        delay = minimumDelay_;
        _grantRole(ADMIN, admin);
        _grantRole(PROPOSER, proposer);
        emit DelaySet(minimumDelay_);
    }

    /// @notice Allows a plain ERC-20 to be deposited and proposed, for ever.
    /// @dev Errors: {NotAContract}, {TokenAlreadyAllowed}, {TooManyTokens}.
    function allowToken(address token) external onlyRole(ADMIN) {
        if (token.code.length == 0) revert NotAContract(token);
        if (isAllowed[token]) revert TokenAlreadyAllowed(token);
        if (allowedTokenCount == MAX_TOKENS) revert TooManyTokens(MAX_TOKENS);
        isAllowed[token] = true;
        allowedTokenCount += 1;
        emit TokenAllowed(token);
    }

    /// @notice Sets the delay of later proposals. A pending proposal keeps the delay it was made under.
    /// @param delay_ seconds, minimumDelay to MAX_DELAY
    /// @dev Errors: {DelayOutOfRange}.
    function setDelay(uint64 delay_) external onlyRole(ADMIN) {
        if (delay_ < minimumDelay || delay_ > MAX_DELAY) revert DelayOutOfRange(delay_, minimumDelay, MAX_DELAY);
        delay = delay_;
        emit DelaySet(delay_);
    }

    /// @notice Takes `amount` of `token` from the caller and credits what arrived to `payer`.
    /// @param amount in the token's smallest unit; the caller has approved it
    /// @param payer the account whose vouchers this funds
    /// @dev Errors: {ZeroAddress}, {TokenNotAllowed}, {NothingReceived}.
    function deposit(address token, uint256 amount, address payer) external nonReentrant {
        if (payer == address(0)) revert ZeroAddress();
        if (!isAllowed[token]) revert TokenNotAllowed(token);
        uint256 balanceBefore = IERC20(token).balanceOf(address(this));
        IERC20(token).safeTransferFrom(msg.sender, address(this), amount);
        uint256 balanceAfter = IERC20(token).balanceOf(address(this));
        if (balanceAfter <= balanceBefore) revert NothingReceived(token);
        uint256 received = balanceAfter - balanceBefore;
        deposited[token] += received;
        emit Deposited(payer, token, msg.sender, received);
    }

    /// @notice Proposes the epoch after the last finalized one. Arguments as in {EpochContent}.
    /// @dev Whether `totals` are funded is not asked here: underfunding blocks only the claims of that token.
    /// Errors: {UnexpectedEpoch}, {UnexpectedAttempt}, {AlreadyProposed}, {ZeroHash}, {TreeSizeDecreased}, {UriTooLong},
    /// {LengthMismatch}, {TokensNotAscending}, {TokenNotAllowed}, {TokenOmitted}, {AmountTooLarge},
    /// {ReservedExceedsTotal}, {PayableDecreased}.
    function proposeEpoch(
        uint64 epoch,
        uint32 attempt,
        bytes32 ledgerRoot,
        uint64 treeSize,
        bytes32 payoutRoot,
        address[] memory tokens,
        uint256[] memory totals,
        uint256[] memory reserved,
        bytes32 manifestHash,
        string memory uri
    ) external onlyRole(PROPOSER) {
        _propose(
            EpochContent(epoch, attempt, ledgerRoot, treeSize, payoutRoot, tokens, totals, reserved, manifestHash, uri)
        );
    }

    /// @notice Makes a proposed epoch final, once its delay has passed. Anyone may call.
    /// @dev Errors: {NotProposed}, {TooEarly}.
    function finalizeEpoch(uint64 epoch) external {
        StoredEpoch storage stored = _epochs[epoch];
        if (stored.state != EpochState.Proposed) revert NotProposed(epoch);
        uint64 finalizableAt = stored.proposedAt + stored.delay;
        if (block.timestamp < finalizableAt) revert TooEarly(epoch, finalizableAt);
        stored.state = EpochState.Finalized;
        stored.finalizedAt = uint64(block.timestamp);
        lastFinalized = epoch;
        emit EpochFinalized(epoch, stored.attempt, stored.recordHash, stored.payoutRoot);
    }

    /// @notice Pays `account` what it earned in `token` up to `epoch` and was not paid yet. Anyone may call.
    /// @param epoch any finalized epoch
    /// @param cumulative the leaf's amount: all that the account earned in the token up to the epoch
    /// @param proof hashes from the leaf to the epoch's payout root
    /// @dev Errors: {NotFinalized}, {InvalidProof}, {Underfunded}, {NothingToClaim}, {ClaimExceedsTotal}.
    function claim(uint64 epoch, address account, address token, uint256 cumulative, bytes32[] calldata proof)
        external
        nonReentrant
    {
        StoredEpoch storage stored = _epochs[epoch];
        if (stored.state != EpochState.Finalized) revert NotFinalized(epoch);
        if (!MerkleProof.verifyCalldata(proof, stored.payoutRoot, payoutLeaf(account, token, cumulative))) {
            revert InvalidProof();
        }
        uint256 total = stored.amounts[token].total;
        if (total > deposited[token]) revert Underfunded(token, total, deposited[token]);
        uint256 before = claimedBy[account][token];
        if (cumulative <= before) revert NothingToClaim(account, token, cumulative, before);

        uint256 amount = cumulative - before;
        claimedBy[account][token] = cumulative;
        _countClaim(epoch, token, amount);
        emit Claimed(account, token, epoch, amount, cumulative, msg.sender);
        IERC20(token).safeTransfer(account, amount);
    }

    /// @notice Everything recorded for an epoch; all zero when it was never proposed.
    function epochRecord(uint64 epoch) external view returns (EpochRecord memory record) {
        StoredEpoch storage stored = _epochs[epoch];
        record.state = stored.state;
        if (record.state == EpochState.None) return record;
        record.prevHash = stored.prevHash;
        record.recordHash = stored.recordHash;
        record.proposedAt = stored.proposedAt;
        record.delay = stored.delay;
        record.finalizedAt = stored.finalizedAt;
        _loadContent(stored, epoch, record.content);
    }

    /// @notice Sum of all cumulative leaves plus what is reserved, of a token in a proposed or finalized epoch.
    function totalsOf(uint64 epoch, address token) external view returns (uint256) {
        return _epochs[epoch].amounts[token].total;
    }

    /// @notice What is settled but held back of a token in a proposed or finalized epoch.
    function reservedOf(uint64 epoch, address token) external view returns (uint256) {
        return _epochs[epoch].amounts[token].reserved;
    }

    /// @notice Leaf of the payout tree: OpenZeppelin's `standard-v1`, hashed twice so that no node can pass for a leaf,
    /// and bound to this chain and this contract.
    function payoutLeaf(address account, address token, uint256 cumulative) public view returns (bytes32) {
        return keccak256(bytes.concat(keccak256(abi.encode(block.chainid, address(this), account, token, cumulative))));
    }

    /// @dev One account never holds both roles: whoever proposes cannot shorten the delay.
    function _grantRole(bytes32 role, address account) internal override returns (bool) {
        if (role == PROPOSER && hasRole(ADMIN, account)) revert RolesNotDisjoint(account);
        if (role == ADMIN && hasRole(PROPOSER, account)) revert RolesNotDisjoint(account);
        return super._grantRole(role, account);
    }

    function _propose(EpochContent memory content) private {
        StoredEpoch storage last = _epochs[lastFinalized];
        StoredEpoch storage stored = _epochs[content.epoch];
        _checkContent(content, last, stored);
        _storeAmounts(content, last, stored);

        bytes32 prevHash = last.recordHash;
        bytes32 recordHash = keccak256(abi.encode(RECORD_TYPE, block.chainid, address(this), prevHash, content));
        stored.ledgerRoot = content.ledgerRoot;
        stored.payoutRoot = content.payoutRoot;
        stored.manifestHash = content.manifestHash;
        stored.prevHash = prevHash;
        stored.recordHash = recordHash;
        stored.treeSize = content.treeSize;
        stored.proposedAt = uint64(block.timestamp);
        stored.delay = delay;
        stored.attempt = content.attempt;
        stored.state = EpochState.Proposed;
        stored.tokens = content.tokens;
        stored.uri = content.uri;
        emit EpochProposed(
            content.epoch, content.attempt, recordHash, prevHash, content, msg.sender, uint64(block.timestamp) + delay
        );
    }

    function _checkContent(EpochContent memory content, StoredEpoch storage last, StoredEpoch storage stored)
        private
        view
    {
        if (content.epoch != lastFinalized + 1) revert UnexpectedEpoch(lastFinalized + 1, content.epoch);
        if (stored.state != EpochState.None) revert AlreadyProposed(content.epoch);
        if (content.attempt != 1) revert UnexpectedAttempt(1, content.attempt);
        if (content.ledgerRoot == 0 || content.manifestHash == 0) revert ZeroHash();
        if (content.treeSize < last.treeSize) revert TreeSizeDecreased(last.treeSize, content.treeSize);
        uint256 uriLength = bytes(content.uri).length;
        if (uriLength > MAX_URI_BYTES) revert UriTooLong(uriLength, MAX_URI_BYTES);
        uint256 count = content.tokens.length;
        if (content.totals.length != count || content.reserved.length != count) {
            revert LengthMismatch(count, content.totals.length, content.reserved.length);
        }
    }

    /// @dev Walks the new tokens and the last finalized epoch's side by side; both are ascending, so the walk stays for
    /// ever before a token that was omitted.
    function _storeAmounts(EpochContent memory content, StoredEpoch storage last, StoredEpoch storage stored) private {
        uint256 lastCount = last.tokens.length;
        uint256 met = 0;
        address before = address(0);
        for (uint256 i = 0; i < content.tokens.length; i++) {
            address token = content.tokens[i];
            if (token <= before) revert TokensNotAscending(before, token);
            if (!isAllowed[token]) revert TokenNotAllowed(token);
            if (met < lastCount && last.tokens[met] == token) met++;
            stored.amounts[token] = _checkAmounts(token, content.totals[i], content.reserved[i], last.amounts[token]);
            before = token;
        }
        if (met < lastCount) revert TokenOmitted(last.tokens[met]);
    }

    function _checkAmounts(address token, uint256 total, uint256 reserved, TokenAmounts storage last)
        private
        view
        returns (TokenAmounts memory)
    {
        if (total > type(uint128).max) revert AmountTooLarge(token, total);
        if (reserved > total) revert ReservedExceedsTotal(token, total, reserved);
        uint256 payableBefore = last.total - last.reserved;
        if (total - reserved < payableBefore) revert PayableDecreased(token, payableBefore, total - reserved);
        return TokenAmounts(uint128(total), uint128(reserved));
    }

    /// @dev A payout root whose leaves sum to more than the totals is false; claims then stop at the newest funded total,
    /// so that what is reserved, and what other epochs are owed, is not paid out by it.
    function _countClaim(uint64 epoch, address token, uint256 amount) private {
        uint64 newest = _newestClaimedEpoch[token];
        if (epoch > newest) {
            newest = epoch;
            _newestClaimedEpoch[token] = epoch;
        }
        TokenAmounts storage amounts = _epochs[newest].amounts[token];
        uint256 payable_ = amounts.total - amounts.reserved;
        uint256 claimedAfter = claimed[token] + amount;
        if (claimedAfter > payable_) revert ClaimExceedsTotal(token, claimedAfter, payable_);
        claimed[token] = claimedAfter;
    }

    function _loadContent(StoredEpoch storage stored, uint64 epoch, EpochContent memory content) private view {
        uint256 count = stored.tokens.length;
        content.epoch = epoch;
        content.attempt = stored.attempt;
        content.ledgerRoot = stored.ledgerRoot;
        content.treeSize = stored.treeSize;
        content.payoutRoot = stored.payoutRoot;
        content.tokens = stored.tokens;
        content.totals = new uint256[](count);
        content.reserved = new uint256[](count);
        for (uint256 i = 0; i < count; i++) {
            TokenAmounts storage amounts = stored.amounts[content.tokens[i]];
            content.totals[i] = amounts.total;
            content.reserved[i] = amounts.reserved;
        }
        content.manifestHash = stored.manifestHash;
        content.uri = stored.uri;
    }
}
