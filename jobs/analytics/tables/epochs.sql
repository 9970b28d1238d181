-- one row: $epoch
SELECT
  attempt, make_timestamp(cut_time_ms * 1000) AS cut_time, policy, tree_size, '0x' || lower(hex(ledger_root)) AS ledger_root
FROM epoch WHERE epoch = $epoch
