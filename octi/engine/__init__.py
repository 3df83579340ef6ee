"""The offline voice: Realtime events in, Realtime events out."""
