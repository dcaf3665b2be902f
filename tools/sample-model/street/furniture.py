"""What stands on pavements: lamp posts, sign posts, traffic lights, bollards."""

from dataclasses import dataclass

import numpy as np

from .canvas import Canvas, Poly
from .classes import LIGHT, POLE, SIGN
from .mood import Mood
from .solids import UP, box, cross, disc, lit, rod, shadow_of, solid

METAL = [(0.42, 0.44, 0.46), (0.24, 0.27, 0.28), (0.58, 0.59, 0.60), (0.20, 0.30, 0.26), (0.34, 0.34, 0.36)]
RED, BLUE, YELLOW, WHITE, BLACK, GREEN = (
    np.array(c)
    for c in (
        (0.80, 0.07, 0.08),
        (0.08, 0.24, 0.62),
        (0.96, 0.76, 0.10),
        (0.95, 0.95, 0.94),
        (0.08, 0.08, 0.09),
        (0.06, 0.42, 0.24),
    )
)


def visible(canvas: Canvas, middle: np.ndarray, thick: float) -> bool:
    """Whether a post is at least about a pixel thick in the final picture: thinner ones would be noise in a mask."""
    distance = float(np.linalg.norm(middle - canvas.camera.position))
    return thick * canvas.camera.fx / max(distance, 0.1) > 1.15 * canvas.pixel


@dataclass
class Post:
    """An upright post with an arm towards `arm` (may be None) and a lamp at its end."""

    middle: np.ndarray
    height: float
    thick: float
    colour: np.ndarray
    arm: np.ndarray | None
    mood: Mood

    def draw(self, canvas: Canvas) -> None:
        """The post, its foot, its arm and its lamp."""
        if not visible(canvas, self.middle, self.thick):
            return
        eye = canvas.camera.position
        top = self.middle + UP * self.height
        polys = rod(self.middle, top, self.thick, self.colour, self.mood, eye, POLE, 0.75)
        polys += rod(self.middle, self.middle + UP * 0.5, self.thick * 1.5, self.colour * 0.9, self.mood, eye, POLE)
        if self.arm is not None:
            end = top + self.arm + UP * 0.35
            polys += rod(top - UP * 0.05, end, self.thick * 0.7, self.colour, self.mood, eye, POLE)
            along = self.arm / np.linalg.norm(self.arm)
            right = cross(UP, along)
            polys += solid(
                box(end + along * 0.3, right, along, (0.26, 0.8), -0.07, 0.09), self.colour, self.mood, eye, POLE, end
            )
            if self.mood.night:
                glass = box(end + along * 0.3, right, along, (0.24, 0.7), -0.13, -0.06)
                polys += [Poly(face, np.array([1.0, 0.93, 0.72]), POLE, glow=True) for face in glass]
        canvas.draw(polys)

    def shadow(self) -> list[np.ndarray]:
        """A thin strip."""
        side = cross(UP, self.mood.sun)
        side = side / (np.linalg.norm(side) + 1e-9) * self.thick / 2
        top = self.middle + UP * self.height
        return [shadow_of(np.array([self.middle - side, self.middle + side, top + side, top - side]), self.mood)]


@dataclass
class Sign:
    """A sign on a post of its own; `face` is the direction it looks."""

    middle: np.ndarray
    face: np.ndarray
    height: float
    size: float
    kind: str
    motif: int
    colour: np.ndarray
    mood: Mood

    def draw(self, canvas: Canvas) -> None:
        """The post, then the plate (its grey back, if seen from behind)."""
        eye = canvas.camera.position
        top = self.middle + UP * (self.height + self.size * 0.3)
        thick = 0.13 if self.kind != "board" else 0.18
        if visible(canvas, self.middle, thick):
            canvas.draw(rod(self.middle, top, thick, self.colour, self.mood, eye, POLE))
        centre = self.middle + UP * self.height + self.face * 0.07
        canvas.draw(plate(centre, self.face, self.size, self.kind, self.motif, self.mood, eye))

    def shadow(self) -> list[np.ndarray]:
        """The plate's shadow and the post's."""
        right = cross(UP, self.face) * self.size / 2
        top = self.middle + UP * self.height
        points = np.array([top - right, top + right, top + right + UP * 0.3, top - right + UP * 0.3])
        return [
            shadow_of(points, self.mood),
            shadow_of(np.array([self.middle, top + right * 0.1, top - right * 0.1]), self.mood),
        ]


