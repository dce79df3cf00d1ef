"""The order of a run: daily, intraday, backfill, notes, maintain, doctor, status."""
