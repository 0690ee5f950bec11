"""What long work found, a line of JSON each, written as it is found: who was stopped goes on where he was."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from posetune.errors import PosetuneError


class Journal:
    """A file of JSON lines, each with a key; of two with one key the later counts. A line that was cut short counts for nothing."""

    def __init__(self, path: Path) -> None:
        """Raises PosetuneError if the file is there and cannot be read."""
        self.path = path
        self._rows: dict[str, Any] = {}
        self._file: IO[bytes] | None = None
        self._whole = True  # whether the file ends with a line's end
        if not path.exists():
            return
        try:
            with path.open("rb") as lines:
                for line in lines:
                    self._whole = line.endswith(b"\n")
                    self._take(line)
        except OSError as error:
            raise PosetuneError(f"Cannot read {path}: {error.strerror or error}.") from error

    def _take(self, line: bytes) -> None:
        try:
            key, row = json.loads(line)
        except (ValueError, TypeError):
            return
        if isinstance(key, str):
            self._rows[key] = row

    def __contains__(self, key: str) -> bool:
        return key in self._rows

    def __len__(self) -> int:
        return len(self._rows)

    def get(self, key: str) -> Any:
        """What was kept under ``key``, or None."""
        return self._rows.get(key)

    def items(self) -> Iterator[tuple[str, Any]]:
        yield from self._rows.items()

    def add(self, key: str, row: Any) -> None:
        """Keep ``row`` under ``key``; it is in the file when this returns. Raises PosetuneError if it cannot be written."""
        line = json.dumps([key, row], separators=(",", ":"), allow_nan=False).encode() + b"\n"
        try:
            if self._file is None:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self._file = self.path.open("ab")
                line = line if self._whole else b"\n" + line
            self._file.write(line)
            self._file.flush()
        except OSError as error:
            raise PosetuneError(
                f"Cannot write {self.path}: {error.strerror or error}. Free some space or choose another place to write to."
            ) from error
        self._rows[key] = row

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
