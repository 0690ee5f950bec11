"""What the endpoints share: one for each server, at ``app.state.services``."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.requests import Request

from posetune.serve.corrections import Keeper
from posetune.serve.exercises import Exercises
from posetune.serve.follower import Follower
from posetune.serve.jobs.engine import Engine
from posetune.serve.jobs.films import Films
from posetune.serve.meters import Meters
from posetune.serve.networks import Networks
from posetune.serve.pool.pool import Pool
from posetune.serve.problem import Problem
from posetune.serve.settings import Settings
from posetune.serve.uploads import Uploads

if TYPE_CHECKING:
    from posetune.label.review import Review


@dataclass
class Services:
    """``skeleton``, ``default_ranges``, ``ranges``: of ``pool.facts``; ``ready``: every worker's network has answered once."""

    settings: Settings
    pool: Pool
    uploads: Uploads
    networks: Networks
    meters: Meters = field(default_factory=Meters)
    skeleton: dict[str, Any] = field(default_factory=dict)
    default_ranges: dict[str, dict[str, float]] = field(default_factory=dict)
    ranges: dict[str, dict[str, float]] = field(default_factory=dict)
    opened: bool = False
    follower: Follower | None = None

    def __post_init__(self) -> None:
        self.engine = Engine(
            self.settings, self.pool, lambda sha256, name: self.networks.of_sha256(sha256, name), lambda: self.ranges
        )
        self.films = Films(self.engine)
        self.corrections = Keeper(self.settings, self.pool, lambda: self.engine.database)
        self.exercises = Exercises(self.settings.data_dir / "exercises", self.pool)

    @property
    def review(self) -> Review | None:
        """The set whose labels are looked at here, if any."""
        return self.settings.review

    @property
    def ranges_path(self) -> Path:
        return self.settings.data_dir / "ranges.yaml"

    async def open(self) -> None:
        """Start the workers, load what was asked for, and go on with the jobs. Raises Failed, Poisoned or PosetuneError."""
        models, followed = list(self.settings.models), {}
        if self.settings.registry is not None:
            path, name = await asyncio.get_running_loop().run_in_executor(None, self._follow, self.settings.registry)
            models, followed = [str(path), *models], {str(path): name}
        await asyncio.gather(self.networks.open(models, followed), self.engine.prepare())
        facts = await self.pool.submit("facts", {"ranges": str(self.ranges_path)})
        self.skeleton, self.default_ranges, self.ranges = facts["skeleton"], facts["default"], facts["ranges"]
        await self.exercises.open()
        self.engine.open()
        if self.follower is not None:
            self.follower.open()
        self.opened = True

    def _follow(self, url: str) -> tuple[Path, str]:
        """The live network's file and name. Raises PosetuneError where there is no registry."""
        self.follower = Follower(url, self.settings.data_dir / "registry", self.networks)
        return self.follower.begin_with()

    @property
    def ready(self) -> bool:
        """Every worker's network has answered once, and one is there to answer."""
        return self.opened and self.pool.started and self.pool.ready > 0

    async def close(self) -> None:
        if self.follower is not None:
            await self.follower.close()
        await self.films.close()
        await self.engine.close()
        await self.pool.close()
        self.uploads.close()


def services_of(request: Request) -> Services:
    """Raises Problem while the networks are being loaded."""
    services: Services = request.app.state.services
    if not services.opened:
        raise Problem(503, "The server is starting; try again in a second.", {"retry-after": "1"})
    return services
