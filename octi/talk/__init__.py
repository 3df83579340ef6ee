"""A client that speaks: `octi talk`."""
