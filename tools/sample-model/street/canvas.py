"""The painter's canvas: RGB and class id in one four-channel picture, so that image and mask cannot drift apart."""

from dataclasses import dataclass, field

import cv2
import numpy as np

from .camera import Camera, clip_near

SUBPIXEL = 4
_SCALE = 1 << SUBPIXEL
_LIMIT = 1 << 24


@dataclass
class Poly:
    """A flat polygon in the world: points (n, 3), a colour that is already lit (RGB 0..1), and a class id."""

    points: np.ndarray
    colour: np.ndarray
    label: int
    glow: bool = False  # a lamp: fog dims it less, bloom picks it up
    convex: bool = False


@dataclass
class Canvas:
    """`pixels` is (height, width, 4) uint8: R, G, B, class id."""

    camera: Camera
    fog_colour: np.ndarray
    fog_density: float
    pixel: float = 1.0  # canvas pixels that make one pixel of the final picture, each way
    pixels: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self.pixels = np.zeros((self.camera.height, self.camera.width, 4), np.uint8)

    def haze(self, distance: np.ndarray) -> np.ndarray:
        """How much of the fog's colour (0..1) lies over something `distance` metres away."""
        return 1.0 - np.exp(-self.fog_density * np.maximum(distance, 0.0))

    def through_air(self, colour: np.ndarray, distance: float, glow: bool = False) -> np.ndarray:
        """An RGB colour 0..1 seen through `distance` metres of air."""
        share = float(self.haze(distance)) * (0.45 if glow else 1.0)
        return colour + (self.fog_colour - colour) * share

    def sees(self, points: np.ndarray) -> bool:
        """Whether the convex hull of world points (n, 3) may reach into the picture."""
        x, y, z = self.camera.to_camera(points).T
        if (z < 0.35).all():
            return False
        cx, cy = self.camera.centre
        left, right = x * self.camera.fx < -cx * z, x * self.camera.fx > (self.camera.width - cx) * z
        above, below = y * self.camera.fy < -cy * z, y * self.camera.fy > (self.camera.height - cy) * z
        return not (left.all() or right.all() or above.all() or below.all())

    def draw(self, polys: list[Poly]) -> None:
        """Draws polygons in the given order, back to front; what lies behind the camera is cut off."""
        if not polys:
            return
        sizes = [len(poly.points) for poly in polys]
        camera_points = self.camera.to_camera(np.concatenate([poly.points for poly in polys]))
        ends = np.cumsum(sizes)
        shares = None
        safe = np.maximum(camera_points[:, 2:3], 1e-3)
        flat = np.concatenate([camera_points[:, :2], safe], axis=1)
        fixed = np.clip(self.camera.to_pixels(flat) * _SCALE - _SCALE / 2, -_LIMIT, _LIMIT).astype(np.int32)
        starts = ends - sizes
        depth = np.add.reduceat(camera_points[:, 2], starts) / sizes
        shares = self.haze(depth)
        nearest = np.minimum.reduceat(camera_points[:, 2], starts)
        for index, poly in enumerate(polys):
            start, end = starts[index], ends[index]
            if nearest[index] < 0.35:
                clipped = clip_near(camera_points[start:end])
                if len(clipped) < 3:
                    continue
                pixels = self.camera.to_pixels(clipped) * _SCALE - _SCALE / 2
                points = np.clip(pixels, -_LIMIT, _LIMIT).astype(np.int32)
            else:
                points = fixed[start:end]
            share = shares[index] * (0.45 if poly.glow else 1.0)
            rgb = (poly.colour + (self.fog_colour - poly.colour) * share) * 255.0
            value = (float(rgb[0]), float(rgb[1]), float(rgb[2]), float(poly.label))
            if poly.convex:
                cv2.fillConvexPoly(self.pixels, points, value, cv2.LINE_8, SUBPIXEL)
            else:
                cv2.fillPoly(self.pixels, [points], value, cv2.LINE_8, SUBPIXEL)

    def draw_many(self, points: np.ndarray, colours: np.ndarray, label: int) -> None:
        """Draws n small convex polygons of k corners, points (n, k, 3), colours (n, 3), in the given order."""
        camera_points = self.camera.to_camera(points)
        keep = camera_points[..., 2].min(axis=1) > 0.35
        if not keep.any():
            return
        camera_points, colours = camera_points[keep], colours[keep]
        share = self.haze(camera_points[:, 0, 2])[:, None]
        values = (colours + (self.fog_colour - colours) * share) * 255.0
        flat = self.camera.to_pixels(camera_points)
        low, high = flat.min(axis=1), flat.max(axis=1)
        seen = (high > 0).all(axis=1) & (low < [self.camera.width, self.camera.height]).all(axis=1)
        fixed = np.clip(flat[seen] * _SCALE - _SCALE / 2, -_LIMIT, _LIMIT).astype(np.int32)
        for corners, value in zip(fixed, values[seen].tolist(), strict=True):
            cv2.fillConvexPoly(self.pixels, corners, (*value, label), cv2.LINE_8, SUBPIXEL)

    def draw_textured(self, texture: np.ndarray, origin: np.ndarray, u: np.ndarray, v: np.ndarray, label: int) -> None:
        """Draws an RGB uint8 texture over the parallelogram origin, origin + u, origin + v.

        The texture's columns run along u, its rows along v. Haze is taken along u, in texture space.
        """
        corners = np.array([origin, origin + u, origin + u + v, origin + v])
        clipped = clip_near(self.camera.to_camera(corners))
        if len(clipped) < 3:
            return
        outline = self.camera.to_pixels(clipped)
        left, top = np.maximum(np.floor(outline.min(axis=0)), 0).astype(int)
        right, bottom = np.minimum(np.ceil(outline.max(axis=0)) + 1, [self.camera.width, self.camera.height]).astype(
            int
        )
        if right <= left or bottom <= top:
            return
        texture = self._hazed(texture, origin + v * 0.5, u)
        rows, columns = texture.shape[:2]
        matrix = self.camera.homography(origin, u, v) @ np.diag([1.0 / columns, 1.0 / rows, 1.0])
        matrix = np.array([[1, 0, -left], [0, 1, -top], [0, 0, 1.0]]) @ matrix
        size = (int(right - left), int(bottom - top))
        warped = cv2.warpPerspective(texture, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        stencil = np.zeros((size[1], size[0]), np.uint8)
        fixed = np.clip((outline - [left, top]) * _SCALE - _SCALE / 2, -_LIMIT, _LIMIT).astype(np.int32)
        cv2.fillConvexPoly(stencil, fixed, 255, cv2.LINE_8, SUBPIXEL)
        region = self.pixels[top:bottom, left:right]
        four = cv2.merge([*cv2.split(warped), np.full(stencil.shape, label, np.uint8)])
        cv2.copyTo(four, stencil, region)

    def _hazed(self, texture: np.ndarray, start: np.ndarray, u: np.ndarray) -> np.ndarray:
        along = np.linspace(0.0, 1.0, texture.shape[1])
        points = start[None, :] + along[:, None] * u[None, :]
        share = self.haze(np.linalg.norm(points - self.camera.position, axis=1)).astype(np.float32)[None, :, None]
        if float(share.max()) < 0.02:
            return texture
        fog = (self.fog_colour * 255.0).astype(np.float32)
        return (texture * (1.0 - share) + fog * share).astype(np.uint8)
