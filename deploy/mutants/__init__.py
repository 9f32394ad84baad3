"""`make mutants`: small faults, one at a time, and which no test notices."""
