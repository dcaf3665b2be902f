"""The ground, cast ray by ray: asphalt, lane marks, kerbs, pavements, grass, with the grain that each has.

Every pixel below the horizon meets the plane Y = 0 at one point; what lies there follows from the street's plan.
"""

import numpy as np

from . import noise
from .canvas import Canvas
from .classes import LANE, ROAD, SIDEWALK, TERRAIN
from .mood import Mood
from .road import Road

FAR = 420.0
ASPHALT = np.array([[0.35, 0.35, 0.365], [0.42, 0.415, 0.41], [0.29, 0.295, 0.31], [0.47, 0.45, 0.435]])
PAVING = np.array([[0.60, 0.58, 0.55], [0.66, 0.645, 0.62], [0.56, 0.50, 0.46], [0.50, 0.505, 0.52]])
GRASS = np.array([0.30, 0.42, 0.17])
DIRT = np.array([0.47, 0.40, 0.30])
WHITE = np.array([0.90, 0.90, 0.88])
YELLOW = np.array([0.90, 0.70, 0.20])
CHUNK = 400  # rows at a time: keeps the memory of large pictures down


def paint(canvas: Canvas, road: Road, mood: Mood, shadow: np.ndarray | None, seed: int, pixel: float) -> None:
    """Paints everything below the horizon. `shadow` is uint8 (height, width), 255 where the sun reaches.

    `pixel` is how many canvas pixels make one pixel of the final picture: marks thinner than that are left out.
    """
    offsets = np.random.default_rng(seed).uniform(0, 1, 8)
    for top in range(0, canvas.camera.height, CHUNK):
        bottom = min(canvas.camera.height, top + CHUNK)
        _rows(canvas, road, mood, shadow, offsets, pixel, top, bottom)


def _rows(canvas, road, mood, shadow, offsets, pixel, top: int, bottom: int) -> None:
    camera = canvas.camera
    dx, dy, dz = camera.rays(top, bottom)
    below = dy < -1e-4
    if not below.any():
        return
    first = int(np.argmax(below.any(axis=1)))
    dx, dy, dz, below = dx[first:], dy[first:], dz[first:], below[first:]
    depth = np.where(below, -float(camera.position[1]) / np.minimum(dy, -1e-4), FAR * 4).astype(np.float32)
    distance = depth * np.sqrt(dx * dx + dz * dz)
    below &= distance < FAR
    x = (float(camera.position[0]) + depth * dx).astype(np.float32)
    z = (float(camera.position[2]) + depth * dz).astype(np.float32)
    label, colour = _surface(road, mood, x, z, depth, camera, offsets, pixel)
    light = _light(mood, shadow[top + first : bottom] if shadow is not None else None)
    colour *= light
    share = canvas.haze(distance)[..., None].astype(np.float32)
    colour += (canvas.fog_colour.astype(np.float32) - colour) * share
    region = canvas.pixels[top + first : bottom]
    stencil = below[..., None]
    picture = (np.clip(colour, 0, 1) * 255).astype(np.uint8)
    np.copyto(region[..., :3], picture, where=stencil)
    np.copyto(region[..., 3], label, where=below)


def _light(mood: Mood, shadow: np.ndarray | None) -> np.ndarray:
    up = np.array([0.0, 1.0, 0.0])
    full = mood.light_on(up).astype(np.float32)
    if shadow is None:
        return full
    dark = mood.light_on(up, 0.0).astype(np.float32)
    share = (shadow.astype(np.float32) / 255.0)[..., None]
    return dark + (full - dark) * share


def _surface(road: Road, mood: Mood, x, z, depth, camera, offsets, pixel):
    """Class ids and unlit colours (RGB float32) of ground points."""
    centre, cosine, along = road.lookup(z)
    offset = (x - centre) * cosine
    edge = np.abs(offset) - road.half
    shore = np.full_like(edge, 1e6)
    for crossing in road.crossings:
        across = np.abs(z - crossing.at) - crossing.half
        if crossing.tee:
            edge = np.where(z > crossing.at, np.maximum(edge, z - crossing.at), edge)
        if not crossing.left:
            across = np.where(offset < 0, 1e3, across)
        if not crossing.right:
            across = np.where(offset > 0, 1e3, across)
        shore = np.minimum(shore, across)
    radius = road.corner
    bank = np.maximum(radius, np.minimum(edge, shore)) - np.hypot(
        np.maximum(radius - edge, 0), np.maximum(radius - shore, 0)
    )
    label = np.full(x.shape, TERRAIN, np.uint8)
    paved = bank < (road.walk if road.verge == "grass" else 60.0)
    label[paved] = SIDEWALK
    asphalt = bank < 0
    label[asphalt] = ROAD
    coarse = noise.sample(noise.fractal(), x * 0.021 + offsets[0], z * 0.021 + offsets[1])
    fine = noise.sample(noise.grain(), x * 0.11 + offsets[2], z * 0.11 + offsets[3])
    fade = 1.0 / (1.0 + depth * 0.06)
    colour = _road_colour(road, mood, offset, coarse)
    _pave(colour, road, mood, paved & ~asphalt, bank, along, offset, coarse, depth)
    _grow(colour, mood, ~paved, coarse, noise.sample(noise.fractal(), x * 0.35 + offsets[4], z * 0.35), offsets)
    marks, tint, wear = _marks(road, z, along, offset, edge, shore, bank, depth, camera, offsets, pixel)
    wear = np.clip(1.15 - 0.55 * wear * coarse - mood.snow * 0.55 * (coarse > 0.45), 0.25, 1.0)[..., None]
    strength = marks[..., None] * wear
    colour += (tint - colour) * strength
    label[(marks > 0.5) & asphalt] = LANE
    colour *= (1.0 + fine * 0.075 * fade)[..., None]
    return label, colour


