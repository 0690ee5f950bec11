"""What people correct in the pages, kept for the next network: with their consent, and no more than one may give."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from posetune.errors import PosetuneError
from posetune.serve.pool.pool import Pool
from posetune.serve.problem import Problem
from posetune.serve.security.sessions import LOCAL, visitor_of
from posetune.serve.settings import Settings
from posetune.store.ids import is_id, new_id

if TYPE_CHECKING:
    from posetune.store.correction import Correction, NewCorrection
    from posetune.store.database import Database
    from posetune.store.forget import Forgotten

#: What people agree to, by its version; the words of a version that was shown are never changed.
CONSENT = {
    "1": "This picture and my points may be kept on this server and used to make the network better, until I delete them.",
}
#: What one person may give in a day, unless an operator trusts them, and all who have not signed in together.
MOST_PICTURES, MOST_CORRECTIONS, MOST_UNKNOWN = 200, 50, 1000
_DAY = 86_400.0
#: Who has not signed in is known by this and 22 random letters, which stand in a cookie.
_UNKNOWN = "web-"
_COOKIE_SECONDS = 365 * 24 * 3600


class KeptPicture(msgspec.Struct):
    """``picture``: sha256 of its file; ``width``, ``height``: upright, px."""

    picture: str
    width: int
    height: int


@dataclass
class Keeper:
    """One for each server. ``database``: gives the store, or raises Problem."""

    settings: Settings
    pool: Pool
    database: Callable[[], Database]

    async def keep_picture(self, content: bytes | str, person: str, consent: str, traffic: bool) -> KeptPicture:
        """Keep a picture of ``person``. ``content``: its file's bytes, or where it is; ``consent``: the version that was agreed to;
        ``traffic``: it was sent to be analysed, whatever came of it. Raises Problem.
        """
        await self._may(person, "images")
        limits = self.settings.limits
        size = await self.pool.submit(
            "picture_size", {"content": content}, seconds=limits.picture_seconds, processor=limits.processor_seconds
        )
        return await asyncio.to_thread(self._keep, content, person, consent, traffic, size)

    def _keep(
        self, content: bytes | str, person: str, consent: str, traffic: bool, size: dict[str, int]
    ) -> KeptPicture:
        from posetune.store.correction import Picture
        from posetune.store.traffic import offer

        file = content if isinstance(content, bytes) else Path(content).read_bytes()
        sitting = f"{person} {time.strftime('%Y-%m-%d %H', time.gmtime())}"  # pictures of one are alike
        kept = offer(
            self.database(), Picture(file, size["width"], size["height"], CONSENT[consent], sitting), person, traffic
        )
        return KeptPicture(kept.sha256, size["width"], size["height"])

    async def add(self, sha256: str, person: str, given: Callable[..., NewCorrection]) -> tuple[Correction, bool]:
        """Keep a correction on a picture that is kept; it, and whether it is new. ``given``: makes it of a Picture. Raises
        Problem.
        """
        await self._may(person, "corrections")
        return await asyncio.to_thread(self._add, sha256, given)

    def _add(self, sha256: str, given: Callable[..., NewCorrection]) -> tuple[Correction, bool]:
        from posetune.store.correction import look_over
        from posetune.store.corrections import Corrections
        from posetune.store.traffic import kept_picture

        picture = kept_picture(self.database(), sha256)
        if picture is None:
            raise Problem(404, "This picture is not kept here: send it first, with consent.")
        new = given(picture)
        try:
            look_over(new)
        except PosetuneError as error:
            raise Problem(422, str(error)) from error
        return Corrections(self.database()).add(new)

    async def counts(self, person: str) -> tuple[int, dict[str, int]]:
        """How many pictures of ``person`` there are, and of each status how many corrections."""
        return await asyncio.to_thread(self._counts, person)

    def _counts(self, person: str) -> tuple[int, dict[str, int]]:
        from posetune.store.correction import STATUSES
        from posetune.store.corrections import Corrections
        from posetune.store.traffic import given

        counts = dict.fromkeys(STATUSES, 0)
        for correction in Corrections(self.database()).find(annotator=person):
            counts[correction.status] += 1
        return given(self.database(), person).images, counts

    async def forget(self, person: str) -> Forgotten:
        """Remove all that ``person`` gave, at once."""
        from posetune.store.forget import forget

        return await asyncio.to_thread(forget, self.database(), person)

    async def _may(self, person: str, what: str) -> None:
        """Raises Problem where nothing is kept, or ``person`` has given enough of it for a day."""
        if not self.settings.corrections:
            raise Problem(403, "This server keeps no corrections; its owner started it with --no-corrections.")
        await asyncio.to_thread(self._count, person, what)

    def _count(self, person: str, what: str) -> None:
        from posetune.store.traffic import given

        since = time.time() - _DAY
        mine = given(self.database(), person, since)
        most = MOST_PICTURES if what == "images" else MOST_CORRECTIONS
        unknown = person.startswith(_UNKNOWN)
        if not mine.trusted and getattr(mine, what) >= most:
            raise Problem(429, f"You gave {most} today, the most that one person may; come back tomorrow.", _TOMORROW)
        if unknown and getattr(given(self.database(), f"{_UNKNOWN}*", since), what) >= MOST_UNKNOWN:
            raise Problem(429, "This server has taken enough for today; come back tomorrow.", _TOMORROW)


_TOMORROW = {"retry-after": "86400"}


def _cookie(request: Request) -> str:
    """As the session's: browsers share cookies between ports."""
    sessions_cookie: str = request.app.state.sessions.cookie
    return sessions_cookie.replace("_session_", "_person_")


def person_of(request: Request) -> str | None:
    """Who corrects: the name of somebody who signed in, else what their cookie says; None for who has none yet."""
    visitor = visitor_of(request)
    if visitor != LOCAL:
        return visitor.name
    said = request.cookies.get(_cookie(request), "")
    return said if said.startswith(_UNKNOWN) and is_id(said.removeprefix(_UNKNOWN)) else None


def new_person() -> str:
    return _UNKNOWN + new_id()


def remember(request: Request, response: Response, person: str) -> None:
    """Let a browser know its ``person``, for :func:`person_of`; nobody who signed in."""
    if visitor_of(request) == LOCAL:
        response.set_cookie(
            _cookie(request), person, _COOKIE_SECONDS, httponly=True, samesite="strict",
            secure=request.scope["scheme"] == "https",
        )  # fmt: skip


def not_remember(request: Request, response: Response) -> None:
    """Take :func:`remember` back."""
    response.delete_cookie(_cookie(request), httponly=True, samesite="strict")
