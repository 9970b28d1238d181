-- the values of the records in `record_erased`, and what was said in words of why one was refused
UPDATE record SET record_value = NULL, detail = NULL
WHERE record_value IS NOT NULL AND rid IN (SELECT rid FROM record_erased);
UPDATE outcome SET detail = NULL WHERE detail IS NOT NULL AND rid IN (SELECT rid FROM record_erased);
UPDATE dead_letter SET detail = NULL WHERE detail IS NOT NULL AND rid IN (SELECT rid FROM record_erased)
