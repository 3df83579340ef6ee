"""Writes docs/wire.md and docs/asyncapi.yaml from the classes of the wire.

python -m tests.wire_docs.writing
"""

from pathlib import Path

from tests.wire_docs import asyncapi, page

DOCS = Path(__file__).parents[2] / "docs"
PAGE, ASYNCAPI = DOCS / "wire.md", DOCS / "asyncapi.yaml"

if __name__ == "__main__":
    PAGE.write_text(page.document(), encoding="utf-8")
    ASYNCAPI.write_text(asyncapi.text(), encoding="utf-8")
