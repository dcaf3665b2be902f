"""Street scenes with their masks. `render(seed, index, width, height)` is deterministic in its arguments.

Nothing here is photographed or learnt: geometry, light and faults are all drawn from random numbers.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from street import ground, lens, sky, world as worlds
from street.camera import Camera, clip_near
from street.canvas import Canvas

MOST_PIXELS = 26_000_000  # of the canvas before it is scaled down


@dataclass
class Scene:
    """`image` is (height, width, 3) uint8 RGB; `mask` is (height, width) uint8 class ids."""

    image: np.ndarray
    mask: np.ndarray
    kind: str


def _scale(width: int, height: int, wanted: float) -> float:
    return float(min(wanted, max(1.0, np.sqrt(MOST_PIXELS / (width * height)))))


def _camera(rng: np.random.Generator, road, width: int, height: int, squeeze: float, steady: bool) -> Camera:
    """A view down the street: from a car, from the pavement or from higher up. `squeeze` is fx / fy."""
    z = 0.0
    view = rng.random()
    if steady or view < 0.62:
        side = -1.0 if road.left_hand else 1.0
        offset, tall = side * road.half / (road.lanes + 0.6) * 0.5, rng.uniform(1.25, 2.1)
    elif view < 0.88:
        offset, tall = rng.choice([-1.0, 1.0]) * (road.half + rng.uniform(0.4, road.walk * 0.7)), rng.uniform(1.45, 1.9)
    else:
        offset, tall = rng.uniform(-1, 1) * road.half, rng.uniform(2.4, 5.5)
    field = np.radians(rng.uniform(52, 84) if not steady else rng.uniform(62, 74))
    shape = width / (height * squeeze)
    focal = width / 2 / np.tan(field / 2) * (1.0 if shape > 1.1 else 1.12 * max(0.8, 1.1 / max(shape, 0.4)))
    heading = road.heading(12.0)
    yaw = float(np.arctan2(heading[0], heading[2])) * 0.7 + (rng.normal(0, 0.10) if not steady else rng.normal(0, 0.03))
    if not steady and view >= 0.62:
        yaw -= np.sign(offset) * rng.uniform(0.0, 0.3)
    pitch = rng.normal(-0.01, 0.035) - (tall - 1.7) * 0.03
    roll = rng.normal(0, 0.014) * (0.3 if steady else 1.0)
    return Camera(width, height, focal, focal / squeeze, road.place(z, offset, tall), yaw, pitch, roll, 0.0)


def _shadow(canvas: Canvas, world, things: list) -> np.ndarray | None:
    """Where the sun reaches the ground: uint8, 255 lit. None where the light throws no shadows to speak of."""
    camera = canvas.camera
    dark = world.contacts + [thing.contact() for thing in things if hasattr(thing, "contact")]
    sunny = float(world.mood.sun_light.max()) > 0.3
    outlines = list(world.shadows) if sunny else []
    if sunny:
        for thing in things:
            outlines += thing.shadow()
    stencil = np.zeros((camera.height, camera.width), np.uint8)
    _stamp(stencil, camera, outlines, 255)
    stencil = 255 - stencil
    under = np.zeros_like(stencil)
    _stamp(under, camera, dark, 255)
    soft = max(1.0, camera.width / 900.0)
    stencil = cv2.blur(stencil, (int(soft) * 2 + 1, int(soft) * 2 + 1))
    under = cv2.GaussianBlur(under, (0, 0), soft * 2.2)
    return np.stack([stencil, under], axis=-1)


def _stamp(stencil: np.ndarray, camera: Camera, outlines: list[np.ndarray], value: int) -> None:
    for outline in outlines:
        if len(outline) < 3:
            continue
        clipped = clip_near(camera.to_camera(outline))
        if len(clipped) < 3:
            continue
        points = np.clip(camera.to_pixels(clipped) * 16, -(1 << 24), 1 << 24).astype(np.int32)
        cv2.fillPoly(stencil, [points], value, cv2.LINE_8, 4)


def paint(world, camera: Camera, seconds: float, pixel: float) -> Canvas:
    """The world as the camera sees it, `seconds` after its start, before any lens or sensor."""
    mood = world.mood
    canvas = Canvas(camera, np.clip(mood.horizon * (0.96 if not mood.night else 0.9), 0, 1), mood.fog, pixel)
    sky.paint(canvas, mood, world.drift)
    movers = worlds.advance(world, seconds)
    shade = _shadow(canvas, world, movers)
    ground.paint(canvas, world.road, mood, shade[..., 0], world.seed, pixel)
    under = shade[..., 1].astype(np.float32)[..., None] / 255.0
    if under.any():
        canvas.pixels[..., :3] = (canvas.pixels[..., :3] * (1.0 - 0.62 * under)).astype(np.uint8)
    worlds.draw_things(canvas, world.still + movers)
    lens.reflect(canvas, mood, world.seed)
    return canvas


def shrink(canvas: Canvas, width: int, height: int) -> tuple[np.ndarray, np.ndarray]:
    """The canvas at its final size: colours by area, class ids by the pixel at the middle."""
    pixels = canvas.pixels
    if pixels.shape[:2] == (height, width):
        return np.ascontiguousarray(pixels[..., :3]), np.ascontiguousarray(pixels[..., 3])
    image = cv2.resize(pixels[..., :3], (width, height), interpolation=cv2.INTER_AREA)
    rows = ((np.arange(height) + 0.5) * pixels.shape[0] / height).astype(int)
    columns = ((np.arange(width) + 0.5) * pixels.shape[1] / width).astype(int)
    return image, np.ascontiguousarray(pixels[rows][:, columns, 3])


def _make_room(world, camera: Camera) -> None:
    """Takes away what stands so close before the camera that it would fill the picture."""
    eye, forward = camera.position, camera.rotation[2]

    def crowds(thing) -> bool:
        away = thing.middle - eye
        ahead, beside = float(away @ forward), float(np.hypot(away[0], away[2]))
        if hasattr(thing, "contact"):
            return beside < thing.length / 2 + (3.4 if ahead > 0 else 0.5)
        return hasattr(thing, "shadow") and beside < 2.2

    world.still = [thing for thing in world.still if not crowds(thing)]
    world.movers = [mover for mover in world.movers if not crowds(mover[0])]


def render(
    seed: int,
    index: int,
    width: int,
    height: int,
    kind: str | None = None,
    squeeze: float = 1.0,
    gentle: bool = False,
    oversample: float = 2.0,
) -> Scene:
    """One scene. `kind` is a kind of weather or None; `squeeze` < 1 draws a wide view squeezed into a narrower picture.

    `gentle` holds camera faults back, for pictures that are to be looked at; `oversample` is how many canvas pixels
    make one pixel of the picture, each way.
    """
    world = worlds.make(seed, index, kind)
    rng = np.random.default_rng([seed, index, 23])
    scale = _scale(width, height, oversample)
    camera = _camera(
        rng, world.road, round(width * scale), round(height * scale), squeeze, gentle and rng.random() < 0.5
    )
    _make_room(world, camera)
    canvas = paint(world, camera, 0.0, scale)
    image, mask = shrink(canvas, width, height)
    return Scene(lens.finish(image, world.mood, rng, gentle), mask, world.mood.kind)
