"""Money Flow Observatory: rate-limited market data into a DuckDB warehouse, its metrics, notes and pages."""

__version__ = "0.1.0"
