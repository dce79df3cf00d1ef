"""What every artifact is made of: columns with their meanings, the envelope, JSON Schema."""
