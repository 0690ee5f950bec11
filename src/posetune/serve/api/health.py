"""``/healthz``, ``/readyz`` and ``/metrics``: for who watches the server."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from posetune.serve import api_types
from posetune.serve.operations import Answer, Operation, json_response
from posetune.serve.problem import Problem
from posetune.serve.services import Services


async def alive(request: Request) -> Response:
    return json_response(api_types.Health(True))


async def ready(request: Request) -> Response:
    services: Services = request.app.state.services
    if not services.ready:
        raise Problem(503, "The networks are being loaded; try again in a second.", {"retry-after": "1"})
    network = services.networks.current.network
    name = api_types.NetworkName(network.name, network.sha256)
    return json_response(api_types.Readiness(True, services.pool.ready, name))


async def metrics(request: Request) -> Response:
    services: Services = request.app.state.services
    pool = services.pool
    gauges = {
        "workers_ready": ("Workers whose networks have answered", float(pool.ready)),
        "workers_busy": ("Workers at work", float(pool.busy)),
        "jobs_running": ("Videos that are being looked at", float(services.engine.running)),
        **{f"waiting_{lane}": (f"Requests that wait, {lane}", float(n)) for lane, n in pool.waiting.items()},
    }
    counters = {"worker_deaths": ("Workers that died", float(pool.deaths))}
    current = services.networks.current.network if services.ready else None
    network = None if current is None else {"name": current.name, "sha256": current.sha256}
    return Response(services.meters.text(gauges, counters, network), media_type="text/plain; version=0.0.4")


_STARTING = {503: "the networks are being loaded"}
OPERATIONS = [
    Operation("GET", "/healthz", alive, "Does it run?", {200: Answer("yes", api_types.Health)}, tag="health"),
    Operation(
        "GET", "/readyz", ready, "Has every worker's network answered once?", {200: Answer("yes", api_types.Readiness)},
        problems=_STARTING, tag="health",
    ),
    Operation("GET", "/metrics", metrics, "Figures for Prometheus", {200: Answer("text", media="text/plain")}, tag="health"),
]  # fmt: skip
