-- what the records of the bench refer to, as if accepted in epoch 1
INSERT INTO source VALUES
  ('urn:gateway', '0x', ['InferenceRecorded'], 1, 1),
  ('urn:extractor', '0x', ['InferenceFeatures'], 1, 2);
INSERT INTO asset VALUES
  ('reader', 'model', 'reader', 'CC0-1.0', '0x' || repeat('1', 40), 1, 1, '', 'open'),
  ('gateway', 'infrastructure', 'gateway', 'CC0-1.0', '0x' || repeat('1', 40), 1, 2, '', 'open');
INSERT INTO ownership_change VALUES
  ('reader', '0x' || repeat('1', 40), 1000000, 1, -1),
  ('gateway', '0x' || repeat('1', 40), 1000000, 1, -1);
INSERT INTO feature_map VALUES ('map-1', 'reader', 2, 2, 0, 20, 'urn:extractor', 1, 1, 'none');
