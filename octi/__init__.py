"""octi: a self-hosted gateway for voice agents."""

__version__ = "0.1.0"
