-- one row per features record of `plan`: accepted in epoch 1
INSERT INTO inference_features
SELECT unhex(left(sha256($use_id || encode(printf('%012d', number))), 32)), 'map-1', [1, 2], 3, [500, 500], [], 1, 'true',
  9, 1, rid
FROM plan WHERE is_features
