-- one row per letter that was not sent, as of now; of an erased record none is
CREATE OR REPLACE TEMP TABLE waiting_letter AS
SELECT l.topic, l.rid
FROM dead_letter AS l
ANTI JOIN dead_letter_sent AS s USING (rid)
ANTI JOIN record_erased AS e USING (rid)
