"""A registry of networks: ``Registry.open(URL)``, then ``state``, ``add``, ``append``, ``fetch``."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from posetune.errors import PosetuneError
from posetune.files import write_bytes
from posetune.store.registry import entry as kinds
from posetune.store.registry.entry import Entry, name_of
from posetune.store.registry.log import Log, Moved
from posetune.store.registry.place import Place, place_of
from posetune.store.registry.state import Registered, State, fold

NETWORKS = "networks"
#: What a network's own file is called, before its suffix.
_NETWORK = "network"
_FORMAT = 1


class Registry:
    """One registry. Raises PosetuneError, one sentence, where it cannot be read or written; damage that leaves something to read
    is in ``faults``.
    """

    def __init__(self, place: Place, log: Log) -> None:
        self.place, self.log = place, log
        self._state = State()
        self.refresh()

    @classmethod
    def open(cls, url: str) -> Registry:
        """The registry at ``url``, a folder or s3://BUCKET/PREFIX. Raises PosetuneError if there is none."""
        place = place_of(url)
        found = cls(place, Log(place))
        if not found.log.entries:
            lost = " ".join(found.faults)
            raise PosetuneError(
                f"{place.name} holds no registry{f' that can be read: {lost}' if lost else ''}; "
                "posetune registry init makes one."
            )
        if int(found.state.settings.get("format", _FORMAT)) > _FORMAT:
            raise PosetuneError(f"The registry {place.name} is of a newer posetune: use that one.")
        return found

    @classmethod
    def init(cls, url: str, settings: Mapping[str, Any], by: str) -> tuple[Registry, bool]:
        """The registry at ``url``, made where there is none; and whether it is new."""
        place = place_of(url, make=True)
        found = cls(place, Log(place))
        if found.log.last:
            return found, False
        try:
            found.append(kinds.INIT, {"format": _FORMAT, **settings}, by)
        except Moved:
            found.refresh()
            return found, False
        return found, True

    @property
    def name(self) -> str:
        return self.place.name

    @property
    def state(self) -> State:
        """As last read; ``refresh`` reads what is new."""
        return self._state

    @property
    def faults(self) -> list[str]:
        return [self.log.faults[number] for number in sorted(self.log.faults)]

    @property
    def doubt(self) -> str:
        """Why it cannot be told which network is live: an entry was lost behind the last one that said so, and may have been a
        promotion, a rollback or a hold. What to do, too; "" where there is no doubt.
        """
        said = self._state.terms[-1].number if self._state.terms else 0
        lost = [number for number in sorted(self.log.lost) if number > said]
        if not lost:
            return ""
        return (
            f"Which network of the registry {self.name} is live cannot be told: {self.log.faults[lost[0]]} Put "
            f"log/{name_of(lost[0])} back from a copy, or say which one is live: posetune learn promote NAME --why TEXT."
        )

    def refresh(self) -> State:
        if self.log.lost and self.log.mended():
            self.log, self._state = Log(self.place), State()
        seen = len(self.log.entries)
        if self.log.refresh():
            self._state = fold(self.log.entries[seen:], self._state)
        return self._state

    def append(self, kind: str, body: Mapping[str, Any], by: str) -> Entry:
        """Add an entry that was decided on ``state``. Raises Moved where the registry has moved on since."""
        entry = self.log.append(kind, body, by, self.log.last)
        self._state = fold([entry], self._state)
        return entry

    def add(
        self,
        network: bytes,
        suffix: str,
        about: Mapping[str, Any],
        beside: Mapping[str, bytes] | None = None,
        by: str = "",
    ) -> Registered:
        """Register a network (the content of a ``.tflite`` or ``.task``, which ``suffix`` says), with files about it beside. One
        that is registered already is given back as it is; what a killed writer left of it is gone on with.
        """
        sha256 = hashlib.sha256(network).hexdigest()
        file = f"{_NETWORK}{suffix}"
        files = {file: sha256}
        while sha256 not in self.refresh().networks:
            self._put(f"{NETWORKS}/{sha256}/{file}", network)
            for name, content in (beside or {}).items():
                check = hashlib.sha256(content).hexdigest()
                path = PurePosixPath(name)
                own = str(path.with_name(f"{path.stem}.{check[:8]}{path.suffix}"))  # an earlier try's may lie there
                self._put(f"{NETWORKS}/{sha256}/{own}", content)
                files[own] = check
            try:
                self.append(kinds.REGISTER, {"network": sha256, "file": file, "files": files, "about": about}, by)
            except Moved:
                continue
        return self._state.networks[sha256]

    def _put(self, name: str, content: bytes) -> None:
        if not self.place.create(name, content) and self.place.read(name) != content:
            raise PosetuneError(
                f"The registry {self.name} has a damaged {name}, and files of a registry are never rewritten: move it away, "
                "then try again."
            )

    def read(self, sha256: str, file: str | None = None) -> bytes:
        """A file of a network, by default the network itself. Raises PosetuneError if it is missing or damaged."""
        known = self._state.networks.get(sha256)
        if known is None:
            raise PosetuneError(f"The registry {self.name} has no network {sha256[:12]}.")
        file = file or known.file
        content = self.place.read(f"{NETWORKS}/{sha256}/{file}")
        if content is None:
            raise PosetuneError(f"The registry {self.name} lacks {file} of {known.title}: put it back from a copy.")
        if hashlib.sha256(content).hexdigest() != known.files[file]:
            raise PosetuneError(
                f"The registry {self.name} has a damaged {file} of {known.title}: it is not the file that was registered."
            )
        return content

    def fetch(self, sha256: str, folder: Path) -> Path:
        """A network's file as one of this machine's, in ``folder``, looked over. Raises as :meth:`read` does."""
        known = self._state.networks.get(sha256)
        suffix = "" if known is None else PurePosixPath(known.file).suffix
        path = folder / f"{sha256}{suffix}"
        if path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == sha256:
            return path
        write_bytes(path, self.read(sha256), durable=True)
        return path
