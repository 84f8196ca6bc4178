"""How fast and how large: each stage's time, rows per second and peak memory, against DuckDB's own copy of the same rows."""
