"""state.db: the request ledger, rate limits, the run log, what a server was learned to take."""
