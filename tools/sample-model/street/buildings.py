"""Buildings: boxes with textured walls and roofs, cut into slices so that they sort well against what stands nearby."""

from dataclasses import dataclass, field

import numpy as np

from . import facades
from .canvas import Canvas, Poly
from .classes import BUILDING
from .mood import Mood
from .solids import cross

UP = np.array([0.0, 1.0, 0.0])
SLICE = 7.0


@dataclass
class Wall:
    """A vertical wall from `start` to `end` (on the ground) and `height` metres high; `out` points away from it."""

    start: np.ndarray
    end: np.ndarray
    height: float
    style: facades.Style
    front: bool
    out: np.ndarray
    opposite: float  # metres to what may shade it, and how high that is
    opposite_height: float
    cache: dict = field(default_factory=dict)

    def picture(self, density: float, mood: Mood, limit: float) -> np.ndarray:
        """The wall's texture at about `density` pixels per metre, at most `limit` long; kept for the next frame."""
        level = int(np.clip(np.round(np.log2(max(density, 1.5)) * 2), 1, 13))
        if level not in self.cache:
            length = float(np.linalg.norm(self.end - self.start))
            sun = mood.light_on(self.out)
            shade = mood.light_on(self.out, 0.0)
            flat = float(np.hypot(mood.sun[0], mood.sun[2])) + 1e-6
            slope = float(mood.sun[1]) / max(0.15, abs(float(self.out @ mood.sun)) / flat) / flat
            lit_above = self.opposite_height - self.opposite * slope
            pixels = 2 ** (level / 2)
            pixels = min(pixels, limit / max(length, self.height))
            self.cache[level] = facades.texture(
                self.style, length, self.height, pixels, mood, (sun, shade), lit_above, self.front
            )
        return self.cache[level]


@dataclass
class Slice:
    """A stretch of a wall, `low`..`high` as shares of its length: what the painter sorts and draws."""

    wall: Wall
    low: float
    high: float
    mood: Mood

    @property
    def middle(self) -> np.ndarray:
        """Its middle on the ground."""
        return self.wall.start + (self.wall.end - self.wall.start) * (self.low + self.high) / 2

    def draw(self, canvas: Canvas) -> None:
        """Draws the stretch if its outside is seen."""
        camera = canvas.camera
        if float((self.middle - camera.position) @ self.wall.out) >= 0:
            return
        along = self.wall.end - self.wall.start
        start = self.wall.start + along * self.low
        end = self.wall.start + along * self.high
        rise = UP * self.wall.height
        if not canvas.sees(np.array([start, end, start + rise, end + rise])):
            return
        nearest = min(float(np.linalg.norm(point - camera.position)) for point in (start, end, self.middle))
        picture = self.wall.picture(max(camera.fx, camera.fy) * 0.7 / max(nearest, 1.0), self.mood, camera.width * 1.1)
        columns = picture.shape[1]
        first, last = int(self.low * columns), max(int(self.low * columns) + 1, int(self.high * columns))
        canvas.draw_textured(np.ascontiguousarray(picture[:, first:last]), start + rise, end - start, -rise, BUILDING)


@dataclass
class Roof:
    """A roof or another set of plain faces of a building; each face is lit by its own normal."""

    faces: list[np.ndarray]
    colour: np.ndarray
    middle: np.ndarray
    mood: Mood

    def draw(self, canvas: Canvas) -> None:
        """Draws the faces, far ones first."""
        polys = []
        for face in self.faces:
            normal = cross(face[1] - face[0], face[2] - face[0])
            normal = normal / (np.linalg.norm(normal) + 1e-9)
            if normal[1] < -1e-6:
                normal = -normal
            towards = canvas.camera.position - face.mean(axis=0)
            if abs(normal[1]) < 1e-3 and float(normal @ towards) < 0:
                normal = -normal
            tone = np.clip(self.colour * self.mood.light_on(normal), 0, 1)
            polys.append((-float(np.linalg.norm(towards)), Poly(face, tone, BUILDING)))
        polys.sort(key=lambda pair: pair[0])
        canvas.draw([poly for _, poly in polys])


