"""``/api/v1/learning``: what the registry that the server follows says, why, and the way back."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from typing import Annotated, Literal, NamedTuple

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from posetune.errors import PosetuneError
from posetune.serve.follower import Follower
from posetune.serve.operations import Answer, Body, Operation, json_of, json_response
from posetune.serve.problem import Problem
from posetune.serve.security.sessions import require_admin
from posetune.serve.services import Services, services_of
from posetune.store.registry import entry as kinds
from posetune.store.registry import history
from posetune.store.registry.entry import Entry
from posetune.store.registry.state import State

#: Entries that the page shows, the newest first.
_SHOWN = 200
_PICTURES = {".jpg": "image/jpeg", ".png": "image/png"}


class LearnedNetwork(msgspec.Struct):
    """``pictures``: where its evaluation card's pictures are; ``proven``: audited people said so, or null where it never was
    live.
    """

    sha256: str
    name: str
    since: float | None = None
    why: str = ""
    proven: bool | None = None
    pictures: list[str] = []


class Trial(msgspec.Struct):
    """A network on trial: ``forward``: a challenger; ``back``: the one that was live before. ``wealth``: of its bettors, who began
    with 1; at ``threshold`` it is proven. ``gain``: how much less it errs, as far as is seen. ``missing``: how many audited people
    more it takes as it grows now, null where nobody can say.
    """

    kind: Literal["forward", "back"]
    network: LearnedNetwork
    units: int
    wealth: float
    threshold: float
    gain: float
    missing: int | None


class Happened(msgspec.Struct):
    """One entry of the log, for people. ``time``: seconds since 1970. ``other``: the name of the network that was live then, where
    the entry names it: what was challenged, replaced or taken back.
    """

    number: int
    time: float
    kind: str
    network: LearnedNetwork | None
    why: str
    reasons: list[str]
    proven: bool | None
    other: str


class Counted(msgspec.Struct):
    kind: str
    status: str
    count: int


class Learning(msgspec.Struct):
    """``registry``: null where the server follows none; the rest is empty then. ``problem``: why what answers is not what the
    registry says, "" where it is; ``held``: why nothing is promoted by itself. ``before``: the name of the network that a rollback
    makes live again, "" where there is none. ``corrections``: what the server keeps; ``at_work``: the machine and process of a
    pass of learning that is at work on them, or died there, "" where none is. ``earlier``: entries before those of ``history``.
    """

    registry: str | None
    live: LearnedNetwork | None
    trials: list[Trial]
    held: str
    before: str
    at_work: str
    problem: str
    faults: list[str]
    corrections: list[Counted]
    history: list[Happened]
    earlier: int


class WhyBody(msgspec.Struct, forbid_unknown_fields=True):
    """``to``: sha256 of a network that was live; null: the one before."""

    why: Annotated[str, Meta(min_length=1, max_length=500)]
    to: Annotated[str, Meta(max_length=64)] | None = None


async def shown(request: Request) -> Response:
    services = services_of(request)
    kept = await asyncio.to_thread(_kept, services)
    follower = services.follower
    if follower is None:
        return json_response(Learning(None, None, [], "", "", kept.at_work, "", [], kept.counted, [], 0))
    if follower.away:
        current = services.networks.current.network
        live = LearnedNetwork(current.sha256, current.name)
        problem = follower.problem
        return json_response(Learning(follower.url, live, [], "", "", kept.at_work, problem, [], kept.counted, [], 0))
    return json_response(_learning(services, follower, kept))


async def picture(request: Request) -> Response:
    follower = _follower(services_of(request))
    sha256, file = request.path_params["sha256"], request.path_params["file"]
    known = follower.state.networks.get(sha256)
    suffix = file[file.rfind(".") :]
    if known is None or file not in known.files or suffix not in _PICTURES:
        raise Problem(404, "There is no such picture.")
    try:
        content = await asyncio.to_thread(follower.registry.read, sha256, file)
    except PosetuneError as error:
        raise Problem(404, str(error)) from error
    return Response(
        content, media_type=_PICTURES[suffix], headers={"cache-control": "private, max-age=86400, immutable"}
    )


async def rollback(request: Request) -> Response:
    return await _decide(request, lambda follower, body: history.rollback(follower.registry, body.why, body.to))


async def hold(request: Request) -> Response:
    return await _decide(request, lambda follower, body: history.hold(follower.registry, body.why))


async def release(request: Request) -> Response:
    return await _decide(request, lambda follower, body: history.release(follower.registry, body.why))


async def _decide(request: Request, decide: Callable[[Follower, WhyBody], object]) -> Response:
    """Write a person's word down, and have it answer before this does."""
    require_admin(request)
    services = services_of(request)
    follower = _follower(services)
    body = await json_of(request, WhyBody)
    try:
        async with follower.alone:
            await asyncio.to_thread(decide, follower, body)
        await follower.look()
    except PosetuneError as error:
        raise Problem(409, str(error)) from error
    return json_response(_learning(services, follower, await asyncio.to_thread(_kept, services)))


