"""Options that take several words."""

from __future__ import annotations


def words(text: str) -> list[str]:
    """The words between the commas of ``text``, in order, without blanks and empty ones."""
    return [word.strip() for word in text.split(",") if word.strip()]
