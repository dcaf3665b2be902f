"""SegFormer (Xie et al., 2021, arXiv:2105.15203) with the operations of the original implementation.

The module is written for two readers: the trainer of the sample model and the ONNX exporter. It therefore keeps the
choices that make exported graphs hard to deploy, because the workbench has to repair exactly those: `flatten` and
`transpose` around every token operation, reshapes to attention heads, LayerNorm in two different epsilons, a decode
head that upsamples to the *size* of another tensor, and (optionally) an `F.pad` whose amounts depend on the input.

Shapes are NCHW for images and (batch, tokens, channels) for token sequences.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
import math

import torch
from torch import Tensor, nn
import torch.nn.functional as F

BLOCK_NORM_EPS = 1e-6  # norms inside and after the transformer blocks
EMBED_NORM_EPS = 1e-5  # norms of the patch embeddings and of the reduced keys/values


@dataclass(frozen=True)
class SegFormerConfig:
    """Widths and depths of the four encoder stages and the width of the decode head."""

    widths: tuple[int, ...]
    depths: tuple[int, ...]
    decoder_width: int
    heads: tuple[int, ...] = (1, 2, 5, 8)
    sr_ratios: tuple[int, ...] = (8, 4, 2, 1)
    mlp_ratios: tuple[int, ...] = (4, 4, 4, 4)


_WIDE = (64, 128, 320, 512)

VARIANTS: dict[str, SegFormerConfig] = {
    "b0": SegFormerConfig(widths=(32, 64, 160, 256), depths=(2, 2, 2, 2), decoder_width=256),
    "b1": SegFormerConfig(widths=_WIDE, depths=(2, 2, 2, 2), decoder_width=256),
    "b2": SegFormerConfig(widths=_WIDE, depths=(3, 4, 6, 3), decoder_width=768),
    "b3": SegFormerConfig(widths=_WIDE, depths=(3, 4, 18, 3), decoder_width=768),
    "b4": SegFormerConfig(widths=_WIDE, depths=(3, 8, 27, 3), decoder_width=768),
    "b5": SegFormerConfig(widths=_WIDE, depths=(3, 6, 40, 3), decoder_width=768),
}


class DropPath(nn.Module):
    """Stochastic depth: drops the whole residual branch of single samples while training."""

    def __init__(self, probability: float) -> None:
        super().__init__()
        self.probability = probability

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.probability == 0.0:
            return x
        keep = 1.0 - self.probability
        mask = x.new_empty((x.shape[0],) + (1,) * (x.dim() - 1)).bernoulli_(keep)
        return x * mask / keep


class OverlapPatchEmbed(nn.Module):
    """Strided convolution whose patches overlap; (N, Cin, H, W) to tokens (N, H/s * W/s, C) and their grid."""

    def __init__(self, in_channels: int, width: int, kernel: int, stride: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(in_channels, width, kernel, stride, padding=kernel // 2)
        self.norm = nn.LayerNorm(width, eps=EMBED_NORM_EPS)

    def forward(self, x: Tensor) -> tuple[Tensor, int, int]:
        x = self.proj(x)
        height, width = x.shape[2], x.shape[3]
        x = x.flatten(2).transpose(1, 2)
        return self.norm(x), height, width


class DWConv(nn.Module):
    """3x3 depthwise convolution over tokens laid out on their grid: the positional encoding of SegFormer."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.dwconv = nn.Conv2d(width, width, 3, 1, 1, groups=width)

    def forward(self, x: Tensor, height: int, width: int) -> Tensor:
        batch, _, channels = x.shape
        x = x.transpose(1, 2).view(batch, channels, height, width)
        return self.dwconv(x).flatten(2).transpose(1, 2)


