// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Tokens} from "./Tokens.sol";

/// @title Epochs: proposed, perhaps vetoed and proposed again, finalized, perhaps revoked.
/// @notice One proposal is pending at a time. A proposal builds on the newest finalized epoch that was not revoked: so a false
/// record, once revoked, does not bind the ones after it.
abstract contract Epochs is Tokens {
    struct TokenAmounts {
        uint128 total;
        uint128 reserved;
    }

    /// The second half is one slot. `tokenList` is an index of `_tokenLists`: most epochs name the tokens of the one before.
    struct StoredEpoch {
        bytes32 ledgerRoot;
        bytes32 payoutRoot;
        bytes32 manifestHash;
        bytes32 recordHash;
        uint64 treeSize;
        uint40 proposedAt;
        uint40 finalizedAt;
        uint32 delay;
        uint32 attempt;
        uint24 tokenList;
        uint16 attesterSet;
        EpochState state;
        string uri;
        mapping(address token => TokenAmounts) amounts;
    }

    /// @notice Domain of `EpochRecord.recordHash`.
    bytes32 public constant RECORD_TYPE = keccak256("TallyDistributor.EpochRecord.v1");

    /// @notice Most bytes of a proposal's uri.
    uint256 public constant MAX_URI_BYTES = 256;

    /// @notice Highest number of an epoch: one an hour for 1,900 years.
    uint64 public constant MAX_EPOCH = type(uint24).max;

    /// @notice Shortest delay that ADMIN can set, in seconds; fixed for ever.
    uint64 public immutable minimumDelay;

    /// @notice Delay of the next proposal, in seconds.
    uint64 public delay;

    /// @notice Number of the newest finalized epoch, revoked or not; 0 when there is none.
    uint64 public lastFinalized;

    /// @notice Number of the newest finalized epoch that is not revoked; 0 when there is none. The next proposal builds on it.
    uint64 public baseEpoch;

    /// @notice Payout root that claims of an epoch are checked against; zero unless it is finalized and not revoked.
    /// @dev Beside the record, so that a claim reads one slot for both the state and the root.
    mapping(uint64 epoch => bytes32) public claimableRoot;

    // Written through storage pointers in `_propose`.
    // slither-disable-next-line uninitialized-state
    mapping(uint64 epoch => StoredEpoch) internal _epochs;

    address[][] private _tokenLists;

    constructor(Setup memory setup) {
        minimumDelay = setup.minimumDelay;
        delay = setup.minimumDelay;
        emit DelaySet(setup.minimumDelay);
        _tokenLists.push();
    }

    /// @notice Sets the delay of later proposals. A pending proposal keeps the delay it was made under.
    /// @param delay_ seconds, minimumDelay to MAX_DELAY
    /// @dev Errors: {OnlyByOperation}, {DelayOutOfRange}.
    function setDelay(uint64 delay_) external onlyOperation {
        _checkDelay(delay_, minimumDelay);
        delay = delay_;
        emit DelaySet(delay_);
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

    /// @notice Ends a proposal, at any time before its finalization. The next attempt can be proposed at once.
    /// @dev Errors: {NotProposed}.
    function vetoEpoch(uint64 epoch) external onlyRole(GUARDIAN) {
        StoredEpoch storage stored = _epochs[epoch];
        if (stored.state != EpochState.Proposed) revert NotProposed(epoch);
        stored.state = EpochState.Vetoed;
        emit EpochVetoed(epoch, stored.attempt, stored.recordHash, msg.sender);
    }

    /// @notice Makes a proposed epoch final, once its delay has passed and enough attesters signed. Anyone may call.
    /// @param signatures of `attestationDigest(epoch, attempt, recordHash)`, 65 bytes each, by attesters of the set under
    /// which the epoch was proposed, in ascending order of their addresses
    /// @dev Errors: {NotProposed}, {TooEarly}, {NotEnoughAttestations}, {InvalidAttestation}.
    function finalizeEpoch(uint64 epoch, bytes[] calldata signatures) external {
        StoredEpoch storage stored = _epochs[epoch];
        if (stored.state != EpochState.Proposed) revert NotProposed(epoch);
        uint64 finalizableAt = uint64(stored.proposedAt) + stored.delay;
        if (block.timestamp < finalizableAt) revert TooEarly(epoch, finalizableAt);
        bytes32 recordHash = stored.recordHash;
        uint32 attempt = stored.attempt;
        _requireAttested(stored.attesterSet, attestationDigest(epoch, attempt, recordHash), signatures);
        stored.state = EpochState.Finalized;
        stored.finalizedAt = uint40(block.timestamp);
        lastFinalized = epoch;
        baseEpoch = epoch;
        bytes32 payoutRoot = stored.payoutRoot;
        claimableRoot[epoch] = payoutRoot;
        emit EpochFinalized(epoch, attempt, recordHash, payoutRoot);
    }

    /// @notice Takes a finalized epoch out of what can be claimed against, for ever. It moves nothing: what accounts earned in
    /// it is in the trees of other epochs, or of the next one.
    /// @param signatures of `revocationDigest(epoch, recordHash)` by as many of today's attesters as its threshold says, as in
    /// `finalizeEpoch`: not the epoch's own set, which may be what went wrong
    /// @dev Errors: {NotFinalized}, {NotEnoughAttestations}, {InvalidAttestation}.
    function revokeEpoch(uint64 epoch, bytes[] calldata signatures) external onlyRole(GUARDIAN) {
        StoredEpoch storage stored = _epochs[epoch];
        if (stored.state != EpochState.Finalized) revert NotFinalized(epoch);
        _requireAttested(attesterSet(), revocationDigest(epoch, stored.recordHash), signatures);
        stored.state = EpochState.Revoked;
        delete claimableRoot[epoch];
        uint64 standing = epoch - 1;
        while (standing > 0 && _epochs[standing].state == EpochState.Revoked) standing--;
        if (baseEpoch == epoch) baseEpoch = standing;
        _forgetFunding(epoch, standing);
        emit EpochRevoked(epoch, stored.recordHash, msg.sender);
    }

    /// @notice Everything recorded for an epoch; all zero when it was never proposed.
    function epochRecord(uint64 epoch) external view returns (EpochRecord memory record) {
        StoredEpoch storage stored = _epochs[epoch];
        record.state = stored.state;
        if (record.state == EpochState.None) return record;
        record.prevHash = _epochs[epoch - 1].recordHash;
        record.recordHash = stored.recordHash;
        record.proposedAt = stored.proposedAt;
        record.delay = stored.delay;
        record.finalizedAt = stored.finalizedAt;
        record.attesterSet = stored.attesterSet;
        _loadContent(stored, epoch, record.content);
    }

    /// @notice The hash under which `content` is recorded when it is proposed after the record `prevHash`: what attesters
    /// sign.
    function hashOf(bytes32 prevHash, EpochContent memory content) public view returns (bytes32) {
        return keccak256(abi.encode(RECORD_TYPE, block.chainid, address(this), prevHash, content));
    }

    /// @notice Sum of all cumulative leaves plus what is reserved, of a token in the newest attempt at an epoch.
    function totalsOf(uint64 epoch, address token) external view returns (uint256) {
        return _epochs[epoch].amounts[token].total;
    }

    /// @notice What is settled but held back of a token in the newest attempt at an epoch.
    function reservedOf(uint64 epoch, address token) external view returns (uint256) {
        return _epochs[epoch].amounts[token].reserved;
    }

    function _propose(EpochContent memory content) private {
        StoredEpoch storage stored = _epochs[content.epoch];
        StoredEpoch storage base = _epochs[baseEpoch];
        _checkHead(content, base, stored);
        // Amounts of a vetoed attempt must not stay for tokens that this one does not name.
        if (stored.state == EpochState.Vetoed) _clearAmounts(stored);
        uint24 tokenList = _storeAmounts(content, base, stored);

        bytes32 prevHash = _epochs[lastFinalized].recordHash;
        bytes32 recordHash = hashOf(prevHash, content);
        uint64 delay_ = delay;
        stored.ledgerRoot = content.ledgerRoot;
        stored.payoutRoot = content.payoutRoot;
        stored.manifestHash = content.manifestHash;
        stored.recordHash = recordHash;
        stored.treeSize = content.treeSize;
        stored.proposedAt = uint40(block.timestamp);
        stored.delay = uint32(delay_);
        stored.attempt = content.attempt;
        stored.tokenList = tokenList;
        stored.attesterSet = attesterSet();
        stored.state = EpochState.Proposed;
        stored.uri = content.uri;
        emit EpochProposed(
            content.epoch, content.attempt, recordHash, prevHash, content, msg.sender, uint64(block.timestamp) + delay_
        );
    }

    function _checkHead(EpochContent memory content, StoredEpoch storage base, StoredEpoch storage stored) private view {
        uint64 expected = lastFinalized + 1;
        if (content.epoch != expected || expected > MAX_EPOCH) revert UnexpectedEpoch(expected, content.epoch);
        if (stored.state == EpochState.Proposed) revert AlreadyProposed(content.epoch);
        // Zero before the first attempt.
        uint32 attempt = stored.attempt + 1;
        if (content.attempt != attempt) revert UnexpectedAttempt(attempt, content.attempt);
        if (content.ledgerRoot == 0 || content.manifestHash == 0) revert ZeroHash();
        if (content.treeSize < base.treeSize) revert TreeSizeDecreased(base.treeSize, content.treeSize);
        uint256 uriLength = bytes(content.uri).length;
        if (uriLength > MAX_URI_BYTES) revert UriTooLong(uriLength, MAX_URI_BYTES);
        uint256 count = content.tokens.length;
        if (content.totals.length != count || content.reserved.length != count) {
            revert LengthMismatch(count, content.totals.length, content.reserved.length);
        }
    }

    /// @dev Walks the new tokens and the base's side by side; both are ascending, so the walk stays for ever before a token
    /// that was omitted.
    /// @return index of the token list: the base's own when it names the same tokens
    function _storeAmounts(EpochContent memory content, StoredEpoch storage base, StoredEpoch storage stored)
        private
        returns (uint24)
    {
        address[] storage baseTokens = _tokenLists[base.tokenList];
        uint256 baseCount = baseTokens.length;
        uint256 count = content.tokens.length;
        uint256 met = 0;
        address before = address(0);
        for (uint256 i = 0; i < count; i++) {
            address token = content.tokens[i];
            if (token <= before) revert TokensNotAscending(before, token);
            if (met < baseCount && baseTokens[met] == token) met++;
            stored.amounts[token] = _checkAmounts(token, content.totals[i], content.reserved[i], base.amounts[token]);
            before = token;
        }
        if (met < baseCount) revert TokenOmitted(baseTokens[met]);
        if (count == baseCount) return base.tokenList;
        _tokenLists.push(content.tokens);
        return uint24(_tokenLists.length - 1);
    }

    function _checkAmounts(address token, uint256 total, uint256 reserved, TokenAmounts storage base)
        private
        view
        returns (TokenAmounts memory)
    {
        TokenLedger storage ledger = _tokens[token];
        if (!ledger.isAllowed) revert TokenNotAllowed(token);
        if (total > type(uint128).max) revert AmountTooLarge(token, total);
        if (reserved > total) revert ReservedExceedsTotal(token, total, reserved);
        // After a revocation more may have been paid than the base owes; a leaf never falls below what was paid.
        uint256 least = base.total - base.reserved;
        if (ledger.claimed > least) least = ledger.claimed;
        if (total - reserved < least) revert PayableDecreased(token, least, total - reserved);
        return TokenAmounts(uint128(total), uint128(reserved));
    }

    function _clearAmounts(StoredEpoch storage stored) private {
        address[] storage tokens = _tokenLists[stored.tokenList];
        uint256 count = tokens.length;
        for (uint256 i = 0; i < count; i++) {
            delete stored.amounts[tokens[i]];
        }
    }

    /// @dev A revoked epoch's totals bound no claim any more. `standing` was finalized before it and owed no more, so it is
    /// funded too.
    function _forgetFunding(uint64 epoch, uint64 standing) private {
        address[] storage tokens = _tokenLists[_epochs[epoch].tokenList];
        uint256 count = tokens.length;
        for (uint256 i = 0; i < count; i++) {
            TokenLedger storage ledger = _tokens[tokens[i]];
            if (ledger.fundedEpoch != epoch) continue;
            TokenAmounts memory amounts = _epochs[standing].amounts[tokens[i]];
            ledger.fundedEpoch = uint24(standing);
            ledger.cap = uint96(amounts.total - amounts.reserved);
        }
    }

    function _loadContent(StoredEpoch storage stored, uint64 epoch, EpochContent memory content) private view {
        content.epoch = epoch;
        content.attempt = stored.attempt;
        content.ledgerRoot = stored.ledgerRoot;
        content.treeSize = stored.treeSize;
        content.payoutRoot = stored.payoutRoot;
        content.tokens = _tokenLists[stored.tokenList];
        uint256 count = content.tokens.length;
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
