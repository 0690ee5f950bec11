"""``/api/v1/networks``: list, load, switch, delete."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from posetune.serve import api_types
from posetune.serve.networks import Entry
from posetune.serve.operations import Answer, Body, Operation, json_of, json_response, query_of
from posetune.serve.problem import Problem
from posetune.serve.security.sessions import require_admin
from posetune.serve.services import Services, services_of

_REPORT_CSP = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; frame-ancestors 'none'"


class Query(msgspec.Struct, forbid_unknown_fields=True):
    name: Annotated[str, Meta(description="what to call it", max_length=5000)] = ""


def _shown(services: Services, entry: Entry) -> api_types.NetworkEntry:
    network = entry.network
    report = None if entry.report is None else f"/api/v1/networks/{quote(network.name, safe='')}/report"
    return api_types.NetworkEntry(
        network.name, network.sha256, entry.kind, entry is services.networks.current, report, entry.uploaded  # type: ignore[arg-type]
    )  # fmt: skip


async def listed(request: Request) -> Response:
    services = services_of(request)
    return json_response([_shown(services, entry) for entry in services.networks.all()])


async def load(request: Request) -> Response:
    require_admin(request)
    services = services_of(request)
    query = query_of(request, Query)
    limits = services.settings.limits
    if services.networks.uploaded >= limits.networks:
        raise Problem(409, f"There are {limits.networks} uploaded networks, the most that are kept; delete one first.")
    async with services.uploads.receive(request, limits.network_bytes, to=services.networks.folder) as upload:
        entry, new = await services.networks.take_in(upload.path, query.name)
    return json_response(_shown(services, entry), 201 if new else 200)


async def switch(request: Request) -> Response:
    require_admin(request)
    services = services_of(request)
    if services.follower is not None:
        raise Problem(409, "This server follows a registry: posetune learn promote or rollback says what is live.")
    wanted = await json_of(request, api_types.SwitchTo)
    return json_response(_shown(services, await services.networks.switch(wanted.name)))


async def delete(request: Request) -> Response:
    require_admin(request)
    services_of(request).networks.remove(request.path_params["name"])
    return Response(status_code=204)


async def report(request: Request) -> Response:
    entry = services_of(request).networks.named(request.path_params["name"])
    if entry.report is None:
        raise Problem(404, "This network has no report; posetune eval --report writes one.")
    return Response(entry.report.read_bytes(), headers={"content-security-policy": _REPORT_CSP}, media_type="text/html")


_ENTRY = Answer("the network", api_types.NetworkEntry)
OPERATIONS = [
    Operation(
        "GET", "/api/v1/networks", listed, "The networks that can be asked",
        {200: Answer("the networks", list[api_types.NetworkEntry])}, tag="networks",
    ),
    Operation(
        "POST", "/api/v1/networks", load, "Load a network", {201: _ENTRY, 200: Answer("it was there", api_types.NetworkEntry)},
        "The raw bytes of a .task bundle or a .tflite landmark network; it is looked over and run once before it is taken.",
        query=Query, body=Body("a network", ("application/octet-stream",)),
        problems={403: "not an administrator", 409: "too many",
                  408: "too slow", 413: "too large", 415: "no network", 422: "damaged or refused"},
        tag="networks",
    ),
    Operation(
        "PUT", "/api/v1/networks/current", switch, "Switch to another network", {200: _ENTRY},
        "Requests that are being answered keep theirs.",
        body=Body("which", type=api_types.SwitchTo),
        problems={403: "not an administrator", 404: "no such network", 409: "a registry is followed",
                  413: "too large", 415: "not JSON", 422: "not understood"}, tag="networks",
    ),
    Operation(
        "DELETE", "/api/v1/networks/{name}", delete, "Delete an uploaded network", {204: Answer("it is gone", media="")},
        problems={403: "not an administrator", 404: "no such network", 409: "in use, or not uploaded"}, tag="networks",
    ),
    Operation(
        "GET", "/api/v1/networks/{name}/report", report, "The network's evaluation, as posetune eval --report wrote it",
        {200: Answer("a page", media="text/html")}, problems={404: "no such network, or no report"}, tag="networks",
    ),
]  # fmt: skip
