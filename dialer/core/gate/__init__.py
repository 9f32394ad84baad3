"""The lawful gate: one rule a file, the law of each jurisdiction, calling hours and zones."""
