"""A configuration becomes a running thing. The only package that wires; only `cli` imports it.

It imports nothing here, so that commands which only want the store load no PJSIP.
"""
