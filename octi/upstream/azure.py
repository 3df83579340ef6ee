"""Azure OpenAI's GA endpoint: the deployment is the model, the key has a header of its own (protocol 8)."""

from octi.upstream.provider import Provider


def azure(key: str, base: str) -> Provider:
    """An Azure resource; `base` as `https://RESOURCE.openai.azure.com`, with or without `/openai` or `/openai/v1`."""
    root = base.rstrip("/")
    whole = root if root.endswith("/openai/v1") else root.removesuffix("/openai") + "/openai/v1"
    return Provider(name="azure", base=whole, key=key, key_header="api-key", key_prefix="")
