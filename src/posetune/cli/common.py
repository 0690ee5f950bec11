"""What several verbs share: options that take several words, ``--json [FILE]``, where a server listens, files that can be
written to.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import os
import sys
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from posetune.errors import PosetuneError
from posetune.files import json_text, replacing, write_text

_STDOUT = "-"


def words(text: str) -> list[str]:
    """The words between the commas of ``text``, in order, without blanks and empty ones."""
    return [word.strip() for word in text.split(",") if word.strip()]


class JsonOutput:
    """Where ``--json [FILE]`` puts a command's result: standard output, or a file."""

    def __init__(self, text: str) -> None:
        """``text``: the name of a file; "-" for standard output."""
        self.path = None if text == _STDOUT else Path(text)
        self._stdout = sys.stdout

    @contextlib.contextmanager
    def ready(self) -> Iterator[None]:
        """Run a command's work inside: the file is looked over before it begins, and where the JSON goes to standard
        output, all else that is printed goes to standard error.

        Raises PosetuneError if the file cannot be written, or is something else than JSON that would be lost.
        """
        if self.path is not None:
            check_writable(self.path)
            if self.path.exists() and not _holds_json(self.path):
                raise PosetuneError(
                    f"--json {self.path}: that file exists and is no JSON, and it would be lost; name another FILE, or put "
                    "--json last to print on standard output."
                )
            yield
            return
        self._stdout = sys.stdout
        with contextlib.redirect_stdout(sys.stderr):
            yield

    def write(self, content: Any) -> None:
        """Print ``content``, or write it to the file and say so; a figure that there is not (NaN) is null."""
        content = _nan_as_null(content)
        if self.path is not None:
            write_text(self.path, json_text(content))
            print(f"Written: {self.path}", file=sys.stderr)
            return
        utf8 = (getattr(self._stdout, "encoding", None) or "utf-8").lower().replace("-", "") == "utf8"
        self._stdout.write(json_text(content, ascii_only=not utf8))
        self._stdout.flush()


def add_json(parser: argparse.ArgumentParser, what: str = "the result") -> None:
    """``--json [FILE]``, the same in every verb. ``cli.main`` enters :meth:`JsonOutput.ready`; the verb calls ``write``."""
    parser.add_argument(
        "--json", nargs="?", const=JsonOutput(_STDOUT), type=JsonOutput, metavar="FILE",
        help=f"print {what} as JSON on standard output, and all else on standard error; with FILE, write it there instead",
    )  # fmt: skip


def json_before_input(argv: Sequence[str]) -> list[str]:
    """``argv`` of a verb with one required input, where ``--json`` stands before it: ``--json pose.task`` names the input,
    for a FILE of ``--json`` ends in .json.
    """
    found = list(argv)
    for i, (word, following) in enumerate(pairwise(argv)):
        if word == "--json" and not following.startswith("-") and not following.lower().endswith(".json"):
            found[i] = f"--json={_STDOUT}"
    return found


def check_writable(path: Path) -> None:
    """Fail now, not after minutes of work. Raises PosetuneError if ``path`` cannot be written."""
    if path.is_dir():
        raise PosetuneError(f"Cannot write {path}: it is a folder; name a file.")
    probe = path.parent / f"{path.name}.try"
    try:
        with replacing(probe):
            pass
        probe.unlink()
    except PosetuneError as error:
        raise PosetuneError(str(error).replace(str(probe), str(path))) from error


def make_writable(out: Path) -> None:
    """Make the folder ``out``, and find out before the work is done that its result has no place. Raises PosetuneError."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PosetuneError(f"Cannot write to {out}: {error.strerror}. Choose another folder with --out.") from error
    if not os.access(out, os.W_OK | os.X_OK):
        raise PosetuneError(f"Cannot write to {out}: Permission denied. Choose another folder with --out.")


def count(text: str) -> int:
    """The type of an option that counts something."""
    try:
        value = int(text)
    except ValueError:
        value = 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return value


def fraction(text: str) -> float:
    """The type of an option between 0 and 1."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number between 0 and 1")
    return value


def _nan_as_null(content: Any) -> Any:
    if isinstance(content, dict):
        return {key: _nan_as_null(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [_nan_as_null(value) for value in content]
    return None if isinstance(content, float) and not math.isfinite(content) else content


def _holds_json(path: Path) -> bool:
    """Whether nothing but JSON is lost where ``path`` is written anew; a .json that was cut short is JSON."""
    content = path.read_bytes() if path.is_file() else b"no file"
    try:
        json.loads(content or "{}")
    except ValueError:  # UnicodeDecodeError is one
        return path.suffix.lower() == ".json" and content.lstrip()[:1] in (b"", b"{", b"[")
    return True


def add_tiles(parser: argparse.ArgumentParser) -> None:
    """``--tiles`` and ``--tiles-budget``, the same in every verb that looks at whole pictures; ``Tiles.of`` takes both."""
    parser.add_argument(
        "--tiles", default="off", metavar="auto|N|off",
        help="where else than at the whole picture the detector looks: auto at up to four tiles that promise somebody; N at all "
        "half-overlapping tiles, N along the long side; off nowhere, as MediaPipe (default: %(default)s; "
        "docs/guide/find-everyone.md)",
    )  # fmt: skip
    parser.add_argument(
        "--tiles-budget",
        type=float,
        metavar="MS",
        help="--tiles auto: begin no tile after MS milliseconds of a picture",
    )


def add_server(parser: argparse.ArgumentParser, *, host: str = "", workers: str, one_worker: bool = False) -> None:
    """Where a server listens, who comes in and how many processes work for it.

    ``host``: what to add to where it listens; ``workers``: what they do; ``one_worker``: unless told otherwise, instead
    of as many as processors.
    """
    parser.add_argument(
        "--host", default="127.0.0.1", help=f"where to listen{host} (default: %(default)s, this machine alone)"
    )
    parser.add_argument("--port", type=int, default=8000, help="0 takes any that is free (default: %(default)s)")
    parser.add_argument(
        "--token-file", type=Path, metavar="FILE",
        help="a file with the token that who comes in must know; needed beyond this machine",
    )  # fmt: skip
    parser.add_argument(
        "--allowed-host", action="append", default=[], metavar="NAME", help="a name by which the server may be called"
    )
    parser.add_argument(
        "--workers", type=int, metavar="N", default=1 if one_worker else None,
        help=f"processes that {workers} (default: {1 if one_worker else 'processors'})",
    )  # fmt: skip
    parser.add_argument("--verbose", action="store_true", help="log every request")
