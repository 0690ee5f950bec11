"""XML read element by element, with nothing expanded and nothing fetched: label files come from strangers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from posetune.errors import PosetuneError

_CHUNK = 1 << 18
#: Label files nest a handful of elements; what goes deeper is made to hurt.
_DEEPEST = 32
#: No element, tag or text of a label file is longer than this without a break.
_LONGEST = 1 << 26


def root_tag(path: Path) -> str | None:
    """The name of a file's first element; None where its head is no XML."""
    found: list[str] = []
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda tag, _: found.append(tag)
    try:
        with path.open("rb") as file:
            parser.Parse(file.read(4096), False)
    except (OSError, expat.ExpatError, LookupError):
        pass
    return found[0] if found else None


def children(path: Path) -> Iterator[Element]:
    """The elements right below the root of an XML file, each whole, one at a time: what was yielded may be dropped.

    Raises PosetuneError: no such file, not XML, a document type or entity (a few lines of which can grow to gigabytes or name
    other files), elements far too deep or too long.
    """
    return _Reader(path).run()


class _Reader:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.depth = 0
        self.builder: TreeBuilder | None = None
        self.done: list[Element] = []
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._data
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.EntityDeclHandler = self._refuse

    def run(self) -> Iterator[Element]:
        try:
            with self.path.open("rb") as file:
                fed = 0
                while chunk := file.read(_CHUNK):
                    self._parse(chunk, False)
                    fed += len(chunk)
                    if fed - self.parser.CurrentByteIndex > _LONGEST:
                        raise self._error("has more than 64 MB without an element; no label file has")
                    yield from self._taken()
                self._parse(b"", True)
                yield from self._taken()
        except OSError as error:
            raise PosetuneError(f"Cannot read the labels {self.path}: {error.strerror or error}.") from error

    def _taken(self) -> list[Element]:
        done, self.done = self.done, []
        return done

    def _parse(self, chunk: bytes, last: bool) -> None:
        try:
            self.parser.Parse(chunk, last)
        except (expat.ExpatError, LookupError, ValueError) as error:
            line = getattr(error, "lineno", self.parser.CurrentLineNumber)
            why = expat.ErrorString(error.code) if isinstance(error, expat.ExpatError) else str(error)
            raise self._error(f"is not XML ({why}, line {line}); export it again") from error

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise self._error(f"nests more than {_DEEPEST} elements; no label file does")
        if self.depth == 2:
            self.builder = TreeBuilder()
        if self.builder is not None:
            self.builder.start(tag, attributes)

    def _end(self, tag: str) -> None:
        if self.builder is not None:
            self.builder.end(tag)
            if self.depth == 2:
                self.done.append(self.builder.close())
                self.builder = None
        self.depth -= 1

    def _data(self, text: str) -> None:
        if self.builder is not None:
            self.builder.data(text)

    def _refuse(self, *_: object) -> None:
        raise self._error("declares a document type or an entity, which label files do not; it is not read")

    def _error(self, what: str) -> PosetuneError:
        return PosetuneError(f"The labels {self.path}: the file {what}.")
