"""The facts of a day, collected from the warehouse: what a note may state."""
