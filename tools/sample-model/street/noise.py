"""Tileable noise, computed once per process from a fixed seed: the grain of asphalt, clouds, stains, snow."""

from functools import cache

import cv2
import numpy as np

SIZE = 512


@cache
def fractal(octaves: int = 5, first: int = 4, falloff: float = 0.55, seed: int = 7) -> np.ndarray:
    """SIZE x SIZE float32 in 0..1, tileable: value noise of `octaves` octaves, `first` cells across in the coarsest."""
    rng = np.random.default_rng(seed)
    total = np.zeros((SIZE, SIZE), np.float32)
    weight, cells = 1.0, first
    for _ in range(octaves):
        if cells > SIZE:
            break
        grid = rng.random((cells, cells)).astype(np.float32)
        padded = np.pad(grid, 2, mode="wrap")
        step = SIZE // cells
        big = cv2.resize(padded, None, fx=step, fy=step, interpolation=cv2.INTER_CUBIC)
        total += weight * big[2 * step : 2 * step + SIZE, 2 * step : 2 * step + SIZE]
        weight *= falloff
        cells *= 2
    low, high = np.percentile(total, (0.5, 99.5))
    return np.clip((total - low) / (high - low), 0.0, 1.0)


@cache
def grain(seed: int = 3) -> np.ndarray:
    """SIZE x SIZE float32 around 0 with deviation 1: fine speckle, slightly softened so that it survives resampling."""
    rng = np.random.default_rng(seed)
    speckle = rng.standard_normal((SIZE, SIZE)).astype(np.float32)
    speckle = cv2.GaussianBlur(speckle, (3, 3), 0.7)
    return speckle / speckle.std()


def sample(texture: np.ndarray, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Bilinear samples of a tileable texture at texture coordinates of any size (1.0 is one tile)."""
    x = np.mod(u, 1.0) * texture.shape[1]
    y = np.mod(v, 1.0) * texture.shape[0]
    return cv2.remap(texture, x.astype(np.float32), y.astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)


def patch(texture: np.ndarray, rng: np.random.Generator, height: int, width: int, zoom: float = 1.0) -> np.ndarray:
    """A random `height` x `width` piece of a tileable texture, enlarged `zoom` times."""
    need_h, need_w = max(1, int(np.ceil(height / zoom))), max(1, int(np.ceil(width / zoom)))
    top, left = rng.integers(0, SIZE, 2)
    rows = (np.arange(need_h) + top) % SIZE
    cols = (np.arange(need_w) + left) % SIZE
    piece = texture[rows][:, cols]
    if piece.shape == (height, width):
        return piece
    return cv2.resize(piece, (width, height), interpolation=cv2.INTER_LINEAR)
