"""Scenes drawn by worker processes while the network trains, kept on the GPU, cut and coloured anew for every batch."""

import os
import queue

import numpy as np
import torch
import torch.multiprocessing as mp
import torch.nn.functional as F

SIDE = 640  # scenes are drawn SIDE x SIDE, squeezed from the aspect that they show
ASPECTS = [16 / 9, 4 / 3, 3 / 2, 1.0, 2.0, 3 / 4, 9 / 16, 2.35]
ASPECT_SHARES = [0.30, 0.20, 0.14, 0.12, 0.10, 0.06, 0.03, 0.05]
IGNORED = 255


def _draw_forever(worker: int, workers: int, seed: int, slots: torch.Tensor, free, ready) -> None:
    os.nice(5)
    import cv2

    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    import scenes

    index = worker
    while True:
        slot = free.get()
        if slot is None:
            return
        aspect = float(np.random.default_rng([seed, index, 31]).choice(ASPECTS, p=ASPECT_SHARES))
        scene = scenes.render(seed, index, SIDE, SIDE, squeeze=1.0 / aspect, oversample=1.5)
        slots[slot, ..., :3] = torch.from_numpy(scene.image)
        slots[slot, ..., 3] = torch.from_numpy(scene.mask)
        ready.put(slot)
        index += workers


class ScenePool:
    """`data` is (capacity, SIDE, SIDE, 4) uint8 on the device, of which the first `count` are drawn."""

    def __init__(self, seed: int, workers: int, capacity: int, device: torch.device) -> None:
        context = mp.get_context("spawn")
        self.free, self.ready = context.Queue(), context.Queue()
        self.slots = torch.zeros(workers * 3, SIDE, SIDE, 4, dtype=torch.uint8).share_memory_()
        for slot in range(len(self.slots)):
            self.free.put(slot)
        self.data = torch.empty(capacity, SIDE, SIDE, 4, dtype=torch.uint8, device=device)
        self.count = 0
        self.drawn = 0
        self.workers = [
            context.Process(
                target=_draw_forever, args=(w, workers, seed, self.slots, self.free, self.ready), daemon=True
            )
            for w in range(workers)
        ]
        for process in self.workers:
            process.start()

    def collect(self, at_least: int = 0) -> None:
        """Takes over what has been drawn; waits until `at_least` scenes are there."""
        while True:
            try:
                slot = self.ready.get(timeout=60) if self.count < at_least else self.ready.get_nowait()
            except queue.Empty:
                if self.count >= at_least:
                    return
                raise RuntimeError("no scene was drawn within a minute: the workers have died") from None
            self.data[self.drawn % len(self.data)].copy_(self.slots[slot])
            self.drawn += 1
            self.count = min(self.drawn, len(self.data))
            self.free.put(slot)

    def close(self) -> None:
        """Ends the workers."""
        for process in self.workers:
            process.terminate()
        for process in self.workers:
            process.join()


def _windows(n: int, height: int, width: int, device, generator) -> torch.Tensor:
    """Affine windows (n, 2, 3) into the scenes: about half show nearly all of one, the rest a piece of it."""

    def random(*shape):
        return torch.rand(*shape, device=device, generator=generator)

    whole = random(n) < 0.5
    zoom = torch.where(whole, 0.94 + 0.16 * random(n), torch.exp(-1.1 * random(n)))
    stretch = torch.exp((random(n) - 0.5) * 0.3)
    ratio = torch.where(whole, torch.ones_like(zoom), torch.full_like(zoom, (height / width) ** 0.5))
    half_x, half_y = zoom * stretch / ratio, zoom / stretch * ratio
    room_x, room_y = (1.0 - half_x).clamp(min=0.0), (1.0 - half_y).clamp(min=0.0)
    x, y = (random(n) * 2 - 1) * room_x, (random(n) * 2 - 1) * room_y
    flip = torch.where(random(n) < 0.5, -1.0, 1.0)
    matrix = torch.zeros(n, 2, 3, device=device)
    matrix[:, 0, 0], matrix[:, 0, 2] = half_x * flip, x
    matrix[:, 1, 1], matrix[:, 1, 2] = half_y, y
    return matrix


def _recolour(image: torch.Tensor, generator) -> torch.Tensor:
    """Random brightness, contrast, colour, grey and noise on images (n, 3, H, W) in 0..1."""
    n, device = len(image), image.device

    def around(spread: float, *shape):
        return torch.exp(torch.randn(n, *shape, device=device, generator=generator) * spread)

    image = image * around(0.14, 1, 1, 1) * around(0.05, 3, 1, 1)
    middle = image.mean(dim=(1, 2, 3), keepdim=True)
    image = middle + (image - middle) * around(0.14, 1, 1, 1)
    grey = image.mean(dim=1, keepdim=True)
    image = grey + (image - grey) * around(0.25, 1, 1, 1)
    image = image.clamp(0, 1) ** around(0.12, 1, 1, 1)
    noise = torch.rand(n, 1, 1, 1, device=device, generator=generator) ** 3 * 0.05
    return (image + torch.randn(image.shape, device=device, generator=generator) * noise).clamp(0, 1)


def batch(pool: ScenePool, n: int, height: int, width: int, generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Images (n, 3, height, width) in 0..1 and class ids (n, height, width), IGNORED outside a scene."""
    device = pool.data.device
    chosen = torch.randint(0, pool.count, (n,), device=device, generator=generator)
    scenes = pool.data[chosen].permute(0, 3, 1, 2)
    grid = F.affine_grid(_windows(n, height, width, device, generator), [n, 3, height, width], align_corners=False)
    image = F.grid_sample(
        scenes[:, :3].float() / 255.0, grid, mode="bilinear", padding_mode="zeros", align_corners=False
    )
    labels = F.grid_sample(
        scenes[:, 3:].float() - IGNORED, grid, mode="nearest", padding_mode="zeros", align_corners=False
    )
    return _recolour(image, generator), (labels[:, 0] + IGNORED).round().long()
