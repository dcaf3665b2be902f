"""A world: a road, what stands and moves on it, and the mood; the same (seed, index) makes the same world."""

from dataclasses import dataclass

import numpy as np

from . import buildings, furniture, mood as moods, people, plants, road as roads, vehicles
from .canvas import Canvas
from .solids import UP, cross, shadow_of

REACH = 230.0


@dataclass
class World:
    """`still` stays where it is; `movers` are (thing, velocity) and live along the road."""

    road: roads.Road
    mood: moods.Mood
    still: list
    movers: list
    shadows: list[np.ndarray]
    contacts: list[np.ndarray]
    drift: float
    seed: int


class _Maker:
    """Places things along a road, one kind after another."""

    def __init__(self, rng: np.random.Generator, kind: str | None, tame: bool) -> None:
        self.rng = rng
        self.tame = tame
        self.mood = moods.make(rng, kind)
        self.road = roads.make(rng, tame)
        self.still: list = []
        self.movers: list = []
        self.shadows: list[np.ndarray] = []
        self.contacts: list[np.ndarray] = []
        self.autumn = plants.season(rng)
        self.setback = float(rng.choice([0.4, 2.5, 6.0], p=[0.5, 0.25, 0.25])) + rng.uniform(0, 1)
        self.tall = float(rng.choice([7.0, 13.0, 22.0, 40.0], p=[0.26, 0.36, 0.26, 0.12]))
        self.first = -22.0
        self.last = 330.0 if tame else REACH

    def add(self, thing) -> None:
        self.still.append(thing)
        if hasattr(thing, "shadow"):
            self.shadows += thing.shadow()

    def frontage(self, side: float) -> float:
        """The lateral offset of the house fronts on a side (-1 left, 1 right)."""
        return side * (self.road.half + self.road.walk + self.setback)

    def houses(self) -> None:
        """Rows of houses on both sides, with gaps, open at cross-streets; and rows along those."""
        rng, road = self.rng, self.road
        density = float(rng.choice([1.0, 0.75, 0.35], p=[0.6, 0.25, 0.15]))
        for side in (-1.0, 1.0):
            z = self.first + rng.uniform(-6, 0)
            while z < self.last:
                wide = rng.uniform(7, 20)
                blocked = road.in_crossing(z, road.walk + 1.5) or road.in_crossing(z + wide, road.walk + 1.5)
                if blocked or road.in_crossing(z + wide / 2, road.walk + 1.5):
                    z += 1.5
                    continue
                if rng.random() < density:
                    self._house(side, z, z + wide)
                elif rng.random() < 0.75:
                    self._garden(side, z, z + wide)
                z += wide + float(rng.choice([0.0, rng.uniform(1, 7)], p=[0.72, 0.28]))
        for crossing in road.crossings:
            if crossing.at < 150:
                self._side_street(crossing)

    def _tall(self) -> float:
        return float(np.clip(self.tall * self.rng.lognormal(0, 0.32), 4.0, 70.0))

    def _house(self, side: float, z0: float, z1: float) -> None:
        road, rng = self.road, self.rng
        front, deep = self.frontage(side) + side * rng.uniform(0, 0.5), rng.uniform(9, 14)
        corners = [
            road.place(z0, front),
            road.place(z1, front),
            road.place(z1, front + side * deep),
            road.place(z0, front + side * deep),
        ]
        self._raise(corners, self._tall(), 2 * abs(self.frontage(side)))

    def _raise(self, corners: list[np.ndarray], height: float, opposite: float) -> None:
        self.still += buildings.build(self.rng, corners, height, self.mood, opposite, self.tall * 0.9)
        if self.mood.sun_light.max() > 0.3:
            self.shadows.append(shadow_of(np.array(corners + [corner + UP * height for corner in corners]), self.mood))

    def _side_street(self, crossing: roads.Crossing) -> None:
        """Houses along a cross-street, both of its far side and, past a tee, facing the camera."""
        road, rng = self.road, self.rng
        near, far = (
            crossing.at - crossing.half - road.walk - self.setback,
            crossing.at + crossing.half + road.walk + self.setback,
        )
        for side in (-1.0, 1.0):
            x = abs(self.frontage(side)) + (16 if not crossing.tee else 0.0)
            while x < 90:
                wide = rng.uniform(8, 18)
                row = [(far, 1.0)] if crossing.tee else [(far, 1.0), (near, -1.0)]
                if crossing.tee and x > abs(self.frontage(side)) + 15:
                    row.append((near, -1.0))
                for front, away in row:
                    if rng.random() < 0.85:
                        base = road.place(front, 0.0)
                        x0, x1 = base[0] + side * x, base[0] + side * (x + wide)
                        ends = [np.array([x0, 0, front]), np.array([x1, 0, front])]
                        back = [np.array([x1, 0, front + away * 11]), np.array([x0, 0, front + away * 11])]
                        self._raise(ends + back, self._tall(), 16.0)
                x += wide + float(rng.choice([0.0, 4.0], p=[0.7, 0.3]))
        if crossing.tee:
            base = road.place(far, 0.0)
            half = abs(self.frontage(1.0))
            ends = [base + np.array([-half, 0, 0]), base + np.array([half, 0, 0])]
            back = [base + np.array([half, 0, 11]), base + np.array([-half, 0, 11])]
            self._raise(ends + back, self._tall(), 16.0)

    def _garden(self, side: float, z0: float, z1: float) -> None:
        rng, road = self.rng, self.road
        front = self.frontage(side)
        for _ in range(int(rng.integers(1, 5))):
            z, offset = rng.uniform(z0, z1), front + side * rng.uniform(1, 10)
            self.add(plants.tree(rng, road.place(z, offset), self.mood, self.autumn))
        for _ in range(int(rng.integers(0, 5))):
            self.add(
                plants.bush(
                    rng, road.place(rng.uniform(z0, z1), front + side * rng.uniform(0, 6)), self.mood, self.autumn
                )
            )
        if rng.random() < 0.5:
            self.add(plants.hedge(rng, road.place(z0, front), road.place(z1, front), self.mood, self.autumn))

    def backdrop(self) -> None:
        """Woods and distant houses where the street ends and behind the gaps."""
        rng, road = self.rng, self.road
        for _ in range(int(rng.integers(6, 22))):
            z = rng.uniform(self.last * 0.75, self.last + 70)
            offset = rng.choice([-1, 1]) * rng.uniform(road.half + 3, 60)
            if not road.in_crossing(z, 2):
                self.still.append(plants.tree(rng, road.place(z, offset), self.mood, self.autumn, 1.7))
        for _ in range(int(rng.integers(6, 14))):
            z, offset = rng.uniform(60, self.last + 80), rng.choice([-1, 1]) * rng.uniform(45, 130)
            wide, tall = rng.uniform(10, 24), self._tall() * rng.uniform(1.0, 2.4)
            base = road.place(z, 0) + np.array([offset, 0, 0])
            if any(abs(z - crossing.at) < 22 for crossing in road.crossings):
                continue
            ring = [
                base + np.array([x * wide, 0, y * wide])
                for x, y in ((-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5))
            ]
            self.still += buildings.build(rng, ring, tall, self.mood, 40.0, 5.0)

    def street_trees(self) -> None:
        """Avenue trees at regular steps on one or both sides, or none; and bushes in the verge."""
        rng, road = self.rng, self.road
        for side in (-1.0, 1.0):
            if rng.random() < 0.45:
                step, z = rng.uniform(8, 18), self.first + rng.uniform(0, 12)
                scale = rng.uniform(0.6, 1.0)
                while z < self.last:
                    if not road.in_crossing(z, 7.0) and rng.random() < 0.88:
                        spot = road.place(z + rng.normal(0, 0.5), side * (road.half + rng.uniform(0.7, 1.0)))
                        self.add(plants.tree(rng, spot, self.mood, self.autumn, scale))
                    z += step
            if self.setback > 2 and rng.random() < 0.6:
                for _ in range(int(rng.integers(4, 16))):
                    z = rng.uniform(self.first, 90)
                    if not road.in_crossing(z, 6.0):
                        spot = road.place(z, self.frontage(side) - side * rng.uniform(0.8, max(1.0, self.setback - 1)))
                        self.add(plants.bush(rng, spot, self.mood, self.autumn))

    def posts(self) -> None:
        """Lamp posts, signs, bollards along the kerb."""
        rng, road = self.rng, self.road
        tone = furniture.metal(rng)
        height, thick = rng.uniform(5.5, 9.0), rng.uniform(0.16, 0.24)
        for side in (-1.0, 1.0):
            if rng.random() < 0.75:
                step, z = rng.uniform(16, 32), self.first + rng.uniform(0, 20)
                while z < min(self.last, 170):
                    if not road.in_crossing(z, 4.0):
                        inward = -side * cross(UP, road.heading(z)) * rng.uniform(1.2, 2.0)
                        self.add(
                            furniture.Post(
                                road.place(z, side * (road.half + 0.45)), height, thick, tone, inward, self.mood
                            )
                        )
                    z += step
            z = self.first + rng.uniform(0, 10)
            while z < 110:
                if not road.in_crossing(z, 3.0):
                    self._sign(z, side)
                z += rng.uniform(7, 30)
            if rng.random() < 0.25:
                start = rng.uniform(0, 40)
                for index in range(int(rng.integers(5, 14))):
                    z = start + index * 2.0
                    if not road.in_crossing(z, 3.0):
                        post = furniture.Post(
                            road.place(z, side * (road.half + 0.3)), 0.95, 0.17, tone, None, self.mood
                        )
                        self.add(post)

    def _sign(self, z: float, side: float) -> None:
        rng, road = self.rng, self.road
        kind = str(
            rng.choice(
                ["round", "triangle", "stop", "diamond", "square", "board"], p=[0.32, 0.18, 0.08, 0.10, 0.18, 0.14]
            )
        )
        size = rng.uniform(0.7, 1.0) if kind != "board" else rng.uniform(1.1, 1.7)
        heading = road.heading(z)
        facing = -heading if rng.random() < 0.75 else heading
        turn = rng.normal(0, 0.15)
        facing = facing * np.cos(turn) + cross(UP, facing) * np.sin(turn)
        spot = road.place(z, side * (road.half + rng.uniform(0.4, 0.9)))
        self.add(
            furniture.Sign(
                spot, facing, rng.uniform(2.0, 2.7), size, kind, int(rng.integers(64)), furniture.metal(rng), self.mood
            )
        )

    def signals(self) -> None:
        """Traffic lights at cross-streets."""
        rng, road = self.rng, self.road
        for crossing in road.crossings:
            if rng.random() > 0.72 or crossing.at > 150:
                continue
            tone, state = furniture.metal(rng), int(rng.choice([0, 1, 2], p=[0.4, 0.15, 0.45]))
            arm = rng.random() < 0.45
            gap = crossing.half + max(1.0, min(road.corner, road.walk) * 0.5) + 1.0
            size = rng.uniform(0.95, 1.25)
            for side, where, look in (
                (1.0, -gap, -1.0),
                (-1.0, -gap, -1.0),
                (1.0, gap, -1.0),
                (-1.0, gap, 1.0),
                (1.0, gap, 1.0),
            ):
                if rng.random() < 0.25:
                    continue
                heading = road.heading(crossing.at)
                inward = -side * cross(UP, heading) * rng.uniform(2.5, 4.0) if arm and look < 0 and side > 0 else None
                spot = road.place(crossing.at + where, side * (road.half + 0.7))
                height = 5.2 if inward is not None else 3.2
                self.add(furniture.Signal(spot, heading * look, height, inward, state, tone, self.mood, size))

    def traffic(self) -> None:
        """Parked and moving vehicles, bicycles."""
        rng, road = self.rng, self.road
        driving = -1.0 if road.left_hand else 1.0
        lane = road.half / (road.lanes + (0.6 if len(road.stripes) > 3 else 0.0))
        busy = rng.uniform(0.15, 1.0)
        for side in (-1.0, 1.0):
            if rng.random() < 0.6:
                z, keep = self.first + rng.uniform(0, 6), rng.uniform(0.3, 0.95)
                while z < min(self.last, 140):
                    if rng.random() < keep and not road.in_crossing(z, 8.0):
                        ahead = road.heading(z) * (side * driving)
                        kind = str(rng.choice(["hatch", "saloon", "van"], p=[0.5, 0.35, 0.15]))
                        car = vehicles.make(rng, road.place(z, side * (road.half - 1.05)), ahead, self.mood, kind)
                        self.add(car)
                        self.contacts.append(car.contact())
                    z += rng.uniform(5.6, 7.5)
        for side in (-1.0, 1.0):
            for index in range(road.lanes):
                z = rng.uniform(4, 40)
                while z < 170:
                    if rng.random() < busy:
                        offset = side * min(lane * (index + 0.5), road.half - 2.6 if road.half > 5 else 1.6)
                        self._drive(z, offset, side * driving)
                    z += rng.uniform(10, 46)

    def _drive(self, z: float, offset: float, way: float) -> None:
        rng, road = self.rng, self.road
        if rng.random() < 0.13:
            self.rider(z, np.sign(offset) * (road.half - 0.9), way)
            return
        car = vehicles.make(rng, road.place(z, offset), road.heading(z) * way, self.mood)
        self.movers.append((car, z, offset, way * rng.uniform(5, 11)))

    def rider(self, z: float, offset: float, way: float) -> None:
        """A bicycle and who rides it."""
        rng, road = self.rng, self.road
        spot, ahead = road.place(z, offset), road.heading(z) * way
        bicycle = vehicles.Bicycle(spot, ahead, np.array(vehicles.PAINT[rng.integers(len(vehicles.PAINT))]), self.mood)
        speed = way * rng.uniform(3, 5)
        self.movers.append((bicycle, z, offset, speed))
        self.movers.append((people.make(rng, spot, ahead, self.mood, "ride"), z, offset, speed))

    def walkers(self) -> None:
        """People on the pavements, at crossings, a few in the road."""
        rng, road = self.rng, self.road
        count = int(rng.choice([rng.integers(2, 8), rng.integers(8, 22), rng.integers(22, 40)], p=[0.35, 0.45, 0.2]))
        for _ in range(count):
            z = float(np.clip(rng.exponential(26) + 3.5, 3.5, 95))
            side = rng.choice([-1.0, 1.0])
            reach = min(road.walk + min(self.setback, 2.0) - 0.3, 6.0)
            offset = side * (road.half + rng.uniform(0.5, max(0.9, reach)))
            if rng.random() < 0.10:
                offset = rng.uniform(-road.half, road.half)
            turn = rng.choice([0.0, np.pi]) + rng.normal(0, 0.3)
            if road.in_crossing(z) or abs(offset) < road.half:
                turn = rng.choice([np.pi / 2, -np.pi / 2])
            self._walker(z, offset, turn)
            if rng.random() < 0.3:
                self._walker(z + rng.normal(0, 0.2), offset + rng.choice([-0.6, 0.6]), turn)
        for _ in range(int(rng.integers(0, 4))):
            z, side = rng.uniform(5, 50), rng.choice([-1.0, 1.0])
            ahead = cross(UP, road.heading(z)) if rng.random() < 0.5 else road.heading(z)
            spot = road.place(z, side * (road.half + rng.uniform(0.6, 1.2)))
            if not road.in_crossing(z, 3.0):
                self.add(
                    vehicles.Bicycle(
                        spot, ahead, np.array(vehicles.PAINT[rng.integers(len(vehicles.PAINT))]), self.mood
                    )
                )

    def _walker(self, z: float, offset: float, turn: float) -> None:
        heading = self.road.heading(z)
        ahead = heading * np.cos(turn) + cross(UP, heading) * np.sin(turn)
        person = people.make(self.rng, self.road.place(z, offset), ahead, self.mood)
        speed = 1.3 * float(np.cos(turn)) if person.pose == "walk" else 0.0
        self.movers.append((person, z, offset, speed))


