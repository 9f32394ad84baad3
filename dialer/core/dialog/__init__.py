"""What is said: scripts, their walk, the notice, and which words are approved."""
