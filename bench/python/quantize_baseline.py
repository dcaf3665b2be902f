"""ONNX Runtime's own static quantisation (entropy, Q/DQ, per channel, symmetric) of a model over a folder of pictures.

python quantize_baseline.py MODEL OUT FOLDER COUNT SIDE MEAN STD LIMIT

Prints one line of JSON: seconds, highest resident memory in MiB. LIMIT bounds how many pictures' activations the collector
holds at once (0: all of them, which is its default).
"""

import json
from pathlib import Path
import resource
import sys
import time

import numpy as np
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from PIL import Image


class Pictures(CalibrationDataReader):
    """Feeds pictures as the model wants them: RGB, normalised, planes."""

    def __init__(self, name, paths, side, mean, std):
        self.name, self.paths, self.side, self.mean, self.std = name, iter(paths), side, mean, std

    def get_next(self):
        path = next(self.paths, None)
        if path is None:
            return None
        image = Image.open(path).convert("RGB").resize((self.side, self.side), Image.Resampling.BILINEAR)
        pixels = (np.asarray(image, np.float32) / 255 - self.mean) / self.std
        return {self.name: np.ascontiguousarray(pixels.transpose(2, 0, 1)[None])}


def main():
    """Reads the command line, quantises, prints."""
    model, out, folder, count, side, mean, std, limit = sys.argv[1:]
    paths = sorted(Path(folder).iterdir(), key=lambda path: int(path.stem))[: int(count)]
    numbers = [np.array(json.loads(text), np.float32) for text in (mean, std)]
    options = {"ActivationSymmetric": True, "WeightSymmetric": True}
    if int(limit) > 0:
        options["CalibMaxIntermediateOutputs"] = int(limit)
    start = time.perf_counter()
    quantize_static(
        model,
        out,
        Pictures("pixel_values", paths, int(side), *numbers),
        quant_format=QuantFormat.QDQ,
        op_types_to_quantize=["MatMul", "Conv"],
        per_channel=True,
        activation_type=QuantType.QInt8,
        weight_type=QuantType.QInt8,
        calibrate_method=CalibrationMethod.Entropy,
        extra_options=options,
    )
    seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds, "mebibytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


if __name__ == "__main__":
    main()
