"""Does a server speak the Realtime protocol? Its rules, each by name, and what checks them over a WebSocket."""
