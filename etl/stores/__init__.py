"""NOUNS: everything that touches disk, network or processes."""
