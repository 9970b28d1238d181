-- one row per step of the runs $runs of $agent, ascending by (run, step); is_fee: whether
-- the cost is what its account paid for the inference that it cites, null for none
SELECT s.run, s.step, s.account, s.step_hash, s.previous, s.model, i.source, i.event_id AS id, s.token, s.cost, s.epoch,
  -- what its account paid for that use; of what others paid it says nothing
  CASE WHEN i.payer = s.account THEN i.fee = s.cost AND i.token = s.token END AS is_fee
FROM agent_step AS s
LEFT JOIN inference AS i USING (inference)
WHERE s.agent = $agent AND list_contains($runs, hex(s.run))
ORDER BY s.run, s.step
