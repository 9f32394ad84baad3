"""Trunks: their limits and state, connect rates and failover, routing and pacing."""
