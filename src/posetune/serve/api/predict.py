"""``POST /api/v1/predict``: a picture in, its people out."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from posetune.serve import api_types
from posetune.serve.operations import Answer, Body, Operation, json_response, query_of
from posetune.serve.problem import Problem
from posetune.serve.services import services_of

MEDIA = ("image/jpeg", "image/png", "image/webp", "application/octet-stream")
#: As ``runtime.detector.DEFAULT_MAX_PEOPLE``, which would bring OpenCV into this process.
MAX_PEOPLE = 5


class Query(msgspec.Struct, forbid_unknown_fields=True):
    model: Annotated[str, Meta(description="name or sha256 of a network; empty: the current one", max_length=200)] = ""
    max_people: Annotated[int, Meta(description="at most so many people", ge=1, le=50)] = MAX_PEOPLE
    tiles: Annotated[
        str,
        Meta(description="look in tiles too: auto, off, or tiles along the long side", pattern="^(off|auto|[1-9])$"),
    ] = "off"
    mask: Annotated[Literal[0, 1], Meta(description="1: a mask for each person")] = 0


async def predict(request: Request) -> Response:
    services = services_of(request)
    query = query_of(request, Query)
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media not in MEDIA:
        raise Problem(415, f"Send the bytes of a picture as {', '.join(MEDIA[:3])}, named in Content-Type.")
    network = services.networks.for_picture(query.model or None).network
    services.pool.check_room()
    limits = services.settings.limits
    async with services.uploads.receive_small(request, limits.picture_bytes) as content:
        payload = {
            "content": content,
            "network": msgspec.to_builtins(network),
            "max_people": query.max_people,
            "tiles": query.tiles,
            "mask": bool(query.mask),
            "ranges": services.ranges,
        }
        found = await services.pool.submit(
            "picture", payload, seconds=limits.picture_seconds, processor=limits.processor_seconds
        )
    return json_response(found["json"])


_ABOUT = "Send the file's raw bytes. Points are in px of the picture turned upright, as its EXIF says. The picture is not kept."
OPERATIONS = [
    Operation(
        "POST", path, predict, "Find the people in a picture", {200: Answer("the people", api_types.People)},
        _ABOUT,
        query=Query, body=Body("a picture: JPEG, PNG or WebP", MEDIA),
        problems={404: "no such network", 408: "too slow", 413: "too large", 415: "no such picture", 422: "damaged, or a query"},
    )
    for path in ("/api/v1/predict", "/predict")
]  # fmt: skip
