"""Trains the sample model, SegFormer-B0 from random weights, on scenes that are drawn while it trains.

    python tools/sample-model/train.py --minutes 15 --seed 1 --out OUT

Every scene is a function of (seed, index), every batch of the seed; what a run cannot repeat to the bit is the order in
which the worker processes deliver. With --steps the length is a number of steps, with --minutes it is a time.
Writes into OUT: weights.pt (averaged and raw weights), model.onnx, model.json, training.json (the log, the result).
"""

import argparse
from concurrent.futures import ProcessPoolExecutor
import copy
import datetime
from functools import partial
import json
import math
import os
from pathlib import Path
import platform
import re
import sys
import time

import torch
import torch.nn.functional as F

sys.path.insert(0, str(Path(__file__).parent))
import evaluate  # noqa: E402
import export  # noqa: E402
import pool as pools  # noqa: E402
import segformer  # noqa: E402
from street.classes import COUNT, NAMES  # noqa: E402

SHAPES = [(512, 512)] * 6 + [(448, 448), (640, 640), (384, 640), (640, 384), (512, 768)]
RARE = {"lane marking": 1.4, "pole": 1.8, "traffic light": 1.8, "traffic sign": 1.6, "person": 1.5}


def fast_attention(self, x, height: int, width: int):
    """EfficientSelfAttention's sums through one fused kernel: the same result, for training only."""
    batch, tokens, channels = x.shape
    shape = (batch, -1, self.heads, channels // self.heads)
    q = self.q(x).reshape(shape).transpose(1, 2)
    source = x
    if self.sr_ratio > 1:
        grid = x.transpose(1, 2).reshape(batch, channels, height, width)
        source = self.norm(self.sr(grid).flatten(2).transpose(1, 2))
    k, v = self.kv(source).chunk(2, dim=-1)
    out = F.scaled_dot_product_attention(q, k.reshape(shape).transpose(1, 2), v.reshape(shape).transpose(1, 2))
    return self.proj(out.transpose(1, 2).reshape(batch, tokens, channels))


def loss_of(logits: torch.Tensor, labels: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """Weighted cross entropy plus a soft Jaccard loss over the batch, on logits upsampled to the labels' size."""
    full = F.interpolate(logits.float(), size=labels.shape[1:], mode="bilinear", align_corners=False)
    entropy = F.cross_entropy(full, labels, weight=weights, ignore_index=pools.IGNORED)
    inside = labels != pools.IGNORED
    chance = full.softmax(dim=1) * inside[:, None]
    truth = torch.where(inside, labels, 0)
    picked = chance.gather(1, truth[:, None])[:, 0] * inside
    masks = [(truth == index) & inside for index in range(COUNT)]
    hit = torch.stack([(picked * mask).sum() for mask in masks])
    there = torch.stack([mask.sum() for mask in masks]).float()
    union = chance.sum(dim=(0, 2, 3)) + there - hit
    present = (there > 0).float()
    jaccard = ((1.0 - hit / union.clamp(min=1.0)) * present).sum() / present.sum().clamp(min=1.0)
    return entropy + 0.7 * jaccard


@torch.no_grad()
def measure(model, images: torch.Tensor, masks: torch.Tensor, mean, std) -> dict:
    """mIoU of the averaged weights on the held-out scenes (uint8, on the device)."""
    model.eval()
    counts = torch.zeros(COUNT * COUNT, dtype=torch.long, device=images.device)
    for start in range(0, len(images), 16):
        pixels = (images[start : start + 16].permute(0, 3, 1, 2).float() / 255.0 - mean) / std
        full = F.interpolate(model(pixels).float(), size=masks.shape[1:], mode="bilinear", align_corners=False)
        joint = masks[start : start + 16].long() * COUNT + full.argmax(dim=1)
        counts += torch.bincount(joint.flatten(), minlength=COUNT * COUNT)
    return evaluate.summary(
        counts.view(COUNT, COUNT).cpu().numpy(), len(images), evaluate.HELD_OUT_SEED, masks.shape[1]
    )


class Trainer:
    """One training run: network, averaged copy, optimiser, scenes, clock, log."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        torch.manual_seed(options.seed)
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        torch.backends.cuda.matmul.allow_tf32 = True
        torch.backends.cudnn.allow_tf32 = True
        torch.backends.cudnn.benchmark = True
        self.model = export.network(drop_path=0.05, head_dropout=0.05).to(self.device)
        if options.resume:
            self.model.load_state_dict(torch.load(options.resume, map_location=self.device, weights_only=True)["raw"])
        self.average = copy.deepcopy(self.model).eval()
        segformer.EfficientSelfAttention.forward = fast_attention
        gentle = [p for p in self.model.parameters() if p.dim() < 2]
        strong = [p for p in self.model.parameters() if p.dim() >= 2]
        groups = [{"params": strong, "weight_decay": 0.02}, {"params": gentle, "weight_decay": 0.0}]
        self.optimiser = torch.optim.AdamW(groups, lr=options.rate, betas=(0.9, 0.99), fused=self.device.type == "cuda")
        self.generator = torch.Generator(self.device).manual_seed(options.seed)
        self.mean = torch.tensor(export.MEAN, device=self.device).view(1, 3, 1, 1)
        self.std = torch.tensor(export.STD, device=self.device).view(1, 3, 1, 1)
        self.weights = torch.tensor([RARE.get(name, 1.0) for name in NAMES], device=self.device)
        self.step, self.log, self.began = 0, [], time.monotonic()

    def held_out(self) -> None:
        """Draws the held-out scenes, once."""
        draw = partial(evaluate.draw, seed=evaluate.HELD_OUT_SEED, side=512)
        with ProcessPoolExecutor(self.options.workers) as processes:
            self.scenes = list(processes.map(draw, range(self.options.held_out)))
        self.images = torch.stack([torch.from_numpy(image.copy()) for image, _ in self.scenes]).to(self.device)
        self.masks = torch.stack([torch.from_numpy(mask.copy()) for _, mask in self.scenes]).to(self.device)
        print(f"{time.monotonic() - self.began:.0f} s: {len(self.scenes)} held-out scenes drawn", flush=True)

    def share(self) -> float:
        """How much of the run is over, 0..1."""
        if self.options.steps:
            return self.step / self.options.steps
        return (time.monotonic() - self.began) / (self.options.minutes * 60)

    def train(self) -> None:
        """The loop: collect scenes, draw a batch, step, average, now and then measure."""
        options = self.options
        self.pool = pools.ScenePool(options.seed, options.workers, options.capacity, self.device)
        self.pool.collect(at_least=options.first)
        print(f"{time.monotonic() - self.began:.0f} s: {self.pool.count} scenes, training starts", flush=True)
        total, next_report, mark = 0.0, options.report, time.monotonic()
        while self.share() < 1.0:
            self.pool.collect()
            total = total + self.one_step().detach()
            if self.step % options.report == 0:
                pace = options.report * options.batch / (time.monotonic() - mark)
                self.report(float(total) / options.report, pace, measured=self.step >= next_report)
                if self.step >= next_report:
                    next_report = self.step + options.report * 4
                total, mark = 0.0, time.monotonic()
        self.pool.close()

    def one_step(self) -> torch.Tensor:
        """One batch, one step of the optimiser and of the average."""
        options, share = self.options, self.share()
        warm = min(1.0, (self.step + 1) / options.warm)
        for group in self.optimiser.param_groups:
            group["lr"] = options.rate * warm * (0.5 + 0.5 * math.cos(math.pi * min(1.0, share)))
        height, width = (options.side, options.side) if options.side else SHAPES[self.step % len(SHAPES)]
        image, labels = pools.batch(self.pool, options.batch, height, width, self.generator)
        self.model.train()
        with torch.autocast(self.device.type, dtype=torch.bfloat16):
            logits = self.model((image - self.mean) / self.std)
        loss = loss_of(logits, labels, self.weights)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()
        self.step += 1
        keep = min(0.9985, 1.0 - 1.0 / (1.0 + self.step * 0.2))
        with torch.no_grad():
            torch._foreach_lerp_(list(self.average.parameters()), list(self.model.parameters()), 1.0 - keep)
            for mine, theirs in zip(self.average.buffers(), self.model.buffers(), strict=True):
                mine.copy_(theirs)
        return loss

    def report(self, loss: float, pace: float, measured: bool) -> None:
        """One line of the log; every so often with the held-out mIoU and a checkpoint."""
        entry = {
            "step": self.step,
            "seconds": round(time.monotonic() - self.began, 1),
            "loss": round(loss, 4),
            "imagesPerSecond": round(pace, 1),
            "scenesDrawn": self.pool.drawn,
        }
        if measured:
            entry["miou"] = measure(self.average, self.images, self.masks, self.mean, self.std)["miou"]
            self.save()
        self.log.append(entry)
        print(json.dumps(entry), flush=True)

    def save(self) -> None:
        """Writes the weights, so that a run that is cut short is not lost."""
        path = self.options.out / "weights.pt"
        torch.save({"ema": self.average.state_dict()}, path.with_suffix(".tmp"))
        os.replace(path.with_suffix(".tmp"), path)
        torch.save({"raw": self.model.state_dict()}, self.options.out / "raw.pt")


def facts(trainer: Trainer, options: argparse.Namespace) -> dict:
    """What ran where, for the log."""
    import numpy
    import onnx
    import onnxruntime

    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU"
    version = Path("/proc/driver/nvidia/version")
    found = re.search(r"\b\d{3}\.[\d.]+\b", version.read_text()) if version.exists() else None
    driver = found.group() if found else ""
    arguments = [f"--{key.replace('_', '-')} {value}" for key, value in vars(options).items() if key != "out" and value]
    return {
        "device": gpu,
        "driver": driver,
        "date": datetime.date.today().isoformat(),
        "command": "python tools/sample-model/train.py " + " ".join(arguments),
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "onnx": onnx.__version__,
            "onnxruntime": onnxruntime.__version__,
            "numpy": numpy.__version__,
        },
        "seed": options.seed,
        "steps": trainer.step,
        "scenesDrawn": trainer.pool.drawn,
        "seconds": round(time.monotonic() - trainer.began, 1),
    }


def finish(trainer: Trainer, options: argparse.Namespace) -> None:
    """Exports the averaged weights and evaluates the export."""
    trainer.save()
    segformer.EfficientSelfAttention.forward = ATTENTION
    path = options.out / "model.onnx"
    export.write_onnx(copy.deepcopy(trainer.average), path)
    result = evaluate.run(path, trainer.scenes, evaluate.HELD_OUT_SEED, options.workers)
    print(json.dumps(result, indent=2), flush=True)
    about = facts(trainer, options)
    provenance = {
        "text": "Trained from random weights on street scenes drawn by tools/sample-model; no photograph was used.",
        "seed": options.seed,
        "date": about["date"],
        "heldOut": {"miou": result["miou"], "n": result["n"], "size": result["size"], "seed": result["seed"]},
    }
    (options.out / "model.json").write_text(json.dumps(export.sidecar(provenance), indent=2) + "\n")
    lines = ",\n".join(f"    {json.dumps(entry)}" for entry in trainer.log)
    head = json.dumps({**about, "heldOut": result}, indent=2)[:-2]
    (options.out / "training.json").write_text(f'{head},\n  "log": [\n{lines}\n  ]\n}}\n')


ATTENTION = segformer.EfficientSelfAttention.forward


def main() -> None:
    """Reads the command line and trains."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=15.0)
    parser.add_argument("--steps", type=int, default=0, help="a fixed number of steps instead of minutes")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--side", type=int, default=0, help="train at one size instead of several")
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--warm", type=int, default=300)
    parser.add_argument("--workers", type=int, default=max(1, (os.cpu_count() or 2) - 1))
    parser.add_argument("--capacity", type=int, default=40000, help="scenes kept on the device, 1.6 MB each")
    parser.add_argument("--first", type=int, default=400, help="scenes to wait for before the first step")
    parser.add_argument("--held-out", type=int, default=240)
    parser.add_argument("--report", type=int, default=100, help="steps between lines of the log")
    parser.add_argument("--resume", type=Path, help="raw.pt of an earlier run")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    trainer = Trainer(options)
    trainer.held_out()
    trainer.train()
    finish(trainer, options)


if __name__ == "__main__":
    main()
