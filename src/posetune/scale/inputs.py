"""What a job looks at: pictures and videos of folders, buckets and lists, one after the other and never all in memory."""

from __future__ import annotations

import contextlib
import glob
import os
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from posetune.errors import PosetuneError
from posetune.runtime.images import IMAGE_SUFFIXES
from posetune.runtime.media import VIDEO_SUFFIXES, kind_of, shown_name
from posetune.runtime.video import VideoReader
from posetune.scale.open import store_of
from posetune.scale.store import Store, StoreRefused, is_bucket

_LISTS = (".txt", ".parquet")
_OVERLAYS, _PREDICTIONS = "overlays", "predictions.json"


@dataclass(frozen=True)
class Source:
    """A file to look at. ``uri``: an absolute path, or s3://…; ``name``: in the results; ``kind``: "image" or "video", by its
    suffix (whoever opens it may know better).
    """

    uri: str
    name: str
    kind: str


def sources(inputs: Sequence[str], out: str, left_out: Counter[str]) -> Iterator[Source]:
    """The pictures and videos of ``inputs``: files, folders, patterns, buckets' folders, and lists (.txt: a name a line;
    .parquet: its column ``file``), in the order of their names, named as ``posetune predict`` names them.

    ``out``: the job's own place, which is left out. ``left_out`` counts, by suffix, what is neither.

    Raises PosetuneError for an input that is not there.
    """
    expanded = [path for given in inputs for path in _existing(given)]
    root = _root([p for p in expanded if not is_bucket(p) and not _is_list(p)])
    for given in expanded:
        if is_bucket(given):
            yield from _of_bucket(given, out, left_out)
        elif _is_list(given):
            yield from _of_list(Path(given), left_out)
        elif os.path.isdir(given):
            yield from _of_folder(Path(given), root, os.path.realpath(out), left_out)
        else:
            kind = _kind_inside(given) or kind_by_name(given) or _kind_opened(given)
            if kind is None:
                left_out[os.path.splitext(given)[1].lower()] += 1
            else:
                yield Source(os.path.abspath(given), _name(given, root), kind)


@contextlib.contextmanager
def as_file(uri: str) -> Iterator[Path]:
    """A source as a file of this machine, for as long as the block takes.

    Raises PosetuneError where it is not there or may not be read, StoreError where its store does not answer.
    """
    if not is_bucket(uri):
        if os.path.exists(uri) and not os.path.isfile(uri):  # a pipe would be waited for without an end
            raise PosetuneError(f"Cannot read {uri}: it is no regular file.")
        yield Path(uri)
        return
    folder, _, name = uri.rpartition("/")
    try:
        content = _store(folder).get(name)
    except StoreRefused as error:
        raise PosetuneError(f"Cannot read {uri}: {error}") from error
    if content is None:
        raise PosetuneError(f"Cannot read {uri}: there is no such object.")
    with tempfile.TemporaryDirectory(prefix="posetune-") as place:
        path = Path(place) / ("file" + PurePosixPath(name).suffix.lower())
        path.write_bytes(content)
        yield path


_stores: dict[str, Store] = {}


def _store(folder: str) -> Store:
    """One client a bucket's folder, not one a picture."""
    if folder not in _stores:
        if len(_stores) > 64:
            _stores.clear()
        _stores[folder] = store_of(folder)
    return _stores[folder]


def absolute(given: str) -> str:
    """An input as every working folder understands it."""
    return given if is_bucket(given) else os.path.abspath(given.removeprefix("file://"))


def _existing(given: str) -> list[str]:
    if is_bucket(given) or os.path.exists(given):
        return [given]
    matching = sorted(glob.glob(given)) if any(c in given for c in "*?[") else []
    if not matching:
        raise PosetuneError(f"There is no {shown_name(given)}: no such file, folder or bucket (s3://, gs://, az://).")
    return matching


def _is_list(given: str) -> bool:
    return given.lower().endswith(_LISTS) and not os.path.isdir(given)


def _root(paths: Sequence[str]) -> str:
    """Below which folder files are named; as ``posetune predict`` has it."""
    folders = [os.path.abspath(p if os.path.isdir(p) else os.path.dirname(p) or ".") for p in paths]
    return os.path.commonpath(folders) if folders else ""


def _name(path: str | os.PathLike[str], root: str) -> str:
    return shown_name(PurePosixPath(os.path.relpath(os.path.abspath(path), root)).as_posix())


