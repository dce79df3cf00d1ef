"""Kept responses -> typed Parquet."""
