"""The three small models of a corrector, each fitted to (features → offsets) and handed over as layers of numpy.

All of them learn the same thing: where a labelled point lies from where the network put it, in body units
(``runtime.corrector``). All are robust, since real labels are not clean: distances count as they do in the measure
(by their length, not their square), so a label that is plain wrong pulls no more than one that is a little off.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np

from posetune.landmarks import COUNT, FLIP
from posetune.runtime.corrector import Gate, Layer, mirrored_features, run_layers

#: Below this a distance counts by its square: crop px. Labels are no more exact.
SOFT_PX = 2.0
#: The gate: on how many main axes, and which share of the training poses it lets through wholly.
GATE_AXES, GATE_QUANTILE = 24, 0.95
#: Support vectors are looked for among at most so many answers.
SVR_ROWS = 2000
_ROUNDS = 5  # of reweighting


@dataclass(frozen=True, eq=False)
class Material:
    """M answers to learn from (several may be of one person) and K landmarks.

    ``features``: (M, 132), standardised or not; ``targets``: (M, K, 2) label − answer in body units, 0 where not
    labelled; ``weight``: (M, K), 0 where not labelled, less than 1 where distrusted; ``unit_px``: (M,) crop px in a
    body unit; ``groups``: (M,) scene or video of each.
    """

    features: np.ndarray
    targets: np.ndarray
    weight: np.ndarray
    unit_px: np.ndarray
    groups: np.ndarray

    @cached_property
    def member(self) -> np.ndarray:
        """(M,) the number of each one's group."""
        return np.unique(self.groups.astype(str), return_inverse=True)[1]

    def take(self, rows: np.ndarray) -> Material:
        return Material(
            self.features[rows], self.targets[rows], self.weight[rows], self.unit_px[rows], self.groups[rows]
        )

    def with_mirror_images(self, landmarks: np.ndarray) -> Material:
        """Twice as much: everybody as seen in a mirror as well. Landmarks without a partner among ``landmarks``, (K,)
        indices, learn nothing from it.
        """
        place = {int(landmark): k for k, landmark in enumerate(landmarks)}
        partner = [place.get(int(FLIP[landmark]), -1) for landmark in landmarks]
        known = np.array([p >= 0 for p in partner], dtype=float)
        return Material(
            np.concatenate([self.features, mirrored_features(self.features)]),
            np.concatenate([self.targets, self.targets[:, partner] * [-1, 1]]),
            np.concatenate([self.weight, self.weight[:, partner] * known]),
            np.concatenate([self.unit_px] * 2),
            np.concatenate([self.groups] * 2),
        )


@dataclass(frozen=True)
class Candidate:
    """A kind of model with one setting. ``fit``: material → layers."""

    kind: str
    setting: str
    fit: Callable[[Material], tuple[Layer, ...]]


