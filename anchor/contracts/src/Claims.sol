// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {Epochs} from "./Epochs.sol";

/// @title Claims: by anyone, always to the account's recipient; or as the account signed.
/// @notice A leaf says what an account earned in a token since the beginning, and a claim pays the part not yet paid. So any
/// order and any subset of claims ends in the same balances, and a claim against an old epoch is as safe as one against the
/// newest.
abstract contract Claims is Epochs {
    using SafeERC20 for IERC20;

    struct AccountSettings {
        address recipient;
        bool selfOnly;
    }

    /// @notice EIP-712 type of what an account signs for `claimWithSig`.
    bytes32 public constant CLAIM_TYPE = keccak256(
        "Claim(address account,address token,address recipient,uint256 minimum,uint256 nonce,uint256 deadline)"
    );

    /// @notice Most claims in one call of `claimMany`.
    uint256 public constant MAX_CLAIMS = 256;

    /// @notice What was ever paid to an account in a token, in the token's smallest unit.
    mapping(address account => mapping(address token => uint256)) public claimedBy;

    /// @notice What an account chose: who is paid (zero: itself), and whether only itself may claim.
    mapping(address account => AccountSettings) public settingsOf;

    /// One bit for each nonce, 256 in a slot.
    mapping(address account => mapping(uint256 word => uint256 bits)) private _spentNonces;

    /// @notice Pays what `account` earned in `token` up to `epoch` and was not paid yet, to the account's recipient. Anyone
    /// may call, unless the account is `selfOnly`.
    /// @param epoch any finalized epoch that is not revoked
    /// @param cumulative the leaf's amount: all that the account earned in the token up to the epoch
    /// @param proof hashes from the leaf to the epoch's payout root
    /// @dev Errors: {OnlyAccount}, {NotFinalized}, {InvalidProof}, {TokenIsPaused}, {NothingToClaim}, {Underfunded},
    /// {ClaimExceedsTotal}, {TransferFailed}.
    function claim(uint64 epoch, address account, address token, uint256 cumulative, bytes32[] calldata proof)
        external
        nonReentrant
    {
        address recipient = _recipientFor(account, msg.sender);
        if (recipient == address(0)) revert OnlyAccount(account);
        _revertWith(_checkLeaf(epoch, account, token, cumulative, proof));
        _payOrRevert(epoch, account, token, cumulative, recipient, 0);
    }

    /// @notice Claims for many accounts, and skips each that cannot be paid, with a {ClaimSkipped}.
    /// @dev Errors: {TooManyClaims}.
    function claimMany(Claim[] calldata claims) external nonReentrant {
        if (claims.length > MAX_CLAIMS) revert TooManyClaims(claims.length, MAX_CLAIMS);
        for (uint256 i = 0; i < claims.length; i++) {
            Claim calldata each = claims[i];
            bytes memory failure = _tryClaim(each);
            if (failure.length > 0) emit ClaimSkipped(each.account, each.token, each.epoch, failure);
        }
    }

    /// @notice As `claim`, but pays the recipient that the account signed for, whoever sends it.
    /// @param claim_ the leaf; the signature binds its account and token, not its epoch: any that pays the minimum will do
    /// @param signature of `claimDigest`: 65 bytes of ECDSA by the account, or what its contract takes (ERC-1271)
    /// @dev Errors: {SignatureExpired}, {InvalidRecipient}, {NonceAlreadySpent}, {InvalidSignature}, {BelowMinimum}; else those
    /// of `claim`, without {OnlyAccount}.
    function claimWithSig(Claim calldata claim_, Authorization calldata authorization, bytes calldata signature)
        external
        nonReentrant
    {
        (address account, address token) = (claim_.account, claim_.token);
        address recipient = authorization.recipient;
        if (block.timestamp > authorization.deadline) revert SignatureExpired(authorization.deadline);
        if (recipient == address(0) || recipient == address(this)) revert InvalidRecipient(recipient);
        _spendNonce(account, authorization.nonce);
        if (!_isSignedBy(account, claimDigest(account, token, authorization), signature)) revert InvalidSignature(account);
        _revertWith(_checkLeaf(claim_.epoch, account, token, claim_.cumulative, claim_.proof));
        _payOrRevert(claim_.epoch, account, token, claim_.cumulative, recipient, authorization.minimum);
    }

    /// @notice Makes signatures of the caller with this nonce worthless.
    /// @dev Errors: {NonceAlreadySpent}.
    function cancelNonce(uint256 nonce) external {
        _spendNonce(msg.sender, nonce);
    }

    /// @notice From now on claims of the caller's account pay `recipient`; zero: the account itself again.
    /// @dev Errors: {InvalidRecipient}.
    function setRecipient(address recipient) external {
        if (recipient == address(this)) revert InvalidRecipient(recipient);
        settingsOf[msg.sender].recipient = recipient;
        emit RecipientSet(msg.sender, recipient);
    }

    /// @notice Whether only the caller itself, or a holder of its signature, may claim for it.
    function setSelfOnly(bool selfOnly) external {
        settingsOf[msg.sender].selfOnly = selfOnly;
        emit SelfOnlySet(msg.sender, selfOnly);
    }

    /// @notice Whether a nonce of an account was used or cancelled.
    function isNonceSpent(address account, uint256 nonce) external view returns (bool) {
        return _spentNonces[account][nonce >> 8] & (1 << (nonce & 0xff)) != 0;
    }

    /// @notice What an account signs so that anyone may claim for it (EIP-712).
    function claimDigest(address account, address token, Authorization calldata authorization)
        public
        view
        returns (bytes32)
    {
        return _hashTypedDataV4(
            keccak256(
                abi.encode(
                    CLAIM_TYPE,
                    account,
                    token,
                    authorization.recipient,
                    authorization.minimum,
                    authorization.nonce,
                    authorization.deadline
                )
            )
        );
    }

    /// @notice Leaf of the payout tree: OpenZeppelin's `standard-v1`, hashed twice so that no node can pass for a leaf,
    /// and bound to this chain and this contract.
    function payoutLeaf(address account, address token, uint256 cumulative) public view returns (bytes32) {
        return keccak256(bytes.concat(keccak256(abi.encode(block.chainid, address(this), account, token, cumulative))));
    }

    function _tryClaim(Claim calldata each) private returns (bytes memory failure) {
        (uint64 epoch, address account, address token, uint256 cumulative) =
            (each.epoch, each.account, each.token, each.cumulative);
        address recipient = _recipientFor(account, msg.sender);
        if (recipient == address(0)) return abi.encodeWithSelector(OnlyAccount.selector, account);
        failure = _checkLeaf(epoch, account, token, cumulative, each.proof);
        if (failure.length > 0) return failure;
        uint256 amount;
        (amount, failure) = _book(epoch, account, token, cumulative, 0);
        if (failure.length > 0) return failure;
        if (IERC20(token).trySafeTransfer(recipient, amount)) {
            emit Claimed(account, token, epoch, amount, cumulative, recipient);
            return failure;
        }
        // Nothing moved. That the epoch is funded stays noted: it is true whoever is paid.
        claimedBy[account][token] -= amount;
        _tokens[token].claimed -= uint96(amount);
        return abi.encodeWithSelector(TransferFailed.selector, token, recipient);
    }

    function _payOrRevert(
        uint64 epoch,
        address account,
        address token,
        uint256 cumulative,
        address recipient,
        uint256 minimum
    ) private {
        (uint256 amount, bytes memory failure) = _book(epoch, account, token, cumulative, minimum);
        _revertWith(failure);
        emit Claimed(account, token, epoch, amount, cumulative, recipient);
        IERC20(token).safeTransfer(recipient, amount);
    }

    /// @return failure the encoded error with which a claim of this leaf fails; empty when it is in the epoch's tree
    function _checkLeaf(uint64 epoch, address account, address token, uint256 cumulative, bytes32[] calldata proof)
        private
        view
        returns (bytes memory failure)
    {
        bytes32 root = claimableRoot[epoch];
        bytes32 leaf = payoutLeaf(account, token, cumulative);
        if (MerkleProof.processProofCalldata(proof, leaf) == root) return failure;
        if (_epochs[epoch].state != EpochState.Finalized) return abi.encodeWithSelector(NotFinalized.selector, epoch);
        return abi.encodeWithSelector(InvalidProof.selector);
    }

    /// @dev Notes a payment, and changes nothing when it fails. A payout root whose leaves sum to more than the totals is
    /// false; claims then stop at the newest funded total, so that what is reserved, and what other epochs are owed, is not
    /// paid out by it.
    /// @return amount  to be paid, in the token's smallest unit
    /// @return failure the encoded error with which the claim fails; empty when it was noted
    function _book(uint64 epoch, address account, address token, uint256 cumulative, uint256 minimum)
        private
        returns (uint256 amount, bytes memory failure)
    {
        TokenLedger memory ledger = _tokens[token];
        if (block.timestamp < ledger.pausedUntil) {
            return (0, abi.encodeWithSelector(TokenIsPaused.selector, token, ledger.pausedUntil));
        }
        uint256 before = claimedBy[account][token];
        if (cumulative <= before) {
            return (0, abi.encodeWithSelector(NothingToClaim.selector, account, token, cumulative, before));
        }
        amount = cumulative - before;
        if (amount < minimum) return (0, abi.encodeWithSelector(BelowMinimum.selector, amount, minimum));
        if (epoch > ledger.fundedEpoch) {
            TokenAmounts memory amounts = _epochs[epoch].amounts[token];
            if (amounts.total > deposited[token]) {
                return (0, abi.encodeWithSelector(Underfunded.selector, token, amounts.total, deposited[token]));
            }
            ledger.fundedEpoch = uint24(epoch);
            ledger.cap = uint96(amounts.total - amounts.reserved);
        }
        // After a revocation more may have been paid than the cap.
        if (ledger.cap < ledger.claimed || amount > ledger.cap - ledger.claimed) {
            return (0, abi.encodeWithSelector(ClaimExceedsTotal.selector, token, ledger.claimed, amount, ledger.cap));
        }
        ledger.claimed += uint96(amount);
        _tokens[token] = ledger;
        claimedBy[account][token] = cumulative;
    }

    /// @return recipient zero when `caller` may not claim for the account
    function _recipientFor(address account, address caller) private view returns (address recipient) {
        AccountSettings memory settings = settingsOf[account];
        if (settings.selfOnly && caller != account) return address(0);
        return settings.recipient == address(0) ? account : settings.recipient;
    }

    function _spendNonce(address account, uint256 nonce) private {
        uint256 bit = 1 << (nonce & 0xff);
        uint256 bits = _spentNonces[account][nonce >> 8];
        if (bits & bit != 0) revert NonceAlreadySpent(account, nonce);
        _spentNonces[account][nonce >> 8] = bits | bit;
        emit NonceSpent(account, nonce);
    }

    /// @dev ECDSA first: an account with a key keeps it when it also has code (EIP-7702). OpenZeppelin's ECDSA takes 65 bytes
    /// with the lower s and nothing else, so a signature has one form.
    function _isSignedBy(address account, bytes32 digest, bytes calldata signature) private view returns (bool) {
        // The third value only explains a failure.
        // slither-disable-next-line unused-return
        (address signer, ECDSA.RecoverError failure,) = ECDSA.tryRecoverCalldata(digest, signature);
        if (failure == ECDSA.RecoverError.NoError && signer == account) return true;
        return SignatureChecker.isValidERC1271SignatureNowCalldata(account, digest, signature);
    }

    function _revertWith(bytes memory failure) private pure {
        if (failure.length == 0) return;
        assembly ("memory-safe") {
            revert(add(failure, 0x20), mload(failure))
        }
    }
}
