-- one row per (epoch, policy, model, infrastructure, token, featured, joined, until): the fees of uses in which $agent worked, by what their
-- features came to; the first six as settlement sums them up. joined: the epoch in which the uses joined their model's period, null:
-- their features did not come (in time); until: the last epoch in which they count. $settled: the last settled epoch
SELECT
  paid.epoch,
  e.policy,
  i.model,
  i.infrastructure,
  i.agent,
  i.token,
  f.inference IS NOT NULL AND f.epoch <= paid.epoch AS featured,
  CASE WHEN f.epoch <= least(paid.features_until, $settled) THEN greatest(f.epoch, paid.epoch) END AS joined,
  paid.features_until AS until,
  count(*)::BIGINT AS uses,
  sum(paid.fee)::HUGEINT AS fees
FROM funded AS paid
JOIN epoch AS e ON e.epoch = paid.epoch
JOIN inference AS i USING (inference)
LEFT JOIN inference_features AS f ON f.inference = i.inference
WHERE i.agent = $agent AND paid.epoch <= $settled
GROUP BY ALL
ORDER BY ALL
