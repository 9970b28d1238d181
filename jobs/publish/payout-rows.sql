-- one row per payout of an epoch: account ‖ token ‖ cumulative as 72 bytes, ascending, so that the tree need not sort them
SELECT unhex(account[3:] || token[3:] || lpad(to_hex(cumulative), 64, '0')) AS payout
FROM account_total WHERE epoch = $epoch AND cumulative > 0 ORDER BY account, token
