-- one row per (transaction, signed version), versions oldest first; one without a version when nothing is signed yet
SELECT t.*, v.version, v.hash AS version_hash, v.raw
FROM chain_transaction t
LEFT JOIN chain_version v ON v.intent = t.intent
WHERE t.intent = $intent
   OR (t.chain_id = $chain_id AND lower(t.sender) = lower($sender) AND t.nonce >= $nonce AND t.state <> 'overtaken')
ORDER BY t.nonce, t.intent, v.version
