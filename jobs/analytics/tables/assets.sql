-- one row per asset registered in $epoch
SELECT asset, kind, title, licence, access, nullif(identity, '') AS identity, registrant
FROM asset WHERE epoch = $epoch ORDER BY ordinal
