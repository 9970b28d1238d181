-- one row per text under $textMap at the cut of $epoch, in the order of priority by `place`; what was ordered to be erased by then
-- has none any more; `withdrawn`: its contributor took it back; needs the temporary table `batch_rank`
CREATE OR REPLACE TEMP TABLE text_document AS
WITH erased AS (SELECT batch, item_index FROM contribution_erased WHERE epoch <= $epoch),
taken AS (SELECT batch, item_index FROM contribution_withdrawn WHERE epoch <= $epoch)
SELECT
  t.batch, t.item_index, b.account, b.first_place + t.item_index AS place,
  sha256(t.tokens) AS fingerprint, octet_length(t.tokens) // 8 AS tokens, t.shingles,
  t.batch IN (SELECT batch FROM taken WHERE item_index IS NULL)
    OR EXISTS (SELECT 1 FROM taken AS k WHERE k.batch = t.batch AND k.item_index = t.item_index) AS withdrawn
FROM contribution_text AS t
JOIN batch_rank AS b USING (batch)
WHERE t.text_map = $textMap
  AND t.epoch <= $epoch
  AND t.batch NOT IN (SELECT batch FROM erased WHERE item_index IS NULL)
  AND NOT EXISTS (SELECT 1 FROM erased AS e WHERE e.batch = t.batch AND e.item_index = t.item_index)
