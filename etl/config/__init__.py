"""mfo.toml, the environment and .env: their schema, how they are read, and `mfo init`."""
