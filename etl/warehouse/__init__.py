"""The DuckDB file: loaded, checked, published, queried, and seen as it was at an earlier instant."""