def plate(centre, face, size: float, kind: str, motif: int, mood: Mood, eye) -> list[Poly]:
    """A sign's plate with its border and motif; its grey back, if `eye` is behind it."""
    shapes = Shapes(centre, cross(UP, face), size, [])
    motifs = {"round": _round, "triangle": _triangle, "stop": _stop, "diamond": _diamond, "board": _board}
    motifs.get(kind, _square)(shapes, motif)
    if float((eye - centre) @ face) <= 0:
        outline = shapes.drawn[0][0]
        return [Poly(outline, lit(outline, np.array([0.52, 0.53, 0.54]), mood, -face), SIGN)]
    light = np.clip(mood.light_on(face) * 0.85 + 0.22, 0.25, 1.15)
    return [Poly(points, np.clip(colour * light, 0, 1), SIGN) for points, colour in shapes.drawn]


@dataclass
class Shapes:
    """What is painted on a plate, back to front; measures are shares of the plate's size."""

    centre: np.ndarray
    right: np.ndarray
    size: float
    drawn: list[tuple[np.ndarray, np.ndarray]]

    def rect(self, w: float, h: float, colour, dx: float = 0.0, dy: float = 0.0) -> None:
        """A rectangle."""
        at = self.centre + self.right * dx * self.size + UP * dy * self.size
        x, y = self.right * w * self.size / 2, UP * h * self.size / 2
        self.drawn.append((np.array([at - x - y, at + x - y, at + x + y, at - x + y]), colour))

    def polygon(self, radius: float, corners: int, colour, turn: float = 0.0) -> None:
        """A regular polygon; `radius` is a share of half the size."""
        self.drawn.append((disc(self.centre, self.right, UP, self.size / 2 * radius, corners, turn), colour))


def _round(shapes: Shapes, motif: int) -> None:
    blue = motif % 3 == 0
    shapes.polygon(1.0, 22, WHITE if blue else RED)
    if motif % 5 == 4:  # no entry
        shapes.rect(0.7, 0.2, WHITE)
        return
    shapes.polygon(0.94 if blue else 0.72, 22, BLUE if blue else WHITE)
    shapes.rect(0.13, 0.48, WHITE if blue else BLACK, -0.12 if motif % 2 else 0.0)
    if motif % 2:
        shapes.rect(0.20, 0.46, WHITE if blue else BLACK, 0.14)
        shapes.rect(0.08, 0.26, BLUE if blue else WHITE, 0.14)


def _triangle(shapes: Shapes, motif: int) -> None:
    down = motif % 4 == 0
    turn = -np.pi / 2 if down else np.pi / 2
    shapes.polygon(1.15, 3, RED, turn)
    shapes.polygon(0.74, 3, WHITE if motif % 3 else YELLOW, turn)
    if not down:
        shapes.rect(0.09, 0.30, BLACK, 0, 0.02)
        shapes.rect(0.09, 0.08, BLACK, 0, -0.20)


def _stop(shapes: Shapes, motif: int) -> None:
    shapes.polygon(1.05, 8, WHITE, np.pi / 8)
    shapes.polygon(0.96, 8, RED, np.pi / 8)
    for index in range(4):
        shapes.rect(0.12, 0.26, WHITE, (index - 1.5) * 0.19)


def _diamond(shapes: Shapes, motif: int) -> None:
    shapes.polygon(1.1, 4, WHITE)
    shapes.polygon(0.86, 4, YELLOW)


