-- JSON: the attempts at the epoch that were vetoed, first one first
ALTER TABLE epoch ADD COLUMN vetoed_json VARCHAR;
-- what became of acceptances in an attempt that was vetoed: later epochs were closed on it
CREATE TABLE vetoed_sale (epoch INTEGER NOT NULL, ordinal BIGINT NOT NULL, status VARCHAR NOT NULL);
-- likewise of disputes that were opened
CREATE TABLE vetoed_opening (dispute VARCHAR NOT NULL, epoch INTEGER NOT NULL, status VARCHAR NOT NULL);
