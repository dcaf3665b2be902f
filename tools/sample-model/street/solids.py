"""Shapes that the street's furniture is made of, and the shadows that they throw."""

import cv2
import numpy as np

from .canvas import Poly
from .mood import Mood

UP = np.array([0.0, 1.0, 0.0])


def cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The cross product of two 3-vectors; numpy's own spends most of its time on generality."""
    return np.array([a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]])


def lit(points: np.ndarray, colour: np.ndarray, mood: Mood, towards: np.ndarray) -> np.ndarray:
    """The colour of a flat face seen from direction `towards`, by its normal."""
    normal = cross(points[1] - points[0], points[2] - points[0])
    normal = normal / (np.linalg.norm(normal) + 1e-9)
    if float(normal @ towards) < 0:
        normal = -normal
    return np.clip(colour * mood.light_on(normal), 0, 1)


def box(base: np.ndarray, right: np.ndarray, forward: np.ndarray, size, low: float, high: float) -> list[np.ndarray]:
    """The five faces (no bottom) of an upright box centred over `base`; size is (across, along)."""
    x, z = right * size[0] / 2, forward * size[1] / 2
    ring = [base - x - z, base + x - z, base + x + z, base - x + z]
    down, up = [point + UP * low for point in ring], [point + UP * high for point in ring]
    faces = [np.array([down[i - 1], down[i], up[i], up[i - 1]]) for i in range(4)]
    return [*faces, np.array(up)]


def solid(
    faces: list[np.ndarray], colour: np.ndarray, mood: Mood, eye: np.ndarray, label: int, middle: np.ndarray
) -> list[Poly]:
    """The faces of a convex body that are turned to `eye`, lit; `middle` is a point inside."""
    polys = []
    for face in faces:
        normal = cross(face[1] - face[0], face[2] - face[0])
        if float(normal @ (face[0] - middle)) < 0:
            normal = -normal
        towards = eye - face[0]
        if float(normal @ towards) <= 0:
            continue
        polys.append(Poly(face, lit(face, colour, mood, towards), label))
    return polys


def rod(
    foot: np.ndarray,
    top: np.ndarray,
    thick: float,
    colour: np.ndarray,
    mood: Mood,
    eye: np.ndarray,
    label: int,
    taper: float = 1.0,
) -> list[Poly]:
    """A round rod as three lengthwise strips, the sunward one lighter; `taper` is the top's share of the thickness."""
    axis = top - foot
    side = cross(axis, eye - foot)
    side = side / (np.linalg.norm(side) + 1e-9)
    across = side * thick / 2
    sunward = float(side @ mood.sun)
    polys = []
    for index, (low, high) in enumerate(((-1.0, -0.35), (-0.35, 0.4), (0.4, 1.0))):
        tilt = (index - 1) * 0.75 * sunward
        light = mood.sky_light * (0.72 - 0.12 * abs(index - 1)) + mood.sun_light * np.clip(0.32 + tilt, 0.03, 0.9)
        points = np.array(
            [
                foot + across * low,
                foot + across * high,
                top + across * high * taper,
                top + across * low * taper,
            ]
        )
        polys.append(Poly(points, np.clip(colour * light, 0, 1), label))
    return polys


def disc(
    middle: np.ndarray, right: np.ndarray, up: np.ndarray, radius: float, corners: int = 14, turn: float = 0.0
) -> np.ndarray:
    """A regular polygon in the plane of `right` and `up`."""
    angle = np.linspace(0, 2 * np.pi, corners, endpoint=False) + turn
    return middle + radius * (np.cos(angle)[:, None] * right + np.sin(angle)[:, None] * up)


def shadow_of(points: np.ndarray, mood: Mood) -> np.ndarray:
    """The outline on the ground of the shadow of a convex body, from its corner points (n, 3)."""
    reach = np.minimum(points[:, 1:2] / max(0.10, mood.sun[1]), 60.0)
    flat = points - mood.sun * reach
    hull = cv2.convexHull(flat[:, [0, 2]].astype(np.float32))[:, 0]
    return np.stack([hull[:, 0], np.zeros(len(hull)), hull[:, 1]], axis=1)
