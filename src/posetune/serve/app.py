"""The app: services behind routes behind the guard."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import Receive, Scope, Send

from posetune.errors import PosetuneError
from posetune.serve import problem, static
from posetune.serve.api import (
    annotate,
    coach,
    corrections,
    description,
    exercises,
    health,
    jobs,
    learning,
    media,
    networks,
    predict,
    session,
    skeleton,
)
from posetune.serve.api.live import live
from posetune.serve.networks import Networks
from posetune.serve.operations import Operation
from posetune.serve.pool.pool import Failed, Poisoned, Pool
from posetune.serve.pool.process import Process
from posetune.serve.problem import Problem
from posetune.serve.security.guard import Guard, as_problem
from posetune.serve.security.hosts import LOOPBACK
from posetune.serve.security.sessions import Sessions
from posetune.serve.services import Services
from posetune.serve.settings import Settings
from posetune.serve.uploads import Uploads

OPERATIONS: list[Operation] = [
    *predict.OPERATIONS,
    *jobs.OPERATIONS,
    *media.OPERATIONS,
    *coach.OPERATIONS,
    *exercises.OPERATIONS,
    *corrections.OPERATIONS,
    *networks.OPERATIONS,
    *learning.OPERATIONS,
    *skeleton.OPERATIONS,
    *session.OPERATIONS,
    *annotate.OPERATIONS,
    *description.OPERATIONS,
    *health.OPERATIONS,
]


def build(
    settings: Settings, *, started: Sequence[Process] = (), on_failure: Callable[[str], None] | None = None
) -> Starlette:
    """The server's app, not yet open: it opens with its lifespan.

    ``started``: worker processes that are on their way already. ``on_failure``: told, with a sentence, if the networks cannot be
    loaded. Raises PosetuneError or OSError if the data folder cannot be used.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    sessions = Sessions(settings.token_file, settings.port)
    pool = Pool(lambda: Process(settings.limits), settings.workers, settings.queue, started)
    services = Services(
        settings,
        pool,
        Uploads(settings.data_dir, settings.limits),
        Networks(settings.data_dir / "networks", pool, settings.audit_share),
    )

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        opening = asyncio.create_task(_open(services, on_failure))
        try:
            yield
        finally:
            opening.cancel()
            await services.close()

    app = Starlette(
        routes=_routes(OPERATIONS),
        middleware=[Middleware(Guard, hosts=(*LOOPBACK, *settings.allowed_hosts), sessions=sessions)],
        exception_handlers={HTTPException: _http_exception},
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    app.state.services = services
    app.state.sessions = sessions
    app.state.operations = OPERATIONS
    app.state.files = static.table()
    return app


async def _open(services: Services, on_failure: Callable[[str], None] | None) -> None:
    try:
        await services.open()
    except (Failed, Poisoned, PosetuneError) as error:
        if on_failure is not None:
            died = "The workers die before they answer; is there memory?"
            on_failure(
                died if isinstance(error, Poisoned) else error.detail if isinstance(error, Failed) else str(error)
            )
    except Exception as error:
        as_problem(error)  # to the log
        if on_failure is not None:
            on_failure(f"The server could not start ({type(error).__name__}); its log says where.")


def _routes(operations: Sequence[Operation]) -> list[BaseRoute]:
    """One route a path, so that its 405 names all its methods; and the files for whatever is left."""
    paths: dict[str, dict[str, Operation]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method] = operation
    routes: list[BaseRoute] = [Route(path, _Methods(path, methods)) for path, methods in paths.items()]
    return [*routes, WebSocketRoute("/api/v1/live", live), Route("/{path:path}", _Files())]


class _Methods:
    """The ASGI app of one path."""

    def __init__(self, path: str, methods: dict[str, Operation]) -> None:
        self._path, self._methods = path, methods
        known = [*methods, "HEAD"] if "GET" in methods else [*methods]
        self._allow = ", ".join(sorted(known))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("posetune.route", self._path)
        operation = self._methods.get("GET" if scope["method"] == "HEAD" else scope["method"])
        if operation is None:
            raise Problem(405, f"{self._path} takes {self._allow}.", {"allow": self._allow})
        request = Request(scope, receive, send)
        try:
            response = await operation.endpoint(request)
        except Exception as error:
            response = problem.response(as_problem(error))
        await response(scope, receive, send)


class _Files:
    """The ASGI app of every path that no operation has."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["posetune.route"] = "files"
        if scope["path"] not in scope["app"].state.files:
            raise Problem(404, "There is no such page.")
        await self._page(scope, receive, send)

    _page = _Methods("A page", {"GET": Operation("GET", "/{path}", static.answer, "", {})})


def _http_exception(request: Request, error: Any) -> Response:
    return problem.response(Problem(error.status_code, "There is no such page.", error.headers))
