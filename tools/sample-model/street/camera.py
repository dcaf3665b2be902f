"""A pinhole camera. World: X right, Y up, Z forward, metres. Camera space: x right, y down, z forward."""

from dataclasses import dataclass

import numpy as np

NEAR = 0.35


@dataclass
class Camera:
    """`fx`, `fy` are focal lengths in pixels; they differ where a picture is to be squeezed to another aspect."""

    width: int
    height: int
    fx: float
    fy: float
    position: np.ndarray
    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    rise: float = 0.0  # the principal point's shift up, as a share of the height: more sky or more road

    def __post_init__(self) -> None:
        cy, sy = np.cos(self.yaw), np.sin(self.yaw)
        cp, sp = np.cos(self.pitch), np.sin(self.pitch)
        cr, sr = np.cos(self.roll), np.sin(self.roll)
        forward = np.array([sy * cp, sp, cy * cp])
        right = np.array([cy, 0.0, -sy])
        down = np.cross(forward, right)
        down = down if down[1] < 0 else -down
        self.rotation = np.stack([cr * right + sr * down, -sr * right + cr * down, forward])
        self.centre = np.array([self.width / 2.0, self.height * (0.5 + self.rise)])

    def to_camera(self, points: np.ndarray) -> np.ndarray:
        """World points (..., 3) to camera space (..., 3)."""
        return (points - self.position) @ self.rotation.T

    def to_pixels(self, points: np.ndarray) -> np.ndarray:
        """Camera-space points (..., 3) with z >= NEAR to pixels (..., 2)."""
        inverse = 1.0 / points[..., 2]
        return np.stack(
            [points[..., 0] * self.fx * inverse + self.centre[0], points[..., 1] * self.fy * inverse + self.centre[1]],
            axis=-1,
        )

    def homography(self, origin: np.ndarray, u: np.ndarray, v: np.ndarray) -> np.ndarray:
        """The 3x3 matrix that takes (a, b, 1) on the plane origin + a*u + b*v to homogeneous pixels."""
        intrinsic = np.array([[self.fx, 0, self.centre[0]], [0, self.fy, self.centre[1]], [0, 0, 1.0]])
        basis = np.stack([u, v, origin - self.position], axis=1)
        return intrinsic @ self.rotation @ basis

    def rays(self, top: int, bottom: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """World directions of the pixel centres of rows top..bottom-1: three arrays (rows, width), depth 1."""
        x = ((np.arange(self.width, dtype=np.float32) + 0.5) - self.centre[0]) / self.fx
        y = ((np.arange(top, bottom, dtype=np.float32) + 0.5) - self.centre[1]) / self.fy
        r = self.rotation.astype(np.float32)
        return tuple((r[0, k] * x)[None, :] + (r[1, k] * y + r[2, k])[:, None] for k in range(3))


def clip_near(points: np.ndarray) -> np.ndarray:
    """A convex or simple polygon in camera space (n, 3), cut at z = NEAR; may come back with fewer than 3 points."""
    inside = points[:, 2] >= NEAR
    if inside.all():
        return points
    if not inside.any():
        return points[:0]
    kept = []
    for index in range(len(points)):
        a, b = points[index - 1], points[index]
        if inside[index - 1] != inside[index]:
            share = (NEAR - a[2]) / (b[2] - a[2])
            kept.append(a + share * (b - a))
        if inside[index]:
            kept.append(b)
    return np.array(kept)
