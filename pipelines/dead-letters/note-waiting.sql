-- one row per letter that was not sent, as of now
CREATE OR REPLACE TEMP TABLE waiting_letter AS
SELECT l.topic, l.rid
FROM dead_letter AS l
ANTI JOIN dead_letter_sent AS s USING (rid)
