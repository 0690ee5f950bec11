"""The exercises that the server knows: posetune's, and its users' own, files of the data folder."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from posetune.errors import PosetuneError
from posetune.files import write_text
from posetune.serve.pool.pool import Pool
from posetune.serve.problem import Problem

#: Exercises of users that are kept.
MOST = 100
_TAKEN = ("auto", "off")


@dataclass(frozen=True)
class Kept:
    """``plain``: as JSON; ``text``: its YAML; ``own``: it is a user's."""

    plain: dict[str, Any]
    text: str
    own: bool


@dataclass
class Exercises:
    """``folder``: of the users' own, NAME.yaml each."""

    folder: Path
    pool: Pool
    _known: dict[str, Kept] = field(default_factory=dict)

    async def open(self) -> None:
        found = await self.pool.submit("exercises", {"folder": str(self.folder)})
        for own, entries in ((True, found["own"]), (False, found["shipped"])):  # a shipped one wins
            self._known |= {e["plain"]["name"]: Kept(e["plain"], e["text"], own) for e in entries}

    def all(self) -> list[Kept]:
        """Those of posetune first."""
        return sorted(self._known.values(), key=lambda kept: (kept.own, kept.plain["name"]))

    def named(self, name: str) -> Kept:
        """Raises Problem if there is none."""
        found = self._known.get(name)
        if found is None:
            raise Problem(404, f"There is no exercise {name[:40]!r}; GET /api/v1/exercises lists them.")
        return found

    async def keep(self, name: str, text: bytes) -> Kept:
        """Keep the YAML ``text`` as the exercise ``name``. Raises Problem, and Failed for what is no exercise."""
        plain = await self.pool.submit("exercise", {"text": text})
        if plain["name"] != name:
            raise Problem(
                422, f"The YAML calls the exercise {plain['name'][:40]!r}, and the address {name!r}: give one name."
            )
        before = self._known.get(name)
        if name in _TAKEN or (before is not None and not before.own):
            raise Problem(409, f"{name!r} is taken by posetune; give the exercise another name.")
        if before is None and sum(kept.own for kept in self._known.values()) >= MOST:
            raise Problem(409, f"There are {MOST} exercises of users, the most that are kept; delete one first.")
        kept = Kept(plain, text.decode(), True)
        try:
            await asyncio.to_thread(self._write, name, kept.text)
        except PosetuneError as error:
            raise Problem(503, "The exercise could not be kept; is the server's disk full?") from error
        self._known[name] = kept
        return kept

    def _write(self, name: str, text: str) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_text(self.folder / f"{name}.yaml", text, durable=True)

    async def remove(self, name: str) -> None:
        """Raises Problem if there is none, or it is posetune's."""
        if not self.named(name).own:
            raise Problem(409, f"{name!r} is one of posetune's, which stay.")
        del self._known[name]
        await asyncio.to_thread((self.folder / f"{name}.yaml").unlink, True)