def _road_colour(road: Road, mood: Mood, offset, coarse) -> np.ndarray:
    base = ASPHALT[road.surface].astype(np.float32)
    lane = road.half / max(1, road.lanes)
    track = np.cos((np.abs(offset) / lane) * 4 * np.pi) * 0.030  # tyres polish two tracks per lane
    tone = (0.90 + 0.24 * coarse + track) * (1.0 - 0.38 * mood.wet)
    colour = base[None, None] * tone[..., None]
    if mood.snow > 0:
        slush = np.clip((coarse - 0.62 + 0.30 * mood.snow - track * 3) * 3.5, 0, 1)[..., None] * 0.85
        colour += (np.array([0.80, 0.82, 0.86], np.float32) - colour) * slush
    return colour.astype(np.float32)


def _pave(colour, road: Road, mood: Mood, where, bank, along, offset, coarse, depth) -> None:
    if not where.any():
        return
    base = PAVING[road.walk_style].astype(np.float32)
    size = (0.6, 1.2, 0.4, 2.0)[road.walk_style]
    joints = (np.mod(along, size) < 0.035 + depth * 0.0006) | (np.mod(offset, size) < 0.035 + depth * 0.0006)
    cell = np.floor(along / size) * 12.9898 + np.floor(offset / size) * 78.233
    tile = np.mod(np.sin(cell) * 43758.5, 1.0)
    tone = (0.86 + 0.20 * coarse + 0.09 * tile) * (1.0 - 0.26 * mood.wet)
    tone = np.where(joints, tone * np.clip(0.80 + depth * 0.004, 0.8, 0.97), tone)
    kerb = bank < 0.32
    tone = np.where(kerb, 1.10, tone)
    tone = np.where(bank < 0.10, 0.66, tone)
    walk = base * tone[..., None]
    if mood.snow > 0:
        cover = np.clip((coarse - 0.5 + 0.5 * mood.snow) * 2.4, 0, 0.95)[..., None]
        walk = walk + (np.array([0.90, 0.92, 0.96]) * (0.92 + 0.1 * coarse[..., None]) - walk) * cover
    np.copyto(colour, walk.astype(np.float32), where=where[..., None])


def _grow(colour, mood: Mood, where, coarse, blades, offsets) -> None:
    if not where.any():
        return
    dry = np.clip((coarse - 0.55 + 0.25 * (offsets[5] - 0.5)) * 3.0, 0, 1)[..., None]
    grass = (GRASS * (1 - dry) + DIRT * dry) * (0.72 + 0.55 * blades[..., None])
    if mood.snow > 0:
        cover = np.clip((blades - 0.75 + 0.75 * mood.snow) * 2.2, 0, 0.97)[..., None]
        grass = grass + (np.array([0.91, 0.93, 0.97]) * (0.86 + 0.16 * coarse[..., None]) - grass) * cover
    np.copyto(colour, grass.astype(np.float32), where=where[..., None])


def _marks(road: Road, z, along, offset, edge, shore, bank, depth, camera, offsets, pixel):
    """How much paint covers each point (0..1), its colour, and how worn it is (0..1)."""
    wide = depth / camera.fx  # metres that one canvas pixel spans across, and along (seen at a slant)
    long = depth * depth / (camera.fy * max(0.3, float(camera.position[1])))
    paint = np.zeros_like(offset)
    tint = np.broadcast_to(WHITE.astype(np.float32), offset.shape + (3,))
    clear = shore > 4.6
    for stripe in road.stripes:
        cover = _band(offset - stripe.at, stripe.width, wide, pixel)
        if stripe.on < stripe.period:
            phase = np.mod(along + offsets[6] * 9, stripe.period) - stripe.on / 2
            cover = cover * np.where(long < stripe.on, np.clip((stripe.on / 2 - np.abs(phase)) / long + 0.5, 0, 1), 0)
        cover = np.where(clear, cover, 0)
        if stripe.yellow:
            tint = np.where((cover > paint)[..., None], YELLOW.astype(np.float32), tint)
        paint = np.maximum(paint, cover)
    for crossing in road.crossings:
        before = crossing.at - crossing.half
        if crossing.zebra:
            paint = np.maximum(paint, _zebra(z, before - 2.6, offset, edge, wide, long, pixel))
            if not crossing.tee:
                after = crossing.at + crossing.half
                paint = np.maximum(paint, _zebra(z, after + 2.6, offset, edge, wide, long, pixel))
        side = offset < 0 if road.left_hand else offset > 0
        stop = _band(z - (before - 5.6), 0.55, long, pixel) * (side & (edge < -0.4))
        paint = np.maximum(paint, stop)
    for spot in road.zebras:
        paint = np.maximum(paint, _zebra(z, spot, offset, edge, wide, long, pixel))
    return np.where(bank < -0.02, paint, 0), tint, float(offsets[7])


def _band(distance, width, span, pixel):
    """Cover of a line `width` metres wide, `distance` metres away, seen with pixels that span `span` metres."""
    cover = np.clip((width / 2 - np.abs(distance)) / span + 0.5, 0, 1)
    return cover * np.clip((width * 1.25 - span * pixel) / (0.35 * width), 0, 1)


def _zebra(z, at, offset, edge, wide, long, pixel):
    bars = np.clip((0.28 - np.abs(np.mod(offset, 1.1) - 0.55)) / wide + 0.5, 0, 1)
    reach = np.clip((1.5 - np.abs(z - at)) / long + 0.5, 0, 1)
    visible = (wide * pixel < 0.5) & (long * pixel < 2.2) & (edge < -0.3)
    return np.where(visible, bars * reach, 0)
