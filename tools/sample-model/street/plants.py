"""Trees, bushes and hedges: trunks, and crowns of many small leaf clusters lit by where they sit in the crown."""

from dataclasses import dataclass

import numpy as np

from .canvas import Canvas
from .classes import VEGETATION
from .mood import Mood
from .solids import cross, rod, shadow_of

GREENS = [
    (0.26, 0.42, 0.14),
    (0.33, 0.47, 0.16),
    (0.20, 0.36, 0.15),
    (0.40, 0.48, 0.18),
    (0.24, 0.40, 0.22),
    (0.30, 0.38, 0.12),
]
AUTUMN = [(0.72, 0.44, 0.12), (0.66, 0.28, 0.12), (0.74, 0.60, 0.18), (0.50, 0.36, 0.14)]
CORNERS = 7


@dataclass
class Plant:
    """A plant at `middle` (on the ground). Leaves are offsets (n, 3) from `middle` with normals, sizes and tones."""

    middle: np.ndarray
    trunk: float
    thick: float
    leaves: np.ndarray
    normals: np.ndarray
    sizes: np.ndarray
    tones: np.ndarray
    ring: np.ndarray
    colour: np.ndarray
    mood: Mood
    lean: np.ndarray
    twigs: np.ndarray  # (n, 7, 3): where a cluster's parts lie when it is seen from close by

    def draw(self, canvas: Canvas) -> None:
        """Trunk first, then leaf clusters from the far side to the near one."""
        eye = canvas.camera.position
        distance = float(np.linalg.norm(self.middle - eye))
        if self.trunk > 0.2:
            bark = np.array([0.34, 0.27, 0.21])
            top = self.middle + self.lean + np.array([0, self.trunk, 0])
            canvas.draw(rod(self.middle, top, self.thick, bark, self.mood, eye, VEGETATION, 0.65))
        apparent = float(self.sizes.mean()) * canvas.camera.fy / max(distance, 0.5) / canvas.pixel
        if apparent > 9:
            leaves, normals, sizes, tones, ring = self._fine()
        else:
            step = 1 if distance < 45 else 2 if distance < 90 else 4
            leaves, normals = self.leaves[::step], self.normals[::step]
            sizes, tones, ring = self.sizes[::step] * (1, 1.3, 0, 1.75)[step - 1], self.tones[::step], self.ring[::step]
        points = self.middle + self.lean + leaves
        order = np.argsort(-np.linalg.norm(points - eye, axis=1))
        right, down = canvas.camera.rotation[0], canvas.camera.rotation[1]
        corners = points[order, None, :] + sizes[order, None, None] * (
            ring[order, :, 0:1] * right + ring[order, :, 1:2] * down
        )
        canvas.draw_many(corners, self._colours(normals, tones)[order], VEGETATION)

    def _fine(self):
        """Every cluster split into its parts, for plants that look large."""
        parts = self.leaves[:, None] + self.twigs * self.sizes[:, None, None]
        normals = self.normals[:, None] + self.twigs * 0.75
        normals = normals / (np.linalg.norm(normals, axis=2, keepdims=True) + 1e-9)
        count = self.twigs.shape[1]
        tones = self.tones[:, None] * (1.0 + 0.16 * np.sin(self.twigs[..., 0] * 9.0))
        return (
            parts.reshape(-1, 3),
            normals.reshape(-1, 3),
            np.repeat(self.sizes * 0.46, count),
            tones.reshape(-1),
            np.repeat(self.ring, count, axis=0),
        )

    def _colours(self, normals: np.ndarray, tones: np.ndarray) -> np.ndarray:
        facing = np.clip(normals @ self.mood.sun + 0.15, 0, 1)[:, None]
        open_sky = (0.42 + 0.40 * np.clip(normals[:, 1:2] * 0.5 + 0.5, 0, 1)) * np.ones(3)
        light = self.mood.sky_light * open_sky + self.mood.sun_light * facing * 0.95
        colour = self.colour[None] * tones[:, None]
        if self.mood.snow > 0:
            share = np.clip(normals[:, 1:2] * 1.2 + self.mood.snow - 0.55, 0, 0.9)
            colour = colour + (np.array([0.90, 0.92, 0.96]) - colour) * share
        return np.clip(colour * light, 0, 1)

    def shadow(self) -> list[np.ndarray]:
        """Outlines on the ground of the crown's and the trunk's shadow."""
        if len(self.leaves) == 0:
            return []
        step = max(1, len(self.leaves) // 60)
        return [shadow_of(self.middle + self.lean + self.leaves[::step], self.mood)]


def _crown(rng, count: int, lumps: int, radius: np.ndarray, base: float, squash: float):
    """Leaf positions on the shells of several overlapping lumps; the normals point out of the whole crown."""
    centres = rng.normal(0, 0.42, (lumps, 3)) * radius
    centres[:, 1] = rng.uniform(-0.55, 0.55, lumps) * radius[1]
    which = rng.integers(0, lumps, count)
    direction = rng.normal(0, 1, (count, 3))
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    reach = rng.uniform(0.65, 1.0, (count, 1)) * radius * squash
    position = centres[which] + direction * reach
    outward = position / radius
    outward = 0.55 * outward / (np.linalg.norm(outward, axis=1, keepdims=True) + 1e-9) + 0.45 * direction
    outward /= np.linalg.norm(outward, axis=1, keepdims=True) + 1e-9
    position[:, 1] += base + radius[1] * 0.95
    position[:, 1] = np.maximum(position[:, 1], base * 0.85 + 0.05)
    return position, outward


def _plant(rng, middle, mood: Mood, trunk: float, thick: float, position, outward, size, colour) -> Plant:
    count = len(position)
    angle = np.linspace(0, 2 * np.pi, CORNERS, endpoint=False)
    wobble = rng.uniform(0.7, 1.15, (count, CORNERS, 1))
    ring = np.stack([np.cos(angle), np.sin(angle)], axis=1)[None] * wobble
    lean = np.array([rng.normal(0, 0.08), 0, rng.normal(0, 0.08)])
    return Plant(
        middle,
        trunk,
        thick,
        position,
        outward,
        size * rng.uniform(0.65, 1.25, count),
        rng.uniform(0.78, 1.24, count),
        ring,
        np.asarray(colour),
        mood,
        lean,
        rng.normal(0, 0.52, (count, 7, 3)),
    )


def season(rng: np.random.Generator) -> float:
    """How autumnal the trees of a street are: mostly not at all."""
    return float(rng.choice([0.0, 0.25, 0.8], p=[0.75, 0.15, 0.10]))


def leaf_colour(rng, autumn: float) -> np.ndarray:
    """A leaf colour for one plant."""
    table = AUTUMN if rng.random() < autumn else GREENS
    return np.clip(
        np.array(table[rng.integers(len(table))]) * rng.uniform(0.85, 1.2) + rng.uniform(-0.02, 0.02, 3), 0, 1
    )


def tree(rng, middle: np.ndarray, mood: Mood, autumn: float, scale: float = 1.0) -> Plant:
    """A broad-leaved tree, a poplar or a conifer."""
    kind = rng.choice(["round", "oval", "poplar", "conifer"], p=[0.5, 0.25, 0.1, 0.15])
    height = rng.uniform(4.5, 10.5) * scale
    colour = leaf_colour(rng, autumn if kind != "conifer" else 0.0)
    if kind == "conifer":
        trunk = 0.9 * scale
        share = np.sqrt(rng.uniform(0, 1, 190))
        angle = rng.uniform(0, 2 * np.pi, 190)
        tier = 0.82 + 0.18 * np.mod(share * 6, 1.0)
        reach = share * tier * height * 0.24
        level = trunk + (1 - share) * (height - trunk)
        position = np.stack([np.cos(angle) * reach, level, np.sin(angle) * reach], axis=1)
        outward = np.stack([np.cos(angle) * 0.86, np.full(190, 0.5), np.sin(angle) * 0.86], axis=1)
        return _plant(
            rng, middle, mood, trunk * 1.5, 0.26, position, outward, 0.055 * height, colour * [0.62, 0.78, 0.80]
        )
    trunk = height * rng.uniform(0.26, 0.40)
    crown = height - trunk
    wide = {"round": rng.uniform(0.48, 0.68), "oval": rng.uniform(0.36, 0.46), "poplar": rng.uniform(0.16, 0.22)}[
        kind
    ] * crown
    radius = np.array([wide, crown * 0.5, wide])
    count, lumps = int(rng.integers(150, 230)), int(rng.integers(5, 10))
    position, outward = _crown(rng, count, lumps, radius, trunk, 0.62 if kind != "poplar" else 0.7)
    thick = 0.16 + 0.028 * height
    return _plant(
        rng,
        middle,
        mood,
        trunk + crown * 0.45,
        thick,
        position,
        outward,
        0.115 * crown * (0.8 if kind == "poplar" else 1),
        colour,
    )


def bush(rng, middle: np.ndarray, mood: Mood, autumn: float) -> Plant:
    """A bush, knee- to shoulder-high."""
    height = rng.uniform(0.6, 1.7)
    radius = np.array([height * rng.uniform(0.6, 1.1), height * 0.5, height * rng.uniform(0.6, 1.1)])
    position, outward = _crown(rng, 60, 4, radius, 0.0, 0.6)
    return _plant(rng, middle, mood, 0.0, 0.0, position, outward, 0.17 * height, leaf_colour(rng, autumn))


def hedge(rng, start: np.ndarray, end: np.ndarray, mood: Mood, autumn: float) -> Plant:
    """A clipped hedge between two points."""
    length = float(np.linalg.norm(end - start))
    height, thick = rng.uniform(0.8, 1.7), rng.uniform(0.5, 0.8)
    count = int(min(260, 34 * length))
    along = rng.uniform(0, 1, count)[:, None] * (end - start) - (end - start) / 2
    side = cross(np.array([0, 1.0, 0]), (end - start) / length)
    face = rng.integers(0, 3, count)
    lateral = np.where(face == 0, rng.uniform(-1, 1, count), np.where(face == 1, -1.0, 1.0))
    level = np.where(face == 0, 1.0, rng.uniform(0.02, 1.0, count))
    position = along + lateral[:, None] * side * thick / 2 + level[:, None] * np.array([0, height - 0.1, 0])
    outward = np.where((face == 0)[:, None], np.array([0, 1.0, 0]), np.sign(lateral)[:, None] * side)
    return _plant(rng, (start + end) / 2, mood, 0.0, 0.0, position, outward, 0.24, leaf_colour(rng, autumn) * 0.92)
