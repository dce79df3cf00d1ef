"""What a run needs of the machine: clock, data directory and lock, files, terminal."""
