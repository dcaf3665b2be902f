"""Draws street scenes into a folder: pictures for calibration, pictures with masks for evaluation, or a drive.

    python tools/sample-model/draw.py --count 200 --seed 7 --size 1024x768 --out pictures
    python tools/sample-model/draw.py --count 24 --seed 7 --size 640x480 --out scenes --masks
    python tools/sample-model/draw.py --drive 8 --fps 30 --seed 4 --size 1280x720 --out drive.mp4

A mask is an 8-bit grey PNG of class ids beside its picture. A drive needs ffmpeg on the PATH.
"""

import argparse
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache, partial
import os
from pathlib import Path
import shutil
import subprocess
import sys

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
import scenes  # noqa: E402
from street import lens, mood as moods, world as worlds  # noqa: E402


def parse_size(text: str) -> tuple[int, int]:
    """ "1024x768" to (1024, 768)."""
    try:
        width, height = (int(part) for part in text.lower().split("x"))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no size: write it as 1024x768") from None
    if not (32 <= width <= 16384 and 32 <= height <= 16384):
        raise argparse.ArgumentTypeError(f"{text!r}: each side must be 32 to 16384 pixels")
    return width, height


def save(path: Path, image: np.ndarray, quality: int = 90) -> None:
    """Writes an RGB or grey picture; the name's ending decides the format."""
    flags = {
        ".jpg": [cv2.IMWRITE_JPEG_QUALITY, quality],
        ".png": [cv2.IMWRITE_PNG_COMPRESSION, 9],
        ".webp": [cv2.IMWRITE_WEBP_QUALITY, quality],
    }[path.suffix]
    if not cv2.imwrite(str(path), image if image.ndim == 2 else image[..., ::-1], flags):
        raise OSError(f"{path} could not be written")


def draw_one(index: int, options: argparse.Namespace) -> str:
    """Draws scene `index` of the folder and returns its name."""
    cv2.setNumThreads(1)
    width, height = options.size
    scene = scenes.render(options.seed, index, width, height, options.weather, gentle=options.gentle)
    name = f"{index + 1:0{max(3, len(str(options.count)))}d}"
    save(options.out / f"{name}.{options.format}", scene.image, options.quality)
    if options.masks:
        save(options.out / f"{name}.png", scene.mask)
    return f"{name}: {scene.kind}"


@dataclass(frozen=True)
class Drive:
    """A drive down one street; `speed` in metres a second."""

    seed: int
    fps: float
    width: int
    height: int
    weather: str = "clear"
    speed: float = 8.0


@lru_cache(maxsize=1)
def street_of(drive: Drive):
    """The drive's world without what would be run over, and the lateral offset that the camera keeps."""
    world = worlds.make(drive.seed, 0, drive.weather, tame=True)
    side = -1.0 if world.road.left_hand else 1.0
    lane = side * world.road.half / (world.road.lanes + 0.6) * 0.55
    world.movers = [mover for mover in world.movers if not in_the_way(mover, lane, drive.speed, side)]
    return world, lane


def frame(index: int, drive: Drive) -> np.ndarray:
    """Frame `index` of a drive, RGB uint8."""
    cv2.setNumThreads(1)
    world, lane = street_of(drive)
    now = index / drive.fps
    z = drive.speed * now
    ahead = world.road.place(z + 14.0, lane) - world.road.place(z, lane)
    scale = min(1.6, np.sqrt(scenes.MOST_PIXELS / (drive.width * drive.height)))
    focal = drive.width * scale / 2 / np.tan(np.radians(34))
    bump = 0.012 * np.sin(now * 7.1) + 0.008 * np.sin(now * 11.7)
    camera = scenes.Camera(
        round(drive.width * scale),
        round(drive.height * scale),
        focal,
        focal,
        world.road.place(z, lane, 1.55 + bump),
        float(np.arctan2(ahead[0], ahead[2])),
        -0.012 + 0.0015 * np.sin(now * 5.3),
        0.002 * np.sin(now * 3.1),
    )
    image, _ = scenes.shrink(scenes.paint(world, camera, now, scale), drive.width, drive.height)
    return lens.finish(image, world.mood, np.random.default_rng([drive.seed, 5]), gentle=True)


def in_the_way(mover, lane: float, speed: float, side: float) -> bool:
    """Whether a mover would be run over: something in the camera's lane that is slower, or just ahead."""
    _, z, offset, velocity = mover
    same_lane = abs(offset - lane) < 1.7
    return same_lane and (abs(velocity) < 2.0 or z < 14.0 or velocity * side < 0 or z + velocity * 8 < 12 + speed * 8)


def film(options: argparse.Namespace) -> None:
    """Encodes a drive as H.264 (yuv420p, index at the front)."""
    if shutil.which("ffmpeg") is None:
        sys.exit("draw.py: ffmpeg is not on the PATH; install it (Debian: apt-get install ffmpeg)")
    width, height = options.size
    drive = Drive(options.seed, options.fps, width, height, options.weather or "clear")
    command = [
        "ffmpeg",
        "-y",
        "-loglevel",
        "error",
        "-f",
        "rawvideo",
        "-pix_fmt",
        "rgb24",
        "-s",
        f"{width}x{height}",
        "-r",
        str(options.fps),
        "-i",
        "-",
        "-an",
        "-c:v",
        "libx264",
        "-preset",
        "slow",
        "-crf",
        str(options.crf),
        # Twice a second a frame that stands for itself: whoever drags along the film waits for the frames since then.
        "-g",
        str(round(options.fps / 2)),
        "-pix_fmt",
        "yuv420p",
        "-movflags",
        "+faststart",
        str(options.out),
    ]
    count = round(options.drive * options.fps)
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        # The workers inherit the pipe: ffmpeg sees its end only once they are gone.
        with ProcessPoolExecutor(options.jobs) as pool:
            for picture in pool.map(partial(frame, drive=drive), range(count), chunksize=12):
                process.stdin.write(picture.tobytes())
        process.stdin.close()
        if process.wait() != 0:
            sys.exit(f"draw.py: ffmpeg ended with status {process.returncode}")


def main() -> None:
    """Reads the command line and draws."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--size", type=parse_size, default=(1024, 768))
    parser.add_argument("--out", type=Path, required=True, help="a folder, or the film's file with --drive")
    parser.add_argument("--masks", action="store_true", help="write class ids beside each picture")
    parser.add_argument("--format", choices=["jpg", "png", "webp"], default="jpg")
    parser.add_argument("--quality", type=int, default=90)
    parser.add_argument("--weather", choices=moods.KINDS)
    parser.add_argument("--gentle", action="store_true", help="fewer camera faults: for pictures to look at")
    parser.add_argument("--drive", type=float, metavar="SECONDS", help="draw a film of a drive instead")
    parser.add_argument("--fps", type=float, default=30.0)
    parser.add_argument("--crf", type=int, default=24)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    if options.drive:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        film(options)
        return
    if options.masks and options.format == "png":
        sys.exit("draw.py: --masks writes NAME.png, so pictures need another --format")
    options.out.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(options.jobs) as pool:
        for line in pool.map(partial(draw_one, options=options), range(options.count)):
            print(line, flush=True)


if __name__ == "__main__":
    main()