def _slices(wall: Wall, mood: Mood) -> list[Slice]:
    length = float(np.linalg.norm(wall.end - wall.start))
    count = max(1, int(np.ceil(length / SLICE)))
    return [Slice(wall, index / count, (index + 1) / count, mood) for index in range(count)]


def build(rng, corners: list[np.ndarray], height: float, mood: Mood, opposite: float, opposite_height: float) -> list:
    """The drawable parts of a building. `corners`: front start, front end, back end, back start, on the ground.

    The front is the side that faces the street.
    """
    style = facades.make_style(rng, height > 26)
    parts: list = []
    middle = np.mean(corners, axis=0)
    for index in range(4):
        start, end = corners[index], corners[(index + 1) % 4]
        out = cross(UP, end - start)
        out = out / (np.linalg.norm(out) + 1e-9)
        if float(out @ (start - middle)) < 0:
            out = -out
        far = opposite if index == 0 else 8.0
        wall = Wall(
            start, end, height, style, index == 0, out, far, opposite_height if index == 0 else opposite_height * 0.6
        )
        parts += _slices(wall, mood)
    parts += _roof(rng, corners, height, style, mood)
    if style.shop and style.wall != "glass" and rng.random() < 0.3:
        parts += _canopy(rng, corners, mood)
    return parts


def _roof(rng, corners, height: float, style: facades.Style, mood: Mood) -> list:
    rise = UP * height
    a, b, c, d = (corner + rise for corner in corners)
    middle = np.mean(corners, axis=0)
    white = np.array([0.88, 0.90, 0.94])
    if height > 13 or rng.random() < 0.25:
        tone = np.array([0.42, 0.42, 0.43]) * (1 - mood.snow) + white * mood.snow
        faces = [np.array([a, b, c, d])]
        if rng.random() < 0.6:  # a lift house or a water tank
            s, t = rng.uniform(0.15, 0.5, 2)
            size = rng.uniform(0.2, 0.35)
            base = [
                a + (b - a) * u + (d - a) * v for u, v in ((s, t), (s + size, t), (s + size, t + size), (s, t + size))
            ]
            lift = UP * rng.uniform(1.8, 3.6)
            faces += [np.array([base[i], base[i - 1], base[i - 1] + lift, base[i] + lift]) for i in range(4)]
        return [Roof(faces, tone, middle, mood)]
    slope = UP * rng.uniform(1.6, 4.0)
    tile = np.array([(0.52, 0.27, 0.20), (0.36, 0.32, 0.31), (0.44, 0.24, 0.18), (0.28, 0.30, 0.34)][rng.integers(4)])
    tone = tile * (1 - mood.snow * 0.9) + white * mood.snow * 0.9
    if rng.random() < 0.6:  # the ridge runs along the street
        p, q = (a + d) / 2 + slope, (b + c) / 2 + slope
        faces, gables = [np.array([a, b, q, p]), np.array([d, c, q, p])], [np.array([a, d, p]), np.array([b, c, q])]
    else:
        p, q = (a + b) / 2 + slope, (d + c) / 2 + slope
        faces, gables = [np.array([a, d, q, p]), np.array([b, c, q, p])], [np.array([a, b, p]), np.array([d, c, q])]
    return [Roof(faces, tone, middle, mood), Roof(gables, style.colour, np.mean(corners[:2], axis=0), mood)]


def _canopy(rng, corners, mood: Mood) -> list:
    """A canopy over the pavement: a thin slab that stands out from the front."""
    start, end = corners[0], corners[1]
    back = corners[3] - corners[0]
    out = -back / np.linalg.norm(back) * rng.uniform(0.8, 1.4)
    low, high = UP * 2.9, UP * 3.15
    a, b = start + (end - start) * 0.1, start + (end - start) * rng.uniform(0.4, 0.9)
    under = np.array([a + low, b + low, b + out + low, a + out + low])
    edge = np.array([a + out + low, b + out + low, b + out + high, a + out + high])
    sides = [np.array([p + low, p + out + low, p + out + high, p + high]) for p in (a, b)]
    tone = np.array(facades.SHOP[rng.integers(len(facades.SHOP))])
    return [Roof([under, *sides, edge], tone, (a + b) / 2 + out, mood)]
