"""What a node counts: declared once in `table`, counted in `node`, read at each scrape."""
