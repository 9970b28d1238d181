-- of the delta what disputes that were upheld took of the line before, so that it is not owed once more; below 0: what rows before
-- counted, and this one, which raises the line, does not; set when the epoch of the adjustment is settled
ALTER TABLE adjustment_delta ADD COLUMN forfeited HUGEINT DEFAULT 0;
