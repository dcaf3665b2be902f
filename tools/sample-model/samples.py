"""Draws everything in `resources/samples`: twelve pictures, twenty-four scenes with masks, a drive.

python tools/sample-model/samples.py --out resources/samples [--only pictures|scenes|drive]
"""

import argparse
from pathlib import Path
import sys

sys.path.insert(0, str(Path(__file__).parent))
import draw  # noqa: E402
import scenes  # noqa: E402

PICTURE_SEED, SCENE_SEED, DRIVE_SEED = 5, 900_001, 5
# name, index, width, height
PICTURES = [
    ("01-high-street.jpg", 80, 1920, 1280),
    ("02-evening.jpg", 73, 1600, 1067),
    ("03-night.jpg", 82, 1280, 853),
    ("04-snow.jpg", 85, 1024, 768),
    ("05-rain.jpg", 68, 1280, 720),
    ("06-fog.jpg", 75, 1000, 1000),
    ("07-portrait.jpg", 71, 720, 1280),
    ("08-small.png", 76, 640, 480),
    ("09-panorama.jpg", 89, 2400, 800),
    ("10-square.webp", 87, 1080, 1080),
    ("11-autumn.jpg", 62, 800, 600),
    ("12-large.jpg", 84, 4000, 3000),
]
SCENE_SIZES = [(640, 480), (768, 512), (640, 360), (512, 512), (480, 640), (800, 400)]


def main() -> None:
    """Reads the command line and draws."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", choices=["pictures", "scenes", "drive"])
    options = parser.parse_args()
    if options.only in (None, "pictures"):
        pictures(options.out / "pictures")
    if options.only in (None, "scenes"):
        labelled(options.out / "scenes")
    if options.only in (None, "drive"):
        sys.argv = [
            "draw.py",
            "--drive",
            "8",
            "--fps",
            "30",
            "--seed",
            str(DRIVE_SEED),
            "--size",
            "1280x720",
            "--crf",
            "24",
            "--out",
            str(options.out / "drive.mp4"),
        ]
        draw.main()


def pictures(folder: Path) -> None:
    """The twelve pictures to look at."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, index, width, height in PICTURES:
        scene = scenes.render(PICTURE_SEED, index, width, height, gentle=True)
        draw.save(folder / name, scene.image, 82 if width * height > 3e6 else 90)
        print(name, scene.kind, flush=True)


def labelled(folder: Path) -> None:
    """The held-out scenes with their masks; no training run uses this seed."""
    folder.mkdir(parents=True, exist_ok=True)
    for index in range(24):
        width, height = SCENE_SIZES[index % len(SCENE_SIZES)]
        scene = scenes.render(SCENE_SEED, index, width, height)
        draw.save(folder / f"{index + 1:03d}.jpg", scene.image, 88)
        draw.save(folder / f"{index + 1:03d}.png", scene.mask)
        print(f"{index + 1:03d}", scene.kind, flush=True)


if __name__ == "__main__":
    main()
