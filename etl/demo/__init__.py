"""The made-up upstream of `--demo`: no network, no key."""
