"""Marks for tests of what only an extra can do."""

from importlib.util import find_spec

import pytest

needs_french = pytest.mark.skipif(find_spec("ctranslate2") is None, reason="needs the extra engine-fr")
