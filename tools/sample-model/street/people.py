"""People: limbs and clothes as rods and boxes, walking, standing or riding."""

from dataclasses import dataclass

import numpy as np

from .canvas import Canvas, Poly
from .classes import PERSON
from .mood import Mood
from .solids import UP, cross, disc, rod, shadow_of

SKIN = [(0.94, 0.76, 0.64), (0.86, 0.64, 0.50), (0.70, 0.48, 0.34), (0.50, 0.33, 0.22), (0.34, 0.22, 0.16)]
CLOTH = [
    (0.16, 0.20, 0.34),
    (0.60, 0.14, 0.14),
    (0.82, 0.80, 0.76),
    (0.14, 0.14, 0.16),
    (0.22, 0.42, 0.30),
    (0.80, 0.58, 0.16),
    (0.30, 0.46, 0.68),
    (0.56, 0.44, 0.34),
    (0.64, 0.34, 0.52),
    (0.44, 0.46, 0.48),
    (0.88, 0.46, 0.20),
    (0.20, 0.50, 0.52),
]
LEGS = [
    (0.14, 0.17, 0.28),
    (0.12, 0.12, 0.13),
    (0.36, 0.32, 0.26),
    (0.28, 0.34, 0.46),
    (0.50, 0.47, 0.42),
    (0.24, 0.22, 0.22),
]
HAIR = [(0.10, 0.07, 0.05), (0.28, 0.18, 0.10), (0.56, 0.42, 0.22), (0.40, 0.38, 0.37), (0.46, 0.22, 0.12)]


