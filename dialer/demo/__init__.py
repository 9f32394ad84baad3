"""The main job against carriers on loopback: real SIPp, real RTP, and a check of every call."""
