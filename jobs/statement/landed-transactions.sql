-- one row per (act, epoch, name): the transaction of this ledger's operator that did it, final on the chain; act: propose, finalize
-- or claim, name: what follows the epoch in the intent (attempt; or account, token and amount)
SELECT
  split_part(act, '/', 1) AS act,
  split_part(act, '/', 2)::INTEGER AS epoch,
  split_part(act, '/', 3) AS name,
  split_part(act, '/', 4) AS token,
  landed_hash AS hash,
  block_number::VARCHAR AS block
FROM (
  SELECT substr(intent, length($prefix) + 1) AS act, landed_hash, block_number
  FROM chain_transaction
  WHERE starts_with(intent, $prefix) AND state = 'confirmed'
)
WHERE regexp_matches(act, '^(propose|finalize|claim)/[0-9]{1,9}/') AND epoch BETWEEN $first AND $last
ORDER BY epoch, act, block_number, hash