def _ground(shapes: Shapes, motif: int, width: float) -> np.ndarray:
    ink = WHITE if motif % 4 < 2 else BLACK
    shapes.rect(width, 1.0, ink)
    shapes.rect(width - 0.08, 0.92, (BLUE, GREEN, WHITE, YELLOW)[motif % 4])
    return ink


def _board(shapes: Shapes, motif: int) -> None:
    ink = _ground(shapes, motif, 1.7)
    for line in range(2):
        shapes.rect(0.9 + 0.2 * ((motif >> line) % 2), 0.14, ink, -0.12, 0.22 - 0.4 * line)
        shapes.rect(0.16, 0.2, ink, 0.62, 0.22 - 0.4 * line)


def _square(shapes: Shapes, motif: int) -> None:
    ink = _ground(shapes, motif, 0.9)
    for width, height, dx, dy in (
        (0.16, 0.62, -0.14, 0),
        (0.34, 0.14, 0.02, 0.24),
        (0.34, 0.14, 0.02, 0),
        (0.12, 0.36, 0.2, 0.12),
    ):
        shapes.rect(width, height, ink, dx, dy)


@dataclass
class Signal:
    """A traffic light on a post; `face` is where it looks, `state` 0 red, 1 amber, 2 green; it may hang from an arm."""

    middle: np.ndarray
    face: np.ndarray
    height: float
    arm: np.ndarray | None
    state: int
    colour: np.ndarray
    mood: Mood
    size: float = 1.0

    def draw(self, canvas: Canvas) -> None:
        """Post, arm, heads."""
        eye = canvas.camera.position
        top = self.middle + UP * (self.height + 0.3)
        posts = visible(canvas, self.middle, 0.18)
        polys = rod(self.middle, top, 0.18, self.colour, self.mood, eye, POLE) if posts else []
        heads = [self.middle + UP * (min(self.height, 3.4) - 0.55) + self.face * 0.2]
        if self.arm is not None:
            polys += rod(top, top + self.arm, 0.15, self.colour, self.mood, eye, POLE) if posts else []
            heads.append(top + self.arm - UP * 0.75 + self.face * 0.12)
        for head in heads:
            polys += self._head(head, eye)
        canvas.draw(polys)

    def _head(self, centre: np.ndarray, eye: np.ndarray) -> list[Poly]:
        right = cross(UP, self.face)
        w, h = 0.42 * self.size, 1.15 * self.size
        case = np.array([0.10, 0.11, 0.11])
        polys = []
        x, y = right * w * 0.72, UP * h * 0.58
        board = np.array([centre - x - y, centre + x - y, centre + x + y, centre - x + y]) - self.face * 0.02
        polys.append(Poly(board, lit(board, case * 0.7, self.mood, eye - centre), LIGHT))
        body = box(centre - UP * h / 2 + self.face * 0.08, right, self.face, (w, 0.26), 0.0, h)
        polys += solid(body, case * 1.6, self.mood, eye, LIGHT, centre + self.face * 0.08)
        if float((eye - centre) @ self.face) <= 0.1:
            return polys
        colours = [np.array([1.0, 0.16, 0.10]), np.array([1.0, 0.72, 0.12]), np.array([0.15, 0.98, 0.45])]
        for index, colour in enumerate(colours):
            at = centre + UP * (0.34 - 0.34 * index) * self.size + self.face * 0.22
            on = index == self.state
            polys.append(
                Poly(disc(at, right, UP, 0.145 * self.size, 14), colour if on else colour * 0.16 + 0.03, LIGHT, glow=on)
            )
        return polys

    def shadow(self) -> list[np.ndarray]:
        """The post's and the head's shadow."""
        side = cross(UP, self.face) * 0.15
        top = self.middle + UP * self.height
        return [
            shadow_of(np.array([self.middle - side * 0.4, self.middle + side * 0.4, top + side, top - side]), self.mood)
        ]


def metal(rng) -> np.ndarray:
    """A colour for posts."""
    return np.array(METAL[rng.integers(len(METAL))]) * rng.uniform(0.85, 1.15)
