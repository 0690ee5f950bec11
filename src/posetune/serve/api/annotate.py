"""``/api/v1/annotate``: the labels of the set that ``posetune annotate`` was started with, image by image."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Any, TypeVar
from urllib.parse import quote

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from posetune.errors import PosetuneError
from posetune.label.actions import Action
from posetune.serve.api import annotate_types as t
from posetune.serve.operations import Answer, Body, Operation, json_of, json_response, query_of
from posetune.serve.problem import Problem
from posetune.serve.services import Services, services_of

if TYPE_CHECKING:
    from posetune.label.actions import Seen
    from posetune.label.doubts import Doubt
    from posetune.label.history import Entry
    from posetune.label.review import Review, Told
    from posetune.label.set_index import Place

T = TypeVar("T")
_MEDIA = ((b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG", "image/png"), (b"GIF8", "image/gif"), (b"BM", "image/bmp"))
_MOST_LISTED = 500
_LARGEST_BODY = 4 * 2**20


class ImageQuery(msgspec.Struct, forbid_unknown_fields=True):
    name: Annotated[str, Meta(description="the image's file name in the set", max_length=1000)] = ""


class PictureQuery(msgspec.Struct, forbid_unknown_fields=True):
    name: Annotated[str, Meta(description="the image's file name in the set", max_length=1000)] = ""
    version: Annotated[str, Meta(description="of the file, so that it can be kept", max_length=64)] = ""


class ListQuery(msgspec.Struct, forbid_unknown_fields=True):
    start: Annotated[int, Meta(description="number of the first image", ge=0)] = 0
    count: Annotated[int, Meta(description="how many", ge=1, le=_MOST_LISTED)] = 50


def _review(request: Request) -> tuple[Services, Review]:
    services = services_of(request)
    if services.review is None:
        raise Problem(404, "No set is open here: start the server with posetune annotate SET.")
    return services, services.review


async def _do(work: Callable[[], T]) -> T:
    """``work`` on the set, in a thread; what it refuses is a problem."""
    from posetune.label.review import Conflict, Unknown

    try:
        return await asyncio.to_thread(work)
    except Unknown as error:
        raise Problem(404, str(error)) from error
    except Conflict as error:
        raise Problem(409, str(error)) from error
    except PosetuneError as error:  # who labels is who the files belong to
        raise Problem(503, str(error)) from error


# -- what there is ----------------------------------------------------------------------------------------------------------------


async def work(request: Request) -> Response:
    services = services_of(request)
    review = services.review
    if review is None:
        return json_response(t.Work(False))
    from posetune.label.doubts import BONES
    from posetune.landmarks import FLIP

    return json_response(
        t.Work(
            True,
            hashlib.sha256(str(review.path.resolve()).encode()).hexdigest()[:16],
            review.root.resolve().name,
            review.reviewer,
            review.blind,
            review.opinion is not None,
            review.index.names[0],
            await _do(lambda: _counts(review)),
            [t.Bone(*bone) for bone in BONES],
            FLIP.tolist(),
            list(review.notes),
        )
    )


def _counts(review: Review) -> t.Counts:
    return t.Counts(**review.counts(), suspects=review.index.suspects())


async def image(request: Request) -> Response:
    _, review = _review(request)
    name = query_of(request, ImageQuery).name
    return json_response(await _do(lambda: _image(review, name)))


def _image(review: Review, name: str) -> t.ImageOf:
    from posetune.label.pictures import look

    told = review.image(name)
    place = told.place
    seen = look(review.pictures, place.name, told.row)
    hints = review.hints.people
    picture = f"annotate/picture?name={quote(place.name, safe='')}&version={seen.version}"
    return t.ImageOf(
        place.name, place.number, told.revision, seen.width, seen.height, told.status, told.done, told.blind, seen.problem,  # type: ignore[arg-type]
        picture, review.index.score(place.number), *review.depth(place.name),
        [_labelled(p, hints.get((place.name, p.id), ())) for p in told.people],
        _neighbours(review, place),
    )  # fmt: skip


def _neighbours(review: Review, place: Place) -> t.Neighbours:
    index = review.index

    def name(number: int | None) -> str | None:
        return index.names[number] if number is not None and 0 <= number < len(index.names) else None

    return t.Neighbours(
        name(place.number - 1),
        name(place.number + 1),
        name(index.next_open(place.number)),
        name(index.next_suspect(place.number)),
        name(index.next_suspect(place.number, back=True)),
    )


def _labelled(person: Seen, hints: Sequence[Doubt] = ()) -> t.Labelled:
    """``hints``: what is doubted besides."""
    import numpy as np

    from posetune.label.doubts import doubts_of

    keypoints = np.array([[p.x or 0.0, p.y or 0.0, p.v] for p in person.points])
    confidence = np.array([np.nan if c is None else c for c in person.confidence or [None] * len(person.points)], float)
    doubts = [] if person.status in ("verified", "rejected") else [*hints, *doubts_of(keypoints, confidence)]
    return t.Labelled(
        person.id, person.points, person.status, person.confidence, person.marks, person.box, person.network, person.reviewer,  # type: ignore[arg-type]
        person.source, [t.Doubt(d.kind, list(d.points), round(d.share, 3)) for d in doubts],
    )  # fmt: skip


async def picture(request: Request) -> Response:
    _, review = _review(request)
    query = query_of(request, PictureQuery)

    def read() -> bytes:
        from posetune.files import read_bytes

        path = review.pictures.find(review.image(query.name).place.name).path
        if path is None:
            raise Problem(404, f"The picture {query.name[:200]} is not there any more.")
        return read_bytes(path, "the picture")

    content = await _do(read)
    media = next((media for head, media in _MEDIA if content.startswith(head)), None)
    if content[:4] + content[8:12] == b"RIFFWEBP":
        media = "image/webp"
    if media is None:
        raise Problem(415, f"Browsers do not show {query.name[:200]}; save it as JPEG or PNG.")
    keep = "private, max-age=3600, immutable" if query.version else "no-store"
    return Response(content, headers={"cache-control": keep, "content-security-policy": "sandbox"}, media_type=media)


async def listed(request: Request) -> Response:
    _, review = _review(request)
    query = query_of(request, ListQuery)
    index = review.index
    numbers = range(query.start, min(query.start + query.count, len(index.names)))
    places = [index.place(number) for number in numbers]
    return json_response(
        [
            t.Listed(p.number, p.name, len(index.people.get(p.id, ())), index.is_done(p.number), index.score(p.number))
            for p in places
        ]
    )


async def around(request: Request) -> Response:
    _, review = _review(request)
    name = query_of(request, ImageQuery).name

    def find() -> t.Around:
        told, found = review.image(name), review.around(name)
        frames = {key: None if there is None else _frame(there) for key, there in found.items()}
        return t.Around(_at(told), **frames)

    return json_response(await _do(find))


def _frame(told: Told) -> t.Frame:
    return t.Frame(told.place.name, _at(told), [_labelled(p) for p in told.people])


def _at(told: Told) -> float:
    from posetune.label.order import frame_of

    frame = frame_of(told.row.get("frame"))
    return float(told.place.number if frame is None else frame)


async def other(request: Request) -> Response:
    _, review = _review(request)
    name = query_of(request, ImageQuery).name

    def find() -> t.Other:
        people = review.other(name)
        who = "" if review.opinion is None else review.opinion.reviewer
        return t.Other(who, people is not None, [_labelled(p) for p in people or []])

    return json_response(await _do(find))


async def agreement(request: Request) -> Response:
    _, review = _review(request)

    def find() -> t.Agreement:
        found = review.agreement()
        who = None if review.opinion is None else review.opinion.reviewer
        return t.Agreement(who) if found is None else msgspec.convert({"other": who, **found}, t.Agreement)

    return json_response(await _do(find))


async def history(request: Request) -> Response:
    _, review = _review(request)
    name = query_of(request, ImageQuery).name

    def find() -> t.Stack:
        return t.Stack(*([_done(entry) for entry in entries] for entries in review.stack(name)))

    return json_response(await _do(find))


def _done(entry: Entry) -> t.Done:
    from posetune.label.undo import image_status_of, people_of

    before, after = people_of(entry, after=False), people_of(entry, after=True)

    def shown(person: Seen | None) -> t.Labelled | None:
        return None if person is None else _labelled(person)

    people = [t.Changed(key, shown(before[key]), shown(after[key])) for key in before]
    statuses: Any = [image_status_of(entry, after=a) for a in (False, True)]
    return t.Done(entry.key, entry.what, people, *statuses)


# -- what is done -----------------------------------------------------------------------------------------------------------------


async def here(request: Request) -> Response:
    _, review = _review(request)
    asked = await json_of(request, t.Here)

    def note() -> t.Present:
        others = 0
        if asked.gone:
            review.tab_is_gone(asked.tab)
        else:
            others = review.tab_is_here(asked.tab)
        first = review.reserve_ids(asked.ids) if asked.ids else 0
        return t.Present(review.server, others, first, review.saved, review.problem, _counts(review))

    return json_response(await _do(note))


async def act(request: Request) -> Response:
    _, review = _review(request)
    asked = await json_of(request, Action, _LARGEST_BODY)

    def do() -> t.Acted:
        revision = review.act(asked)
        place = review.image(asked.image).place
        return t.Acted(revision, review.index.score(place.number), review.saved, review.problem, _counts(review))

    return json_response(await _do(do))


async def person(request: Request) -> Response:
    services, review = _review(request)
    asked = await json_of(request, t.Where)
    if (asked.box is None) == (asked.point is None):
        raise Problem(422, "Give a box around the person, or a point on one.")
    name = (await _do(lambda: review.image(asked.image))).place.name
    path = review.pictures.find(name).path
    if path is None:
        raise Problem(404, f"The picture {name[:200]} is not there any more.")
    network = services.networks.named(None).network
    services.pool.check_room()
    limits = services.settings.limits
    payload = {
        "path": str(path),
        "network": msgspec.to_builtins(network),
        "box": asked.box,
        "point": asked.point,
    }
    found = await services.pool.submit(
        "one_person", payload, seconds=limits.picture_seconds, processor=limits.processor_seconds
    )
    return json_response(found)


_NONE = {404: "no such image, or no set is open"}
_TAKEN = {413: "too large", 415: "not JSON", 422: "not understood"}
OPERATIONS = [
    Operation(
        "GET", "/api/v1/annotate", work, "What set is open", {200: Answer("the set", t.Work)}, tag="annotate",
    ),
    Operation(
        "GET", "/api/v1/annotate/image", image, "An image with its people", {200: Answer("the image", t.ImageOf)},
        query=ImageQuery, problems={**_NONE, 422: "a query"}, tag="annotate",
    ),
    Operation(
        "GET", "/api/v1/annotate/picture", picture, "The picture itself", {200: Answer("the file", media="image/*")},
        query=PictureQuery, problems={**_NONE, 415: "a kind that browsers do not show", 422: "a query"}, tag="annotate",
    ),
    Operation(
        "GET", "/api/v1/annotate/list", listed, "Some images of the set", {200: Answer("the images", list[t.Listed])},
        query=ListQuery, problems={**_NONE, 422: "a query"}, tag="annotate",
    ),
    Operation(
        "GET", "/api/v1/annotate/around", around, "The people of images beside", {200: Answer("the images", t.Around)},
        "To copy from, and to interpolate between.",
        query=ImageQuery, problems={**_NONE, 422: "a query"}, tag="annotate",
    ),
    Operation(
        "GET", "/api/v1/annotate/other", other, "Whom another reviewer has in an image", {200: Answer("their people", t.Other)},
        "Shown once both have seen to the image.",
        query=ImageQuery, problems={**_NONE, 422: "a query"}, tag="annotate",
    ),
    Operation(
        "GET", "/api/v1/annotate/agreement", agreement, "How far two reviewers agree", {200: Answer("figures", t.Agreement)},
        problems=_NONE, tag="annotate",
    ),
    Operation(
        "GET", "/api/v1/annotate/history", history, "What can be undone of an image", {200: Answer("the actions", t.Stack)},
        query=ImageQuery, problems={**_NONE, 422: "a query"}, tag="annotate",
    ),
    Operation(
        "POST", "/api/v1/annotate/actions", act, "Do something to an image's labels", {200: Answer("it is on the disk", t.Acted)},
        body=Body("the action", type=Action), problems={**_NONE, **_TAKEN, 409: "the image was changed in another tab"},
        tag="annotate",
    ),
    Operation(
        "POST", "/api/v1/annotate/person", person, "Find one person, in a box or at a point", {200: Answer("the person", t.Found)},
        "Nothing is kept of it; an action adds the person.",
        body=Body("where", type=t.Where), problems={**_NONE, **_TAKEN, 408: "too slow"}, tag="annotate",
    ),
    Operation(
        "POST", "/api/v1/annotate/tabs", here, "A tab says that it is open", {200: Answer("who else is", t.Present)},
        body=Body("which", type=t.Here), problems={**_NONE, **_TAKEN}, tag="annotate",
    ),
]  # fmt: skip