@dataclass
class Person:
    """A person at `middle` (between the feet), looking towards `ahead`; `phase` is where in the stride they are."""

    middle: np.ndarray
    ahead: np.ndarray
    height: float
    phase: float
    pose: str
    skin: np.ndarray
    top: np.ndarray
    legs: np.ndarray
    hair: np.ndarray
    extra: int
    mood: Mood

    def _joints(self) -> dict[str, np.ndarray]:
        h, side = self.height, cross(UP, self.ahead)
        swing = np.sin(self.phase) * (0.19 if self.pose == "walk" else 0.05)
        base = self.middle + (UP * 0.62 - self.ahead * 0.12 if self.pose == "ride" else 0 * UP)
        hip = base + UP * 0.52 * h if self.pose != "ride" else base + UP * 0.30 * h
        chest = hip + UP * 0.30 * h + (self.ahead * 0.22 if self.pose == "ride" else self.ahead * 0.02)
        joints = {"hip": hip, "chest": chest, "head": chest + UP * 0.115 * h + self.ahead * 0.03}
        for name, sign in (("left", -1.0), ("right", 1.0)):
            stride = swing * sign * h
            hip_side, shoulder = hip + side * sign * 0.055 * h, chest + side * sign * 0.105 * h - UP * 0.01 * h
            if self.pose == "ride":
                foot = (
                    self.middle
                    + UP * (0.30 + 0.14 * np.sin(self.phase) * sign)
                    + self.ahead * 0.1 * np.cos(self.phase) * sign
                )
                knee = (hip_side + foot) / 2 + self.ahead * 0.24
                hand = self.middle + self.ahead * 0.40 + UP * 1.02 + side * sign * 0.2
            else:
                lift = max(0.0, np.cos(self.phase) * sign) * 0.06 * h if self.pose == "walk" else 0.0
                foot = hip_side - UP * 0.50 * h + self.ahead * stride + UP * lift
                knee = (hip_side + foot) / 2 + self.ahead * (0.05 + lift) * h * 0.6
                hand = shoulder - UP * 0.33 * h - self.ahead * stride * 0.75 + side * sign * 0.03 * h
            joints |= {
                f"{name} hip": hip_side,
                f"{name} knee": knee,
                f"{name} foot": foot,
                f"{name} shoulder": shoulder,
                f"{name} elbow": (shoulder + hand) / 2 - self.ahead * 0.04 * h,
                f"{name} hand": hand,
            }
        return joints

    def draw(self, canvas: Canvas) -> None:
        """Far arm and leg, body, near leg and arm, head."""
        eye, h = canvas.camera.position, self.height
        joints = self._joints()
        side = cross(UP, self.ahead)
        near, far = ("right", "left") if float((eye - self.middle) @ side) > 0 else ("left", "right")
        polys: list[Poly] = []
        self._arm(polys, joints, far, eye)
        self._leg(polys, joints, far, eye, 0.82)
        self._leg(polys, joints, near, eye, 1.0)
        self._body(polys, joints, eye)
        self._arm(polys, joints, near, eye)
        if self.extra == 1:  # a bag
            hand = joints[f"{near} hand"]
            polys += rod(hand, hand - UP * 0.30, 0.24, self.hair * 1.2 + 0.06, self.mood, eye, PERSON)
        canvas.draw(polys)
        self._face(canvas, joints["head"], 0.066 * h)

    def _limb(self, polys, a, b, thick, colour, eye, taper=0.8) -> None:
        polys += rod(a, b, thick * self.height, colour, self.mood, eye, PERSON, taper)

    def _leg(self, polys, joints, name: str, eye, dim: float) -> None:
        self._limb(polys, joints[f"{name} hip"], joints[f"{name} knee"], 0.098, self.legs * dim, eye)
        self._limb(polys, joints[f"{name} knee"] + UP * 0.01, joints[f"{name} foot"], 0.078, self.legs * dim, eye)
        foot = joints[f"{name} foot"]
        shoe = np.array([0.12, 0.11, 0.11]) if self.extra != 2 else np.array([0.8, 0.8, 0.78])
        self._limb(
            polys, foot - self.ahead * 0.05 + UP * 0.03, foot + self.ahead * 0.17 + UP * 0.02, 0.050, shoe, eye, 1.0
        )

    def _arm(self, polys, joints, name: str, eye) -> None:
        self._limb(polys, joints[f"{name} shoulder"], joints[f"{name} elbow"], 0.068, self.top * 0.9, eye)
        forearm = self.top * 0.9 if self.extra % 2 else self.skin
        self._limb(polys, joints[f"{name} elbow"], joints[f"{name} hand"], 0.055, forearm, eye)
        hand = joints[f"{name} hand"]
        self._limb(polys, hand, hand - UP * 0.06, 0.05, self.skin, eye)

    def _body(self, polys, joints, eye) -> None:
        h = self.height
        hip, chest = joints["hip"], joints["chest"]
        turned = abs(float(cross(UP, self.ahead) @ (eye - self.middle))) / (np.linalg.norm(eye - self.middle) + 1e-9)
        wide = 0.23 - 0.085 * turned
        self._limb(polys, hip - UP * 0.03 * h, hip + (chest - hip) * 0.2, wide * 0.86, self.legs, eye, 1.0)
        if self.extra == 3:  # a coat or a skirt
            self._limb(polys, hip - UP * 0.16 * h, hip + UP * 0.06 * h, wide * 1.25, self.top * 0.92, eye, 0.72)
        self._limb(polys, hip, chest, wide * 0.84, self.top, eye, 1.22)
        self._limb(polys, chest - UP * 0.015, chest + UP * 0.035 * h, wide * 1.0, self.top, eye, 0.45)
        if self.extra == 4 and self.pose != "ride":  # a rucksack
            back = chest - self.ahead * 0.14
            self._limb(polys, back - UP * 0.22 * h, back, 0.16, self.top * 0.4 + 0.1, eye, 0.9)
        self._limb(polys, chest, joints["head"], 0.055, self.skin * 0.92, eye, 1.0)

    def _face(self, canvas: Canvas, head: np.ndarray, radius: float) -> None:
        right, up = canvas.camera.rotation[0], -canvas.camera.rotation[1]
        light = self.mood.sky_light * 0.75 + self.mood.sun_light * 0.45
        towards = float(self.ahead @ (canvas.camera.position - self.middle)) > 0
        tone = self.skin if towards else self.hair
        polys = [Poly(disc(head, right, up * 1.25, radius, 16), np.clip(tone * light, 0, 1), PERSON)]
        cap = disc(head + up * radius * 0.30, right * 1.04, up * 1.05, radius, 16)
        level = (cap - head) @ up
        cap = cap[level > radius * (0.18 if towards else -0.6)]
        if len(cap) > 2:
            polys.append(Poly(cap, np.clip(self.hair * light, 0, 1), PERSON))
        canvas.draw(polys)

    def shadow(self) -> list[np.ndarray]:
        """The shadows of body and legs, as one outline."""
        joints = self._joints()
        side = cross(UP, self.ahead) * 0.17
        points = [
            joints["left foot"],
            joints["right foot"],
            joints["chest"] + side,
            joints["chest"] - side,
            joints["head"] + UP * 0.1,
        ]
        return [shadow_of(np.array(points), self.mood)]


def make(rng, middle: np.ndarray, ahead: np.ndarray, mood: Mood, pose: str | None = None) -> Person:
    """A person of random build and clothes."""

    def pick(table) -> np.ndarray:
        return np.clip(np.array(table[rng.integers(len(table))]) * rng.uniform(0.85, 1.15), 0.02, 0.98)

    child = rng.random() < 0.1
    return Person(
        middle,
        ahead,
        rng.uniform(1.05, 1.4) if child else rng.uniform(1.55, 1.92),
        rng.uniform(0, 2 * np.pi),
        pose or str(rng.choice(["walk", "stand"], p=[0.75, 0.25])),
        pick(SKIN),
        pick(CLOTH),
        pick(LEGS),
        pick(HAIR),
        int(rng.integers(0, 6)),
        mood,
    )
