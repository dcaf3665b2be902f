"""The street's plan: a centre line that bends, cross-streets, widths, lane marks. All in metres."""

from dataclasses import dataclass, field

import numpy as np

BACK, AHEAD, STEP = 60.0, 520.0, 0.5


@dataclass
class Stripe:
    """A painted line along the street at lateral offset `at`; `on`/`period` in metres, on == period is solid."""

    at: float
    width: float
    on: float = 1.0
    period: float = 1.0
    yellow: bool = False


@dataclass
class Crossing:
    """A cross-street whose centre lies `at` metres along; `half` is half its width; a tee ends the street there."""

    at: float
    half: float
    tee: bool = False
    zebra: bool = True
    left: bool = True
    right: bool = True


@dataclass
class Road:
    """The plan. Lateral offsets are positive to the right of the centre line."""

    half: float
    walk: float
    bend: np.ndarray
    lanes: int
    stripes: list[Stripe] = field(default_factory=list)
    crossings: list[Crossing] = field(default_factory=list)
    zebras: list[float] = field(default_factory=list)
    corner: float = 4.0
    surface: int = 0
    walk_style: int = 0
    verge: str = "paved"
    left_hand: bool = False

    def __post_init__(self) -> None:
        z = np.arange(-BACK, AHEAD, STEP)
        slope = np.clip(np.interp(z, np.linspace(-BACK, AHEAD, len(self.bend)), self.bend), -0.75, 0.75)
        kernel = np.ones(61) / 61
        slope = np.convolve(np.pad(slope, 30, mode="edge"), kernel, mode="valid")
        x = np.cumsum(slope) * STEP
        x -= np.interp(0.0, z, x)
        along = np.cumsum(np.sqrt(1 + slope**2)) * STEP
        self.table = np.stack([x, 1.0 / np.sqrt(1 + slope**2), along]).astype(np.float32)
        self.slope = slope

    def lookup(self, z: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Centre line's X, the cosine of its direction and the length along it, for each Z."""
        position = np.clip((np.asarray(z, np.float32) + BACK) / STEP, 0, self.table.shape[1] - 1.001)
        index = position.astype(np.int32)
        share = position - index
        low, high = self.table[:, index], self.table[:, index + 1]
        return tuple(low + (high - low) * share)

    def place(self, z: float, offset: float, y: float = 0.0) -> np.ndarray:
        """The world point at Z = z, `offset` metres to the right of the centre line."""
        x, cosine, _ = self.lookup(np.array([z]))
        return np.array([float(x[0]) + offset / float(cosine[0]), y, z])

    def heading(self, z: float) -> np.ndarray:
        """The unit direction of the street at Z = z, pointing away from the start."""
        slope = float(np.interp(z, np.arange(-BACK, AHEAD, STEP), self.slope))
        return np.array([slope, 0.0, 1.0]) / np.hypot(1.0, slope)

    def in_crossing(self, z: float, margin: float = 0.0) -> bool:
        """Whether Z = z lies in a cross-street (or beyond a tee), `margin` metres included."""
        for crossing in self.crossings:
            if abs(z - crossing.at) < crossing.half + margin:
                return True
            if crossing.tee and z > crossing.at:
                return True
        return False


def make(rng: np.random.Generator, tame: bool = False) -> Road:
    """A random plan; `tame` keeps it gently curved and free of tees, for a drive."""
    lanes = int(rng.choice([1, 1, 1, 2, 2]))
    lane = rng.uniform(2.9, 3.6)
    parking = rng.uniform(2.0, 2.4) if rng.random() < 0.5 else 0.0
    cycle = 1.7 if rng.random() < 0.25 else 0.0
    half = lanes * lane + parking + cycle
    limit = 0.10 if tame else float(rng.choice([0.02, 0.12, 0.45], p=[0.4, 0.35, 0.25]))
    bend = np.concatenate([[0, 0], np.cumsum(rng.uniform(-1, 1, 7)) * limit * 0.7])
    road = Road(
        half,
        rng.uniform(2.0, 5.0),
        bend,
        lanes,
        corner=rng.uniform(2.5, 7.0),
        surface=int(rng.integers(0, 4)),
        walk_style=int(rng.integers(0, 4)),
        verge=str(rng.choice(["paved", "grass"], p=[0.6, 0.4])),
        left_hand=bool(rng.random() < 0.25),
    )
    road.stripes = _stripes(rng, lanes, lane, parking, cycle)
    road.crossings = _crossings(rng, tame)
    if rng.random() < 0.35:
        spot = rng.uniform(8, 60)
        if not road.in_crossing(spot, 12):
            road.zebras.append(spot)
    return road


def _stripes(rng: np.random.Generator, lanes: int, lane: float, parking: float, cycle: float) -> list[Stripe]:
    stripes = []
    yellow = bool(rng.random() < 0.25)
    width = rng.uniform(0.14, 0.24)
    style = rng.random()
    if style < 0.45:
        stripes.append(Stripe(0.0, width, 3.0, float(rng.choice([6.0, 9.0])), yellow))
    elif style < 0.68:
        stripes.append(Stripe(0.0, width, 1, 1, yellow))
    elif style < 0.92:
        stripes += [Stripe(-width * 0.95, width, 1, 1, yellow), Stripe(width * 0.95, width, 1, 1, yellow)]
    for index in range(1, lanes):
        for side in (-1, 1):
            stripes.append(Stripe(side * index * lane, width, 3.0, 9.0))
    edge = lanes * lane
    if cycle or parking or rng.random() < 0.5:
        for side in (-1, 1):
            inset = 0.0 if cycle or parking else 0.35
            stripes.append(Stripe(side * (edge - inset), width, 1, 1))
    if cycle and parking:
        stripes += [Stripe(side * (edge + cycle), width, 1, 1) for side in (-1, 1)]
    return stripes


def _crossings(rng: np.random.Generator, tame: bool) -> list[Crossing]:
    crossings = []
    at = rng.uniform(16, 70)
    while at < 330:
        tee = (not tame) and rng.random() < 0.13
        sides = rng.random()
        crossings.append(
            Crossing(
                at,
                rng.uniform(3.2, 7.0),
                tee,
                bool(rng.random() < 0.65),
                left=sides < 0.8 or tee,
                right=sides > 0.2 or tee,
            )
        )
        if tee:
            break
        at += rng.uniform(55, 130)
    return crossings
