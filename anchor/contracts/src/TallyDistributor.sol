// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Attesters} from "./Attesters.sol";
import {Claims} from "./Claims.sol";
import {Epochs} from "./Epochs.sol";
import {Roles} from "./Roles.sol";
import {Tokens} from "./Tokens.sol";

/// @title TallyDistributor
/// @notice Keeps the deposits of payers, records one finalized epoch after another, and pays each account what the
/// payout trees of finalized epochs say it earned. It cannot be upgraded.
///
/// What always holds, for each token:
/// - `claimed` is at most `totals - reserved` of one finalized epoch, whose `totals` are at most `deposited`;
/// - `deposited` and `claimed` never decrease, and `totals - reserved` never decreases from an epoch to one that builds on it;
/// - there is at most one finalized record for an epoch, and each names the hash of the one before it.
///
/// Tokens have to be plain ERC-20s: a token that changes balances by itself, or blocks the distributor, harms only the
/// claims of that token. What each role can do, and lose, is in docs/security-model.md.
contract TallyDistributor is Claims {
    constructor(Setup memory setup) Roles(setup) Attesters(setup) Tokens(setup) Epochs(setup) {}
}
