"""Held-out evaluation of an exported model with ONNX Runtime, the way an application runs it.

    python tools/sample-model/evaluate.py --model resources/models/street-b0/model.onnx --count 240 --seed 700001

Scenes are drawn at the sizes of photographs, stretched to the model's input with Pillow's bilinear filter; logits are
upsampled bilinearly to the input's size and compared with the mask at that size.
"""

import argparse
from concurrent.futures import ProcessPoolExecutor
from functools import partial
import json
import os
from pathlib import Path
import sys

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from street.classes import COUNT, NAMES  # noqa: E402

HELD_OUT_SEED = 700_001
SIZES = [(1280, 720), (1024, 768), (960, 640), (800, 800), (720, 960), (1280, 640)]
MEAN = np.array((0.485, 0.456, 0.406), np.float32)
STD = np.array((0.229, 0.224, 0.225), np.float32)


def draw(index: int, seed: int, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Held-out scene `index`, stretched to side x side: image (side, side, 3) uint8 and mask (side, side) uint8."""
    import cv2
    from PIL import Image
    import scenes

    cv2.setNumThreads(1)
    width, height = SIZES[index % len(SIZES)]
    scene = scenes.render(seed, index, width, height, oversample=1.5)
    image = Image.fromarray(scene.image).resize((side, side), Image.Resampling.BILINEAR)
    mask = Image.fromarray(scene.mask).resize((side, side), Image.Resampling.NEAREST)
    return np.asarray(image), np.asarray(mask)


def confusion(truth: np.ndarray, found: np.ndarray) -> np.ndarray:
    """Counts (COUNT, COUNT): rows are the truth, columns what was found."""
    return np.bincount(truth.ravel().astype(np.int64) * COUNT + found.ravel(), minlength=COUNT * COUNT).reshape(
        COUNT, COUNT
    )


def summary(counts: np.ndarray, n: int, seed: int, side: int) -> dict:
    """mIoU over the classes that occur, IoU per class, and pixel accuracy."""
    hit = np.diag(counts).astype(float)
    union = counts.sum(axis=0) + counts.sum(axis=1) - hit
    iou = np.where(union > 0, hit / np.maximum(union, 1), np.nan)
    return {
        "miou": round(float(np.nanmean(iou)), 4),
        "pixelAccuracy": round(float(hit.sum() / counts.sum()), 4),
        "perClass": {name: round(float(value), 4) for name, value in zip(NAMES, iou, strict=True)},
        "n": n,
        "seed": seed,
        "size": f"{side}x{side}",
    }


def run(model: Path, images: list[tuple[np.ndarray, np.ndarray]], seed: int, threads: int = 0) -> dict:
    """Evaluates an ONNX file on drawn scenes."""
    import cv2
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    counts = np.zeros((COUNT, COUNT), np.int64)
    for image, mask in images:
        pixels = ((image.astype(np.float32) / 255.0 - MEAN) / STD).transpose(2, 0, 1)[None]
        logits = session.run(None, {name: np.ascontiguousarray(pixels)})[0][0]
        full = cv2.resize(logits.transpose(1, 2, 0), mask.shape[::-1], interpolation=cv2.INTER_LINEAR)
        counts += confusion(mask, full.argmax(axis=2))
    return summary(counts, len(images), seed, images[0][1].shape[0])


def main() -> None:
    """Reads the command line and prints the result as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--count", type=int, default=240)
    parser.add_argument("--seed", type=int, default=HELD_OUT_SEED)
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    with ProcessPoolExecutor(options.jobs) as pool:
        images = list(pool.map(partial(draw, seed=options.seed, side=options.size), range(options.count)))
    print(json.dumps(run(options.model, images, options.seed), indent=2))


if __name__ == "__main__":
    main()
