"""The tables are held to the log: what was done by SQL alone is named."""
