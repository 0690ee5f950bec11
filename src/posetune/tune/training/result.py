"""The end of a run: the tuned weights into the stock file's own layout, measured as the file that users get."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from posetune.errors import PosetuneError
from posetune.files import write_bytes
from posetune.graph.flatbuffer import Graph
from posetune.runtime.landmark_network import LandmarkNetwork, refine
from posetune.tune.people.samples import ImageCache, Subject
from posetune.tune.run_folder import MODEL, RunFolder
from posetune.tune.training.blend import Choice
from posetune.tune.training.trainer import Trainer
from posetune.tune.training.validate import predict_points, validate


def write_model(
    folder: RunFolder,
    base: bytes,
    trainer: Trainer,
    choice: Choice,
    val: Sequence[Subject],
    cache: ImageCache,
    device: torch.device,
    say: Any,
) -> dict[str, Any]:
    """Write ``model.tflite`` and measure it: the file's own validation error, and how far it is from the torch network.

    ``choice``: what :func:`posetune.tune.training.blend.choose` chose. Returns the figures.
    """
    network = trainer.blended(choice.share, choice.heatmap_bias)
    content = network.write_to(Graph(base)).to_bytes()
    stock_px = validate(trainer.reference, val, cache, device, trainer.pool).mean_px
    torch_px = validate(network, val, cache, device, trainer.pool).mean_px
    file_px, difference = _measure_file(content, network, val, cache, device)
    write_bytes(folder / MODEL, content, durable=True)
    say(
        f"{folder / MODEL}: mean {file_px:.3f} crop px on validation (stock {stock_px:.3f}, {file_px / stock_px - 1:+.1%}); "
        f"the file is {difference:.4f} px from the trained network in the mean (its error in torch: {torch_px:.3f})."
    )
    if not np.isfinite(file_px):
        raise PosetuneError("The exported network gives numbers that are not finite; lower lr and train again.")
    return {
        "stock_px": stock_px, "tuned_px": file_px, "torch_px": torch_px, "file_difference_px": difference,
        "blend": choice.share, "heatmap_bias": choice.heatmap_bias, "val_people": len(val), "base": trainer.config.base,
    }  # fmt: skip


def _measure_file(
    content: bytes, network: torch.nn.Module, val: Sequence[Subject], cache: ImageCache, device: torch.device
) -> tuple[float, float]:
    """Run the file under LiteRT on validation crops: mean error, and mean distance to the torch network's points."""
    lite = LandmarkNetwork(content)
    errors, differences = [], []
    for subject in val:
        pixels = subject.crop.cut(cache.read(subject.image), lite.size)
        output = lite(pixels)
        points = refine(output.points, output.heatmap, lite.size)[:33, :2]
        target = subject.crop.to_crop(subject.keypoints, lite.size)
        errors.append(np.linalg.norm(points - target, axis=1)[subject.weight > 0] * (256 / lite.size))
        image = torch.from_numpy(pixels).permute(2, 0, 1)[None].float().div_(255).to(device)
        ours = predict_points(network, image)[0].cpu().numpy()  # type: ignore[arg-type]
        differences.append(np.linalg.norm(points - ours, axis=1))
    return float(np.concatenate(errors).mean()), float(np.concatenate(differences).mean())
