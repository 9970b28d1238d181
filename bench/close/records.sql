-- one row of `record` per row of `plan`, spread over four partitions in stretches of 1,000, a millisecond apart; with $whole
-- false without the bytes that a closed epoch's records are not asked for any more
INSERT INTO record
WITH event AS (
  SELECT
    rid,
    is_features,
    encode(printf('%012d', number)) AS digits,
    CASE WHEN is_features THEN $features_head || digits || $features_tail ELSE $use_value END AS value
  FROM plan
)
SELECT
  rid,
  'tally.inferences',
  ((rid // 1000) % 4)::INTEGER,
  (rid // 4000) * 1000 + rid % 1000,
  0,
  $start_ms + rid,
  $start_ms + rid,
  unhex(sha256(digits)),
  digits,
  CASE WHEN NOT $whole THEN ''::BLOB
    WHEN is_features THEN $features_headers || digits || $features_headers_tail
    ELSE $use_headers || digits || $use_headers_tail END,
  CASE WHEN $whole THEN value END,
  CASE WHEN is_features THEN 'InferenceFeatures' ELSE 'InferenceRecorded' END,
  unhex(left(sha256(CASE WHEN is_features THEN $features_id || digits ELSE $use_id || digits END), 32)),
  unhex(left(sha256(CASE WHEN is_features THEN $features_type || value ELSE $use_type || value END), 32)),
  0,
  NULL
FROM event
