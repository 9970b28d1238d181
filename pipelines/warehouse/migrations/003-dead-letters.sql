-- Dead letters: what became known of rejected records to whoever watches `<topic>.dlq`. Their bytes stay in `record`, and a
-- letter is named by the rid of its record.

-- one row per rejected record, written in the transaction that makes the rejection visible.
-- stage: ingest or close; epoch: of the close, NULL at ingest
CREATE TABLE dead_letter (
  rid BIGINT NOT NULL,
  topic VARCHAR NOT NULL,
  stage VARCHAR NOT NULL,
  epoch INTEGER,
  reason INTEGER NOT NULL,
  detail VARCHAR
);

-- one row per letter that was acknowledged by `<topic>.dlq`; sent_ms is shown, never used; omitted: without key, headers and
-- value, because the broker refused them as too large
CREATE TABLE dead_letter_sent (
  rid BIGINT NOT NULL,
  dlq_partition INTEGER NOT NULL,
  dlq_offset BIGINT NOT NULL,
  omitted BOOLEAN NOT NULL,
  sent_ms BIGINT NOT NULL
);

-- one row per intent to append the record of a letter once more, written before it acts; begun_ms is shown, never used
CREATE TABLE dead_letter_redrive (redrive BIGINT NOT NULL, rid BIGINT NOT NULL, begun_ms BIGINT NOT NULL);

-- one row per intent that was acknowledged: where in the topic of the record its bytes are once more
CREATE TABLE dead_letter_redriven (
  redrive BIGINT NOT NULL,
  rid BIGINT NOT NULL,
  topic VARCHAR NOT NULL,
  to_partition INTEGER NOT NULL,
  to_offset BIGINT NOT NULL
);

-- What was rejected before there were letters gets one now.
INSERT INTO dead_letter
SELECT rid, topic, 'ingest', NULL, ingest_reason, detail FROM record WHERE ingest_reason > 0
UNION ALL
SELECT o.rid, r.topic, 'close', o.epoch, o.reason, o.detail
FROM outcome AS o
JOIN record AS r USING (rid)
WHERE o.outcome = 2 AND r.ingest_reason <= 0;