class MixFFN(nn.Module):
    """Linear, depthwise convolution, GELU, Linear."""

    def __init__(self, width: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.fc1 = nn.Linear(width, hidden)
        self.dwconv = DWConv(hidden)
        self.act = nn.GELU()
        self.fc2 = nn.Linear(hidden, width)
        self.drop = nn.Dropout(dropout)

    def forward(self, x: Tensor, height: int, width: int) -> Tensor:
        x = self.fc1(x)
        x = self.act(self.dwconv(x, height, width))
        return self.drop(self.fc2(self.drop(x)))


class EfficientSelfAttention(nn.Module):
    """Multi-head attention whose keys and values live on a grid reduced by `sr_ratio` in each direction."""

    def __init__(self, width: int, heads: int, sr_ratio: int, dropout: float) -> None:
        super().__init__()
        if width % heads:
            raise ValueError(f"width {width} is not divisible by {heads} heads")
        self.heads = heads
        self.scale = (width // heads) ** -0.5
        self.sr_ratio = sr_ratio
        self.q = nn.Linear(width, width)
        self.kv = nn.Linear(width, width * 2)
        self.attn_drop = nn.Dropout(dropout)
        self.proj = nn.Linear(width, width)
        self.proj_drop = nn.Dropout(dropout)
        if sr_ratio > 1:
            self.sr = nn.Conv2d(width, width, sr_ratio, sr_ratio)
            self.norm = nn.LayerNorm(width, eps=EMBED_NORM_EPS)

    def forward(self, x: Tensor, height: int, width: int) -> Tensor:
        batch, tokens, channels = x.shape
        head_width = channels // self.heads
        q = self.q(x).reshape(batch, tokens, self.heads, head_width).permute(0, 2, 1, 3)
        source = x
        if self.sr_ratio > 1:
            grid = x.permute(0, 2, 1).reshape(batch, channels, height, width)
            source = self.norm(self.sr(grid).reshape(batch, channels, -1).permute(0, 2, 1))
        kv = self.kv(source).reshape(batch, -1, 2, self.heads, head_width).permute(2, 0, 3, 1, 4)
        k, v = kv[0], kv[1]
        attention = self.attn_drop(((q @ k.transpose(-2, -1)) * self.scale).softmax(dim=-1))
        x = (attention @ v).transpose(1, 2).reshape(batch, tokens, channels)
        return self.proj_drop(self.proj(x))


class Block(nn.Module):
    """Pre-norm transformer block: attention and MixFFN, each with a residual and stochastic depth."""

    def __init__(self, width: int, heads: int, sr_ratio: int, mlp_ratio: int, dropout: float, drop_path: float) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=BLOCK_NORM_EPS)
        self.attn = EfficientSelfAttention(width, heads, sr_ratio, dropout)
        self.drop_path = DropPath(drop_path)
        self.norm2 = nn.LayerNorm(width, eps=BLOCK_NORM_EPS)
        self.mlp = MixFFN(width, width * mlp_ratio, dropout)

    def forward(self, x: Tensor, height: int, width: int) -> Tensor:
        x = x + self.drop_path(self.attn(self.norm1(x), height, width))
        return x + self.drop_path(self.mlp(self.norm2(x), height, width))


class Stage(nn.Module):
    """Patch embedding, blocks and a last norm; returns the feature map (N, C, H/s, W/s)."""

    def __init__(self, embed: OverlapPatchEmbed, blocks: Sequence[Block], width: int) -> None:
        super().__init__()
        self.embed = embed
        self.blocks = nn.ModuleList(blocks)
        self.norm = nn.LayerNorm(width, eps=BLOCK_NORM_EPS)

    def forward(self, x: Tensor) -> Tensor:
        batch = x.shape[0]
        x, height, width = self.embed(x)
        for block in self.blocks:
            x = block(x, height, width)
        return self.norm(x).reshape(batch, height, width, -1).permute(0, 3, 1, 2).contiguous()


class MixTransformer(nn.Module):
    """The encoder; feature maps at strides 4, 8, 16 and 32."""

    def __init__(self, config: SegFormerConfig, in_channels: int, dropout: float, drop_path: float) -> None:
        super().__init__()
        total = sum(config.depths)
        rates = [drop_path * i / max(1, total - 1) for i in range(total)]
        stages = []
        for i, (width, depth) in enumerate(zip(config.widths, config.depths)):
            kernel, stride = (7, 4) if i == 0 else (3, 2)
            embed = OverlapPatchEmbed(in_channels if i == 0 else config.widths[i - 1], width, kernel, stride)
            first = sum(config.depths[:i])
            blocks = [
                Block(width, config.heads[i], config.sr_ratios[i], config.mlp_ratios[i], dropout, rates[first + j])
                for j in range(depth)
            ]
            stages.append(Stage(embed, blocks, width))
        self.stages = nn.ModuleList(stages)

    def forward(self, x: Tensor) -> list[Tensor]:
        features = []
        for stage in self.stages:
            x = stage(x)
            features.append(x)
        return features


class StageMLP(nn.Module):
    """Linear projection of a feature map, done on tokens as the original does: (N, C, H, W) to (N, H * W, D)."""

    def __init__(self, in_width: int, out_width: int) -> None:
        super().__init__()
        self.proj = nn.Linear(in_width, out_width)

    def forward(self, x: Tensor) -> Tensor:
        return self.proj(x.flatten(2).transpose(1, 2))


class DecodeHead(nn.Module):
    """All-MLP head: project, upsample to stage 1, concatenate deepest first, fuse, classify."""

    def __init__(self, widths: Sequence[int], width: int, num_classes: int, dropout: float) -> None:
        super().__init__()
        self.projections = nn.ModuleList(StageMLP(w, width) for w in widths)
        self.fuse = nn.Conv2d(width * len(widths), width, 1, bias=False)
        self.norm = nn.BatchNorm2d(width)
        self.dropout = nn.Dropout2d(dropout)
        self.classifier = nn.Conv2d(width, num_classes, 1)

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        target = features[0]
        maps = []
        for feature, projection in zip(features, self.projections):
            x = projection(feature).permute(0, 2, 1)
            x = x.reshape(feature.shape[0], -1, feature.shape[2], feature.shape[3])
            if feature is not target:
                x = F.interpolate(x, size=target.shape[2:], mode="bilinear", align_corners=False)
            maps.append(x)
        x = torch.cat(maps[::-1], dim=1)
        x = F.relu(self.norm(self.fuse(x)))
        return self.classifier(self.dropout(x))


class SegFormer(nn.Module):
    """Images (N, 3, H, W), normalised, to logits (N, num_classes, ceil(H/4), ceil(W/4)).

    `variant` is one of b0 … b5; `widths`, `depths`, `heads`, `sr_ratios`, `mlp_ratios` and `decoder_width` override single
    values of it. With `pad_to` (a multiple of 32) the image is zero-padded right and below to the next multiple and the logits
    are cropped again; without it H and W should be multiples of 32.
    """

    def __init__(
        self,
        variant: str = "b0",
        num_classes: int = 19,
        pad_to: int | None = None,
        *,
        in_channels: int = 3,
        widths: Sequence[int] | None = None,
        depths: Sequence[int] | None = None,
        heads: Sequence[int] | None = None,
        sr_ratios: Sequence[int] | None = None,
        mlp_ratios: Sequence[int] | None = None,
        decoder_width: int | None = None,
        dropout: float = 0.0,
        drop_path: float = 0.1,
        head_dropout: float = 0.1,
    ) -> None:
        super().__init__()
        if variant not in VARIANTS:
            raise ValueError(f"variant {variant!r} is none of {', '.join(VARIANTS)}")
        if pad_to is not None and (pad_to < 32 or pad_to % 32):
            raise ValueError(f"pad_to must be a multiple of 32, not {pad_to}")
        base = VARIANTS[variant]
        self.config = replace(
            base,
            widths=tuple(widths or base.widths),
            depths=tuple(depths or base.depths),
            heads=tuple(heads or base.heads),
            sr_ratios=tuple(sr_ratios or base.sr_ratios),
            mlp_ratios=tuple(mlp_ratios or base.mlp_ratios),
            decoder_width=decoder_width or base.decoder_width,
        )
        self.num_classes = num_classes
        self.pad_to = pad_to
        self.backbone = MixTransformer(self.config, in_channels, dropout, drop_path)
        self.decode_head = DecodeHead(self.config.widths, self.config.decoder_width, num_classes, head_dropout)
        self.apply(_init_weights)
        nn.init.normal_(self.decode_head.classifier.weight, std=0.01)

    def forward(self, image: Tensor) -> Tensor:
        height, width = image.shape[2], image.shape[3]
        if self.pad_to is not None:
            # Written with plain arithmetic on the sizes so that a traced export keeps them dynamic.
            below = (self.pad_to - height % self.pad_to) % self.pad_to
            right = (self.pad_to - width % self.pad_to) % self.pad_to
            image = F.pad(image, (0, right, 0, below))
        logits = self.decode_head(self.backbone(image))
        if self.pad_to is not None:
            logits = logits[:, :, : (height + 3) // 4, : (width + 3) // 4]
        return logits


def _init_weights(module: nn.Module) -> None:
    """Truncated normal for linear layers, He (fan-out) for convolutions, identity for norms."""
    if isinstance(module, nn.Linear):
        nn.init.trunc_normal_(module.weight, std=0.02)
        nn.init.zeros_(module.bias)
    elif isinstance(module, nn.Conv2d):
        fan_out = module.kernel_size[0] * module.kernel_size[1] * module.out_channels // module.groups
        nn.init.normal_(module.weight, std=math.sqrt(2.0 / fan_out))
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    elif isinstance(module, (nn.LayerNorm, nn.BatchNorm2d)):
        nn.init.ones_(module.weight)
        nn.init.zeros_(module.bias)


if __name__ == "__main__":
    for name in VARIANTS:
        model = SegFormer(name, num_classes=19)
        millions = sum(p.numel() for p in model.parameters()) / 1e6
        print(f"{name}: {millions:.2f} M parameters")
