"""What a Python user does: Pillow decodes and resizes, onnxruntime runs the network, a mask is written as PNG.

Reads one JSON object a line from standard input and answers each with one line, so that the benchmark can take turns.
`{"open": {"model": PATH, "graph": PATH or null, "threads": N, "preprocessing": {...}}}` comes first; then
`{"run": PICTURE, "mask": PNG, "way": "numpy" | "graph"}`. Times are nanoseconds of a monotonic clock.

Ways: `numpy` upsamples each class with Pillow's bilinear filter and takes numpy's argmax; `graph` runs a model that ends
in Resize and ArgMax, so that both happen inside onnxruntime.
"""

from __future__ import annotations

import json
import sys
from time import perf_counter_ns

import numpy as np
import onnxruntime
import PIL
from PIL import Image


def session(path: str, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    # As in the studio: no spinning between pictures, which here would take the cores from the other side.
    options.add_session_config_entry("session.force_spinning_stop", "1")
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


class Baseline:
    def __init__(self, model: str, graph: str | None, threads: int, preprocessing: dict) -> None:
        self.network = session(model, threads)
        self.graph = None if graph is None else session(graph, threads)
        size = preprocessing["size"]
        self.size = (size["width"], size["height"])
        mean = np.array(preprocessing["mean"], np.float32)
        std = np.array(preprocessing["std"], np.float32)
        # (pixel * scale - mean) / std as one multiplication and one addition.
        self.factor = np.float32(preprocessing["scale"]) / std
        self.offset = -mean / std

    def run(self, picture: str, mask: str, way: str) -> dict:
        start = perf_counter_ns()
        image = Image.open(picture).convert("RGB")
        decoded = perf_counter_ns()
        small = image.resize(self.size, Image.Resampling.BILINEAR)
        pixels = np.asarray(small, np.float32) * self.factor + self.offset
        tensor = np.ascontiguousarray(pixels.transpose(2, 0, 1))[None]
        prepared = perf_counter_ns()
        if way == "graph":
            feeds = {
                "pixel_values": tensor,
                "mask_size": np.array([image.height, image.width], np.int64),
            }
            ids = self.graph.run(["mask"], feeds)[0][0]
            inferred = perf_counter_ns()
        else:
            logits = self.network.run(None, {self.network.get_inputs()[0].name: tensor})[0][0]
            inferred = perf_counter_ns()
            planes = [np.asarray(Image.fromarray(plane).resize(image.size, Image.Resampling.BILINEAR)) for plane in logits]
            ids = np.argmax(np.stack(planes), axis=0).astype(np.uint8)
        decided = perf_counter_ns()
        Image.fromarray(np.ascontiguousarray(ids)).save(mask)
        end = perf_counter_ns()
        return {
            "decode": decoded - start,
            "preprocess": prepared - decoded,
            "infer": inferred - prepared,
            "postprocess": decided - inferred,
            "write": end - decided,
            "total": end - start,
        }


def main() -> None:
    baseline: Baseline | None = None
    for line in sys.stdin:
        request = json.loads(line)
        if "open" in request:
            baseline = Baseline(**request["open"])
            answer = {
                "python": sys.version.split()[0],
                "onnxruntime": onnxruntime.__version__,
                "pillow": PIL.__version__,
                "numpy": np.__version__,
            }
        elif baseline is not None:
            answer = baseline.run(request["run"], request["mask"], request["way"])
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
