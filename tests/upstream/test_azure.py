"""Azure's address."""

import pytest

from octi.upstream.azure import azure

HOST = "https://my-resource.openai.azure.com"


@pytest.mark.parametrize("base", [HOST, HOST + "/", HOST + "/openai", HOST + "/openai/v1", HOST + "/openai/v1/"])
def test_a_resource_may_be_written_with_or_without_its_path(base: str) -> None:
    """The deployment is the model."""
    url = azure("k", base).socket_url("my-deployment")
    assert url == "wss://my-resource.openai.azure.com/openai/v1/realtime?model=my-deployment"


def test_the_key_has_a_header_of_its_own() -> None:
    """Bare, and not as a bearer token, which would be one of Entra's."""
    assert azure("k", HOST).headers() == [("api-key", "k")]
