"""Names that nobody guesses: 22 letters and digits."""

from __future__ import annotations

import re
import secrets

_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
#: What an id looks like, in a path and anywhere else.
PATTERN = re.compile(r"[a-z0-9]{22}")


def new_id() -> str:
    """22 random letters and digits: 113 bits."""
    return "".join(secrets.choice(_LETTERS) for _ in range(22))


def is_id(text: str) -> bool:
    return PATTERN.fullmatch(text) is not None
