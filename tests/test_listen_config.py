"""Where octi listens; how that is read with all other settings is tested with those."""

import pytest

from octi.listen_config import Listen, TlsFiles, broken_tls_rules


def test_without_a_word_octi_listens_to_its_own_machine_in_the_clear() -> None:
    """Nobody else is let in by mistake."""
    assert (Listen().host, Listen().port, Listen().tls) == ("127.0.0.1", 8080, None)
    assert not Listen().proxies


@pytest.mark.parametrize(
    ("files", "broken"),
    [
        (TlsFiles(), []),
        (TlsFiles(cert="c", key="k"), []),
        (TlsFiles(cert="c"), ["OCTI_TLS_KEY is not set: should be the key's file for OCTI_TLS_CERT='c'"]),
        (TlsFiles(key="k"), ["OCTI_TLS_CERT is not set: should be the certificate's file for OCTI_TLS_KEY='k'"]),
        (TlsFiles(cert="c", key="no"), ["OCTI_TLS_KEY='no': should be a file that octi can read"]),
    ],
)
def test_both_files_are_there_or_none(files: TlsFiles, broken: list[str]) -> None:
    """What is wrong is told by the variable's name."""
    assert list(broken_tls_rules(files, lambda path: path != "no")) == broken
