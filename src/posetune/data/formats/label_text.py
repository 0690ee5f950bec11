"""JSON label files as people have them: packed with gzip, with a byte order mark, in an old encoding."""

from __future__ import annotations

import gzip
import json
import mmap
import zlib
from pathlib import Path
from typing import Any

from posetune.errors import PosetuneError

#: What ends the name of a label file.
SUFFIXES = (".json", ".json.gz")
_GZIP = b"\x1f\x8b"


def is_label_file(path: Path) -> bool:
    """Whether the name is that of a JSON label file."""
    return path.name.lower().endswith(SUFFIXES)


def stem_of(path: Path) -> str:
    """The name of a label file without .json or .json.gz."""
    name = path.name
    for suffix in (".gz", ".json"):
        if name.lower().endswith(suffix):
            name = name[: -len(suffix)]
    return name


def read_json(path: Path) -> tuple[Any, list[str]]:
    """``(content, notes)``: what a JSON label file holds, and sentences on how it had to be read.

    Raises PosetuneError: no such file, or no JSON.
    """
    text = _read(path)
    notes: list[str] = []
    try:
        try:
            return json.loads(text), notes
        except UnicodeDecodeError:
            # Excel and old scripts write Windows' encoding; every byte means a character there, or in Latin-1 at least.
            content = json.loads(_western(text))
            notes.append("is not UTF-8 and was read as Windows-1252 (Latin-1)")
            return content, notes
    except (ValueError, RecursionError) as error:
        kind = "a MediaPipe bundle or ZIP archive" if text[:2] == b"PK" else "not JSON"
        kind = "a TFLite network" if text[4:8] == b"TFL3" else kind
        at = f" ({error.msg} in line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise PosetuneError(
            f"The labels {path} are {kind}{at}; give a COCO keypoint .json file with images, annotations "
            "and categories."
        ) from error


def mentions(path: Path, word: bytes) -> bool:
    """Whether ``word`` stands in the file (unpacked), without reading it as JSON: some are hundreds of megabytes. True where
    the file cannot be read: whoever reads it next says why.
    """
    try:
        with path.open("rb") as file:
            if file.read(2) == _GZIP:
                return word in _read(path)
            try:
                with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                    # UTF-16 has a zero byte between letters
                    return content.find(word) >= 0 or content.find(word.decode().encode("utf-16-le")) >= 0
            except ValueError:  # an empty file
                return True
    except (OSError, PosetuneError):
        return True


def _read(path: Path) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise PosetuneError(
            f"Cannot read the labels {path}: {error.strerror or error}; give a COCO keypoint .json file."
        ) from error
    if not content.startswith(_GZIP):
        return content
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise PosetuneError(f"The labels {path} are a damaged gzip file; copy or export them again.") from error


def _western(text: bytes) -> str:
    try:
        return text.decode("cp1252")
    except UnicodeDecodeError:
        return text.decode("latin-1")
