"""The sky: a gradient, clouds on a dome, the sun or moon."""

import cv2
import numpy as np

from . import noise
from .camera import Camera
from .canvas import Canvas
from .classes import SKY
from .mood import Mood


def paint(canvas: Canvas, mood: Mood, drift: float) -> None:
    """Fills the whole canvas with sky; `drift` moves the clouds (in tiles), so that no two skies are alike."""
    camera = canvas.camera
    bottom = camera.height
    step = 4  # clouds are soft: a quarter of the resolution is plenty
    small = Camera(
        max(2, camera.width // step),
        max(2, bottom // step),
        camera.fx / step,
        camera.fy / step,
        camera.position,
        camera.yaw,
        camera.pitch,
        camera.roll,
        camera.rise,
    )
    x, y, z = small.rays(0, small.height)
    length = np.sqrt(x * x + y * y + z * z)
    up = np.clip(y / length, 0.0, 1.0)
    blend = np.clip(up * 1.9, 0, 1) ** 0.62
    colour = mood.horizon[None, None] * (1 - blend[..., None]) + mood.zenith[None, None] * blend[..., None]
    _clouds(colour, mood, x, y, z, up, drift)
    _sun(colour, mood, x / length, y / length, z / length)
    picture = (np.clip(colour, 0, 1) * 255).astype(np.float32)
    picture = cv2.resize(picture, (camera.width, camera.height), interpolation=cv2.INTER_LINEAR)
    canvas.pixels[..., :3] = picture.astype(np.uint8)
    canvas.pixels[..., 3] = SKY


def _clouds(colour: np.ndarray, mood: Mood, x, y, z, up: np.ndarray, drift: float) -> None:
    if mood.cloud <= 0.01:
        return
    height = np.maximum(y, 0.03)
    u, v = x / height * 0.07 + drift, z / height * 0.07 + drift * 0.37
    body = noise.sample(noise.fractal(), u, v)
    lit = noise.sample(noise.fractal(), u + mood.sun[0] * 0.012, v + mood.sun[2] * 0.012)
    threshold = 0.80 - 0.62 * mood.cloud
    cover = np.clip((body - threshold) / 0.24, 0, 1) * np.clip(up * 9.0, 0, 1)
    cover = cover * cover * (3 - 2 * cover)
    relief = np.clip(0.86 + (body - lit) * 1.6, 0.62, 1.1)
    shade = mood.cloud_colour[None, None] * relief[..., None]
    warm = np.clip(1 - up * 3.0, 0, 1)[..., None]
    shade = shade * (1 - 0.55 * warm) + mood.horizon[None, None] * 0.55 * warm
    cover = (cover * 0.92)[..., None]
    colour *= 1 - cover
    colour += shade * cover


def _sun(colour: np.ndarray, mood: Mood, x, y, z) -> None:
    if mood.kind in ("overcast", "rain", "fog", "snow"):
        return
    towards = np.clip(x * mood.sun[0] + y * mood.sun[1] + z * mood.sun[2], 0, 1)
    if mood.night:
        disc = np.clip((towards - 0.9996) / 0.0001, 0, 1)
        colour += (disc * 0.8 + towards**600 * 0.12)[..., None] * np.array([0.9, 0.92, 1.0])
        return
    disc = np.clip((towards - 0.9993) / 0.0003, 0, 1)
    glow = towards**24 * 0.20 + towards**220 * 0.45
    if mood.kind == "low sun":
        glow = glow * 1.5 + towards**6 * 0.16
    tint = np.clip(mood.sun_light / mood.sun_light.max(), 0, 1)
    colour += (disc + glow)[..., None] * tint
