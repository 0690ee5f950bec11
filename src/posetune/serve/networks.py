"""The networks that requests can name: stock, those of the command line, and uploads; and which one is current."""

from __future__ import annotations

import asyncio
import os
import random
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from posetune.errors import PosetuneError
from posetune.files import write_bytes
from posetune.serve.pool.context import Network
from posetune.serve.pool.pool import Pool
from posetune.serve.problem import Problem
from posetune.serve.uploads import disk_is_full
from posetune.stock import LANDMARK_NAMES, PINS, cache
from posetune.store.ids import is_id

_NAME_LETTERS = 60
#: ``/api/v1/networks/current`` is which one answers.
_NO_NAME = "current"
_REGISTRY = "registry"
#: Networks of a registry that can be named although they are live no more.
_MOST_FOLLOWED = 16


@dataclass(frozen=True)
class Entry:
    """``kind``: "stock", "run", "task", "tflite" or "registry"; ``report``: a page of ``posetune eval`` beside it; ``uploaded``:
    its file is the server's own.
    """

    network: Network
    kind: str
    report: Path | None = None
    uploaded: bool = False


class _Kept(msgspec.Struct):
    """One uploaded network in ``networks.json``."""

    file: str
    name: str
    sha256: str
    kind: str


class _Index(msgspec.Struct):
    networks: list[_Kept] = []


