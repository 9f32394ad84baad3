"""Calls: the state machine of a leg, the machine of an inbound call, a campaign's accounts."""
