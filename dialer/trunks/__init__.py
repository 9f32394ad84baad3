"""What this node knows of its carriers, and when an INVITE may leave by them."""