def make(seed: int, index: int, kind: str | None = None, tame: bool = False) -> World:
    """The world of (seed, index)."""
    rng = np.random.default_rng([seed, index, 11])
    maker = _Maker(rng, kind, tame)
    maker.houses()
    maker.backdrop()
    maker.street_trees()
    maker.posts()
    maker.signals()
    maker.traffic()
    maker.walkers()
    return World(
        maker.road,
        maker.mood,
        maker.still,
        maker.movers,
        maker.shadows,
        maker.contacts,
        float(rng.uniform(0, 1)),
        int(rng.integers(1 << 30)),
    )


def advance(world: World, seconds: float) -> list:
    """The moving things where they are `seconds` later, legs and all."""
    placed = []
    for thing, z, offset, speed in world.movers:
        at = z + speed * seconds
        here = world.road.place(at, offset)
        ahead = thing.ahead
        if abs(speed) > 2.0:
            ahead = world.road.heading(at) * np.sign(speed)
        copy = type(thing)(**{**thing.__dict__, "middle": here, "ahead": ahead})
        if hasattr(copy, "phase"):
            copy.phase = thing.phase + abs(speed) * seconds * 3.6
        placed.append(copy)
    return placed


def draw_things(canvas: Canvas, things: list) -> None:
    """Draws things far to near."""
    eye = canvas.camera.position
    forward = canvas.camera.rotation[2]
    seen = []
    for thing in things:
        away = thing.middle - eye
        if float(away @ forward) < -14.0:
            continue
        seen.append((float(np.hypot(away[0], away[2])), thing))
    seen.sort(key=lambda pair: -pair[0])
    for _, thing in seen:
        thing.draw(canvas)
