// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Roles} from "./Roles.sol";

/// @title The attesters: keys of auditors who recompute a proposal before they sign it.
/// @notice A set never changes; a new one gets the next number. A proposal keeps the set and threshold it was made under.
abstract contract Attesters is Roles, EIP712 {
    struct AttesterSet {
        uint8 threshold;
        address[] members;
    }

    /// @notice Most attesters in a set: bounds the gas of a finalization.
    uint256 public constant MAX_ATTESTERS = 32;

    /// @notice EIP-712 type of what an attester signs for a proposal.
    bytes32 public constant ATTESTATION_TYPE =
        keccak256("Attestation(uint64 epoch,uint32 attempt,bytes32 proposalHash)");

    /// @notice EIP-712 type of what an attester signs against a finalized epoch.
    bytes32 public constant REVOCATION_TYPE = keccak256("Revocation(uint64 epoch,bytes32 recordHash)");

    AttesterSet[] private _attesterSets;

    constructor(Setup memory setup) EIP712("TallyDistributor", "1") {
        _setAttesters(setup.attesters, setup.threshold);
    }

    /// @notice Replaces the attesters for later proposals. A pending proposal keeps the ones it was made under.
    /// @param members strictly ascending by address, at most MAX_ATTESTERS; none holds a role
    /// @param threshold how many have to attest, 0 to their number
    /// @dev Errors: {OnlyByOperation}, {AttesterCount}, {AttestersNotAscending}, {RolesNotDisjoint}.
    function setAttesters(address[] calldata members, uint8 threshold) external onlyOperation {
        _setAttesters(members, threshold);
    }

    /// @notice Number of the set that the next proposal is made under, from 0.
    function attesterSet() public view returns (uint16) {
        return uint16(_attesterSets.length - 1);
    }

    /// @notice A set, by its number.
    function attesters(uint16 set) external view returns (address[] memory members, uint8 threshold) {
        return (_attesterSets[set].members, _attesterSets[set].threshold);
    }

    /// @notice What an attester signs for a proposal (EIP-712).
    function attestationDigest(uint64 epoch, uint32 attempt, bytes32 proposalHash) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(ATTESTATION_TYPE, epoch, attempt, proposalHash)));
    }

    /// @notice What an attester signs against a finalized epoch (EIP-712).
    function revocationDigest(uint64 epoch, bytes32 recordHash) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(REVOCATION_TYPE, epoch, recordHash)));
    }

    /// @dev Walks signers and members side by side, both ascending: so nobody is counted twice.
    function _requireAttested(uint16 set, bytes32 digest, bytes[] calldata signatures) internal view {
        AttesterSet storage chosen = _attesterSets[set];
        if (signatures.length < chosen.threshold) {
            revert NotEnoughAttestations(chosen.threshold, signatures.length);
        }
        uint256 count = chosen.members.length;
        uint256 next = 0;
        for (uint256 i = 0; i < signatures.length; i++) {
            // The third value only explains a failure.
            // slither-disable-next-line unused-return
            (address signer, ECDSA.RecoverError failure,) = ECDSA.tryRecoverCalldata(digest, signatures[i]);
            if (failure != ECDSA.RecoverError.NoError) revert InvalidAttestation(i);
            while (next < count && chosen.members[next] != signer) next++;
            if (next == count) revert InvalidAttestation(i);
            next++;
        }
    }

    function _isAttester(address account) internal view override returns (bool) {
        if (_attesterSets.length == 0) return false;
        address[] storage members = _attesterSets[_attesterSets.length - 1].members;
        uint256 count = members.length;
        for (uint256 i = 0; i < count; i++) {
            if (members[i] == account) return true;
        }
        return false;
    }

    function _setAttesters(address[] memory members, uint8 threshold) private {
        uint256 count = members.length;
        if (count > MAX_ATTESTERS || threshold > count) revert AttesterCount(count, threshold);
        address before = address(0);
        for (uint256 i = 0; i < count; i++) {
            address member = members[i];
            if (member <= before) revert AttestersNotAscending(before, member);
            if (member == address(this) || _holdsRole(member)) revert RolesNotDisjoint(member);
            before = member;
        }
        _attesterSets.push(AttesterSet(threshold, members));
        emit AttestersSet(attesterSet(), members, threshold);
    }
}
