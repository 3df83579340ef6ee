"""Both of octi's wire protocols, every message with every field: what `docs/wire.md` is written from. Pure.

The relay does not decode by these: it reads only what it needs (`octi.realtime.events`), and what it does not know
passes. The engine's events are held to them by its tests.
"""
