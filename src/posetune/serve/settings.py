"""What ``posetune serve`` was started with."""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from posetune.errors import PosetuneError

if TYPE_CHECKING:
    from posetune.label.review import Review

MB = 2**20


@dataclass(frozen=True)
class Limits:
    """What a stranger may cost."""

    picture_bytes: int = 20 * MB
    picture_pixels: int = 40_000_000
    #: Seconds that a worker may take for one picture, by the clock.
    picture_seconds: float = 60.0
    #: Seconds of a processor that one picture may take: other programs' work does not count.
    processor_seconds: int = 20
    video_bytes: int = 500 * MB
    video_seconds: float = 600.0
    #: px of the longer side.
    video_side: int = 4096
    video_frames: int = 36_000
    network_bytes: int = 128 * MB
    #: Networks that were uploaded and are kept.
    networks: int = 20
    #: Address space of a worker.
    worker_bytes: int = 2048 * MB
    #: What all files of the data folder may take together.
    disk_bytes: int = 20_000 * MB
    jobs_an_owner: int = 4
    sockets_an_owner: int = 2
    #: Seconds of silence within a body, and the bytes a second that it must come with once these have passed.
    body_silence: float = 10.0
    body_rate: float = 8_000.0


def processors() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True)
class Settings:
    """``data_dir``: uploads, networks, jobs, ranges. ``models``: as ``stock.resolve`` takes them, the first is the current one.
    ``database``: URL of a PostgreSQL; None for SQLite in ``data_dir``. ``allowed_hosts``: names beside this machine's own by which
    the server may be called. ``token_file``: the tokens of who may come in; None: everybody on this machine. ``workers``:
    processes that run networks. ``queue``: requests that may wait for them. ``keep_hours``: after which uploads are deleted.
    ``registry``: URL of a registry whose live network answers; ``audit_share``: of the pictures that name no network, the share
    that its challenger answers. ``corrections``: whether what people correct, and agree to, is kept.
    ``review``: the set whose labels are looked at (``posetune annotate``), open.
    """

    data_dir: Path
    models: tuple[str, ...] = ("full",)
    host: str = "127.0.0.1"
    port: int = 8000
    token_file: Path | None = None
    database: str | None = None
    allowed_hosts: tuple[str, ...] = ()
    workers: int = field(default_factory=processors)
    queue: int = 64
    keep_hours: float = 24.0
    tls_cert: Path | None = None
    tls_key: Path | None = None
    registry: str | None = None
    audit_share: float = 0.0
    corrections: bool = True
    limits: Limits = field(default_factory=Limits)
    review: Review | None = None

    def check(self, token_given: bool) -> None:
        """Raises PosetuneError for what cannot be served, and for a server that others reach and anybody may use.

        ``token_given``: a token is in the environment.
        """
        for option, value, least, most in (
            ("--port", self.port, 0, 65_535),
            ("--workers", self.workers, 1, 64),
            ("--queue", self.queue, 1, 10_000),
        ):
            if not least <= value <= most:
                raise PosetuneError(f"{option} must be from {least} to {most}, not {value}.")
        if not self.keep_hours > 0:
            raise PosetuneError(f"--keep-hours must be more than 0, not {self.keep_hours:g}.")
        if not 0 <= self.audit_share <= 0.5:
            raise PosetuneError(f"--audit-share must be from 0 to 0.5, not {self.audit_share:g}.")
        if self.audit_share and self.registry is None:
            raise PosetuneError("--audit-share shows a registry's challenger: give --registry URL as well.")
        if (self.tls_cert is None) != (self.tls_key is None):
            raise PosetuneError("--tls-cert and --tls-key go together: give both or none.")
        if not is_loopback(self.host) and self.token_file is None and not token_given:
            raise PosetuneError(
                f"--host {self.host} can be reached from other machines: give --token-file FILE, so that not everybody comes in, "
                "or leave --host out."
            )


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches ``host``."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