def _of_folder(folder: Path, root: str, out: str, left_out: Counter[str]) -> Iterator[Source]:
    """As ``runtime.media.media_in``, but without a list of all: names of one folder are in memory at a time, and files whose
    suffix tells what they are stay closed.
    """
    seen: set[tuple[int, int]] = set()

    def below(place: str) -> Iterator[Source]:
        state = os.stat(place)
        if (state.st_dev, state.st_ino) in seen or os.path.realpath(place) == out:
            return
        seen.add((state.st_dev, state.st_ino))
        folders, files = _entries(place, left_out)
        drawn = _OVERLAYS if _PREDICTIONS in files else None
        for name in files:
            path = os.path.join(place, name)
            kind = kind_by_name(name) or _kind_inside(path)
            if kind is None:
                left_out[os.path.splitext(name)[1].lower()] += 1
            else:
                yield Source(os.path.abspath(path), _name(path, root), kind)
        for name in folders:
            if name != drawn:
                yield from below(os.path.join(place, name))

    yield from below(str(folder))


def _entries(place: str, left_out: Counter[str]) -> tuple[list[str], list[str]]:
    """The folders and files in a folder, in order, without hidden ones, and without pipes and devices, which are counted.

    Raises PosetuneError where it cannot be read: what is in it would be missing, and nobody would know.
    """
    folders: list[str] = []
    files: list[str] = []
    try:
        with os.scandir(place) as found:
            for entry in found:
                if entry.name.startswith("."):
                    continue
                if entry.is_dir():
                    folders.append(entry.name)
                elif entry.is_file() or entry.is_symlink():  # where a link leads nowhere, who reads it says so
                    files.append(entry.name)
                else:
                    left_out["pipe or device"] += 1
    except OSError as error:
        raise PosetuneError(
            f"Cannot read the folder {shown_name(place)}: {error.strerror or error}. Make it readable, or move it away."
        ) from error
    return sorted(folders), sorted(files)


def _kind_inside(path: str) -> str | None:
    """What a file without a telling name is; None for neither, and for links that lead nowhere."""
    return kind_of(Path(path)) if os.path.isfile(path) else None


def _kind_opened(path: str) -> str | None:
    """ "video" for a file that was given by name and opens as one, though nothing in it or about it tells."""
    try:
        return "video" if os.path.isfile(path) and VideoReader(path).width > 0 else None
    except (PosetuneError, OSError):
        return None


def kind_by_name(name: str) -> str | None:
    """ "image", "video" or None, by the suffix."""
    suffix = os.path.splitext(name)[1].lower()
    if suffix in IMAGE_SUFFIXES:
        return "image"
    return "video" if suffix in VIDEO_SUFFIXES else None


def _of_bucket(url: str, out: str, left_out: Counter[str]) -> Iterator[Source]:
    kind = kind_by_name(url)
    if kind is not None:
        yield Source(url, shown_name(url.rpartition("/")[2]), kind)
        return
    base = url.rstrip("/")
    own = out.rstrip("/") + "/"
    for entry in store_of(base).list(""):
        uri = f"{base}/{entry.name}"
        kind = kind_by_name(entry.name)
        if uri.startswith(own):
            continue
        if kind is None:
            left_out[os.path.splitext(entry.name)[1].lower()] += 1
        else:
            yield Source(uri, shown_name(entry.name), kind)


def _of_list(path: Path, left_out: Counter[str]) -> Iterator[Source]:
    """The files that a list names; relative ones lie below the list's folder."""
    for text in _lines(path):
        kind = kind_by_name(text)
        if kind is None:
            left_out[os.path.splitext(text)[1].lower()] += 1
            continue
        uri = text if is_bucket(text) else os.path.abspath(os.path.join(path.parent, text))
        yield Source(uri, shown_name(text), kind)


def _lines(path: Path) -> Iterator[str]:
    if path.suffix.lower() == ".txt":
        with path.open(encoding="utf-8", errors="surrogateescape") as lines:
            yield from (line for line in map(str.strip, lines) if line)
        return
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as table:
            if "file" not in table.schema_arrow.names:
                raise PosetuneError(f"{path} has no column named file: a list of pictures in Parquet has one.")
            for batch in table.iter_batches(columns=["file"], batch_size=50_000):
                yield from batch.column(0).to_pylist()
    except (pa.ArrowException, OSError) as error:
        raise PosetuneError(f"{path} is damaged, or is no Parquet file: write it again.") from error
