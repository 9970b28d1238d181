-- one row per record, in offset order; a segment is bounded in bytes, and so is each of its row groups
COPY (SELECT topic, partition, "offset", append_ms, key, headers, value, content_hash FROM segment ORDER BY "offset")
TO $path (FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE 20480, KV_METADATA $metadata)
