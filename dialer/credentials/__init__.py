"""Who we are to carriers, who people are to us, and the files that hold it."""
