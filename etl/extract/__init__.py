"""What is due, of whom, and how it is fetched within the rate limits of the providers."""