class Networks:
    """Names → networks. A request takes its network when it is accepted and keeps it, whatever is switched meanwhile.
    ``challenger``: the name of the network that answers a share ``audit_share`` of the pictures that name none; None: there is
    none.
    """

    def __init__(self, folder: Path, pool: Pool, audit_share: float = 0.0) -> None:
        """``folder``: of uploaded networks."""
        self.challenger: str | None = None
        self.audit_share = audit_share
        self.folder = folder
        self._pool = pool
        self._entries: dict[str, Entry] = {}
        self._current = ""
        self._switching = asyncio.Lock()

    async def open(self, models: Sequence[str], followed: Mapping[str, str] | None = None) -> None:
        """Have the workers load ``models``; the first is current. ``followed``: those of a registry → what they are called there.
        Raises Failed or Poisoned if one cannot be loaded.
        """
        names = {model: _given_name(model) for model in models} | dict(followed or {})
        found = await self._pool.open([Network(model, names[model]) for model in models])
        for model, facts in zip(models, found, strict=True):
            name = self._free_name(facts["name"])
            kind = _REGISTRY if followed and model in followed else facts["kind"]
            self._add(Entry(Network(model, name, facts["sha256"]), kind, _report(model)))
        self._current = next(iter(self._entries))
        self._pool.keep_loaded([self.current.network])
        for name in LANDMARK_NAMES:
            if name not in self._entries and cache.pinned_path(PINS[name]).is_file():
                self._add(Entry(Network(name, name, PINS[name].sha256), "stock"))
        self._tidy_up()
        for kept in self._index().networks:
            path = self.folder / kept.file
            if path.is_file() and kept.name not in self._entries:
                self._add(Entry(Network(str(path), kept.name, kept.sha256), kept.kind, uploaded=True))

    @property
    def current(self) -> Entry:
        return self._entries[self._current]

    def all(self) -> list[Entry]:
        return list(self._entries.values())

    def named(self, model: str | None) -> Entry:
        """The network of a name or sha256; None: the current one. Raises Problem if there is none."""
        if model is None:
            return self.current
        found = self._entries.get(model) or next((e for e in self.all() if e.network.sha256 == model), None)
        if found is None:
            raise Problem(404, f"There is no network {model[:60]!r}; GET /api/v1/networks lists them.")
        return found

    def of_sha256(self, sha256: str, name: str) -> Network | None:
        """The network of this landmark file; of several (detectors may differ) the one called ``name``; None if there is none."""
        same = {e.network.name: e.network for e in self.all() if e.network.sha256 == sha256}
        return same.get(name) or next(iter(same.values()), None)

    async def switch(self, name: str) -> Entry:
        """Make a network current once every worker has loaded it and had an answer; until then the old one serves."""
        async with self._switching:
            entry = self.named(name)
            before = self.current.network
            self._pool.keep_loaded([entry.network])
            try:
                await self._pool.everywhere("load", {"network": msgspec.to_builtins(entry.network)})
            except BaseException:
                self._pool.keep_loaded([before])
                raise
            self._current = entry.network.name
            return entry

    def for_picture(self, model: str | None) -> Entry:
        """As :meth:`named`; where no network is named and a challenger stands by, a coin says whether it answers."""
        if model is None and self.challenger is not None and random.random() < self.audit_share:
            return self.named(self.challenger)
        return self.named(model)

    async def follow(self, path: Path, name: str, sha256: str, switch: bool) -> str:
        """Take a network of a registry, its file at ``path``, and have every worker load it; ``switch``: it is current then. What
        it is called.

        Raises Failed or Poisoned if it cannot be loaded; the current one answers on then.
        """
        known = next((e for e in self.all() if e.kind == _REGISTRY and e.network.sha256 == sha256), None)
        if known is None:
            known = Entry(Network(str(path), self._free_name(name), sha256), _REGISTRY)
            self._add(known)
        try:
            if switch:
                await self.switch(known.network.name)
            else:
                await self._pool.everywhere("load", {"network": msgspec.to_builtins(known.network)})
        except BaseException:
            if known is not self.current:
                del self._entries[known.network.name]
            raise
        self._forget_old({known.network.name, self._current, self.challenger})
        return known.network.name

    async def drop_others(self) -> None:
        """Have the workers let go of all networks but the current one and the challenger. Raises Failed or Poisoned."""
        kept = [self.current, *([] if self.challenger is None else [self.named(self.challenger)])]
        await self._pool.everywhere("drop", {"keep": [entry.network.sha256 for entry in kept]})

    def _forget_old(self, kept: set[str | None]) -> None:
        """Of a registry's networks, the last ones stay: jobs go on with theirs, and clients may name them."""
        old = [n for n, e in self._entries.items() if e.kind == _REGISTRY and n not in kept]
        for name in old[: max(0, len(old) - _MOST_FOLLOWED)]:
            del self._entries[name]

    async def take_in(self, path: Path, name: str, seconds: float = 60.0) -> tuple[Entry, bool]:
        """Take the uploaded file ``path`` in, once a worker has looked it over and run it. Gives it, and whether it is new.

        Raises Failed or Poisoned if it is no network that can be served.
        """
        found = await self._pool.submit("inspect", {"path": str(path)}, seconds=seconds)
        kept = self.folder / f"{found['sha256'][:32]}.{found['format']}"
        same = next((e for e in self.all() if e.network.source == str(kept)), None)
        if same is not None:
            return same, False
        self.folder.mkdir(parents=True, exist_ok=True)
        os.replace(path, kept)
        try:
            network = Network(str(kept), self._free_name(_tidy(name) or f"network-{found['sha256'][:8]}"))
            facts = await self._pool.submit("load", {"network": msgspec.to_builtins(network)}, seconds=seconds)
            entry = Entry(Network(network.source, network.name, facts["sha256"]), facts["kind"], uploaded=True)
            self._add(entry)
            self._keep()
        except BaseException:
            kept.unlink(missing_ok=True)
            self._entries = {name: e for name, e in self._entries.items() if e.network.source != str(kept)}
            raise
        return entry, True

    def remove(self, name: str) -> None:
        """Forget an uploaded network, and delete its file. Raises Problem for one that is in use or not the server's."""
        entry = self.named(name)
        if not entry.uploaded:
            raise Problem(409, "This network was not uploaded; it belongs to whoever started the server.")
        if entry is self.current:
            raise Problem(409, "This network is in use; switch to another one first.")
        del self._entries[entry.network.name]
        self._keep()
        Path(entry.network.source).unlink(missing_ok=True)

    @property
    def uploaded(self) -> int:
        return sum(entry.uploaded for entry in self.all())

    def _add(self, entry: Entry) -> None:
        self._entries[entry.network.name] = entry

    def _free_name(self, name: str) -> str:
        free, number = name, 2
        while free in self._entries or free == _NO_NAME or (free != name and free in LANDMARK_NAMES):
            free, number = f"{name}-{number}", number + 1
        return free

    def _tidy_up(self) -> None:
        """Remove what a killed server was taking in."""
        known = {kept.file for kept in self._index().networks}
        for path in self.folder.glob("*"):
            if is_id(path.name):
                shutil.rmtree(path, ignore_errors=True)
            elif re.fullmatch(r"[0-9a-f]{32}\.(task|tflite)", path.name) and path.name not in known:
                path.unlink(missing_ok=True)

    def _index(self) -> _Index:
        try:
            return msgspec.json.decode((self.folder / "networks.json").read_bytes(), type=_Index)
        except (OSError, msgspec.DecodeError):
            return _Index()

    def _keep(self) -> None:
        kept = [
            _Kept(Path(e.network.source).name, e.network.name, e.network.sha256, e.kind)
            for e in self.all()
            if e.uploaded
        ]
        try:
            write_bytes(self.folder / "networks.json", msgspec.json.encode(_Index(kept)), durable=True)
        except PosetuneError as error:
            raise disk_is_full() from error


def _given_name(model: str) -> str:
    """Stock names stay; of a path the worker says what it is called."""
    return model if model in LANDMARK_NAMES else ""


def _report(model: str) -> Path | None:
    """The page that ``posetune eval --report`` wrote into a run folder, or beside a file under its name."""
    path = Path(model)
    beside = path / "report.html" if path.is_dir() else path.with_suffix(".html")
    return beside if model not in LANDMARK_NAMES and beside.is_file() else None


def _tidy(name: str) -> str:
    """Text of a stranger as a name: one line, without what would end a path's part; "" for dots alone, which clients take for a
    folder.
    """
    tidy = " ".join("".join(c if c.isprintable() and c not in "/\\" else " " for c in name).split())[:_NAME_LETTERS]
    return tidy if tidy.strip(".") else ""
