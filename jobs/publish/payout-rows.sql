-- one row per 2,048 places of the table: the payouts of an epoch among them as bytes, account ‖ token ‖ cumulative one behind
-- the other. In no order: the tree sorts them, and blobs of their own cost more than twice as much to read.
SELECT unhex(string_agg(account[3:] || token[3:] || lpad(to_hex(cumulative), 64, '0'), '')) AS payouts
FROM account_total WHERE epoch = $epoch AND cumulative > 0 GROUP BY rowid // 2048 ORDER BY rowid // 2048
