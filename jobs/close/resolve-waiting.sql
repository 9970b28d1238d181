-- one row per record of the cut, as cut-records.sql, with the type of those that waited for their schema and are good
CREATE OR REPLACE TEMP TABLE cut_record AS
SELECT * FROM (
  SELECT c.* REPLACE (coalesce(c.event_type, r.event_type) AS event_type)
  FROM cut_record AS c
  LEFT JOIN resolved_record AS r USING (rid)
)
ORDER BY event_type, ordinal
