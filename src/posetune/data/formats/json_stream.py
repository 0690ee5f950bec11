"""Large JSON files element by element: what is read of one is made small before the next is looked at."""

from __future__ import annotations

import codecs
import contextlib
import json
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from posetune.data.formats.label_text import read_json
from posetune.errors import PosetuneError

#: Files of fewer bytes are read whole, which is faster and says more about mistakes.
LARGE = 1 << 25
#: No element of a label file is longer.
LONGEST = 1 << 28
_CHUNK = 1 << 20
_SPACE = " \t\r\n"


def read_large(path: Path) -> tuple[Any, list[str]]:
    """As ``label_text.read_json``; of large files the keypoints of each element are kept as an array of floats, a quarter of the
    size of a list, and outlines are not kept.

    Raises PosetuneError: no such file, or no JSON.
    """
    try:
        if path.stat().st_size >= LARGE:
            return _content(path), []
    except (
        OSError,
        ValueError,
        RecursionError,
    ):  # packed, in another encoding, damaged: the other reader knows, or says what is wrong
        pass
    return read_json(path)


def _content(path: Path) -> Any:
    content: Any = None
    for key, value, in_list in pieces(path):
        if content is None:
            content = [] if key is None else {}
        if key is None:
            content.append(_small(value))
        elif in_list:
            content.setdefault(key, []).append(_small(value))
        else:
            content[key] = value
    return content


def _small(row: Any) -> Any:
    if isinstance(row, dict):
        flat = row.get("keypoints")
        if isinstance(flat, list):
            with contextlib.suppress(TypeError, OverflowError):  # null, text: the reader says so
                row["keypoints"] = array("d", flat)
        if row.get("segmentation"):
            row["segmentation"] = True
    return row


def pieces(path: Path, chunk: int = _CHUNK) -> Iterator[tuple[str | None, Any, bool]]:
    """``(key, value, in_list)``: the elements of a list (key None), or of an object its values, of values that are lists each
    element.

    Raises ValueError if it is not JSON in UTF-8, or neither list nor object; OSError if it cannot be read; PosetuneError for a
    value that no label file has, it is so long.
    """
    with path.open("rb") as file:
        text = _Text(file, chunk)
        start = text.take()
        if start == "[":
            yield from ((None, value, True) for value in text.elements())
        elif start == "{":
            yield from _members(text)
        else:
            raise ValueError("neither a list nor an object")
        if text.peek():
            raise ValueError("something follows the end")


def _members(text: _Text) -> Iterator[tuple[str, Any, bool]]:
    if text.peek() == "}":
        text.take()
        return
    while True:
        key = text.value()
        if not isinstance(key, str) or text.take() != ":":
            raise ValueError("a key without its value")
        if text.peek() == "[":
            text.take()
            if text.peek() == "]":
                text.take()
                yield key, [], False
            else:
                yield from ((key, value, True) for value in text.elements())
        else:
            yield key, text.value(), False
        following = text.take()
        if following == "}":
            return
        if following != ",":
            raise ValueError("a comma is missing")


class _Text:
    """The text of a file, of which no more is kept than the value that is looked at."""

    def __init__(self, file: Any, chunk: int) -> None:
        self.file, self.chunk = file, chunk
        self.decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self.json = json.JSONDecoder()
        self.held, self.at, self.ended = "", 0, False

    def more(self, size: int) -> bool:
        """Read on; False at the end of the file."""
        if self.ended:
            return False
        content = self.file.read(size)
        self.ended = not content
        self.held = self.held[self.at :] + self.decoder.decode(content, self.ended)
        self.at = 0
        return True

    def peek(self) -> str:
        """The next character that is no blank; "" at the end."""
        while True:
            while self.at < len(self.held):
                if self.held[self.at] not in _SPACE:
                    return self.held[self.at]
                self.at += 1
            if not self.more(self.chunk):
                return ""

    def take(self) -> str:
        found = self.peek()
        self.at += 1
        return found

    def value(self) -> Any:
        """The next value. A number or word may go on behind what is held, so that more is read unless something follows."""
        self.peek()
        size = self.chunk
        while True:
            try:
                value, end = self.json.raw_decode(self.held, self.at)
                if end < len(self.held) or self.ended:
                    self.at = end
                    return value
            except ValueError:
                if self.ended:
                    raise
            if len(self.held) - self.at > LONGEST:
                raise PosetuneError(
                    f"The labels {self.file.name} have one value of more than {LONGEST >> 20} MB, which is no person's; "
                    "it is not read."
                )
            self.more(size)
            size *= 2  # a value longer than a chunk is not gone through again for each chunk

    def elements(self) -> Iterator[Any]:
        """Those of a list whose bracket was taken."""
        if self.peek() == "]":
            self.take()
            return
        while True:
            yield self.value()
            following = self.take()
            if following == "]":
                return
            if following != ",":
                raise ValueError("a comma is missing")
