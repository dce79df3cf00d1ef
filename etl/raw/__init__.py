"""Responses as they came, by sha256, with their sidecars, and the archives of old ones."""
