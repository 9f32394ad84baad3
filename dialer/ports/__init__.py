"""The Protocols through which the calls drive the world.

Each has a real adapter and a shipped fake in `dialer.testing`, and one conformance suite in
`tests/conformance` holds both to the same words.
"""
