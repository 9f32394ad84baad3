"""How an input file becomes checked values: bytes, YAML with line numbers, models, faults."""
