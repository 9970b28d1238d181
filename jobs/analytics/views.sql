-- views over the tables; each names what one row is

-- usage: one row per (epoch, model, agent, payer, token)
CREATE VIEW usage AS
SELECT
  epoch, model, agent, payer, token, count(*) AS uses, sum(fee)::DECIMAL(38, 0) AS fees, count_if(vouchered) AS vouchered,
  count_if(commercial) AS commercial, count_if(late) AS late
FROM uses
GROUP BY ALL;

-- revenue: one row per (epoch, token, kind, asset): what was paid for it, and to how many accounts
CREATE VIEW revenue AS
SELECT epoch, token, kind, asset, sum(amount)::DECIMAL(38, 0) AS amount, count(DISTINCT account) AS accounts
FROM lines
GROUP BY ALL;

-- attribution_by_account: one row per (epoch, model, token, account): what its data did, what it was paid, and how sure the share is
CREATE VIEW attribution_by_account AS
SELECT epoch, model, token, account, items, duplicates, score, share_low, share, share_high, pay, held_back FROM scores;

-- attribution_by_dataset: one row per (epoch, model, token, dataset)
CREATE VIEW attribution_by_dataset AS
SELECT
  epoch, model, token, dataset, count(*) AS items, count(DISTINCT account) AS contributors,
  sum(greatest(value, 0))::DECIMAL(38, 0) AS helped, sum(least(value, 0))::DECIMAL(38, 0) AS hurt
FROM item_values
GROUP BY ALL;

-- attribution_by_model: one row per (epoch, model, token): who was paid for its uses, by kind
CREATE VIEW attribution_by_model AS
SELECT
  epoch, asset AS model, token, coalesce(sum(amount) FILTER (kind = 'data'), 0)::DECIMAL(38, 0) AS data,
  coalesce(sum(amount) FILTER (kind = 'model'), 0)::DECIMAL(38, 0) AS owners,
  coalesce(sum(amount) FILTER (kind = 'royalty'), 0)::DECIMAL(38, 0) AS royalties
FROM lines
WHERE kind IN ('data', 'model', 'royalty')
GROUP BY ALL;

-- attribution_by_agent: one row per (epoch, agent, token): for its work, and for how its payers rated it
CREATE VIEW attribution_by_agent AS
SELECT
  epoch, asset AS agent, token, coalesce(sum(amount) FILTER (kind = 'agent'), 0)::DECIMAL(38, 0) AS work,
  coalesce(sum(amount) FILTER (kind = 'outcome'), 0)::DECIMAL(38, 0) AS outcome
FROM lines
WHERE kind IN ('agent', 'outcome')
GROUP BY ALL;

-- quality: one row per (epoch, model, token, dataset): the part of its contributions that did no good
CREATE VIEW quality AS
SELECT epoch, model, token, dataset, count(*) AS items, count_if(value <= 0) / count(*) AS junk FROM item_values GROUP BY ALL;

-- lag: one row per (epoch, topic, partition): how many records its cut took, and for which time
CREATE VIEW lag AS
SELECT c.epoch, c.topic, c.partition, c.to_offset - c.from_offset AS records, e.cut_time
FROM cuts AS c
JOIN epochs AS e USING (epoch);

-- owners_at(e): one row per (asset, account) that owned some of it after epoch e
CREATE MACRO owners_at(e) AS TABLE
SELECT asset, account, sum(delta)::INTEGER AS parts
FROM ownership_changes
WHERE epoch <= e
GROUP BY ALL
HAVING sum(delta) > 0;

-- lineage_at(e): one row per (asset, ancestor, path) after epoch e; share: of what is paid upstream for the asset, along this path
CREATE MACRO lineage_at(e) AS TABLE
WITH RECURSIVE lineage AS (
  SELECT asset, parent AS ancestor, 1 AS generations, parts / 1e6 AS share, [asset, parent] AS path
  FROM parents
  WHERE epoch <= e
  UNION ALL
  SELECT l.asset, p.parent, l.generations + 1, l.share * p.parts / 1e6, list_append(l.path, p.parent)
  FROM lineage AS l
  JOIN parents AS p ON p.asset = l.ancestor AND p.epoch <= e
)
SELECT * FROM lineage;
