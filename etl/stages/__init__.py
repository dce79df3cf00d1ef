"""VERBS: one module = one run() = one command; stages meet only through the stores."""
