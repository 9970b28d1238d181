-- one row per (account, token) that ever had a line, after $epoch
SELECT
  account, token, earned::DECIMAL(38, 0) AS earned, netted::DECIMAL(38, 0) AS netted, disputed::DECIMAL(38, 0) AS disputed,
  (cumulative - amount_before)::DECIMAL(38, 0) AS paid, small::DECIMAL(38, 0) AS carried,
  cumulative::DECIMAL(38, 0) AS cumulative
FROM account_total WHERE epoch = $epoch ORDER BY account, token
