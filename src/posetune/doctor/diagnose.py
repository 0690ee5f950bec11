"""Would MediaPipe take this file? What is wrong with it, where, and what to do."""

from __future__ import annotations

import io
import struct
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from posetune.doctor.examine import Finding, examine
from posetune.errors import PosetuneError
from posetune.files import ZIP_ERRORS, read_bytes
from posetune.graph import bundle
from posetune.graph.contract import Kind
from posetune.graph.flatbuffer import FILE_IDENTIFIER

__all__ = ["Diagnosis", "Finding", "diagnose", "diagnose_file"]

_MEMBERS: dict[str, Kind] = {bundle.DETECTOR_MEMBER: "detector", bundle.LANDMARKS_MEMBER: "landmarks"}
#: MediaPipe's own bundler aligns members to this; posetune aligns to bundle.ALIGNMENT, a cache line.
_LEAST_ALIGNMENT = 4


@dataclass(frozen=True)
class Diagnosis:
    """``format``: "task" or "tflite"; ``kind``: of a bare network, "landmarks", "detector" or None."""

    name: str
    format: Literal["task", "tflite"]
    kind: Kind | None
    findings: tuple[Finding, ...]

    @property
    def verdict(self) -> Literal["taken", "wrong", "refused", "needs a bundle"]:
        """ "taken": PoseLandmarker takes it and its answers are right; "wrong": takes it, and answers
        wrongly; "refused": fails; "needs a bundle": a good network, but PoseLandmarker takes bundles only.
        """
        severities = {finding.severity for finding in self.findings}
        if "refused" in severities:
            return "refused"
        if "wrong" in severities:
            return "wrong"
        return "taken" if self.format == "task" else "needs a bundle"

    @property
    def usable(self) -> bool:
        """Nothing is wrong with the network or networks themselves."""
        return self.verdict in ("taken", "needs a bundle")

    def as_json(self) -> dict[str, Any]:
        """For ``--json``."""
        return {
            "file": self.name,
            "format": self.format,
            "kind": self.kind,
            "verdict": self.verdict,
            "findings": [asdict(finding) for finding in self.findings],
        }


def diagnose_file(path: str | Path) -> Diagnosis:
    """Look a ``.tflite`` or ``.task`` over. Raises PosetuneError if it cannot be read or is neither."""
    return diagnose(read_bytes(path), str(path))


def diagnose(content: bytes, name: str) -> Diagnosis:
    """Look the bytes of a ``.tflite`` or ``.task`` over; ``name`` is for messages.

    Raises PosetuneError if they are neither, or are damaged.
    """
    if not content:
        raise PosetuneError(f"{name} is empty.")
    if content[4:8] == FILE_IDENTIFIER:  # before ZIP: metadata may be appended to a .tflite as a ZIP
        return _bare(content, name)
    if zipfile.is_zipfile(io.BytesIO(content)):
        return Diagnosis(name, "task", None, tuple(_bundle(content, name)))
    if content[:2] == b"PK":
        raise PosetuneError(f"{name} begins as a .task bundle but its end is missing: get the file again.")
    raise PosetuneError(f"{name} is neither a .tflite network nor a .task bundle.")


def _bare(content: bytes, name: str) -> Diagnosis:
    kind, findings = examine(content, None, name)
    return Diagnosis(name, "tflite", kind, tuple(findings))


def _bundle(content: bytes, name: str) -> list[Finding]:
    findings: list[Finding] = []
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = {info.filename: info for info in archive.infolist()}
            networks: dict[str, bytes] = {}
            for member in _MEMBERS:
                if member not in members:
                    has = ", ".join(sorted(members)) or "nothing"
                    what = f"it holds no {member} (it holds: {has})"
                    findings.append(Finding("refused", "the bundle", what, f"name the member {member}"))
                    continue
                info = members[member]
                if info.flag_bits & 1:
                    findings.append(Finding("refused", member, "it is encrypted", "store it as it is"))
                    continue
                findings += _storage(content, info)
                networks[member] = archive.read(info)
    except ZIP_ERRORS as error:
        raise PosetuneError(f"{name} is a damaged .task bundle ({error}): get the file again.") from error
    for member, network in networks.items():
        try:
            findings += examine(network, _MEMBERS[member], member)[1]
        except PosetuneError as error:
            findings.append(Finding("refused", member, str(error).removeprefix(f"{member} ").rstrip(".")))
    return findings


def _storage(content: bytes, info: zipfile.ZipInfo) -> list[Finding]:
    if info.compress_type != zipfile.ZIP_STORED:
        what = "it is compressed, and MediaPipe reads bundles in place: members must be stored"
        return [Finding("refused", info.filename, what, "pack it without compression (posetune export does)")]
    header = info.header_offset
    name_length, extra_length = struct.unpack_from("<HH", content, header + 26)
    start = header + 30 + name_length + extra_length
    if start % _LEAST_ALIGNMENT:
        what = (
            f"it begins at byte {start}, not at a multiple of {_LEAST_ALIGNMENT}: x86-64 reads that, "
            "other processors may fail"
        )
        return [Finding("warning", info.filename, what, "pack it aligned (posetune export does)")]
    return []
