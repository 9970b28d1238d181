-- one row per features record of `plan`: accepted in epoch 1; packed as jobs/attribution/features/packed-row.ts does:
-- multiplier 3, label 1, probabilities 500 and 500, factors 1 and 2
INSERT INTO inference_features (inference, feature_map, label_kind, p16, epoch, ordinal, packed)
SELECT unhex(left(sha256($use_id || encode(printf('%012d', number))), 32)), 'map-1', 'true', 9, 1, rid,
  unhex('03000100F401F4010102')
FROM plan WHERE is_features
