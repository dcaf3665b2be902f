"""Cars, vans, lorries, buses and bicycles: a side profile drawn out to a width, with glass, wheels and lamps."""

from dataclasses import dataclass

import numpy as np

from .canvas import Canvas, Poly
from .classes import VEHICLE
from .mood import Mood
from .solids import UP, cross, disc, lit, rod, shadow_of

PAINT = [
    (0.82, 0.83, 0.84),
    (0.62, 0.64, 0.66),
    (0.14, 0.15, 0.17),
    (0.30, 0.32, 0.35),
    (0.64, 0.10, 0.10),
    (0.12, 0.26, 0.52),
    (0.92, 0.92, 0.90),
    (0.16, 0.34, 0.26),
    (0.78, 0.62, 0.16),
    (0.44, 0.28, 0.20),
    (0.20, 0.44, 0.58),
    (0.78, 0.36, 0.12),
]
# Side profiles, clockwise from the rear bumper: (share of length from the rear, share of height); then the glass of
# the side, and which stretches of the outline are glass too (rear window, windscreen).
CAR = [
    (0.0, 0.20),
    (0.0, 0.56),
    (0.03, 0.62),
    (0.12, 0.98),
    (0.20, 1.0),
    (0.52, 1.0),
    (0.70, 0.64),
    (0.96, 0.54),
    (1.0, 0.42),
    (1.0, 0.20),
]
SALOON = [
    (0.0, 0.22),
    (0.0, 0.60),
    (0.16, 0.64),
    (0.29, 0.97),
    (0.36, 1.0),
    (0.56, 1.0),
    (0.71, 0.65),
    (0.96, 0.56),
    (1.0, 0.44),
    (1.0, 0.22),
]
VAN = [
    (0.0, 0.16),
    (0.0, 0.96),
    (0.02, 1.0),
    (0.70, 1.0),
    (0.74, 0.97),
    (0.86, 0.58),
    (0.98, 0.46),
    (1.0, 0.36),
    (1.0, 0.16),
]
BUS = [(0.0, 0.12), (0.0, 0.97), (0.01, 1.0), (0.985, 1.0), (1.0, 0.94), (1.0, 0.36), (1.0, 0.32), (1.0, 0.12)]
LORRY = [
    (0.0, 0.22),
    (0.0, 1.0),
    (0.70, 1.0),
    (0.70, 0.78),
    (0.74, 0.80),
    (0.96, 0.80),
    (0.985, 0.50),
    (1.0, 0.44),
    (1.0, 0.16),
    (0.2, 0.16),
]
KINDS = {
    "hatch": (
        CAR,
        (3.8, 4.4),
        (1.72, 1.86),
        (1.42, 1.58),
        [
            [(0.13, 0.62), (0.19, 0.92), (0.36, 0.94), (0.36, 0.64)],
            [(0.39, 0.64), (0.39, 0.94), (0.51, 0.93), (0.64, 0.66)],
        ],
        (2, 5),
        0.20,
    ),
    "saloon": (
        SALOON,
        (4.4, 5.0),
        (1.78, 1.90),
        (1.40, 1.52),
        [
            [(0.25, 0.65), (0.33, 0.92), (0.43, 0.94), (0.43, 0.66)],
            [(0.46, 0.66), (0.46, 0.94), (0.55, 0.93), (0.66, 0.67)],
        ],
        (2, 5),
        0.19,
    ),
    "van": (
        VAN,
        (4.8, 6.0),
        (1.90, 2.10),
        (2.0, 2.6),
        [[(0.62, 0.58), (0.62, 0.90), (0.73, 0.90), (0.82, 0.60)]],
        (None, 4),
        0.14,
    ),
    "bus": (
        BUS,
        (10.0, 12.5),
        (2.45, 2.60),
        (2.9, 3.3),
        [[(0.02, 0.46), (0.02, 0.86), (0.93, 0.86), (0.93, 0.46)]],
        (0, 4),
        0.15,
    ),
    "lorry": (
        LORRY,
        (6.5, 8.5),
        (2.30, 2.50),
        (2.9, 3.6),
        [[(0.83, 0.52), (0.83, 0.74), (0.94, 0.74), (0.96, 0.52)]],
        (None, 5),
        0.14,
    ),
}


