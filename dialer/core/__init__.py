"""The sans-IO core: it decides, and does nothing.

Every module here is pure. Time comes in as `now` (monotonic seconds for timers, aware UTC
`datetime` where law speaks of clocks); events come in, commands and decisions go out as frozen
values. No clock is read, nothing is sent, nothing is stored.
"""
