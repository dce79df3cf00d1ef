"""What is made of the artifacts for other readers: feed, digest, pictures."""
