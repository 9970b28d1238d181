// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title What the distributor's records, events and errors look like.
interface TallyTypes {
    /// @notice Life of an epoch. A vetoed epoch may be proposed again with the next attempt; a revoked one never.
    enum EpochState {
        None,
        Proposed,
        Finalized,
        Vetoed,
        Revoked
    }

    /// @notice How a distributor begins. Everything here but the two fixed delays is changed later only by `execute`.
    /// @param admin first holder of ADMIN: schedules changes, and executes them `adminDelay` later
    /// @param proposer first holder of PROPOSER
    /// @param guardian first holder of GUARDIAN
    /// @param attesters first attesters, strictly ascending by address, at most MAX_ATTESTERS; none holds a role
    /// @param threshold how many of them have to attest to a proposal, 0 to their number
    /// @param minimumDelay shortest delay of a proposal for ever, and the first delay, in seconds, 1 to MAX_DELAY
    /// @param adminDelay delay of ADMIN's changes for ever, in seconds, minimumDelay to MAX_DELAY
    /// @param tokens first allowed tokens
    struct Setup {
        address admin;
        address proposer;
        address guardian;
        address[] attesters;
        uint8 threshold;
        uint64 minimumDelay;
        uint64 adminDelay;
        address[] tokens;
    }

    /// @notice What a proposer says about an epoch, in the order of `proposeEpoch`'s arguments.
    /// @param epoch number of the epoch, from 1
    /// @param attempt number of the attempt at this epoch, from 1
    /// @param ledgerRoot RFC 6962 root of the ledger after this epoch
    /// @param treeSize number of leaves of the ledger after this epoch
    /// @param payoutRoot root of the payout tree (OpenZeppelin `standard-v1`), see `payoutLeaf`; zero when it is empty
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

    /// @notice Everything recorded for an epoch: for its newest attempt.
    /// @param content what was proposed
    /// @param state all other fields are zero while it is `None`
    /// @param prevHash `recordHash` of the epoch before, zero for epoch 1
    /// @param recordHash keccak256(abi.encode(RECORD_TYPE, chainId, distributor, prevHash, content))
    /// @param proposedAt block time of the proposal, in seconds
    /// @param delay seconds between proposal and finalization, as it was at the proposal
    /// @param finalizedAt block time of the finalization, in seconds, zero before
    /// @param attesterSet number of the attester set, and with it the threshold, as it was at the proposal
    struct EpochRecord {
        EpochContent content;
        EpochState state;
        bytes32 prevHash;
        bytes32 recordHash;
        uint64 proposedAt;
        uint64 delay;
        uint64 finalizedAt;
        uint16 attesterSet;
    }

    /// @notice A leaf of an epoch's payout tree with its proof.
    /// @param epoch any finalized epoch that is not revoked
    /// @param account whom the leaf names
    /// @param token which token
    /// @param cumulative all that the account earned in the token up to the epoch, in its smallest unit
    /// @param proof hashes from the leaf to the epoch's payout root
    struct Claim {
        uint64 epoch;
        address account;
        address token;
        uint256 cumulative;
        bytes32[] proof;
    }

    /// @notice What an account signs so that anyone may claim for it.
    /// @param recipient who is paid
    /// @param minimum least amount that this claim has to pay, in the token's smallest unit
    /// @param nonce any number that the account has neither used nor cancelled
    /// @param deadline last block time at which it counts, in seconds
    struct Authorization {
        address recipient;
        uint256 minimum;
        uint256 nonce;
        uint256 deadline;
    }

    /// @notice `operation` can be executed from the block time `readyAt` on, for OPERATION_WINDOW.
    event OperationScheduled(bytes32 indexed operation, bytes call, bytes32 salt, uint64 readyAt);
    /// @notice `operation` was executed.
    event OperationExecuted(bytes32 indexed operation);
    /// @notice `operation` was cancelled.
    event OperationCancelled(bytes32 indexed operation);
    /// @notice Proposals from now on need `threshold` attestations of `attesters`.
    event AttestersSet(uint16 indexed set, address[] attesters, uint8 threshold);
    /// @notice `token` may now be deposited and proposed; this is never undone.
    event TokenAllowed(address indexed token);
    /// @notice Deposits and claims of `token` stand still until the block time `until`.
    event TokenPaused(address indexed token, uint64 until);
    /// @notice Proposals from now on wait `delay` seconds.
    event DelaySet(uint64 delay);
    /// @notice `from` deposited `amount` in the name of `payer`; `amount` is what arrived.
    event Deposited(address indexed payer, address indexed token, address indexed from, uint256 amount);
    /// @notice `amount` that nobody deposited was sent to `to`.
    event ExcessSwept(address indexed token, address indexed to, uint256 amount);
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
    /// @notice `guardian` vetoed a proposal. The next attempt at the epoch can be proposed.
    event EpochVetoed(uint64 indexed epoch, uint32 indexed attempt, bytes32 indexed recordHash, address guardian);
    /// @notice An epoch became final. Its payout tree can be claimed against.
    event EpochFinalized(uint64 indexed epoch, uint32 indexed attempt, bytes32 indexed recordHash, bytes32 payoutRoot);
    /// @notice A finalized epoch can no longer be claimed against.
    event EpochRevoked(uint64 indexed epoch, bytes32 indexed recordHash, address guardian);
    /// @notice `account` has now earned and been paid `cumulative` in all; `amount` of it went to `recipient` now.
    event Claimed(
        address indexed account,
        address indexed token,
        uint64 indexed epoch,
        uint256 amount,
        uint256 cumulative,
        address recipient
    );
    /// @notice A claim in `claimMany` was not paid; `reason` is the error with which `claim` would have failed.
    event ClaimSkipped(address indexed account, address indexed token, uint64 indexed epoch, bytes reason);
    /// @notice Claims of `account` now pay `recipient`; zero: the account itself.
    event RecipientSet(address indexed account, address recipient);
    /// @notice Whether only `account` itself may send its claims, or a holder of its signature.
    event SelfOnlySet(address indexed account, bool selfOnly);
    /// @notice `nonce` of `account` was used or cancelled.
    event NonceSpent(address indexed account, uint256 nonce);