def candidates(seed: int, kinds: Sequence[str] = ("ridge", "svr", "mlp")) -> list[Candidate]:
    """What is tried, the simplest first."""
    found: list[Candidate] = []
    if "ridge" in kinds:
        found += [Candidate("ridge", f"penalty {p:g}", partial(fit_ridge, penalty=p)) for p in (0.3, 1.0, 3.0, 10.0)]
    if "svr" in kinds:
        found += [Candidate("svr", f"width {w:g}", partial(fit_svr, width=w, seed=seed)) for w in (0.35, 0.5, 0.7)]
    if "mlp" in kinds:
        settings = ((6, 1.0), (12, 1.0))
        found += [
            Candidate("mlp", f"{h} units, decay {d:g}", partial(fit_mlp, hidden=h, decay=d, seed=seed))
            for h, d in settings
        ]
    return found


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Small matrices are not worth dividing: on a busy machine the threads wait for each other many times longer."""
    import torch
    from threadpoolctl import threadpool_limits

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with threadpool_limits(1):
            yield
    finally:
        torch.set_num_threads(before)


def fit_constant(material: Material) -> np.ndarray:
    """(K, 2) body units: the offset that brings each landmark nearest to its labels (geometric median)."""
    offsets = np.zeros(material.targets.shape[1:])
    for _ in range(3 * _ROUNDS):
        pull = _pull(material, material.targets - offsets)
        total = np.maximum(pull.sum(axis=0), 1e-12)
        offsets = (pull[..., None] * material.targets).sum(axis=0) / total[:, None]
    return offsets


def fit_ridge(material: Material, penalty: float) -> tuple[Layer, ...]:
    """Linear, by iteratively reweighted least squares; ``penalty``: per sample, on standardised features."""
    mean, scale = _standard(material.features)
    x = np.column_stack([(material.features - mean) / scale, np.ones(len(material.features))])
    diagonal = np.full(x.shape[1], 1.0)
    diagonal[-1] = 0.0  # the constant part is free
    count = material.targets.shape[1]
    w = np.zeros((x.shape[1], count, 2))
    for _ in range(_ROUNDS):
        pull = _pull(material, material.targets - np.einsum("mf,fkc->mkc", x, w))
        for k in range(count):
            total = pull[:, k].sum()
            if total > 0:
                normal = (x * pull[:, k : k + 1]).T @ x + penalty * total * np.diag(diagonal)
                w[:, k] = np.linalg.lstsq(normal, (x * pull[:, k : k + 1]).T @ material.targets[:, k], rcond=None)[0]
    return (_unstandardised(w.reshape(x.shape[1], -1), mean, scale),)


def fit_svr(material: Material, width: float, seed: int, centres: int = 48, axes: int = 10) -> tuple[Layer, ...]:
    """Support vector regression with a Gaussian kernel, kept small: on the main axes of the features, with the kernel
    taken at a few centres (Nyström). ``width``: of the kernel, in typical distances.
    """
    from sklearn.cluster import KMeans
    from sklearn.svm import LinearSVR

    if len(material.features) > SVR_ROWS:  # its time grows faster than what it learns
        material = material.take(np.random.default_rng(seed).permutation(len(material.features))[:SVR_ROWS])
    mean, scale = _standard(material.features)
    x = (material.features - mean) / scale
    _, _, directions = np.linalg.svd(x, full_matrices=False)
    main = directions[:axes].T  # (132, axes)
    low = x @ main
    middle = KMeans(min(centres, len(low)), n_init=1, random_state=seed).fit(low).cluster_centers_
    typical = float(np.median(((low[:, None] - middle[None, ::4]) ** 2).sum(axis=-1)))
    kernel = Layer("rbf", middle, np.array([1 / (2 * width**2 * max(typical, 1e-9))]))
    first = _unstandardised(np.vstack([main, np.zeros((1, main.shape[1]))]), mean, scale)
    y = kernel(low)
    count = material.targets.shape[1]
    w, b = np.zeros((y.shape[1], 2 * count)), np.zeros(2 * count)
    for column in range(2 * count):
        k, c = divmod(column, 2)
        used = material.weight[:, k] > 0
        if used.sum() < 2:
            continue
        spread = float(np.median(np.abs(material.targets[used, k, c]))) or 1.0
        model = LinearSVR(C=1.0, epsilon=0.1, loss="epsilon_insensitive", random_state=seed, max_iter=1000, dual=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # not converged to the last digit is good enough
            model.fit(y[used], material.targets[used, k, c] / spread, sample_weight=material.weight[used, k])
        w[:, column], b[column] = spread * model.coef_, spread * float(np.ravel(model.intercept_)[0])
    return first, kernel, Layer("affine", w, b)


def fit_mlp(material: Material, hidden: int, decay: float, seed: int, steps: int = 250) -> tuple[Layer, ...]:
    """One hidden layer of tanh, with weight decay, by Adam over the whole material."""
    import torch

    mean, scale = _standard(material.features)
    x = torch.from_numpy((material.features - mean) / scale).float()
    unit = torch.from_numpy(material.unit_px).float()[:, None, None]
    target = torch.from_numpy(material.targets).float() * unit
    weight = torch.from_numpy(material.weight).float()
    random = torch.Generator().manual_seed(seed)
    count = material.targets.shape[1]
    w1 = (torch.randn(x.shape[1], hidden, generator=random) / x.shape[1] ** 0.5).requires_grad_()
    b1 = torch.zeros(hidden, requires_grad=True)
    w2 = torch.zeros(hidden, 2 * count, requires_grad=True)
    b2 = torch.zeros(2 * count, requires_grad=True)
    groups: list[dict[str, Any]] = [
        {"params": [w1, w2], "weight_decay": decay},
        {"params": [b1, b2], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=0.02)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _ in range(steps):
        optimizer.zero_grad()
        moved = (torch.tanh(x @ w1 + b1) @ w2 + b2).reshape(target.shape) * unit
        distance = ((moved - target).square().sum(-1) + SOFT_PX**2).sqrt()
        loss = (weight * distance).sum() / weight.sum()
        loss.backward()
        optimizer.step()
        schedule.step()
    arrays = [t.detach().numpy().astype(np.float64) for t in (w1, b1, w2, b2)]
    first = _unstandardised(np.vstack([arrays[0], arrays[1][None]]), mean, scale)
    return first, Layer("tanh"), Layer("affine", arrays[2], arrays[3])


def fit_gate(features: np.ndarray) -> Gate:
    """What the poses of (M, 132) ``features`` have in common, for :class:`Gate`."""
    mean, scale = _standard(features)
    x = (features - mean) / scale
    _, _, directions = np.linalg.svd(x, full_matrices=False)
    axes = directions[:GATE_AXES].T
    strangeness = np.linalg.norm(x - (x @ axes) @ axes.T, axis=1)
    return Gate(mean, scale, axes, max(float(np.quantile(strangeness, GATE_QUANTILE)), 0.5))


def predict(layers: Sequence[Layer], features: np.ndarray) -> np.ndarray:
    """(M, K, 2) body units."""
    return run_layers(layers, features).reshape(len(features), -1, 2)


def _pull(material: Material, residuals: np.ndarray) -> np.ndarray:
    """(M, K) weights of reweighted least squares that minimise the distance in crop px, soft below SOFT_PX."""
    distance = np.linalg.norm(residuals, axis=-1) * material.unit_px[:, None]
    # A distance in body units counts by the crop px it makes, hence the unit in the numerator, squared.
    return material.weight * material.unit_px[:, None] ** 2 / np.sqrt(distance**2 + SOFT_PX**2)


def _standard(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Means and scales, by kind: every coordinate of one kind (x and y, z, visibility) is divided by the same spread, so
    that points which hardly move do not count as much as those that do; and by no less than 0.02, below which it is noise.
    """
    mean = features.mean(axis=0)
    scale = np.empty(features.shape[1])
    for part in (slice(0, 2 * COUNT), slice(2 * COUNT, 3 * COUNT), slice(3 * COUNT, None)):
        scale[part] = max(float(features[:, part].std(axis=0).mean()), 0.02)
    return mean, scale


def _unstandardised(w: np.ndarray, mean: np.ndarray, scale: np.ndarray) -> Layer:
    """The affine layer on plain features that ``w`` (F + 1, n), last row the constant, is on standardised ones."""
    plain = w[:-1] / scale[:, None]
    return Layer("affine", plain, w[-1] - mean @ plain)
