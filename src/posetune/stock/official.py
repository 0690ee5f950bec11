"""Importing networks that a user already has: an official ``.task`` bundle, or one of the stock files."""

from __future__ import annotations

from pathlib import Path

from posetune.doctor.examine import examine
from posetune.errors import PosetuneError
from posetune.files import read_bytes
from posetune.graph import bundle, contract, metadata
from posetune.graph.flatbuffer import Graph
from posetune.stock import cache
from posetune.stock.pins import LANDMARK_NAMES, PINS

#: The author that posetune's own exports carry in their metadata.
POSETUNE_AUTHOR = "posetune"


def import_file(path: str | Path) -> dict[str, Path]:
    """Keep the networks of an official ``.task`` (or a stock ``.tflite``) in the cache; name -> kept file.

    A network that is a pinned file to the byte is kept as such. Another of the same structure is kept as
    imported: it serves wherever the pinned one is missing, and ``models list`` says so.

    Raises PosetuneError, and keeps nothing, if the file is not such a bundle or holds other networks.
    """
    content = read_bytes(path)
    if content[4:8] == b"TFL3":
        members = {str(path): content}
    else:
        parts = bundle.unpack(content, str(path))
        members = {bundle.DETECTOR_MEMBER: parts.detector, bundle.LANDMARKS_MEMBER: parts.landmarks}
    recognised = {}
    for member, network in members.items():
        where = str(path) if member == str(path) else f"{path} ({member})"
        name, same_weights = _recognise(network, where)
        recognised[name] = (network, same_weights)
    with cache.one_writer():
        return {
            name: _keep(name, network, same_weights, Path(path).name)
            for name, (network, same_weights) in recognised.items()
        }


def _keep(name: str, network: bytes, same_weights: bool, origin: str) -> Path:
    digest = cache.sha256(network)
    if digest == PINS[name].sha256:
        return cache.store_pinned(PINS[name], network)
    return cache.store_imported(cache.Imported(name, digest, same_weights, origin), network)


def _recognise(network: bytes, where: str) -> tuple[str, bool]:
    """Which stock network this is, and whether its weights are the pinned ones."""
    digest = cache.sha256(network)
    for pin in PINS.values():
        if digest == pin.sha256:
            return pin.name, True
    kind, findings = examine(network, None, where)
    broken = [finding for finding in findings if finding.severity in ("refused", "wrong")]
    if broken:
        raise PosetuneError(f"{where} cannot be imported: {broken[0].what}.")
    graph = Graph(network, where)
    weights = contract.weights_fingerprint(graph)
    for pin in PINS.values():
        if weights == pin.weights:
            return pin.name, True
    described = metadata.read(graph)
    if described is not None and described.author == POSETUNE_AUTHOR:
        raise PosetuneError(
            f"{where} is a network that posetune tuned, not a stock one: give the file itself where a model is "
            "asked for."
        )
    if kind == "detector":
        return "detector", False
    count = contract.parameters(graph)
    for name in LANDMARK_NAMES:
        if abs(count / PINS[name].parameters - 1) < 0.01:
            return name, False
    raise PosetuneError(
        f"{where} has {count:,} parameters, unlike lite, full and heavy: it is no stock network; give the file "
        "itself where a model is asked for."
    )
