"""Real-time media: prompts out, speech in. Never imports `dialer`."""
