-- one row per funded use that a channel takes in $epoch (docs/formats.md#channels): of those funded in it, and of those that wait since
-- $waitingFrom or later and for which something came, or whose last epoch it is
INSERT INTO channel_use (inference, epoch, channel, funded_epoch, model, token, retrieved, fee, came_epoch)
WITH chain AS (
  SELECT
    epoch,
    model,
    {
      'channels': channels,
      'features': nullif(list_position(channels, 'features'), 0),
      'retrieval': nullif(list_position(channels, 'retrieval'), 0),
      'text': nullif(list_position(channels, 'text'), 0)
    } AS place
  FROM data_chain
  WHERE epoch BETWEEN $waitingFrom AND $epoch
),
use AS (
  SELECT
    paid.inference,
    paid.epoch,
    paid.fee,
    paid.features_until AS until,
    i.model,
    i.token,
    i.retrieved > 0 AS retrieved,
    f.epoch AS featured,
    x.epoch AS told,
    coalesce(own.place, other.place) AS place
  FROM funded AS paid
  JOIN inference AS i ON i.inference = paid.inference AND i.epoch BETWEEN $firstUse AND $epoch
  -- a fee that was held may have its features, or its text, since an earlier epoch
  LEFT JOIN inference_features AS f ON f.inference = paid.inference AND f.epoch BETWEEN $firstUse AND $epoch
  LEFT JOIN inference_text AS x ON x.inference = paid.inference AND x.epoch BETWEEN $firstUse AND $epoch
  LEFT JOIN chain AS own ON own.epoch = paid.epoch AND own.model = i.model
  JOIN chain AS other ON other.epoch = paid.epoch AND other.model = ''
  ANTI JOIN (SELECT inference FROM channel_use WHERE epoch BETWEEN $waitingFrom AND $epoch - 1) AS taken
    ON taken.inference = paid.inference
  WHERE paid.epoch BETWEEN $waitingFrom AND $epoch
    AND paid.features_until >= $epoch
    AND (paid.epoch = $epoch OR f.epoch = $epoch OR x.epoch = $epoch OR paid.features_until = $epoch)
),
-- the first channel that has what it needs, and the first that may still get it
walked AS (
  SELECT
    *,
    least(
      CASE WHEN featured IS NOT NULL THEN place.features END,
      CASE WHEN retrieved THEN place.retrieval END,
      CASE WHEN told IS NOT NULL THEN place.text END
    ) AS there,
    CASE
      WHEN until > $epoch
      THEN least(CASE WHEN featured IS NULL THEN place.features END, CASE WHEN told IS NULL THEN place.text END)
    END AS awaited
  FROM use
)
SELECT
  inference,
  $epoch,
  place.channels[there],
  epoch,
  model,
  token,
  retrieved,
  fee,
  CASE WHEN there = place.features THEN featured WHEN there = place.text THEN told END
FROM walked
WHERE there IS NOT NULL AND (awaited IS NULL OR there < awaited)