@dataclass
class Vehicle:
    """A vehicle whose middle stands at `middle`, its nose towards `ahead`."""

    kind: str
    middle: np.ndarray
    ahead: np.ndarray
    length: float
    width: float
    height: float
    paint: np.ndarray
    mood: Mood
    braking: bool
    seed: int

    def _at(self, along, level, side) -> np.ndarray:
        right = cross(UP, self.ahead)
        return (
            self.middle
            + np.multiply.outer(np.asarray(along) - 0.5, self.ahead * self.length)
            + np.multiply.outer(np.asarray(level), UP * self.height)
            + np.multiply.outer(np.asarray(side), right * self.width / 2)
        )

    def draw(self, canvas: Canvas) -> None:
        """Far wheels, outline strips turned to the camera, the near side, glass, wheels, lamps."""
        profile, _, _, _, windows, glassy, wheel = KINDS[self.kind]
        eye = canvas.camera.position
        outline = np.array(profile)
        right = cross(UP, self.ahead)
        near = 1.0 if float((eye - self.middle) @ right) > 0 else -1.0
        polys: list[Poly] = []
        self._under(polys, near)
        for side in (-near, near):
            self._tyres(polys, side, wheel)
        polys += self._strips(outline, glassy, eye)
        side = self._at(outline[:, 0], outline[:, 1], np.full(len(outline), near))
        normal_eye = right * near
        polys.append(Poly(side, lit(side, self.paint, self.mood, normal_eye), VEHICLE))
        self._flank(polys, near, normal_eye)
        for window in windows:
            shape = np.array(window)
            points = self._at(shape[:, 0], shape[:, 1], np.full(len(shape), near * 1.003))
            polys.append(Poly(points, self._glass(0.10), VEHICLE))
            lower = points.copy()
            lower[1:3] = points[[0, 3]] + (points[1:3] - points[[0, 3]]) * 0.45
            polys.append(Poly(lower, self._glass(0.0), VEHICLE))
        self._wheels(polys, near, wheel)
        self._ends(polys, eye)
        canvas.draw(polys)

    def _glass(self, lift: float) -> np.ndarray:
        sky = self.mood.horizon * 0.5 + self.mood.zenith * 0.5
        if self.kind == "bus" and self.mood.night:
            return np.array([0.95, 0.85, 0.6]) * 0.8
        return np.clip(np.array([0.07, 0.09, 0.11]) + sky * (0.14 + lift), 0, 1)

    def _under(self, polys: list[Poly], near: float) -> None:
        low = self._at([0.03, 0.97, 0.97, 0.03], [0.24] * 4, [-0.9, -0.9, 0.9, 0.9])
        polys.append(Poly(low, np.array([0.05, 0.05, 0.05]), VEHICLE))
        skirt = self._at([0.04, 0.96, 0.96, 0.04], [0.09, 0.09, 0.26, 0.26], [near * 0.9] * 4)
        polys.append(Poly(skirt, np.array([0.06, 0.06, 0.065]), VEHICLE))
        for end in (0.04, 0.96):
            face = self._at([end] * 4, [0.09, 0.09, 0.26, 0.26], [-0.9, 0.9, 0.9, -0.9])
            polys.append(Poly(face, np.array([0.06, 0.06, 0.065]), VEHICLE))

    def _strips(self, outline: np.ndarray, glassy, eye: np.ndarray) -> list[Poly]:
        strips = []
        inside = self._at([0.5], [0.4], [0.0])[0]
        for index in range(len(outline) - 1):
            a, b = outline[index], outline[index + 1]
            points = self._at([a[0], a[0], b[0], b[0]], [a[1], a[1], b[1], b[1]], [-1, 1, 1, -1])
            normal = cross(points[1] - points[0], points[2] - points[0])
            if float(normal @ (points.mean(axis=0) - inside)) < 0:
                normal = -normal
            if float(normal @ (eye - points.mean(axis=0))) <= 0:
                continue
            tone = lit(points, self.paint, self.mood, normal)
            if normal[1] / (np.linalg.norm(normal) + 1e-9) > 0.5:
                tone = tone + (self.mood.zenith * 0.5 + self.mood.horizon * 0.5 - tone) * 0.16
                if self.mood.snow > 0.5 and self.seed % 2:
                    tone = tone + (0.9 - tone) * 0.7
            order = [Poly(points, np.clip(tone, 0, 1), VEHICLE)]
            if index in glassy:
                middle = points.mean(axis=0)
                inset = middle + (points - middle) * np.array([0.86])
                order.append(Poly(inset, self._glass(0.16), VEHICLE))
                half = inset.copy()
                half[[0, 1]] = (inset[[0, 1]] + inset[[3, 2]]) / 2
                order.append(Poly(half, self._glass(0.05), VEHICLE))
            strips.append((-float(np.linalg.norm(points.mean(axis=0) - eye)), order))
        strips.sort(key=lambda pair: pair[0])
        return [poly for _, order in strips for poly in order]

    def _flank(self, polys: list[Poly], near: float, normal: np.ndarray) -> None:
        """The darker lower flank, a crease of light and the door gap."""
        dark = self._at([0.0, 1.0, 1.0, 0.0], [0.20, 0.20, 0.32, 0.32], [near * 1.001] * 4)
        tone = lit(dark, self.paint * 0.62, self.mood, normal)
        polys.append(Poly(dark, tone, VEHICLE))
        if self.kind in ("bus", "lorry"):
            band = self._at(
                [0.0, 0.68, 0.68, 0.0] if self.kind == "lorry" else [0, 1, 1, 0],
                [0.36, 0.36, 0.42, 0.42],
                [near * 1.002] * 4,
            )
            stripe = np.array(PAINT[(self.seed + 5) % len(PAINT)])
            polys.append(Poly(band, lit(band, stripe, self.mood, normal), VEHICLE))
            return
        crease = self._at([0.02, 0.98, 0.98, 0.02], [0.50, 0.47, 0.485, 0.52], [near * 1.002] * 4)
        polys.append(Poly(crease, np.clip(lit(crease, self.paint * 1.15 + 0.03, self.mood, normal), 0, 1), VEHICLE))
        gap = self._at([0.44, 0.45, 0.45, 0.44], [0.26, 0.26, 0.62, 0.62], [near * 1.002] * 4)
        polys.append(Poly(gap, lit(gap, self.paint * 0.55, self.mood, normal), VEHICLE))

    def _axles(self, wheel: float) -> tuple[float, tuple[float, float]]:
        radius = wheel * self.height if self.kind != "van" else 0.34
        return radius, (0.24, 0.80) if self.kind == "bus" else (0.19, 0.80)

    def _tyres(self, polys: list[Poly], side: float, wheel: float) -> None:
        """The treads, which the body hides but for what shows below it."""
        radius, axles = self._axles(wheel)
        rubber = np.array([0.03, 0.03, 0.032]) * (0.6 + self.mood.sky_light.mean())
        for along in axles:
            for reach in (0.70, 0.78, 0.86, 0.94):
                middle = self._at([along], [0.0], [side * reach])[0] + UP * radius
                polys.append(Poly(disc(middle, self.ahead, UP, radius), rubber, VEHICLE))

    def _wheels(self, polys: list[Poly], side: float, wheel: float) -> None:
        """Wheel arches and the wheels' outer faces."""
        radius, axles = self._axles(wheel)
        rubber = np.array([0.05, 0.05, 0.055]) * (0.6 + self.mood.sky_light.mean())
        rim = np.clip(np.array([0.55, 0.56, 0.58]) * (self.mood.sky_light + self.mood.sun_light * 0.2), 0, 1)
        for along in axles:
            middle = self._at([along], [0.0], [side * 1.004])[0] + UP * radius
            arch = disc(middle, self.ahead, UP, radius * 1.16, 18)
            arch = arch[arch[:, 1] > 0.22 * self.height * 0.9]
            if len(arch) > 2:
                polys.append(Poly(arch, rubber * 0.6, VEHICLE))
            polys.append(Poly(disc(middle, self.ahead, UP, radius, 18), rubber, VEHICLE))
            polys.append(Poly(disc(middle, self.ahead, UP, radius * 0.64, 14), rim, VEHICLE))
            polys.append(Poly(disc(middle, self.ahead, UP, radius * 0.50, 14), rim * 0.72, VEHICLE))
            polys.append(Poly(disc(middle, self.ahead, UP, radius * 0.20, 8), rubber * 2, VEHICLE))

    def _ends(self, polys: list[Poly], eye: np.ndarray) -> None:
        """Lamps, number plate and grille on whichever end is seen."""
        front = float((eye - self.middle) @ self.ahead) > 0
        end, level = (1.002, 0.44) if front else (-0.002, 0.50)
        if self.kind in ("bus", "lorry"):
            level = 0.25
        lamp = np.array([0.95, 0.94, 0.86]) if front else np.array([0.72, 0.05, 0.05])
        bright = self.mood.night or self.mood.wet > 0.4 or self.mood.fog > 0.01 or (self.braking and not front)
        lamp = np.clip(lamp * (1.35 if bright else 0.75), 0, 1)
        end_middle = self._at([end], [level], [0.0])[0]
        if float((eye - end_middle) @ (self.ahead if front else -self.ahead)) <= 0:
            return
        for side in (-0.76, 0.76):
            shape = self._at(
                [end] * 4,
                [level - 0.07, level - 0.07, level + 0.035, level + 0.035],
                [side - 0.19, side + 0.19, side + 0.19, side - 0.19],
            )
            polys.append(Poly(shape, lamp, VEHICLE, glow=bright))
        plate = self._at(
            [end] * 4, [level - 0.14, level - 0.14, level - 0.06, level - 0.06], [-0.25, 0.25, 0.25, -0.25]
        )
        polys.append(Poly(plate, np.array([0.86, 0.86, 0.80]) * self.mood.sky_light.max(), VEHICLE))
        if front:
            grille = self._at(
                [end] * 4, [level - 0.05, level - 0.05, level + 0.02, level + 0.02], [-0.45, 0.45, 0.45, -0.45]
            )
            polys.append(Poly(grille, np.array([0.06, 0.06, 0.07]), VEHICLE))

    def shadow(self) -> list[np.ndarray]:
        """The shadow that the sun throws, and the dark under the floor."""
        corners = self._at([0, 1, 1, 0] * 2, [0.1] * 4 + [0.9] * 4, [-1, -1, 1, 1] * 2)
        return [shadow_of(corners, self.mood)]

    def contact(self) -> np.ndarray:
        """The dark patch under the vehicle."""
        return self._at([-0.02, 1.02, 1.02, -0.02], [0.0] * 4, [-1.06, -1.06, 1.06, 1.06])


