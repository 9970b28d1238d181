-- one row per epoch whose checkpoint was signed: the signed note
CREATE TABLE checkpoint (epoch INTEGER NOT NULL, note BLOB NOT NULL);
