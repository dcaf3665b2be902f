"""Facades as flat textures: walls of brick, plaster, stone or glass, with windows, doors, shops and cornices.

Row 0 of a texture is the roof's edge, the last row the ground; columns run along the street.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from . import noise
from .mood import Mood

PLASTER = [
    (0.88, 0.82, 0.70),
    (0.90, 0.88, 0.84),
    (0.84, 0.66, 0.52),
    (0.93, 0.80, 0.58),
    (0.72, 0.77, 0.76),
    (0.80, 0.58, 0.52),
    (0.76, 0.72, 0.66),
    (0.66, 0.72, 0.80),
    (0.86, 0.76, 0.74),
    (0.70, 0.74, 0.62),
    (0.95, 0.92, 0.80),
    (0.60, 0.60, 0.62),
]
BRICK = [
    (0.60, 0.32, 0.25),
    (0.52, 0.27, 0.22),
    (0.66, 0.44, 0.32),
    (0.46, 0.33, 0.29),
    (0.70, 0.56, 0.44),
    (0.40, 0.26, 0.24),
]
STONE = [(0.70, 0.68, 0.63), (0.62, 0.61, 0.60), (0.74, 0.70, 0.60), (0.56, 0.57, 0.59)]
GLASS = [(0.34, 0.46, 0.56), (0.28, 0.38, 0.44), (0.40, 0.50, 0.52), (0.24, 0.32, 0.42)]
SHOP = [
    (0.74, 0.16, 0.14),
    (0.13, 0.36, 0.56),
    (0.10, 0.42, 0.26),
    (0.92, 0.66, 0.12),
    (0.22, 0.20, 0.26),
    (0.58, 0.20, 0.42),
    (0.90, 0.44, 0.14),
    (0.10, 0.48, 0.50),
    (0.86, 0.84, 0.78),
    (0.30, 0.17, 0.10),
]


@dataclass
class Style:
    """What a building looks like from outside; the same style gives the same texture at any resolution."""

    wall: str
    colour: np.ndarray
    trim: np.ndarray
    storey: float
    bay: float
    window: tuple[float, float]
    shop: bool
    balcony: bool
    cornice: bool
    seed: int


def make_style(rng: np.random.Generator, tall: bool) -> Style:
    """A random style; towers are more often glass or stone."""
    wall = str(
        rng.choice(["plaster", "brick", "stone", "glass"], p=[0.2, 0.15, 0.25, 0.4] if tall else [0.5, 0.3, 0.15, 0.05])
    )
    table = {"plaster": PLASTER, "brick": BRICK, "stone": STONE, "glass": GLASS}[wall]
    colour = np.clip(
        np.array(table[rng.integers(len(table))]) * rng.uniform(0.88, 1.1) + rng.uniform(-0.03, 0.03, 3), 0.05, 0.98
    )
    light = rng.random() < 0.65
    trim = (
        np.clip(colour * 1.22 + 0.06 if light else colour * 0.55, 0, 1)
        if rng.random() < 0.6
        else np.array([0.92, 0.91, 0.88])
    )
    return Style(
        wall,
        colour,
        trim,
        rng.uniform(2.9, 3.8),
        rng.uniform(1.9, 3.6),
        (rng.uniform(0.42, 0.72), rng.uniform(0.45, 0.72)),
        bool(rng.random() < 0.55),
        bool(rng.random() < 0.28),
        bool(rng.random() < 0.6),
        int(rng.integers(1 << 30)),
    )


def texture(
    style: Style, width: float, height: float, density: float, mood: Mood, light, lit_above: float, front: bool
) -> np.ndarray:
    """The lit facade, RGB uint8; `width`, `height` in metres, `density` in pixels per metre.

    `light` is (light in the sun, light in the shade); the sun reaches the wall above `lit_above` metres.
    """
    rng = np.random.default_rng(style.seed + (0 if front else 1))
    columns, rows = max(4, int(width * density)), max(4, int(height * density))
    wall = _wall(rng, style, rows, columns, density)
    glow = np.zeros_like(wall)
    if style.wall == "glass":
        _curtain(rng, style, wall, glow, width, height, density, mood)
    else:
        _windows(rng, style, wall, glow, width, height, density, mood, front)
    if style.cornice and style.wall != "glass":
        _ledge(wall, 0.0, 0.45, density, style.trim)
        _ledge(wall, 0.45, 0.12, density, style.trim * 0.6)
    return _illuminate(wall, glow, height, density, light, lit_above)


def _illuminate(wall, glow, height: float, density: float, light, lit_above: float) -> np.ndarray:
    rows = wall.shape[0]
    level = height - (np.arange(rows) + 0.5) / density
    share = np.clip((level - lit_above) * density / 3.0, 0, 1)[:, None, None].astype(np.float32)
    sun, shade = (np.asarray(part, np.float32) * 255.0 for part in light)
    falloff = (0.80 + 0.20 * np.clip(level / 5.0, 0, 1))[:, None, None].astype(
        np.float32
    )  # streets are darker low down
    wall *= shade * falloff + (sun - shade) * share
    if glow.any():
        wall += glow * np.float32(255.0)
    return cv2.convertScaleAbs(np.maximum(wall, 0))


def _wall(rng, style: Style, rows: int, columns: int, density: float) -> np.ndarray:
    base = style.colour.astype(np.float32)
    stain = noise.patch(noise.fractal(), rng, rows, columns, max(0.3, density / 12.0))
    tone = 0.90 + 0.17 * stain
    if density > 4:
        tone += noise.patch(noise.grain(), rng, rows, columns, max(1.0, density / 40.0)) * np.float32(0.030)
    if style.wall == "brick" and density > 9:
        y = np.arange(rows)[:, None] / density
        course = np.floor(y / 0.16)
        x = np.arange(columns)[None, :] / density + 0.17 * np.mod(course, 2)
        mortar = (np.mod(y, 0.16) < 0.032) | (np.mod(x, 0.34) < 0.032)
        tint = np.mod(np.sin(course * 12.99 + np.floor(x / 0.34) * 78.2) * 43758.5, 1.0) * 0.22 - 0.11
        tone = np.where(mortar, tone * 1.16, tone + tint)
    elif style.wall == "stone" and density > 5:
        y = np.arange(rows)[:, None] / density
        x = np.arange(columns)[None, :] / density + 0.6 * np.mod(np.floor(y / 0.6), 2)
        joint = (np.mod(y, 0.6) < 0.05) | (np.mod(x, 1.2) < 0.05)
        tint = np.mod(np.sin(np.floor(y / 0.6) * 12.99 + np.floor(x / 1.2) * 78.2) * 43758.5, 1.0) * 0.10 - 0.05
        tone = np.where(joint, tone * 0.82, tone + tint)
    return base * tone.astype(np.float32)[..., None]


def _ledge(wall, from_top: float, thick: float, density: float, colour) -> None:
    top, bottom = int(from_top * density), int((from_top + thick) * density) + 1
    wall[top:bottom] = colour
    wall[bottom : bottom + max(1, int(0.1 * density))] *= 0.6


def _pane(rng, mood: Mood) -> tuple[np.ndarray, np.ndarray]:
    """A window's glass: its colour by daylight, and what shines out of it."""
    sky = mood.horizon * 0.5 + mood.zenith * 0.5
    glass = np.array([0.10, 0.13, 0.17]) + sky * rng.uniform(0.04, 0.42)
    if rng.random() < 0.22:
        glass = np.array([0.78, 0.76, 0.70]) * rng.uniform(0.6, 1.0)  # a blind or curtain
    glow = np.zeros(3)
    if rng.random() < (0.42 if mood.night else 0.16 if mood.kind in ("rain", "fog", "low sun") else 0.02):
        glow = (
            np.array([0.98, 0.78, 0.44]) * rng.uniform(0.35, 0.95)
            if rng.random() < 0.8
            else np.array([0.7, 0.82, 0.95]) * 0.7
        )
    return glass, glow


