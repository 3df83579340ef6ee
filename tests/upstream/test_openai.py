"""OpenAI's address."""

from octi.upstream.openai import openai


def test_openai_is_where_it_says() -> None:
    """With the key as a bearer token."""
    provider = openai("sk-1")
    assert provider.name == "openai"
    assert provider.socket_url("gpt-realtime") == "wss://api.openai.com/v1/realtime?model=gpt-realtime"
    assert provider.headers() == [("Authorization", "Bearer sk-1")]


def test_a_proxy_may_stand_in_for_it() -> None:
    """At its own address; it is still called openai."""
    provider = openai("sk-1", "https://proxy.example")
    assert provider.name == "openai"
    assert provider.socket_url("m") == "wss://proxy.example/v1/realtime?model=m"
