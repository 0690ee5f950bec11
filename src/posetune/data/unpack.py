"""Archives of label files, from strangers: nothing is written outside of the folder, and nothing grows without end."""

from __future__ import annotations

import shutil
import stat
import zipfile
from pathlib import Path, PurePosixPath

from posetune.errors import PosetuneError
from posetune.files import ZIP_ERRORS
from posetune.progress import Reporter

#: An archive that grows to more than so many times its size, and by more than _SMALL bytes, is made to fill disks. Labels
#: shrink to a twentieth, pictures hardly.
_MOST_GROWTH, _SMALL = 100, 1 << 28
_MOST_FILES = 2_000_000
_CHUNK = 1 << 20


def is_zip(path: Path) -> bool:
    return path.is_file() and path.suffix.lower() == ".zip" and zipfile.is_zipfile(path)


def unpack(archive: Path, folder: Path, report: Reporter | None = None) -> None:
    """Unpack ``archive`` into ``folder``.

    Raises PosetuneError for a damaged or encrypted one, names that lead out of the folder or twice to one place, links, more
    than the disk holds, and what grows beyond all measure; something may have been unpacked then.
    """
    try:
        with zipfile.ZipFile(archive) as content:
            members = [m for m in content.infolist() if not m.is_dir()]
            _check(archive, members, folder)
            budget = max(_SMALL, _MOST_GROWTH * archive.stat().st_size)
            with (report or Reporter()).counting("files unpacked", len(members)) as counter:
                for member in members:
                    budget -= _extract(content, member, folder, budget, archive)
                    counter.step()
    except ZIP_ERRORS as error:
        raise PosetuneError(f"{archive} cannot be unpacked ({error}); download or export it again.") from error


def _check(archive: Path, members: list[zipfile.ZipInfo], folder: Path) -> None:
    if len(members) > _MOST_FILES:
        raise PosetuneError(f"{archive} holds {len(members)} files; it is not unpacked.")
    seen: set[str] = set()
    for member in members:
        name = member.filename.replace("\\", "/")
        parts = PurePosixPath(name).parts
        if name.startswith("/") or ".." in parts or (parts and ":" in parts[0]) or "\0" in name or not parts:
            raise PosetuneError(
                f"{archive} holds {member.filename!r}, which leads out of its folder; it is not unpacked."
            )
        if stat.S_ISLNK(member.external_attr >> 16):
            raise PosetuneError(f"{archive} holds the link {member.filename!r}; it is not unpacked.")
        if name in seen:
            raise PosetuneError(f"{archive} holds {member.filename!r} twice; it is not unpacked.")
        seen.add(name)
    total = sum(member.file_size for member in members)
    _check_growth(archive, total)
    folder.mkdir(parents=True, exist_ok=True)
    if total > shutil.disk_usage(folder).free:
        raise PosetuneError(f"{archive} unpacks to {total >> 20} MB, and there is no room for them beside {folder}.")


def _check_growth(archive: Path, total: int) -> None:
    if total > max(_SMALL, _MOST_GROWTH * archive.stat().st_size):
        raise PosetuneError(
            f"{archive} would grow to {total >> 20} MB, more than {_MOST_GROWTH} times its size; no set of labels does, and it is "
            "not unpacked."
        )


def _extract(content: zipfile.ZipFile, member: zipfile.ZipInfo, folder: Path, budget: int, archive: Path) -> int:
    """The bytes written: what the head of an archive says of its sizes may be a lie."""
    target = folder / member.filename.replace("\\", "/")
    target.parent.mkdir(parents=True, exist_ok=True)
    written = 0
    with content.open(member) as source, target.open("wb") as file:
        while chunk := source.read(_CHUNK):
            written += len(chunk)
            if written > budget:
                raise PosetuneError(f"{archive} grows without end; it is not unpacked.")
            file.write(chunk)
    return written
