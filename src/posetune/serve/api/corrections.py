"""``/api/v1/corrections``: a picture that may be kept, its points put right; what I gave; forget me."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from posetune.serve.api.predict import MEDIA
from posetune.serve.corrections import (
    CONSENT,
    KeptPicture,
    new_person,
    not_remember,
    person_of,
    remember,
)
from posetune.serve.operations import Answer, Body, Operation, json_of, json_response, query_of
from posetune.serve.problem import Problem
from posetune.serve.services import services_of

if TYPE_CHECKING:
    from posetune.store.correction import NewCorrection, Picture

Sha256 = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
Px = Annotated[float, Meta(ge=-100_000, le=100_000)]
#: x, y in px of the upright picture, v: 0 without a place, 1 hidden, 2 visible.
XYV = tuple[Px, Px, Literal[0, 1, 2]]
Points = Annotated[list[XYV], Meta(min_length=33, max_length=33)]
#: A letter a point, as the store has it.
_LETTERS = {"untouched": "u", "confirmed": "c", "moved": "m"}


class PictureQuery(msgspec.Struct, forbid_unknown_fields=True):
    consent: Annotated[
        str, Meta(description="the version of the consent that was shown and agreed to", max_length=20)
    ] = ""
    traffic: Annotated[
        Literal[0, 1],
        Meta(description="1: sent whatever the network saw in it, so that audits may be drawn; 0: to be corrected"),
    ] = 0


class GivenCorrection(msgspec.Struct, forbid_unknown_fields=True):
    """``picture``: as ``POST …/pictures`` answered; ``touched``: what became of each point; ``network``: sha256 of the one whose
    answer was shown, with ``shown``, its points; ``seconds``: taken for it; ``key``: of the client: sent twice it is one.
    """

    picture: Sha256
    points: Points
    touched: Annotated[list[Literal["untouched", "confirmed", "moved"]], Meta(min_length=33, max_length=33)]
    network: Sha256 | None = None
    shown: Points | None = None
    seconds: Annotated[float, Meta(ge=0, le=86_400)] | None = None
    key: Annotated[str, Meta(min_length=1, max_length=64)] | None = None


class TakenCorrection(msgspec.Struct):
    """``status``: new until it has been looked over."""

    id: str
    status: Literal["new", "accepted", "quarantined", "rejected"]


class Consent(msgspec.Struct):
    version: str
    text: str


class Mine(msgspec.Struct):
    """``kept``: whether this server keeps corrections; ``person``: who you are, null as long as nothing is kept of you;
    ``corrections``: how many of each status.
    """

    kept: bool
    consent: Consent
    person: str | None
    pictures: int
    corrections: dict[str, int]


class ForgottenOf(msgspec.Struct):
    """What was removed; ``networks``: sha256 of those that had learned from it, and are marked."""

    pictures: int
    corrections: int
    networks: list[str]


async def keep_picture(request: Request) -> Response:
    services = services_of(request)
    query = query_of(request, PictureQuery)
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media not in MEDIA:
        raise Problem(415, f"Send the bytes of a picture as {', '.join(MEDIA[:3])}, named in Content-Type.")
    if query.consent not in CONSENT:
        raise Problem(422, f"Nothing is kept without consent: show the text, and send consent={max(CONSENT)}.")
    services.pool.check_room()
    person = person_of(request) or new_person()
    async with services.uploads.receive_small(request, services.settings.limits.picture_bytes) as content:
        kept = await services.corrections.keep_picture(content, person, query.consent, bool(query.traffic))
    response = json_response(kept, 201)
    remember(request, response, person)
    return response


async def add(request: Request) -> Response:
    services = services_of(request)
    said = await json_of(request, GivenCorrection)
    person = person_of(request)
    if person is None:
        raise Problem(404, "This picture is not kept here: send it first, with consent.")
    if said.network is not None and services.networks.of_sha256(said.network, "") is None:
        raise Problem(422, "network: this server has none with this sha256.")
    correction, new = await services.corrections.add(said.picture, person, partial(_given, said, person))
    return json_response(TakenCorrection(correction.id, correction.status), 201 if new else 200)  # type: ignore[arg-type]


def _given(said: GivenCorrection, person: str, picture: Picture) -> NewCorrection:
    import numpy as np

    from posetune.store.correction import NewCorrection

    shown = None if said.shown is None or said.network is None else np.array(said.shown, np.float64)
    return NewCorrection(
        picture,
        person,
        np.array(said.points, np.float64),
        "".join(_LETTERS[word] for word in said.touched),
        shown=said.network or "",
        shown_points=shown,
        seconds=said.seconds if said.seconds is None or math.isfinite(said.seconds) else None,
        key=said.key,
        source="web",
    )


async def mine(request: Request) -> Response:
    services = services_of(request)
    person = person_of(request)
    pictures, counts = (0, {}) if person is None else await services.corrections.counts(person)
    version = max(CONSENT)
    kept = services.settings.corrections
    return json_response(Mine(kept, Consent(version, CONSENT[version]), person, pictures, counts))


async def forget(request: Request) -> Response:
    person = person_of(request)
    if person is None:
        return json_response(ForgottenOf(0, 0, []))
    gone = await services_of(request).corrections.forget(person)
    response = json_response(ForgottenOf(gone.images, gone.corrections, list(gone.networks)))
    not_remember(request, response)
    return response


_PROBLEMS = {
    403: "nothing is kept here",
    413: "too large",
    415: "another type",
    422: "not understood",
    429: "enough for today",
}
OPERATIONS = [
    Operation(
        "POST", "/api/v1/corrections/pictures", keep_picture, "Let a picture be kept", {201: Answer("it is kept", KeptPicture)},
        "The file's raw bytes. Only with the consent that GET /api/v1/corrections tells, by its version. Who has not signed in is "
        "known by a random cookie from then on.",
        query=PictureQuery, body=Body("a picture", MEDIA), problems={**_PROBLEMS, 408: "too slow"}, tag="corrections",
    ),
    Operation(
        "POST", "/api/v1/corrections", add, "Put the points of a person right",
        {201: Answer("it is kept", TakenCorrection), 200: Answer("it was kept before", TakenCorrection)},
        "When this answers it is on the disk.",
        body=Body("the points", type=GivenCorrection), problems={**_PROBLEMS, 404: "the picture is not kept"}, tag="corrections",
    ),
    Operation(
        "GET", "/api/v1/corrections", mine, "What I gave, and what there is to agree to", {200: Answer("yours", Mine)},
        tag="corrections",
    ),
    Operation(
        "DELETE", "/api/v1/corrections", forget, "Forget me: my pictures and points, at once", {200: Answer("gone", ForgottenOf)},
        "Networks that learned from them are marked; the next training is without them.", tag="corrections",
    ),
]  # fmt: skip
