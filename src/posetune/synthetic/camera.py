"""Pinhole cameras. World m (z up) → view axes of MediaPipe and OpenCV (x right, y down, z away from the camera) → image px."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Camera:
    """``eye`` (3,) world m; ``axes`` (3, 3): rows are the view's x, y, z in world; ``focal`` in px; image of
    ``width`` × ``height`` px with the principal point in the middle."""

    eye: np.ndarray
    axes: np.ndarray
    focal: float
    width: int
    height: int
    near: float = 0.08
    far: float = 120.0

    @classmethod
    def looking(cls, eye, at, fov: float, width: int, height: int, roll: float = 0.0) -> Camera:
        """From ``eye`` towards ``at``; ``fov``: degrees across the longer side; ``roll``: degrees, clockwise."""
        z = np.asarray(at, float) - np.asarray(eye, float)
        z /= np.linalg.norm(z)
        x = np.cross(z, [0.0, 0.0, 1.0])
        x /= np.linalg.norm(x)
        y = np.cross(z, x)
        c, s = np.cos(np.radians(roll)), np.sin(np.radians(roll))
        axes = np.stack([c * x + s * y, -s * x + c * y, z])
        focal = max(width, height) / 2 / np.tan(np.radians(fov) / 2)
        return cls(np.asarray(eye, float), axes, float(focal), width, height)

    def view(self, points: np.ndarray) -> np.ndarray:
        """(…, 3) world m → (…, 3) metres from the camera in view axes."""
        return (np.asarray(points, float) - self.eye) @ self.axes.T

    def project(self, points: np.ndarray) -> np.ndarray:
        """(…, 3) world m → (…, 3): x, y in image px (0, 0 is the image's corner) and depth in m."""
        v = self.view(points)
        depth = np.maximum(v[..., 2], 1e-6)
        x = v[..., 0] / depth * self.focal + self.width / 2
        y = v[..., 1] / depth * self.focal + self.height / 2
        return np.stack([x, y, v[..., 2]], -1)

    def matrix(self) -> np.ndarray:
        """(4, 4) world m → OpenGL clip space, row-major."""
        n, f = self.near, self.far
        gl = np.diag([1.0, -1.0, -1.0]) @ self.axes  # OpenGL looks along -z with y up
        view = np.eye(4)
        view[:3, :3], view[:3, 3] = gl, -gl @ self.eye
        projection = np.zeros((4, 4))
        projection[0, 0], projection[1, 1] = 2 * self.focal / self.width, 2 * self.focal / self.height
        projection[2, 2], projection[2, 3], projection[3, 2] = -(f + n) / (f - n), -2 * f * n / (f - n), -1
        return projection @ view


def light_matrix(direction: np.ndarray, centre: np.ndarray, radius: float) -> np.ndarray:
    """(4, 4) orthographic clip matrix of a far light shining from ``direction`` on a ball, for its shadow map."""
    z = np.asarray(direction, float) / np.linalg.norm(direction)
    helper = [0.0, 1.0, 0.0] if abs(z[2]) > 0.9 else [0.0, 0.0, 1.0]
    x = np.cross(helper, z)
    x /= np.linalg.norm(x)
    axes = np.stack([x, np.cross(z, x), z])
    matrix = np.eye(4)
    depth = 4 * radius
    matrix[:3, :3] = axes / np.array([radius, radius, -depth])[:, None]
    matrix[:3, 3] = -matrix[:3, :3] @ np.asarray(centre, float)
    return matrix
