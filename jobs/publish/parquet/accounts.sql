-- one row per (account, token) that ever earned something; amounts are text, because Parquet has no 128-bit integer
SELECT account, token, amount_before::VARCHAR AS before, earned::VARCHAR AS earned, disputed::VARCHAR AS disputed,
  cumulative::VARCHAR AS cumulative,
  '0x' || lower(hex(lines_root)) AS lines_root, line_count AS lines,
  netted::VARCHAR AS netted, small_before::VARCHAR AS small_before, small::VARCHAR AS small
FROM account_total WHERE epoch = $epoch ORDER BY account, token