    /// @notice A delay outside `minimum` to `maximum` seconds.
    error DelayOutOfRange(uint64 delay, uint64 minimum, uint64 maximum);
    /// @notice An account has at most one of: PROPOSER, GUARDIAN, ADMIN, a place among the attesters.
    error RolesNotDisjoint(address account);
    /// @notice Only an executed operation of ADMIN can do this.
    error OnlyByOperation();
    /// @notice The operation is scheduled already.
    error OperationPending(bytes32 operation);
    /// @notice The operation is not scheduled, or not executable at this time.
    error OperationNotReady(bytes32 operation, uint64 readyAt);
    /// @notice The zero address where an account or a payer is needed.
    error ZeroAddress();
    /// @notice More attesters than MAX_ATTESTERS, or fewer than the threshold.
    error AttesterCount(uint256 count, uint256 threshold);
    /// @notice Attesters are not strictly ascending by address.
    error AttestersNotAscending(address before, address given);
    /// @notice Fewer signatures than the threshold.
    error NotEnoughAttestations(uint256 needed, uint256 given);
    /// @notice The signature at `index` is no attester's, or not in ascending order of the signers.
    error InvalidAttestation(uint256 index);
    /// @notice There is no contract at this address.
    error NotAContract(address token);
    /// @notice The token is allowed already.
    error TokenAlreadyAllowed(address token);
    /// @notice MAX_TOKENS are allowed already.
    error TooManyTokens(uint256 maximum);
    /// @notice The token is not allowed.
    error TokenNotAllowed(address token);
    /// @notice The token is paused until the block time `until`.
    error TokenIsPaused(address token, uint64 until);
    /// @notice A pause has to end between now and `latest`.
    error PauseOutOfRange(uint64 until, uint64 latest);
    /// @notice The token was paused lately; it can be paused again from the block time `possibleAt` on.
    error PauseTooSoon(address token, uint64 possibleAt);
    /// @notice The deposit brought nothing.
    error NothingReceived(address token);
    /// @notice Deposits of a token sum to less than 2^96: a larger amount fits no record.
    error DepositTooLarge(address token, uint256 deposited);
    /// @notice The distributor holds no more of the token than was deposited and not claimed.
    error NothingToSweep(address token);
    /// @notice Only the epoch after the last finalized one can be proposed.
    error UnexpectedEpoch(uint64 expected, uint64 given);
    /// @notice Only the attempt after the last vetoed one can be proposed; the first is 1.
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
    /// @notice A token of the epoch that this one builds on is missing.
    error TokenOmitted(address token);
    /// @notice An amount does not fit 128 bits.
    error AmountTooLarge(address token, uint256 amount);
    /// @notice More is reserved than the total.
    error ReservedExceedsTotal(address token, uint256 total, uint256 reserved);
    /// @notice What accounts have earned cannot get less, nor less than what they were paid.
    error PayableDecreased(address token, uint256 before, uint256 given);
    /// @notice The epoch has no pending proposal.
    error NotProposed(uint64 epoch);
    /// @notice The delay of the proposal has not passed.
    error TooEarly(uint64 epoch, uint64 finalizableAt);
    /// @notice The epoch is not finalized, or is revoked.
    error NotFinalized(uint64 epoch);
    /// @notice The proof does not lead from the leaf to the epoch's payout root.
    error InvalidProof();
    /// @notice The epoch's total of the token is not covered by deposits.
    error Underfunded(address token, uint256 total, uint256 deposited);
    /// @notice The account was paid this much already.
    error NothingToClaim(address account, address token, uint256 cumulative, uint256 claimed);
    /// @notice The leaves of the epoch sum to more than its totals say: the payout root is false.
    error ClaimExceedsTotal(address token, uint256 claimed, uint256 amount, uint256 payable_);
    /// @notice Only the account itself, or a holder of its signature, may claim for it.
    error OnlyAccount(address account);
    /// @notice The token refused to pay the recipient.
    error TransferFailed(address token, address recipient);
    /// @notice More claims than MAX_CLAIMS in one call.
    error TooManyClaims(uint256 count, uint256 maximum);
    /// @notice The distributor, or nobody, cannot be paid.
    error InvalidRecipient(address recipient);
    /// @notice The signature's last block time has passed.
    error SignatureExpired(uint256 deadline);
    /// @notice The nonce was used or cancelled.
    error NonceAlreadySpent(address account, uint256 nonce);
    /// @notice The account did not sign this.
    error InvalidSignature(address account);
    /// @notice The claim would pay less than the account asked for at least.
    error BelowMinimum(uint256 amount, uint256 minimum);
}
