"""OpenAI's own address."""

from octi.upstream.provider import Provider, versioned

BASE = "https://api.openai.com/v1"


def openai(key: str, base: str = BASE) -> Provider:
    """OpenAI, or a proxy that stands in for it."""
    return Provider(name="openai", base=versioned(base), key=key)
