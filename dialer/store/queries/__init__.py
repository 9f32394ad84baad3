"""What is asked of the tables, one concern a file. Each is built once, for one dialect."""
