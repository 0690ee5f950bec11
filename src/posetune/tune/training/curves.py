"""The course of a run as one picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from posetune.files import replacing


def draw_curves(events: list[dict[str, Any]], path: str | Path) -> None:
    """Loss and its parts, validation error (of a detector its F1), learning rate over the crops seen, as a PNG at ``path``."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    events = [e for e in events if "samples" in e]  # detectors' runs of earlier versions logged steps alone
    steps = [e for e in events if e["kind"] == "step"]
    validations = [e for e in events if e["kind"] == "validation"]
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(15, 4.2), constrained_layout=True)
    seen = [e["samples"] for e in steps]
    for name in [k for k in (steps[0]["loss"] if steps else {}) if k != "loss"]:
        left.plot(seen, [e["loss"][name] for e in steps], label=name, linewidth=1)
    left.plot(seen, [e["loss"]["loss"] for e in steps], label="loss", color="black", linewidth=1.8)
    key, title = "mean_px", "Validation, mean error (crop px)"
    if validations and key not in validations[0]:
        key, title = "f1", "Validation, F1 of people found"
    left.set(
        title="Training loss (10 crop px = 1)" if key == "mean_px" else "Training loss",
        xlabel="crops seen",
        yscale="log",
    )
    left.legend(fontsize=7, ncols=2)
    middle.plot([e["samples"] for e in validations], [e[key] for e in validations], marker="o")
    if validations:
        middle.axhline(validations[0][key], color="grey", linestyle="--", label="stock")
        middle.legend()
    middle.set(title=title, xlabel="crops seen")
    right.plot(seen, [e["lr"] for e in steps])
    right.set(title="Learning rate (relative)", xlabel="crops seen")
    for axis in (left, middle, right):
        axis.grid(alpha=0.3)
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=110, format="png")
    plt.close(figure)
