"""How recommendations came out: settled by fixed rule, with the record of each author."""