def _follower(services: Services) -> Follower:
    if services.follower is None:
        raise Problem(404, "This server follows no registry: posetune serve --registry URL.")
    return services.follower


class _Kept(NamedTuple):
    """What the server's store says."""

    counted: list[Counted]
    at_work: str


def _kept(services: Services) -> _Kept:
    from posetune.store.corrections import Corrections
    from posetune.store.runs import LEARNING, Leases

    if not services.settings.corrections:
        return _Kept([], "")
    database = services.corrections.database()
    counts = Corrections(database).counts()
    counted = [Counted(kind, status, count) for (kind, status), count in sorted(counts.items())]
    return _Kept(counted, Leases(database).holder(LEARNING) or "")


def _learning(services: Services, follower: Follower, kept: _Kept) -> Learning:
    registry, state = follower.registry, follower.state
    live = services.networks.current.network.sha256 if registry.doubt else state.live
    entries = list(registry.log.entries)
    told = [e for e in entries if e.kind != kinds.INIT and (e.kind != kinds.EVIDENCE or "restarted" in e.body)]
    return Learning(
        registry.name,
        _network(state, live, entries),
        [trial for trial in (_trial(state, entries, kind) for kind in ("forward", "back")) if trial is not None],
        state.held,
        state.title(before) if (before := history.before(registry)) else "",
        kept.at_work,
        follower.problem,
        registry.faults,
        kept.counted,
        [_happened(state, entries, entry) for entry in reversed(told[-_SHOWN:])],
        max(0, len(told) - _SHOWN),
    )


def _network(state: State, sha256: str, entries: list[Entry]) -> LearnedNetwork | None:
    if not sha256:
        return None
    known = state.networks.get(sha256)
    files = [] if known is None else [f for f in known.files if f[f.rfind(".") :] in _PICTURES]
    pictures = [f"/api/v1/learning/networks/{sha256}/{file}" for file in files]
    term = next((t for t in reversed(state.terms) if t.network == sha256), None)
    since = None if term is None else next((e.time for e in entries if e.number == term.number), None)
    title = state.title(sha256)
    if term is None:
        return LearnedNetwork(sha256, title, pictures=pictures)
    return LearnedNetwork(sha256, title, since, term.why, term.proven, pictures)


def _trial(state: State, entries: list[Entry], kind: Literal["forward", "back"]) -> Trial | None:
    sha256 = state.challenger if kind == "forward" else state.shadow
    network = _network(state, sha256, entries)
    if network is None:
        return None
    said = [e.body for e in entries if e.kind == kinds.EVIDENCE and e.body.get("network") == sha256]
    said = [body for body in said if body.get("live") == state.live]
    last = said[-1] if said else {}
    wealth = math.exp(min(float(last.get("log_e", 0.0)), 700.0))
    mean = float(last.get("mean", 0.0))
    threshold = float(last.get("threshold", 100.0 if kind == "forward" else 20.0))
    missing = None if last.get("missing") is None else int(last["missing"])
    gain = 2 * mean / (1 + mean) if mean > -1 else -1.0
    return Trial(kind, network, int(last.get("units", 0)), wealth, threshold, gain, missing)


def _happened(state: State, entries: list[Entry], entry: Entry) -> Happened:
    body = entry.body
    proven = bool(body["proven"]) if "proven" in body else None
    reasons = [str(reason) for reason in body.get("reasons", [])]
    network = _network(state, str(body.get("network", "")), entries)
    other = str(body.get("from", "") or body.get("live", ""))
    return Happened(
        entry.number, entry.time, entry.kind, network, str(body.get("why", "")), reasons, proven,
        state.title(other) if other else "",
    )  # fmt: skip


_LEARNING = Answer("how it stands", Learning)
_WORD = {403: "not an administrator", 404: "no registry is followed", 409: "it cannot be",
         413: "too large", 415: "not JSON", 422: "not understood"}  # fmt: skip
OPERATIONS = [
    Operation("GET", "/api/v1/learning", shown, "What is live, what challenges it, and what became of every network",
              {200: _LEARNING}, tag="learning"),
    Operation("GET", "/api/v1/learning/networks/{sha256}/{file}", picture, "A picture of a network's evaluation card",
              {200: Answer("a picture", media="image/jpeg")}, "It shows rendered people.",
              problems={404: "no such picture"}, tag="learning"),
    Operation("POST", "/api/v1/learning/rollback", rollback, "Make the network before live again, on every server",
              {200: _LEARNING}, body=Body("why", type=WhyBody), problems=_WORD, tag="learning"),
    Operation("POST", "/api/v1/learning/hold", hold, "Promote nothing by itself from here on",
              {200: _LEARNING}, body=Body("why", type=WhyBody), problems=_WORD, tag="learning"),
    Operation("POST", "/api/v1/learning/release", release, "End a hold",
              {200: _LEARNING}, body=Body("why", type=WhyBody), problems=_WORD, tag="learning"),
]  # fmt: skip
