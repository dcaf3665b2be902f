"""Light and weather of one scene: where the sun stands, what colour the air has, what falls from the sky."""

from dataclasses import dataclass

import numpy as np

KINDS = ["clear", "cloudy", "overcast", "low sun", "rain", "fog", "snow", "night"]
SHARES = [0.26, 0.18, 0.13, 0.13, 0.10, 0.07, 0.06, 0.07]


@dataclass
class Mood:
    """Colours are RGB 0..1, lights too (they may exceed 1). `sun` points towards the sun; fog is per metre."""

    kind: str
    sun: np.ndarray
    sun_light: np.ndarray
    sky_light: np.ndarray
    zenith: np.ndarray
    horizon: np.ndarray
    cloud: float
    cloud_colour: np.ndarray
    fog: float
    wet: float = 0.0
    snow: float = 0.0
    night: bool = False
    rain: float = 0.0
    flakes: float = 0.0

    def light_on(self, normal: np.ndarray, lit: float = 1.0) -> np.ndarray:
        """The light (RGB) that falls on a face with this unit normal; `lit` is the share of sun that reaches it."""
        facing = max(0.0, float(normal @ self.sun)) * lit
        openness = 0.72 + 0.28 * float(normal[1])
        return self.sun_light * facing + self.sky_light * openness


def _direction(rng: np.random.Generator, low: float, high: float) -> np.ndarray:
    elevation = np.radians(rng.uniform(low, high))
    azimuth = rng.uniform(0, 2 * np.pi)
    flat = np.cos(elevation)
    return np.array([np.sin(azimuth) * flat, np.sin(elevation), np.cos(azimuth) * flat])


def make(rng: np.random.Generator, kind: str | None = None) -> Mood:
    """A mood of the given kind, or of a random one."""
    kind = kind or str(rng.choice(KINDS, p=SHARES))
    vary = rng.uniform(-1, 1, 6)
    if kind in ("clear", "cloudy"):
        return Mood(
            kind,
            _direction(rng, 24, 62),
            np.array([1.0, 0.95, 0.86]) * (0.78 + 0.10 * vary[0]),
            np.array([0.56, 0.60, 0.67]) * (1.0 + 0.12 * vary[1]),
            np.array([0.24, 0.46 + 0.04 * vary[2], 0.80]),
            np.array([0.72, 0.83, 0.93]),
            rng.uniform(0.0, 0.4) if kind == "clear" else rng.uniform(0.4, 0.75),
            np.array([0.98, 0.98, 1.0]),
            rng.uniform(0.0008, 0.003),
        )
    if kind == "overcast":
        grey = 0.70 + 0.12 * vary[0]
        return Mood(
            kind,
            _direction(rng, 40, 80),
            np.array([0.16, 0.16, 0.15]),
            np.array([0.86, 0.87, 0.90]) * (1 + 0.1 * vary[1]),
            np.array([grey * 0.86, grey * 0.89, grey * 0.93]),
            np.array([grey, grey * 1.01, grey * 1.03]) * 1.08,
            rng.uniform(0.75, 1.0),
            np.array([0.80, 0.82, 0.85]),
            rng.uniform(0.001, 0.005),
        )
    if kind == "low sun":
        return Mood(
            kind,
            _direction(rng, 7, 17),
            np.array([1.25, 0.82, 0.48]) * (1.0 + 0.1 * vary[0]),
            np.array([0.54, 0.52, 0.60]) * (1 + 0.1 * vary[1]),
            np.array([0.30, 0.40, 0.66]),
            np.array([0.99, 0.78 + 0.06 * vary[2], 0.55]),
            rng.uniform(0.1, 0.7),
            np.array([1.0, 0.78, 0.62]),
            rng.uniform(0.001, 0.004),
        )
    return _harsh(rng, kind, vary)


def _harsh(rng: np.random.Generator, kind: str, vary: np.ndarray) -> Mood:
    if kind == "rain":
        grey = 0.52 + 0.10 * vary[0]
        return Mood(
            kind,
            _direction(rng, 40, 80),
            np.array([0.08, 0.08, 0.08]),
            np.array([0.72, 0.75, 0.80]) * (1 + 0.1 * vary[1]),
            np.array([grey * 0.82, grey * 0.88, grey * 0.95]),
            np.array([grey, grey * 1.03, grey * 1.08]) * 1.08,
            rng.uniform(0.8, 1.0),
            np.array([0.55, 0.58, 0.62]),
            rng.uniform(0.004, 0.012),
            wet=rng.uniform(0.5, 1.0),
            rain=rng.uniform(0.3, 1.0),
        )
    if kind == "fog":
        grey = 0.76 + 0.10 * vary[0]
        tint = np.array([1.0, 1.0 + 0.01 * vary[1], 1.01 + 0.02 * vary[1]])
        return Mood(
            kind,
            _direction(rng, 30, 70),
            np.array([0.14, 0.13, 0.12]),
            np.array([0.82, 0.83, 0.85]),
            grey * tint,
            grey * tint,
            0.0,
            np.array([grey] * 3),
            rng.uniform(0.009, 0.024),
            wet=rng.uniform(0, 0.4),
        )
    if kind == "snow":
        grey = 0.80 + 0.06 * vary[0]
        return Mood(
            kind,
            _direction(rng, 30, 70),
            np.array([0.22, 0.21, 0.20]),
            np.array([0.78, 0.81, 0.86]),
            np.array([grey * 0.92, grey * 0.95, grey]),
            np.array([grey, grey * 1.01, grey * 1.04]),
            rng.uniform(0.7, 1.0),
            np.array([0.84, 0.85, 0.88]),
            rng.uniform(0.004, 0.011),
            snow=rng.uniform(0.45, 1.0),
            flakes=rng.uniform(0.0, 1.0),
        )
    dusk = rng.uniform(0.0, 1.0)
    return Mood(
        "night",
        _direction(rng, 30, 70),
        np.array([0.10, 0.11, 0.16]),
        np.array([0.25, 0.27, 0.36]) * (1 + 0.6 * dusk),
        np.array([0.04, 0.06, 0.15]) * (1 + 1.6 * dusk),
        np.array([0.20 + 0.32 * dusk, 0.18 + 0.16 * dusk, 0.27 + 0.06 * dusk]),
        rng.uniform(0.1, 0.8),
        np.array([0.18, 0.18, 0.26]) * (1 + dusk),
        rng.uniform(0.001, 0.005),
        wet=float(rng.choice([0.0, rng.uniform(0.3, 0.9)])),
        night=True,
    )