def make(rng, middle: np.ndarray, ahead: np.ndarray, mood: Mood, kind: str | None = None) -> Vehicle:
    """A vehicle of a given or a random kind."""
    kind = kind or str(rng.choice(list(KINDS), p=[0.42, 0.28, 0.14, 0.09, 0.07]))
    _, length, width, height, *_ = KINDS[kind]
    paint = np.clip(
        np.array(PAINT[rng.integers(len(PAINT))]) * rng.uniform(0.85, 1.1) + rng.uniform(-0.03, 0.03, 3), 0.02, 1
    )
    if kind == "bus":
        paint = np.array(
            [(0.78, 0.12, 0.12), (0.94, 0.76, 0.14), (0.16, 0.40, 0.66), (0.20, 0.52, 0.30), (0.9, 0.9, 0.88)][
                rng.integers(5)
            ]
        )
    return Vehicle(
        kind,
        middle,
        ahead,
        rng.uniform(*length),
        rng.uniform(*width),
        rng.uniform(*height),
        paint,
        mood,
        bool(rng.random() < 0.3),
        int(rng.integers(1 << 20)),
    )


@dataclass
class Bicycle:
    """A bicycle that stands or is ridden; its rider is a person of its own."""

    middle: np.ndarray
    ahead: np.ndarray
    paint: np.ndarray
    mood: Mood

    def draw(self, canvas: Canvas) -> None:
        """Wheels as dark rings with spokes left out, a frame of rods."""
        eye = canvas.camera.position
        rubber = np.array([0.07, 0.07, 0.075])
        polys: list[Poly] = []
        hubs = [self.middle + self.ahead * offset + UP * 0.34 for offset in (-0.52, 0.52)]
        for hub in hubs:
            outer = disc(hub, self.ahead, UP, 0.36, 16)
            inner = disc(hub, self.ahead, UP, 0.285, 16)
            for index in range(16):
                polys.append(
                    Poly(np.array([outer[index - 1], outer[index], inner[index], inner[index - 1]]), rubber, VEHICLE)
                )
        saddle, crank = self.middle + self.ahead * -0.2 + UP * 0.92, self.middle + UP * 0.32 - self.ahead * 0.06
        head = self.middle + self.ahead * 0.36 + UP * 0.90
        pairs = [
            (hubs[0], saddle),
            (hubs[0], crank),
            (saddle, crank),
            (saddle - UP * 0.1, head - UP * 0.08),
            (crank, head),
            (hubs[1], head + UP * 0.1),
        ]
        for a, b in pairs:
            polys += rod(a, b, 0.065, self.paint, self.mood, eye, VEHICLE)
        right = cross(UP, self.ahead)
        polys += rod(
            head + UP * 0.12 - right * 0.26, head + UP * 0.12 + right * 0.26, 0.06, rubber, self.mood, eye, VEHICLE
        )
        polys += rod(saddle - self.ahead * 0.14, saddle + self.ahead * 0.12, 0.10, rubber, self.mood, eye, VEHICLE)
        canvas.draw(polys)

    def shadow(self) -> list[np.ndarray]:
        """A thin shadow."""
        points = [
            self.middle + self.ahead * a + UP * b for a, b in ((-0.85, 0.02), (0.85, 0.02), (0.4, 0.95), (-0.3, 0.95))
        ]
        return [shadow_of(np.array(points), self.mood)]
