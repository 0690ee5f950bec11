"""The trade-off between precision, size, time and error, measured; and the choice of what to write."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from posetune.errors import CheckFailed, PosetuneError
from posetune.export.int8 import plan
from posetune.export.int8.crops import Calibration, load
from posetune.export.int8.finetune import finetune
from posetune.export.int8.make import Maker
from posetune.export.int8.measure import Answers, Row, answer, errors, labels, milliseconds
from posetune.graph.flatbuffer import Graph
from posetune.graph.precision import narrow, widen
from posetune.progress import Reporter
from posetune.stock import Networks

#: How much of the float network's work may stay float in "mixed". At a tenth, 1.5 times the speed becomes 1.44 times.
FLOAT_SHARE = 0.10
DEFAULT_GATE = 0.02
DEFAULT_MINUTES = 4.0
#: Times closer than this are alike, and the smaller file wins.
_ALIKE = 0.03
_EXACT = ("float", "fp16")
_KEPT_BACK = 4  # every fourth person to fit on is not trained on, and decides whether training helped


@dataclass(frozen=True)
class Request:
    """What to measure and how to choose. ``gate``: the largest increase of the error, 0.02 for 2 %. ``any_precision``: the
    fastest of all that holds the gate wins; otherwise the fastest with int8 layers. ``minutes`` of quantization-aware training, 0
    for none.
    """

    calibrate: Path
    gate: float = DEFAULT_GATE
    any_precision: bool = False
    minutes: float = DEFAULT_MINUTES
    threads: int | None = None
    seed: int = 0


@dataclass(frozen=True, eq=False)
class TradeOff:
    """What was measured. ``networks``: row name -> landmark network; ``chosen``: the row to write, None if none holds the gate."""

    rows: tuple[Row, ...]
    networks: dict[str, bytes]
    chosen: str | None
    labelled: bool


def trade_off(networks: Sequence[Networks], request: Request, report: Reporter) -> TradeOff:
    """Make the candidates of every network (the first one is what all are held against), measure them, choose one.

    Raises PosetuneError for a calibration set that is missing or too small.
    """
    first = networks[0]
    calibration = load(request.calibrate, first.landmarks, first.detector, request.seed, report)
    candidates: dict[str, bytes] = {}
    for network in networks:
        made = _candidates(network.landmarks, calibration, request, report)
        if not candidates.keys().isdisjoint(made):
            raise PosetuneError(
                f"{network.path} takes crops of the same size as another one; --smaller is for 192 or 224 px."
            )
        candidates |= made
    report.say(f"Measuring {len(candidates)} networks on {len(calibration.check)} people.")
    rows = _measure(candidates, calibration, request.threads, report)
    return TradeOff(tuple(rows), candidates, choose(rows, request.gate, request.any_precision), calibration.labelled)


def mixed(network: bytes, crops: np.ndarray) -> bytes:
    """The mixed form of a float network as an export without training makes it, not measured: to time it.

    ``crops``: (N, S, S, 3) uint8 of people, S as the network takes them.
    """
    maker = Maker(network, crops)
    return maker.write(plan.float_blocks(maker.blocks(), FLOAT_SHARE))


def choose(rows: Sequence[Row], gate: float, any_precision: bool) -> str | None:
    """The name of the fastest row that holds the gate, errs and finds as the first one does; None if there is none."""
    allowed = [
        r
        for r in rows
        if r.increase <= gate and r.found >= rows[0].found and (any_precision or not r.name.startswith(_EXACT))
    ]
    if not allowed:
        return None
    fastest = min(r.ms for r in allowed)
    return min((r for r in allowed if r.ms <= fastest * (1 + _ALIKE)), key=lambda r: r.megabytes).name


def refuse(found: TradeOff, gate: float, out: Path) -> None:
    """Raise CheckFailed where nothing may be written."""
    if found.chosen is not None:
        return
    best = min((r for r in found.rows if not r.name.startswith(_EXACT)), key=lambda r: r.increase)
    missed = (
        f"errs {best.increase:+.1%}, and {gate:.1%} is the limit"
        if best.increase > gate
        else f"finds {best.found} of {best.people} people, where the float network finds {found.rows[0].found}"
    )
    raise CheckFailed(
        f"Nothing was written to {out}: {best.name}, the best of the int8 networks, {missed}; give more calibration images of "
        "your own footage, more --minutes, or a larger --max-error-increase."
    )


def speed_remark(found: TradeOff) -> str | None:
    """A sentence for the user whose processor gains nothing from int8."""
    rows = {r.name: r for r in found.rows}
    quantised = [r for r in found.rows if not r.name.startswith(_EXACT) and r.size == found.rows[0].size]
    if not quantised:
        return None
    ratio = found.rows[0].ms / min(r.ms for r in quantised)
    if ratio >= 1.1 or not rows:
        return None
    has = instructions()
    why = f"it has {', '.join(has)}" if has else "it has no instructions for int8 dot products (VNNI, AMX, ARM dotprod)"
    return (
        f"On this processor int8 runs at {ratio:.2f}× the float network's speed ({why}): "
        "use it for other devices, or for its size."
    )


def instructions() -> list[str]:
    """The int8 dot-product instructions that this processor reports, by the names of Linux; [] where it cannot be told."""
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return []
    flags = set(re.findall(r"\S+", " ".join(re.findall(r"(?im)^(?:flags|features)\s*:\s*(.*)$", text)[:1])))
    return sorted(flags & {"avx512_vnni", "avx_vnni", "amx_int8", "asimddp", "i8mm"})


# --- candidates --------------------------------------------------------------------------------------------------------


def _candidates(network: bytes, calibration: Calibration, request: Request, report: Reporter) -> dict[str, bytes]:
    graph = Graph(network, "network")
    size = graph.inputs[0].shape[1]
    if any(op.kind == "QUANTIZE" for op in graph.operators):
        raise PosetuneError("This network has int8 layers already; give the float network or its run folder.")
    wide = Graph(network, "network")
    widen(wide)
    teacher = Graph(wide.to_bytes(), "network")
    half = Graph(wide.to_bytes(), "network")
    narrow(half)
    maker = Maker(network, calibration.fit_crops(size))
    found = plan.blocks(maker.graph, maker.layers & plan.landmark_places(maker.graph))
    report.say(f"How much each of {len(found)} blocks of layers loses in int8:")
    with report.counting("blocks", len(found)) as counter:
        measured = maker.blocks(counter.step)
    float_blocks = plan.float_blocks(measured, FLOAT_SHARE)
    weights = maker.graph
    if request.minutes > 0:
        report.say(f"Quantization-aware training, {request.minutes:g} minutes:")
        weights = _trained(teacher, maker, float_blocks, calibration, request, report)
    return {
        f"float {size}": teacher.to_bytes(),
        f"fp16 {size}": half.to_bytes(),
        f"mixed {size}": maker.write(float_blocks, weights),
        f"int8 {size}": maker.write((), weights),
    }


def _trained(
    teacher: Graph, maker: Maker, float_blocks: set[int], calibration: Calibration, request: Request, report: Reporter
) -> Graph:
    """The weights after training, if they are better than before on people that were not trained on."""
    layers = plan.joined(maker.graph, (maker.layers - float_blocks) & plan.landmark_places(maker.graph))
    with report.counting("% of the time", 100) as counter:

        def tell(step: int, done: float, loss: float) -> None:
            counter.step(f"step {step}, loss {loss:.3f}", by=int(100 * done) - counter.done)

        trained = finetune(
            teacher,
            maker.graph,
            layers,
            maker.scales,
            [s for i, s in enumerate(calibration.fit) if i % _KEPT_BACK],
            minutes=request.minutes,
            seed=request.seed,
            report=tell,
        )
    kept_back = maker.crops[::_KEPT_BACK]
    before, after = (maker.distance(maker.write(float_blocks, g), kept_back) for g in (maker.graph, trained))
    better = after < before
    report.say(
        f"Distance to the float network: {before:.2f} px before, {after:.2f} px after training"
        + ("." if better else ", which is not better: the weights stay as they were.")
    )
    return trained if better else maker.graph


# --- measuring ---------------------------------------------------------------------------------------------------------


def _measure(
    candidates: dict[str, bytes], calibration: Calibration, threads: int | None, report: Reporter
) -> list[Row]:
    answers: dict[str, Answers] = {}
    with report.counting("networks", len(candidates)) as counter:
        for name, content in candidates.items():
            answers[name] = answer(content, calibration)
            counter.step(name)
    times = milliseconds(candidates, threads)
    truth = labels(calibration) if calibration.labelled else None
    reference = next(iter(answers.values()))
    rows = []
    for name, content in candidates.items():
        error, increase = errors(answers[name], reference, truth)
        rows.append(
            Row(
                name=name,
                size=int(name.split()[1]),
                megabytes=len(content) / 1e6,
                ms=times[name],
                error_px=error,
                distance_px=float(np.linalg.norm(answers[name].points - reference.points, axis=-1).mean()),
                increase=increase,
                found=int(answers[name].present.sum()),
                people=len(calibration.check),
            )
        )
    return rows
