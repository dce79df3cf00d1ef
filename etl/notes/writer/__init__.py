"""Who writes a note: a language model or the rules, from the same facts."""
