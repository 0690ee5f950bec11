"""Fits the weights of src/posetune/data/drawings.py and prints them; with --check FOLDER… also how many photographs fall out.

    python scripts/fit_drawings.py [--check FOLDER …]

Photographs' stand-ins: people of the sample set as rendered, at other sizes, exposures, contrasts and JPEG qualities. Drawings:
the same people posterised, with or without outlines, and figures drawn from their landmarks in flat or graded colours. The
threshold is the 95 % quantile over the people that lite finds in the folders of --check, or 0 without any. Two minutes.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import cv2
import numpy as np

import posetune
from posetune.data.dataset import load_dataset
from posetune.data.drawings import SIDE, drawing_measures
from posetune.runtime.images import IMAGE_SUFFIXES, read_image
from posetune.synthetic.sample import write_sample

PEOPLE = 200
PENALTY = 10.0  # of the squared weights of standardised measures
_FINE = 4  # figures are drawn so many times as fine


def jpeg(image: np.ndarray, quality: float) -> np.ndarray:
    """The image as JPEG would give it back; beyond 100: as it is."""
    if quality > 100:
        return image
    return cv2.imdecode(cv2.imencode(".jpg", image, (cv2.IMWRITE_JPEG_QUALITY, int(quality)))[1], cv2.IMREAD_COLOR)


def rescaled(image: np.ndarray, scale: float) -> np.ndarray:
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)


def photograph(view: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """As rendered, at another size, exposure, contrast and quality, sometimes denoised."""
    image = rescaled(view.astype(np.float32), rng.uniform(0.35, 1))
    image = 255 * np.clip(image / 255, 0, 1) ** rng.uniform(0.6, 1.7)
    image = (image - 128) * rng.uniform(0.8, 1.4) + 128 + rng.uniform(-20, 20)
    whole = np.clip(image, 0, 255).astype(np.uint8)
    if rng.random() < 0.3:
        whole = cv2.bilateralFilter(whole, 5, 12, 3)
    return jpeg(whole, rng.uniform(50, 105))


def cartoon(view: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Smoothed and reduced to a few colours, sometimes outlined or graded."""
    smooth = cv2.medianBlur(view, 7)
    for _ in range(2):
        smooth = cv2.bilateralFilter(smooth, 7, rng.uniform(30, 60), 4)
    some = smooth[::6, ::6].reshape(-1, 3).astype(np.float32)
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 8, 1.0)
    _, _, colours = cv2.kmeans(some, int(rng.integers(6, 24)), None, stop, 1, cv2.KMEANS_PP_CENTERS)
    nearest = ((smooth.reshape(-1, 1, 3).astype(np.float32) - colours) ** 2).sum(-1).argmin(1)
    image = cv2.medianBlur(colours[nearest].reshape(smooth.shape).astype(np.uint8), int(rng.choice((5, 7, 9))))
    if rng.random() < 0.4:
        image[cv2.dilate(cv2.Canny(image, 40, 120), np.ones((2, 2))) > 0] = rng.integers(0, 60)
    if rng.random() < 0.3:
        shade = np.linspace(-rng.uniform(0, 25), rng.uniform(0, 25), SIDE)[:, None, None]
        image = np.clip(image + shade, 0, 255).astype(np.uint8)
    if rng.random() < 0.5:
        image = cv2.GaussianBlur(image, (3, 3), 0)
    return jpeg(image, rng.uniform(60, 110))


