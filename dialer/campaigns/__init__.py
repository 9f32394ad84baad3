"""A list of contacts, dialled to its end."""
