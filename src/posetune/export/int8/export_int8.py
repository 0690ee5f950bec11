"""An int8 network out of a run folder and into a file for MediaPipe, if it is good enough."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from posetune import stock
from posetune.errors import PosetuneError
from posetune.export.file import check_sound, checked_out, pack, prepare_landmarks, refuse_unsound
from posetune.export.int8.choose import (
    DEFAULT_GATE,
    DEFAULT_MINUTES,
    Request,
    TradeOff,
    refuse,
    speed_remark,
    trade_off,
)
from posetune.files import write_bytes
from posetune.graph.points import has_own_points
from posetune.progress import Reporter


@dataclass(frozen=True, eq=False)
class Exported:
    """What was written, and the table it was chosen from."""

    path: Path
    bytes: int
    found: TradeOff


def request(
    calibrate: Path,
    int8: bool,
    max_error_increase: float | None,
    minutes: float | None = None,
    threads: int | None = None,
    seed: int = 0,
) -> Request:
    """What the command line asks for. A limit on the error lets float networks win, unless there is none but --int8."""
    return Request(
        calibrate=Path(calibrate),
        gate=DEFAULT_GATE if max_error_increase is None else max_error_increase,
        any_precision=max_error_increase is not None,
        minutes=DEFAULT_MINUTES if minutes is None else minutes,
        threads=threads,
        seed=seed,
    )


def export(
    model: str | Path,
    out: str | Path,
    wanted: Request,
    *,
    smaller: Sequence[str | Path] = (),
    report: Reporter | None = None,
    show: Callable[[TradeOff], None] = lambda found: None,
) -> Exported:
    """Measure float, fp16, mixed and int8 forms of a landmark network and write the one that ``wanted`` asks for.

    ``model``: as in ``stock.resolve``, a float network. ``smaller``: networks for smaller crops, measured and chosen among as well.
    ``report`` gets sentences and progress along the way, ``show`` the table before anything is written or refused.

    Raises PosetuneError for bad input, CheckFailed if no network holds the gate: then nothing is written.
    """
    out = checked_out(out)
    networks = [stock.resolve(model), *map(stock.resolve, smaller)]
    for network in networks:
        if has_own_points(network.landmarks):
            raise PosetuneError(
                f"{network.path} has points of its own, for which there is no int8 form; export it without --int8."
            )
        refuse_unsound(network.landmarks, str(network.path))
        if network.corrector is not None:
            raise PosetuneError(f"{network.path} has a corrector, which a .task cannot hold; export the network alone.")
    found = trade_off(networks, wanted, report or Reporter())
    show(found)
    remark = speed_remark(found)
    if remark is not None and report is not None:
        report.say(remark)
    refuse(found, wanted.gate, out)
    assert found.chosen is not None
    landmarks = prepare_landmarks(found.networks[found.chosen], f"{networks[0].name}, {found.chosen} px", False)
    content = pack(landmarks, networks[0], out)
    check_sound(content, out)
    write_bytes(out, content)
    return Exported(out, len(content), found)
