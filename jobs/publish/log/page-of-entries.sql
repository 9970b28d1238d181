-- one row per leaf with $from ≤ index < $to, in order
SELECT * FROM leaf_entry WHERE leaf_index >= $from::BIGINT AND leaf_index < $to::BIGINT ORDER BY leaf_index
