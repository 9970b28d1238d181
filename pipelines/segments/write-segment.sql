-- one row per record, in offset order; a reader holds one row group in memory, decoded
COPY (SELECT topic, partition, "offset", append_ms, key, headers, value, content_hash FROM segment ORDER BY "offset")
TO $path (FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE 8192, KV_METADATA $metadata)
