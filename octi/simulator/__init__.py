"""A scripted provider: speaks the Realtime API over HTTP and WebSocket, without a model and without randomness."""
