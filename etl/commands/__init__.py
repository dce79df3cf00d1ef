"""Options and openings that commands share, and groups of commands that cli.py takes in; only here etl knows typer."""
