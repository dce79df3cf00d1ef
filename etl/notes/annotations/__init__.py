"""What an analyst adds: comments on notes, and hypotheses with their tests."""
