"""Follows a registry: what it promotes or takes back is loaded beside, tested, and answers from then on; no request is dropped."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import logging
import math
from pathlib import Path

from posetune.errors import PosetuneError
from posetune.files import write_json
from posetune.serve.networks import Networks
from posetune.serve.pool.pool import Failed, Poisoned
from posetune.store.registry.registry import Registry
from posetune.store.registry.state import State

log = logging.getLogger("posetune.serve")
#: Seconds between two looks at the registry, and before a network that could not be loaded is tried again.
POLL, AGAIN = 2.0, 60.0
#: Seconds after a switch that requests have to end with the network before, until workers let go of it.
DRAIN = 15.0
#: What was live last, in the folder of networks.
_LAST = "last.json"


class Follower:
    """One for a server. ``problem``: why what the registry says is not what answers, "" where it is."""

    def __init__(self, url: str, folder: Path, networks: Networks) -> None:
        """``folder``: for the files of networks, which workers read while they run, and for what was live last."""
        self.url, self._folder, self._networks = url, folder, networks
        self._registry: Registry | None = None
        self.problem = ""
        #: Held by whoever reads or writes the registry, which is for one at a time.
        self.alone = asyncio.Lock()
        self._looking = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._failed: dict[str, float] = {}
        self._drop_at = math.inf

    @property
    def registry(self) -> Registry:
        """As last read. Raises PosetuneError where it never could be."""
        if self._registry is None:
            raise PosetuneError(self.problem or f"The registry {self.url} has not been read yet.")
        return self._registry

    @property
    def away(self) -> bool:
        """The registry could not be read since this server started; what was live last answers."""
        return self._registry is None

    @property
    def state(self) -> State:
        return State() if self._registry is None else self._registry.state

    def begin_with(self) -> tuple[Path, str]:
        """The file and the name of the network to start with: the live one, or where that is damaged the last whole one that was;
        where the registry cannot be read, or which one is live cannot be told, what this server answered with last.

        Raises PosetuneError where there is none.
        """
        try:
            self._registry = Registry.open(self.url)
        except PosetuneError as error:
            last = self._last()
            if last is None:
                raise
            self._say(f"{error} {last[1]}, live when it was last read, answers.")
            return last
        trouble = self.registry.doubt
        if trouble and (last := self._last()) is not None:
            self._say(f"{trouble} {last[1]}, live when it was last read, answers.")
            return last
        lived = [term.network for term in self.state.terms]
        for sha256 in dict.fromkeys(reversed(lived)):
            try:
                path = self.registry.fetch(sha256, self._folder)
            except PosetuneError as error:
                trouble = trouble or str(error)
                continue
            if trouble:
                self._say(f"{trouble} {self.state.title(sha256)}, live before, answers instead.")
            self._remember(path, self.state.title(sha256))
            return path, self.state.title(sha256)
        raise PosetuneError(
            trouble or f"The registry {self.registry.name} has no live network: posetune registry init."
        )

    def _remember(self, path: Path, name: str) -> None:
        with contextlib.suppress(PosetuneError):  # a full disk: it is only for a start without the registry
            write_json(self._folder / _LAST, {"file": path.name, "name": name})

    def _last(self) -> tuple[Path, str] | None:
        try:
            kept = json.loads((self._folder / _LAST).read_text(encoding="utf-8"))
            path, name = self._folder / Path(str(kept["file"])).name, str(kept["name"])
            whole = hashlib.sha256(path.read_bytes()).hexdigest() == path.stem
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return (path, name) if whole else None

    def open(self) -> None:
        self._task = asyncio.create_task(self._follow())

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(POLL)
            try:
                await self.look()
            except PosetuneError as error:
                self._say(str(error))
            except (Failed, Poisoned) as error:
                detail = error.detail if isinstance(error, Failed) else "the workers die of it"
                self._say(f"The network that the registry says is live cannot be loaded: {detail}")
            except Exception:  # whatever it is, the server answers on, and the next look tries again
                log.exception("following the registry")

    async def look(self) -> None:
        """Read what is new, and have it answer. Raises PosetuneError, Failed or Poisoned; what answered before answers on."""
        async with self._looking:
            await self._look()

    async def _look(self) -> None:
        loop = asyncio.get_running_loop()
        async with self.alone:
            if self._registry is None:
                self._registry = await loop.run_in_executor(None, Registry.open, self.url)
            state = await loop.run_in_executor(None, self._registry.refresh)
        await self._challenger(state)
        if loop.time() >= self._drop_at:
            self._drop_at = math.inf
            await self._networks.drop_others()
        if self.registry.doubt:
            self._say(f"{self.registry.doubt} {self._networks.current.network.name} answers on.")
            return
        if state.live == self._networks.current.network.sha256:
            if not self.registry.faults:
                self.problem = ""
            return
        if loop.time() < self._failed.get(state.live, 0.0):
            return
        self._failed[state.live] = loop.time() + AGAIN
        await self._take(state, state.live, switch=True)
        del self._failed[state.live]
        self.problem = ""
        self._drop_at = loop.time() + DRAIN
        log.warning("%s answers from now on", state.title(state.live))

    async def _challenger(self, state: State) -> None:
        """Have the challenger at hand, where some answers are to be its."""
        loop = asyncio.get_running_loop()
        if self._networks.audit_share <= 0 or not state.challenger:
            self._networks.challenger = None
            return
        shown = self._networks.challenger
        if shown is not None and self._networks.named(shown).network.sha256 == state.challenger:
            return
        self._networks.challenger = None
        if loop.time() < self._failed.get(state.challenger, 0.0):
            return
        self._failed[state.challenger] = loop.time() + AGAIN
        self._networks.challenger = await self._take(state, state.challenger, switch=False)
        del self._failed[state.challenger]

    async def _take(self, state: State, sha256: str, switch: bool) -> str:
        path = await asyncio.get_running_loop().run_in_executor(None, self.registry.fetch, sha256, self._folder)
        name = await self._networks.follow(path, state.title(sha256), sha256, switch)
        if switch:
            self._remember(path, state.title(sha256))
        return name

    def _say(self, sentence: str) -> None:
        if sentence != self.problem:
            self.problem = sentence
            log.error("%s", sentence)
