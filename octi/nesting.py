"""How deep and how tangled a JSON text is, before anybody reads it: who reads one calls himself for each level. Pure.

The decoder gives up at some thousand levels, and where exactly depends on who calls it: what one reader took, the next
one might not. So whatever comes from outside is looked at first, at a cost that hardly grows with what it holds.
"""

DEEPEST = 64  # objects and arrays inside one another
MOST = 20_000  # objects and arrays in all: a mebibyte of empty ones takes a reader a tenth of a second
_BRACKETS = bytes.maketrans(b"{}", b"[]")
_OTHERS = bytes(set(range(256)) - set(b'{}[]"'))


def tangle_in(data: bytes) -> str | None:
    """What is too much about a JSON text, in words; None for nearly every one. What is no JSON may be either."""
    if data.count(b"{") + data.count(b"[") <= DEEPEST:
        return None
    brackets = _brackets_of(data)
    if brackets.count(b"[") > MOST:
        return f"more than {MOST} objects and arrays"
    return f"more than {DEEPEST} levels deep" if _is_deep(brackets) else None


def _brackets_of(data: bytes) -> bytes:
    """All brackets that stand outside of strings, as square ones."""
    if b"\\" in data:
        data = data.replace(b"\\\\", b"").replace(b'\\"', b"")
    kept = data.translate(_BRACKETS, _OTHERS)
    return b"".join(kept.split(b'"')[::2])


def _is_deep(brackets: bytes) -> bool:
    """Is something left when the innermost pairs are taken away, once for each level?"""
    deep = b"[" * (DEEPEST + 1)
    for _ in range(DEEPEST):
        if deep in brackets:
            return True
        brackets = brackets.replace(b"[]", b"")
        if not brackets:
            return False
    return True
