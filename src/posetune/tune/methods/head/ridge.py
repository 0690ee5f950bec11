"""Where a new dense layer begins: the ridge regression of the labelled points on what goes into the layer, in closed form.

Gradient descent from zero spends most of its steps on finding the rough place of each point; this finds it at once.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

#: Tried in turn, as shares of the mean variance of the inputs times the number of samples.
STRENGTHS = (0.03, 0.3, 3.0, 30.0)


def fit(
    inputs: np.ndarray, targets: np.ndarray, weight: np.ndarray, held: tuple[np.ndarray, np.ndarray, np.ndarray]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """``(coefficients (K, 2, D), constants (K, 2), mean of the inputs (D,))``: target ≈ coefficients · (input − mean) + constant.

    ``inputs`` (N, D); ``targets`` (N, K, 2); ``weight`` (N, K) how far each is trusted; ``held``: the same three of people
    to choose the strength on. A point that nobody has a label for gets zeros and the mean place of all.
    """
    mean = inputs.mean(axis=0)
    centred = (inputs - mean).astype(np.float64)
    scale = max(float((centred**2).mean()), 1e-12)
    best: tuple[float, np.ndarray, np.ndarray] | None = None
    solved = {s: _solve(centred, targets, weight, s * scale) for s in STRENGTHS}
    for coefficients, constants in solved.values():
        error = _error(held[0] - mean, held[1], held[2], coefficients, constants)
        if best is None or error < best[0]:
            best = (error, coefficients, constants)
    assert best is not None
    return best[1], best[2], mean


def _solve(
    centred: np.ndarray, targets: np.ndarray, weight: np.ndarray, strength: float
) -> tuple[np.ndarray, np.ndarray]:
    points = weight.shape[1]
    coefficients = np.zeros((points, 2, centred.shape[1]))
    known = weight > 0.5
    everywhere = targets[known].mean(axis=0) if known.any() else np.zeros(2)
    constants = np.tile(everywhere, (points, 1))
    for rows, members in _same_rows(known):
        x = centred[rows]
        if len(x) < 2:
            continue
        y = targets[np.ix_(rows, members)].reshape(len(x), -1)
        shift, middle = x.mean(axis=0), y.mean(axis=0)
        gram = (x - shift) @ (x - shift).T  # the dual: fewer people than inputs, as a rule
        gram[np.diag_indices_from(gram)] += strength * len(x)
        found = ((x - shift).T @ np.linalg.solve(gram, y - middle)).T  # (2 k, D)
        coefficients[members] = found.reshape(len(members), 2, -1)
        constants[members] = (middle - found @ shift).reshape(-1, 2)
    return coefficients, constants


def _same_rows(known: np.ndarray) -> Sequence[tuple[np.ndarray, np.ndarray]]:
    """Points that the same people are labelled with are solved together: ``(people, points)``."""
    patterns, group = np.unique(known, axis=1, return_inverse=True)
    return [(np.flatnonzero(patterns[:, g]), np.flatnonzero(group.ravel() == g)) for g in range(patterns.shape[1])]


def _error(
    centred: np.ndarray, targets: np.ndarray, weight: np.ndarray, coefficients: np.ndarray, constants: np.ndarray
) -> float:
    found = np.einsum("nd,kad->nka", centred, coefficients) + constants
    distance = np.linalg.norm(found - targets, axis=-1)
    return float((distance * weight).sum() / max(float(weight.sum()), 1e-6))
