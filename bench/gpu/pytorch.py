"""Times SegFormers in PyTorch on the GPU: what an engineer has before any engine is built.

    python bench/gpu/pytorch.py OUT.json [--cells b0:512,b2:1024] [--runs 200] [--no-compile]

Batch 1, logits out, random weights. Each cell is run eagerly in float32 (TF32 off and on) and float16, and compiled
(`torch.compile`, mode "reduce-overhead", which uses CUDA graphs). Times are milliseconds by CUDA events, the median and
other percentiles of `--runs` after warm-up; every run reads another of four inputs.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
import json
from pathlib import Path
import sys
import time

import torch
from torch import Tensor, nn

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools" / "sample-model"))
from segformer import SegFormer  # noqa: E402

WARM_UP = 30
INPUTS = 4


def percentiles(times: list[float]) -> dict[str, float]:
    ordered = sorted(times)
    at = lambda share: ordered[min(len(ordered) - 1, int(share * len(ordered)))]  # noqa: E731
    return {"median": at(0.5), "p90": at(0.9), "p99": at(0.99), "min": ordered[0], "mean": sum(ordered) / len(ordered)}


def measure(call: Callable[[Tensor], Tensor], inputs: list[Tensor], runs: int) -> dict[str, float]:
    for index in range(WARM_UP):
        call(inputs[index % len(inputs)])
    torch.cuda.synchronize()
    times = []
    for index in range(runs):
        start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        start.record()
        call(inputs[index % len(inputs)])
        end.record()
        end.synchronize()
        times.append(start.elapsed_time(end))
    return percentiles(times)


def graphed(module: nn.Module, image: Tensor) -> Callable[[Tensor], Tensor]:
    """The eager network as one CUDA graph: its kernels without the time that Python takes to launch them."""
    static = image.clone()
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(3):
            module(static)
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        output = module(static)

    def call(other: Tensor) -> Tensor:
        static.copy_(other)
        graph.replay()
        return output

    return call


def cell(variant: str, size: int, runs: int, compiles: bool) -> list[dict[str, object]]:
    torch.manual_seed(1)
    module = SegFormer(variant, 19).eval().cuda()
    images = [torch.randn(1, 3, size, size, device="cuda") for _ in range(INPUTS)]
    rows: list[dict[str, object]] = []

    def row(way: str, precision: str, call: Callable[[Tensor], Tensor], inputs: list[Tensor], seconds: float = 0) -> None:
        rows.append({"model": variant, "size": size, "way": way, "precision": precision, "setUpSeconds": seconds})
        rows[-1].update(measure(call, inputs, runs))
        print(json.dumps(rows[-1]), file=sys.stderr, flush=True)

    for tf32 in (False, True):
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = tf32
        row("eager", "tf32" if tf32 else "fp32", module, images)
    half, halves = module.half(), [image.half() for image in images]
    row("eager", "fp16", half, halves)
    row("eager, CUDA graph", "fp16", graphed(half, halves[0]), halves)
    if compiles:
        start = time.perf_counter()
        compiled = torch.compile(half, mode="reduce-overhead")
        compiled(halves[0])
        torch.cuda.synchronize()
        row("compiled", "fp16", compiled, halves, time.perf_counter() - start)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--cells", default="b0:512,b1:1024,b2:1024,b5:1024")
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--no-compile", action="store_true")
    arguments = parser.parse_args()
    rows: list[dict[str, object]] = []
    with torch.inference_mode():
        for text in arguments.cells.split(","):
            variant, size = text.split(":")
            rows += cell(variant, int(size), arguments.runs, not arguments.no_compile)
            facts = {"torch": torch.__version__, "cuda": torch.version.cuda, "device": torch.cuda.get_device_name()}
            # Written after each cell: a compiler that runs out of time must not take the others' figures along.
            arguments.out.write_text(json.dumps({**facts, "runs": arguments.runs, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
