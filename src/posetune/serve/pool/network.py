"""Networks, in a worker: loaded and asked once, or looked over before they are taken in."""

from __future__ import annotations

import io
import stat
import zipfile
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from posetune import stock
from posetune.errors import PosetuneError
from posetune.files import ZIP_ERRORS
from posetune.serve.pool.context import Context, Network, Refused

#: A bundle has two, and room for notes.
_MOST_MEMBERS = 8
_BLANK = np.full((256, 256, 3), 127, np.uint8)


def load(context: Context, payload: dict[str, Any]) -> dict[str, Any]:
    """Load ``network`` and have both its networks answer once. Gives its name, sha256 and kind.

    Raises PosetuneError if it cannot be loaded.
    """
    network = msgspec.convert(payload["network"], Network)
    networks = stock.resolve(network.source)
    named = Network(network.source, network.name or networks.name, networks.sha256)
    landmarker = context.landmarker(named)
    landmarker.predict(_BLANK)  # the detector, and whatever it sees in nothing
    if not _answers(landmarker):
        raise PosetuneError(f"The network {network.source} answers with no numbers (NaN); posetune doctor says more.")
    return {"name": named.name, "sha256": named.sha256, "kind": _kind(networks)}


def drop(context: Context, payload: dict[str, Any]) -> None:
    """Let go of all networks but those whose sha256 are in ``keep``; whoever names another has it loaded again."""
    context.drop(set(payload["keep"]))


def inspect(context: Context, payload: dict[str, Any]) -> dict[str, Any]:
    """Look over the file ``path``, which a stranger sent. Gives its ``format``, "task" or "tflite", and ``sha256``.

    Raises Refused where it is no network that can be served.
    """
    from posetune.doctor.diagnose import diagnose

    content = Path(payload["path"]).read_bytes()
    if content[4:8] != b"TFL3" and content[:2] != b"PK":
        raise Refused(415, "This is no network: send a .task bundle or a .tflite landmark network.")
    if content[:2] == b"PK":
        check_archive(content, context.limits.network_bytes)
    try:
        found = diagnose(content, "the network")
    except PosetuneError as error:
        raise Refused(422, str(error)) from error
    if found.kind == "detector":
        raise Refused(422, "This is a detector alone; send a landmark network, or a .task bundle of both.")
    if not found.usable:
        worst = next(f for f in found.findings if f.severity in ("refused", "wrong"))
        raise Refused(422, f"This network cannot be served: {_words(worst)}")
    return {"format": found.format, "sha256": stock.cache.sha256(content)}


def check_archive(content: bytes, most: int) -> None:
    """Look at a bundle's table of contents, before anything is unpacked. Raises Refused for what no bundle has.

    ``most``: bytes of all members, unpacked.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
    except ZIP_ERRORS as error:
        raise Refused(422, "This begins as a .task bundle, but it is damaged; get the file again.") from error
    if len(members) > _MOST_MEMBERS:
        raise Refused(422, f"This ZIP has {len(members)} members; a .task bundle has two networks.")
    if len({member.filename for member in members}) < len(members):
        raise Refused(422, "This ZIP has two members of one name, which no .task bundle has.")
    if sum(member.file_size for member in members) > most:
        raise Refused(413, f"This ZIP unpacks to more than {most // 2**20} MB, which no .task bundle does.")
    for member in members:
        if member.flag_bits & 1 or stat.S_ISLNK(member.external_attr >> 16) or member.is_dir():
            raise Refused(422, "This ZIP holds a folder, a link or something encrypted, which no .task bundle does.")
        if "/" in member.filename or "\\" in member.filename or member.filename.startswith("."):
            raise Refused(422, "This ZIP has a member with a path, which no .task bundle has.")


def _words(finding: Any) -> str:
    return f"{finding.what}; {finding.fix}." if finding.fix else f"{finding.what}."


def _answers(landmarker: Any) -> bool:
    from posetune.geometry import Crop

    pose = landmarker.predict_crop(_BLANK, Crop(128.0, 128.0, 256.0, 0.0))
    return bool(np.isfinite(pose.landmarks_px[:, :2]).all())


def _kind(networks: stock.Networks) -> str:
    if networks.is_stock:
        return "stock"
    if networks.path.name == stock.RUN_NETWORK:
        return "run"
    return "task" if networks.path.suffix.lower() == ".task" else "tflite"
