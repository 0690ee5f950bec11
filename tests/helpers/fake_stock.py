"""Made-up stock networks: the pins, the wheel and the npm that they come from."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

from posetune.stock import cache
from posetune.stock.pins import PINS, Pin

CONTENT = {name: f"{name} network".encode() * 50 for name in PINS}


def fake_pin(name: str) -> Pin:
    old = PINS[name]
    content = CONTENT[name]
    return Pin(name, old.file_name, cache.sha256(content), len(content), 1, "", old.source)


def make_wheel(shelf: Path, full: bytes = CONTENT["full"]) -> None:
    with zipfile.ZipFile(shelf / "mediapipe-0.10.21-cp311-cp311-manylinux_2_28_x86_64.whl", "w") as wheel:
        info = "mediapipe-0.10.21.dist-info"
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: mediapipe\nVersion: 0.10.21\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: cp311-cp311-manylinux_2_28_x86_64\n")
        wheel.writestr("mediapipe/modules/pose_detection/pose_detection.tflite", CONTENT["detector"])
        wheel.writestr("mediapipe/modules/pose_landmark/pose_landmark_full.tflite", full)
        wheel.writestr(f"{info}/RECORD", "")


def make_npm(folder: Path, script: str | None = None) -> None:
    package = folder / "package.tgz"
    with tarfile.open(package, "w:gz") as archive:
        for name in ("lite", "full", "heavy"):
            member = tarfile.TarInfo(f"package/{PINS[name].file_name}")
            member.size = len(CONTENT[name])
            archive.addfile(member, io.BytesIO(CONTENT[name]))
    (folder / "bin").mkdir(exist_ok=True)
    npm = folder / "bin" / "npm"
    npm.write_text(script or f"#!/bin/sh\necho $PPID >> '{folder}/calls'\nsleep 0.3\ncp '{package}' pose.tgz\n")
    npm.chmod(0o755)


def leftovers(folder: Path) -> list[Path]:
    return [p for p in (folder / "cache").rglob("*") if ".fetch-" in p.name or p.name.endswith(".tmp-posetune")]
