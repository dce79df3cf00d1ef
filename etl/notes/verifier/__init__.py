"""Whether the figures of a note are found in its facts; each `rule_*` module is one rule."""
