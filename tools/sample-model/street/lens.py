"""What happens between the street and the file: wet reflections, rain, snow, bloom, blur, noise, exposure."""

import cv2
import numpy as np

from . import noise
from .canvas import Canvas
from .classes import LANE, ROAD, SIDEWALK
from .mood import Mood


def reflect(canvas: Canvas, mood: Mood, rng_seed: int) -> None:
    """Wet ground mirrors what stands above it: each ground pixel mixes with its mirror image about the horizon."""
    if mood.wet < 0.05:
        return
    camera, pixels = canvas.camera, canvas.pixels
    height, width = pixels.shape[:2]
    forward = camera.rotation[2]
    horizon = camera.centre[1] + camera.fy * float(forward[1]) / max(0.2, float(np.hypot(forward[0], forward[2])))
    rows = np.arange(height, dtype=np.float32)
    mirror = np.clip(2 * horizon - rows * 1.0, 0, height - 1)
    start = int(np.clip(horizon, 0, height - 1))
    if start >= height - 2:
        return
    flipped = pixels[mirror[start:].astype(int), :, :3]
    smear = max(1, int(height * 0.035)) | 1
    flipped = cv2.blur(flipped, (max(1, width // 300) | 1, smear))
    label = pixels[start:, :, 3]
    ground = (label == ROAD) | (label == LANE) | (label == SIDEWALK)
    patchy = noise.patch(noise.fractal(), np.random.default_rng(rng_seed), height - start, width, max(1.0, width / 400))
    share = (
        mood.wet
        * (0.16 + 0.44 * np.clip((patchy - 0.35) * 2.2, 0, 1))
        * np.where(label == SIDEWALK, 0.55, 1.0)
        * ground
    )
    share = cv2.blur(share.astype(np.float32), (3, 3))[..., None]
    mixed = pixels[start:, :, :3] * (1 - share) + flipped * share
    pixels[start:, :, :3] = mixed.astype(np.uint8)


def finish(image: np.ndarray, mood: Mood, rng: np.random.Generator, gentle: bool) -> np.ndarray:
    """The picture as a camera would keep it: uint8 RGB in, uint8 RGB out. `gentle` holds the faults back for show."""
    picture = image.astype(np.float32)
    height, width = picture.shape[:2]
    scale = float(np.sqrt(height * width)) / 640.0
    picture = _bloom(picture, mood, scale)
    if mood.flakes > 0.15:
        _flakes(picture, mood, rng, scale)
    if mood.rain > 0.2:
        _rain(picture, mood, rng, scale)
    strength = 0.35 if gentle else 1.0
    exposure = float(np.exp(rng.normal(0, 0.17) * strength)) * (1.3 if mood.night else 1.12)
    gamma = float(np.exp(rng.normal(0, 0.10) * strength))
    balance = np.exp(rng.normal(0, 0.035, 3) * strength).astype(np.float32)
    picture = np.clip(picture * exposure * balance, 0, 255)
    picture = 255.0 * (picture / 255.0) ** gamma
    grey = picture.mean(axis=2, keepdims=True)
    picture = grey + (picture - grey) * float(1.05 + rng.normal(0, 0.12) * strength)
    yy = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    xx = np.linspace(-1, 1, width, dtype=np.float32)[None]
    picture *= (1.0 - float(rng.uniform(0.02, 0.16)) * (xx * xx + yy * yy))[..., None]
    picture = _blur(picture, rng, scale, gentle)
    sigma = float(rng.exponential(2.2)) * strength + (2.5 if mood.night else 0.6)
    speckle = noise.patch(noise.grain(int(rng.integers(3, 9))), rng, height, width, 1.0 if scale < 1.6 else 1.5)
    picture += (speckle * sigma)[..., None]
    if not gentle:
        colour = noise.patch(noise.grain(int(rng.integers(9, 12))), rng, height, width, 1.0)
        picture += (colour * sigma * 0.4)[..., None] * np.array([1, -0.5, -1], np.float32)
    picture = np.clip(picture, 0, 255).astype(np.uint8)
    if not gentle and rng.random() < 0.6:
        quality = int(rng.uniform(35, 95))
        _, data = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
        picture = cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1]
    return np.ascontiguousarray(picture)


def _bloom(picture: np.ndarray, mood: Mood, scale: float) -> np.ndarray:
    strength = 0.75 if mood.night else 0.35 if mood.kind == "low sun" else 0.15
    small = cv2.resize(picture, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    bright = np.clip(small - (150.0 if mood.night else 225.0), 0, 255)
    halo = cv2.GaussianBlur(bright, (0, 0), 2.2 * scale) + 0.6 * cv2.GaussianBlur(bright, (0, 0), 7.0 * scale)
    return picture + cv2.resize(halo, (picture.shape[1], picture.shape[0]), interpolation=cv2.INTER_LINEAR) * strength


def _flakes(picture: np.ndarray, mood: Mood, rng: np.random.Generator, scale: float) -> None:
    height, width = picture.shape[:2]
    layer = np.zeros((height, width), np.float32)
    for _ in range(int(260 * mood.flakes)):
        size = max(1, int(rng.exponential(1.1) * scale + 0.6))
        cv2.circle(
            layer,
            (int(rng.integers(width)), int(rng.integers(height))),
            size,
            float(rng.uniform(0.4, 0.95)),
            -1,
            cv2.LINE_AA,
        )
    layer = cv2.GaussianBlur(layer, (0, 0), 0.7 * scale)[..., None]
    picture += (245.0 - picture) * layer


def _rain(picture: np.ndarray, mood: Mood, rng: np.random.Generator, scale: float) -> None:
    height, width = picture.shape[:2]
    layer = np.zeros((height, width), np.float32)
    slant = rng.normal(0, 0.18)
    for _ in range(int(230 * mood.rain)):
        x, y, length = rng.integers(width), rng.integers(height), rng.uniform(8, 26) * scale
        end = (int(x + slant * length), int(y + length))
        cv2.line(layer, (int(x), int(y)), end, float(rng.uniform(0.15, 0.45)), max(1, int(scale)), cv2.LINE_AA)
    layer = cv2.GaussianBlur(layer, (0, 0), 0.6 * scale)[..., None]
    picture += (215.0 - picture) * layer


def _blur(picture: np.ndarray, rng: np.random.Generator, scale: float, gentle: bool) -> np.ndarray:
    draw = rng.random()
    if gentle:
        return picture
    if draw < 0.30:
        return cv2.GaussianBlur(picture, (0, 0), float(rng.uniform(0.4, 1.2)) * max(1.0, scale))
    if draw < 0.40:
        length = int(rng.integers(2, 5))
        kernel = np.zeros((length, length), np.float32)
        cv2.line(kernel, (0, int(rng.integers(length))), (length - 1, int(rng.integers(length))), 1.0, 1)
        return cv2.filter2D(picture, -1, kernel / kernel.sum())
    if draw < 0.5:
        soft = cv2.GaussianBlur(picture, (0, 0), 1.0)
        return picture + (picture - soft) * 0.6
    return picture