def _box(target, x0: float, y0: float, x1: float, y1: float, colour) -> None:
    height, width = target.shape[:2]
    left, right = max(0, round(x0)), min(width, max(round(x0) + 1, round(x1)))
    top, bottom = max(0, round(y0)), min(height, max(round(y0) + 1, round(y1)))
    if right > left and bottom > top:
        target[top:bottom, left:right] = colour


def _window(rng, style: Style, wall, glow, x: float, y: float, w: float, h: float, density: float, mood: Mood) -> None:
    """One window; x, y (top left), w, h in pixels."""
    frame = max(1.0, 0.09 * density)
    glass, shine = _pane(rng, mood)
    shutters = style.seed % 5 == 0
    if shutters:
        tint = np.array(SHOP[style.seed // 7 % len(SHOP)]) * 0.8
        _box(wall, x - w * 0.42, y, x - frame * 0.4, y + h, tint)
        _box(wall, x + w + frame * 0.4, y, x + w * 1.42, y + h, tint)
    _box(wall, x - frame, y - frame, x + w + frame, y + h + frame, style.trim)
    _box(wall, x, y, x + w, y + h, glass * 0.72)
    _box(glow, x, y, x + w, y + h, shine)
    if density > 5:
        _box(wall, x, y + h * 0.30, x + w, y + h, glass)
        _box(glow, x, y + h * 0.45, x + w, y + h, shine * 0.85)
        bar = max(1.0, 0.05 * density)
        _box(wall, x + w / 2 - bar / 2, y, x + w / 2 + bar / 2, y + h, style.trim)
        _box(glow, x + w / 2 - bar / 2, y, x + w / 2 + bar / 2, y + h, 0)
        if style.seed % 3 == 0:
            _box(wall, x, y + h * 0.4, x + w, y + h * 0.4 + bar, style.trim)
        _box(wall, x - frame * 2, y + h + frame, x + w + frame * 2, y + h + frame * 2.4, style.trim * 0.82)


def _windows(rng, style: Style, wall, glow, width, height, density, mood: Mood, front: bool) -> None:
    storeys = max(1, int((height - 0.6) / style.storey))
    bays = max(1, int(width / style.bay))
    pitch = width / bays
    w, h = style.window[0] * pitch, style.window[1] * style.storey
    for storey in range(storeys):
        base = height - storey * style.storey
        if storey == 0 and front:
            _ground_floor(rng, style, wall, glow, width, base, density, mood, bays)
            continue
        for bay in range(bays):
            if not front and rng.random() < 0.45:
                continue
            x = bay * pitch + (pitch - w) / 2
            y = base - style.storey * 0.22 - h
            _window(rng, style, wall, glow, x * density, y * density, w * density, h * density, density, mood)
            if front and style.balcony and bay % 2 == 0 and density > 4:
                _balcony(style, wall, glow, x - 0.3, base - 0.12, w + 0.6, density)
        if style.cornice and storey % 2 == 1:
            _box(wall, 0, (base - 0.1) * density, width * density, (base + 0.06) * density, style.trim * 0.92)


def _balcony(style: Style, wall, glow, x: float, floor: float, w: float, density: float) -> None:
    dark = np.array([0.13, 0.13, 0.15])
    for at in np.arange(x, x + w, 0.16):
        _box(
            wall, at * density, (floor - 0.95) * density, at * density + max(1, 0.035 * density), floor * density, dark
        )
    _box(wall, x * density, (floor - 1.0) * density, (x + w) * density, (floor - 0.93) * density, dark)
    _box(wall, x * density, floor * density, (x + w) * density, (floor + 0.16) * density, style.trim * 0.8)


def _ground_floor(rng, style: Style, wall, glow, width, base, density, mood: Mood, bays: int) -> None:
    storey = style.storey
    top = base - storey
    if not style.shop:
        _box(wall, 0, (base - 0.5) * density, width * density, base * density, style.colour * 0.62)
        pitch = width / bays
        door = int(rng.integers(bays))
        for bay in range(bays):
            x = bay * pitch + pitch * 0.25
            if bay == door:
                _door(rng, style, wall, x, base, min(1.3, pitch * 0.6), density)
            else:
                _window(
                    rng,
                    style,
                    wall,
                    glow,
                    x * density,
                    (top + storey * 0.26) * density,
                    pitch * 0.5 * density,
                    storey * 0.44 * density,
                    density,
                    mood,
                )
        return
    shops = max(1, int(width / 7.0))
    pitch = width / shops
    for index in range(shops):
        _shop(rng, style, wall, glow, index * pitch, pitch, top, storey, density, mood)


def _door(rng, style: Style, wall, x: float, base: float, w: float, density: float) -> None:
    tint = np.array(SHOP[rng.integers(len(SHOP))]) * 0.75
    _box(wall, (x - 0.12) * density, (base - 2.45) * density, (x + w + 0.12) * density, base * density, style.trim)
    _box(wall, x * density, (base - 2.3) * density, (x + w) * density, base * density, tint)
    _box(
        wall,
        (x + 0.2) * density,
        (base - 2.1) * density,
        (x + w - 0.2) * density,
        (base - 1.3) * density,
        tint * 0.6 + 0.12,
    )


def _shop(
    rng, style: Style, wall, glow, x: float, w: float, top: float, storey: float, density: float, mood: Mood
) -> None:
    tint = np.array(SHOP[rng.integers(len(SHOP))])
    bottom = top + storey
    _box(wall, x * density, top * density, (x + w) * density, bottom * density, tint * 0.55 + 0.08)
    glass, _ = _pane(rng, mood)
    shine = np.array([1.0, 0.86, 0.62]) * rng.uniform(0.25, 0.75) * (1.0 if mood.night or mood.wet > 0.3 else 0.22)
    x0, x1 = (x + 0.35) * density, (x + w - 0.35) * density
    y0, y1 = (top + 0.75) * density, (bottom - 0.4) * density
    _box(wall, x0, y0, x1, y1, glass * 0.7)
    _box(glow, x0, y0, x1, y1, shine)
    for _ in range(int(w * 2.2)):  # goods and people behind the glass
        at, size = rng.uniform(x + 0.5, x + w - 0.8), rng.uniform(0.2, 0.6)
        shape = (at * density, (bottom - 0.4 - rng.uniform(0.3, 1.5)) * density, (at + size) * density, y1)
        tone = np.array(SHOP[rng.integers(len(SHOP))]) * rng.uniform(0.3, 0.7)
        _box(wall, *shape, tone)
        _box(glow, *shape, shine * tone)
    for share in np.linspace(0, 1, max(2, int(w / 2)) + 1)[1:-1]:
        at = x0 + (x1 - x0) * share
        _box(wall, at, y0, at + max(1, 0.07 * density), y1, tint * 0.4)
    sign = rng.uniform(0.45, 0.7)
    _box(
        wall,
        (x + 0.15) * density,
        (top + 0.06) * density,
        (x + w - 0.15) * density,
        (top + 0.06 + sign) * density,
        tint,
    )
    letters = np.clip(1.1 - tint, 0.05, 1) if tint.mean() > 0.5 else np.array([0.96, 0.94, 0.88])
    at = x + w * rng.uniform(0.12, 0.3)
    while at < x + w * 0.78 and density > 4:
        size = rng.uniform(0.14, 0.34)
        _box(wall, at * density, (top + 0.2) * density, (at + size) * density, (top + sign - 0.08) * density, letters)
        at += size + 0.09
    if rng.random() < 0.4:
        _awning(rng, wall, glow, x, w, top + 0.7, density, tint)


def _awning(rng, wall, glow, x: float, w: float, top: float, density: float, tint) -> None:
    other = np.array([0.93, 0.92, 0.88])
    stripes = int(w / 0.5)
    for index in range(stripes):
        x0, x1 = x + 0.2 + index * (w - 0.4) / stripes, x + 0.2 + (index + 1) * (w - 0.4) / stripes
        _box(wall, x0 * density, top * density, x1 * density, (top + 0.8) * density, tint if index % 2 else other)
        _box(glow, x0 * density, top * density, x1 * density, (top + 0.8) * density, 0)
    _box(wall, (x + 0.2) * density, (top + 0.8) * density, (x + w - 0.2) * density, (top + 0.92) * density, tint * 0.55)


def _curtain(rng, style: Style, wall, glow, width, height, density, mood: Mood) -> None:
    """A curtain wall: glass in a grid, mirroring the sky more the higher up."""
    storeys, bays = max(1, int(height / style.storey)), max(2, int(width / 1.6))
    sky = mood.horizon * 0.6 + mood.zenith * 0.4
    for storey in range(storeys):
        y0, y1 = storey * height / storeys, (storey + 1) * height / storeys
        mirror = 0.55 - 0.35 * storey / storeys
        for bay in range(bays):
            glass, shine = _pane(rng, mood)
            tone = style.colour * (1 - mirror) + sky * mirror + (glass - 0.3) * 0.12
            x0, x1 = bay * width / bays, (bay + 1) * width / bays
            _box(wall, x0 * density, y0 * density, x1 * density, y1 * density, tone)
            _box(glow, x0 * density, (y0 + 0.7) * density, x1 * density, y1 * density, shine * 0.8)
        thick = max(1.0, 0.35 * density)
        _box(wall, 0, y1 * density - thick, width * density, y1 * density, style.trim * 0.55)
        _box(glow, 0, y1 * density - thick, width * density, y1 * density, 0)
    if density > 3:
        for bay in range(bays + 1):
            at = bay * width / bays * density
            _box(wall, at, 0, at + max(1, 0.09 * density), height * density, style.trim * 0.5)
            _box(glow, at, 0, at + max(1, 0.09 * density), height * density, 0)
