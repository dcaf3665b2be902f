"""Writes a trained SegFormer as ONNX and the `model.json` beside it.

python tools/sample-model/export.py --weights CHECKPOINT.pt --out resources/models/street-b0
"""

import argparse
import json
from pathlib import Path
import sys
import warnings

import torch

sys.path.insert(0, str(Path(__file__).parent))
from segformer import SegFormer  # noqa: E402
from street.classes import CLASSES, COUNT  # noqa: E402

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
OPSET = 13


def network(**options) -> SegFormer:
    """The sample model's network: B0 for our classes, with the input padded to a multiple of 32."""
    return SegFormer("b0", num_classes=COUNT, pad_to=32, **options)


def write_onnx(model: torch.nn.Module, path: Path) -> None:
    """Exports with the TorchScript exporter: dynamic N, H, W; LayerNorm comes out as primitive operations."""
    model = model.float().cpu().eval()
    example = torch.randn(1, 3, 480, 608)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model,
            (example,),
            str(path),
            opset_version=OPSET,
            dynamo=False,
            do_constant_folding=True,
            input_names=["pixel_values"],
            output_names=["logits"],
            dynamic_axes={
                "pixel_values": {0: "batch", 2: "height", 3: "width"},
                "logits": {0: "batch", 2: "logits_height", 3: "logits_width"},
            },
        )


def sidecar(provenance: dict) -> dict:
    """The contents of `model.json`."""
    labels = [{"id": index, "name": name, "color": list(colour)} for index, (name, colour) in enumerate(CLASSES)]
    return {
        "format": 1,
        "name": "Street B0",
        "file": "model.onnx",
        "labels": labels,
        "preprocessing": {
            "size": {"mode": "stretch", "width": 512, "height": 512},
            "resample": "bilinear",
            "channelOrder": "rgb",
            "scale": 1.0 / 255.0,
            "mean": list(MEAN),
            "std": list(STD),
        },
        "output": {"kind": "logits"},
        "licence": {"name": "Apache-2.0"},
        "provenance": provenance,
    }


def main() -> None:
    """Exports a checkpoint; without one, random weights (for work on runtimes only)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    torch.manual_seed(0)
    model = network()
    text = "random weights: for work on runtimes only"
    if options.weights:
        model.load_state_dict(torch.load(options.weights, map_location="cpu", weights_only=True)["ema"])
        text = "trained on procedurally drawn street scenes"
    options.out.mkdir(parents=True, exist_ok=True)
    write_onnx(model, options.out / "model.onnx")
    (options.out / "model.json").write_text(json.dumps(sidecar({"text": text}), indent=2) + "\n")
    print(f"{options.out / 'model.onnx'}: {(options.out / 'model.onnx').stat().st_size / 2**20:.2f} MiB")


if __name__ == "__main__":
    main()