class Figure:
    """Somebody drawn from landmarks, as clip art is: filled shapes, flat or graded, with or without outline and shadow."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.side = SIDE * _FINE
        ground = np.full(3, 255.0) if rng.random() < 0.5 else self.colour()
        self.canvas = np.tile(ground, (self.side, self.side, 1)).astype(np.float32)
        self.graded, self.shadowed, self.outlined = rng.random() < 0.35, rng.random() < 0.5, rng.random() < 0.45
        self.line, self.width = rng.uniform(0, 70, 3).tolist(), int(rng.integers(1, 3) * _FINE)

    def colour(self) -> np.ndarray:
        hsv = [[[self.rng.integers(0, 180), self.rng.integers(20, 230), self.rng.integers(40, 255)]]]
        return cv2.cvtColor(np.uint8(hsv), cv2.COLOR_HSV2RGB)[0, 0].astype(float)

    def fill(self, mask: np.ndarray, colour: np.ndarray) -> None:
        rng, inside = self.rng, mask > 0
        filled = np.tile(colour, (self.side, self.side, 1)).astype(np.float32)
        if self.graded:
            angle = rng.uniform(0, 2 * np.pi)
            y, x = np.mgrid[: self.side, : self.side] / self.side
            filled += (np.cos(angle) * x + np.sin(angle) * y)[..., None] * rng.uniform(20, 120) - 30
        self.canvas[inside] = filled[inside]
        if self.shadowed:
            by = (int(rng.integers(-3, 4)) * _FINE, int(rng.choice((-1, 1)) * rng.integers(2, 6)) * _FINE)
            self.canvas[inside & (np.roll(mask, by, (0, 1)) == 0)] *= rng.uniform(0.7, 0.92)
        if self.outlined:
            edges, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
            cv2.drawContours(self.canvas, edges, -1, self.line, self.width)

    def limb(self, a: np.ndarray, b: np.ndarray, wide_a: float, wide_b: float, colour: np.ndarray) -> None:
        mask = np.zeros((self.side, self.side), np.uint8)
        a, b = a * _FINE, b * _FINE
        across = np.array([a[1] - b[1], b[0] - a[0]]) / (np.linalg.norm(b - a) + 1e-6) * _FINE
        ends = [a + across * wide_a, b + across * wide_b, b - across * wide_b, a - across * wide_a]
        cv2.fillConvexPoly(mask, np.int32(ends), 255)
        for end, wide in ((a, wide_a), (b, wide_b)):
            cv2.circle(mask, np.int32(end).tolist(), int(wide * _FINE), 255, -1)
        self.fill(mask, colour)


def drawn_figure(points: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A figure drawn from (33, 2) landmarks in crop px."""
    figure = Figure(rng)
    torso = float(np.linalg.norm(points[[11, 12]].mean(0) - points[[23, 24]].mean(0)))
    skin = np.array([255, 205, 170]) * rng.uniform(0.3, 1) + rng.normal(0, 8, 3)
    shirt, trousers, shoes, hair = figure.colour(), figure.colour(), figure.colour(), rng.uniform(0, 120, 3)
    sleeves, shorts, barefoot = rng.random() < 0.3, rng.random() < 0.3, rng.random() < 0.6

    def arm(side: int) -> None:
        figure.limb(points[11 + side], points[13 + side], 0.13 * torso, 0.09 * torso, shirt if sleeves else skin)
        figure.limb(points[13 + side], points[15 + side], 0.09 * torso, 0.06 * torso, skin)

    def leg(side: int) -> None:
        figure.limb(points[23 + side], points[25 + side], 0.19 * torso, 0.12 * torso, trousers)
        figure.limb(points[25 + side], points[27 + side], 0.12 * torso, 0.08 * torso, skin if shorts else trousers)
        figure.limb(points[29 + side], points[31 + side], 0.06 * torso, 0.05 * torso, skin if barefoot else shoes)

    near = int(rng.integers(2))
    arm(1 - near), leg(1 - near)
    trunk = points[[11, 12, 24, 23]]
    trunk = ((trunk - trunk.mean(0)) * 1.15 + trunk.mean(0)) * _FINE
    mask = cv2.fillConvexPoly(np.zeros((figure.side, figure.side), np.uint8), cv2.convexHull(np.int32(trunk)), 255)
    figure.fill(cv2.dilate(mask, np.ones((3, 3)), iterations=max(1, int(0.03 * torso * _FINE))), shirt)
    leg(near), arm(near)
    ears = points[[7, 8]].mean(0)
    radius = max(0.2 * torso, 0.6 * float(np.linalg.norm(points[7] - points[8])))
    figure.limb(ears, ears, 1.1 * radius, 1.1 * radius, hair)
    face = (points[0] + ears) / 2
    figure.limb(face, face, 0.9 * radius, 0.9 * radius, skin)
    for eye in (2, 5):
        cv2.circle(
            figure.canvas, np.int32(points[eye] * _FINE).tolist(), max(2, int(0.08 * radius * _FINE)), (30, 20, 20), -1
        )
    image = cv2.resize(np.clip(figure.canvas, 0, 255), (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    if rng.random() < 0.25:
        image = image + rng.normal(0, rng.uniform(0.5, 3), image.shape)
    return jpeg(np.clip(rescaled(image, rng.uniform(0.4, 1)), 0, 255).astype(np.uint8), rng.uniform(60, 115))


def own_material(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """(N, 6) measures and (N,) bool: which are of drawings."""
    rng = np.random.default_rng(seed)
    measures, drawn = [], []
    with tempfile.TemporaryDirectory(prefix="posetune-drawings-") as folder:
        write_sample(Path(folder) / "sample")
        people = [
            p
            for split in ("train", "ordinary_train")
            for p in load_dataset(Path(folder) / "sample", split).usable
            if p.crop
        ]
        for index in rng.permutation(len(people))[:PEOPLE]:
            person = people[index]
            view = np.ascontiguousarray(person.crop.cut(person.image.read(), SIDE))
            points = person.crop.to_crop(person.keypoints[:, :2], SIDE)
            if not np.isfinite(points).all():
                continue
            views = (drawn_figure(points, rng), cartoon(view, rng), photograph(view, rng), photograph(view, rng))
            if rng.random() < 0.15:
                views = tuple(cv2.cvtColor(cv2.cvtColor(v, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB) for v in views)
            measures += [drawing_measures(v, points) for v in views]
            drawn += [True, True, False, False]
    return np.array(measures), np.array(drawn)


def logistic(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, float]:
    """Weights and constant of a penalised logistic regression, by Newton's method."""
    x1 = np.hstack([x, np.ones((len(x), 1))])
    penalty = np.diag([PENALTY] * x.shape[1] + [0.0])
    w = np.zeros(x1.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-x1 @ w))
        step = np.linalg.solve((x1.T * (p * (1 - p))) @ x1 + penalty, x1.T @ (y - p) - penalty @ w)
        w += step
        if np.abs(step).max() < 1e-9:
            break
    return w[:-1], float(w[-1])


def measures_in(folder: Path) -> np.ndarray:
    """(N, 6) of whoever lite finds in a folder of images."""
    network = posetune.load("lite")
    rows = []
    for path in sorted(p for p in folder.rglob("*") if p.suffix.lower() in IMAGE_SUFFIXES):
        image = read_image(path)
        for pose in network.predict(image, 3):
            view = np.ascontiguousarray(pose.crop.cut(image, SIDE))
            rows.append(drawing_measures(view, pose.crop.to_crop(pose.landmarks_px[:, :2].astype(float), SIDE)))
    return np.array(rows)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", nargs="+", type=Path, default=[], metavar="FOLDER")
    args = parser.parse_args()
    x, drawn = own_material(seed=1)
    mean, deviation = x.mean(0), x.std(0)
    weight, constant = logistic((x - mean) / deviation, drawn.astype(float))
    said = (x - mean) / deviation @ weight + constant > 0
    print(f"{len(x)} views, right about {np.mean(said == drawn):.1%} of them")
    weight /= deviation
    scores = [(measures_in(folder) - mean) @ weight for folder in args.check]
    threshold = float(np.quantile(np.concatenate(scores), 0.95)) if scores else -constant
    for folder, score in zip(args.check, scores, strict=True):
        print(f"{folder.name}: {len(score)} people, {np.mean(score > threshold):.1%} fall out")
    for name, values in (("MEAN", mean), ("WEIGHT", weight)):
        print(f"_{name} = np.array([{', '.join(f'{v:.4g}' for v in values)}])")
    print(f"_THRESHOLD = {threshold:.3f}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
