"""The words of the core: numbers, outcomes, events, records, verdicts. Frozen values."""
