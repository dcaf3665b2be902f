"""Tests of the scene drawer: `python -m pytest tools/sample-model`. They need numpy and OpenCV only."""

from pathlib import Path
import sys

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
import draw  # noqa: E402
import scenes  # noqa: E402
from street import camera as cameras, classes, mood as moods, noise, road as roads  # noqa: E402


def test_same_arguments_draw_the_same_scene():
    first, second = (scenes.render(3, 14, 160, 120) for _ in range(2))
    assert np.array_equal(first.image, second.image)
    assert np.array_equal(first.mask, second.mask)
    assert first.kind == second.kind


def test_another_index_or_seed_draws_another_scene():
    base = scenes.render(3, 14, 96, 96).image
    assert not np.array_equal(base, scenes.render(3, 15, 96, 96).image)
    assert not np.array_equal(base, scenes.render(4, 14, 96, 96).image)


@pytest.mark.parametrize("width,height", [(64, 48), (97, 61), (48, 120), (300, 60)])
def test_sizes(width, height):
    scene = scenes.render(1, 2, width, height)
    assert scene.image.shape == (height, width, 3) and scene.image.dtype == np.uint8
    assert scene.mask.shape == (height, width) and scene.mask.dtype == np.uint8
    assert scene.mask.max() < classes.COUNT


def test_every_class_appears_and_none_takes_over():
    counts = np.zeros(classes.COUNT, np.int64)
    for index in range(24):
        counts += np.bincount(scenes.render(9, index, 192, 144).mask.ravel(), minlength=classes.COUNT)
    share = counts / counts.sum()
    assert (counts > 0).all(), dict(zip(classes.NAMES, counts, strict=True))
    assert share.max() < 0.5, dict(zip(classes.NAMES, share.round(3), strict=True))


@pytest.mark.parametrize("kind", moods.KINDS)
def test_every_weather_draws(kind):
    scene = scenes.render(2, 5, 128, 96, kind)
    assert scene.kind == kind
    assert 8 < scene.image.mean() < 247
    assert scene.image.std() > 6


def test_mask_follows_the_image():
    """The edge between sky and the rest lies where the picture changes, not a few pixels off."""
    found = 0
    for index in range(6):
        scene = scenes.render(6, index, 256, 192, "clear", gentle=True)
        sky = scene.mask == classes.SKY
        edge = sky[:-1] & ~sky[1:]
        steps = np.abs(np.diff(scene.image.astype(int).sum(axis=2), axis=0))
        if edge.sum() > 40:
            found += 1
            away = np.roll(edge, -6, axis=0) & sky[:-1]
            assert np.median(steps[edge]) > 3 * np.median(steps[away])
    assert found >= 3


def test_weather_darkens_and_whitens():
    day, night = (scenes.render(2, 8, 128, 96, kind, gentle=True).image.mean() for kind in ("clear", "night"))
    assert night < day * 0.8


def test_squeeze_halves_the_width():
    """A squeezed view shows what the wide view shows, in fewer columns."""
    wide = scenes.render(5, 3, 256, 128, gentle=True).mask[:, ::2]
    squeezed = scenes.render(5, 3, 128, 128, squeeze=0.5, gentle=True).mask
    assert (wide == squeezed).mean() > 0.93


def test_camera_agrees_with_its_rays():
    camera = cameras.Camera(80, 60, 70.0, 70.0, np.array([1.0, 1.5, -2.0]), 0.2, -0.05, 0.02)
    x, y, z = camera.rays(20, 21)
    point = camera.position + 7.0 * np.array([x[0, 33], y[0, 33], z[0, 33]])
    pixel = camera.to_pixels(camera.to_camera(point))
    assert pixel == pytest.approx([33.5, 20.5], abs=1e-3)


def test_clipping_keeps_only_what_is_in_front():
    polygon = np.array([[0, 0, -1.0], [1, 0, 3.0], [-1, 0, 3.0]])
    clipped = cameras.clip_near(polygon)
    assert len(clipped) == 4
    assert clipped[:, 2].min() == pytest.approx(cameras.NEAR)
    assert len(cameras.clip_near(-np.abs(polygon))) == 0


def test_noise_is_tileable():
    texture = noise.fractal()
    jump = np.abs(texture[:, 0] - texture[:, -1]).mean()
    assert jump < 2.5 * np.abs(np.diff(texture, axis=1)).mean()


def test_road_place_and_lookup_agree():
    road = roads.make(np.random.default_rng(4))
    centre, cosine, _ = road.lookup(np.array([37.0]))
    assert road.place(37.0, 5.0)[0] == pytest.approx(float(centre[0]) + 5.0 / float(cosine[0]))
    assert float(np.linalg.norm(road.heading(37.0))) == pytest.approx(1.0)


@pytest.mark.parametrize("text,size", [("640x480", (640, 480)), ("1280X720", (1280, 720))])
def test_size_is_read(text, size):
    assert draw.parse_size(text) == size


@pytest.mark.parametrize("text", ["640", "axb", "0x10", "99999x10"])
def test_bad_size_is_refused(text):
    with pytest.raises(draw.argparse.ArgumentTypeError):
        draw.parse_size(text)


def test_drive_frames_follow_each_other():
    drive = draw.Drive(4, 10.0, 160, 90)
    first, second = (draw.frame(index, drive) for index in (0, 1))
    assert np.array_equal(first, draw.frame(0, drive))
    near = np.abs(first.astype(int) - second).mean()
    other = np.abs(first.astype(int) - draw.frame(0, draw.Drive(5, 10.0, 160, 90))).mean()
    assert 0 < near < other
