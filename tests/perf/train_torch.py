#!/usr/bin/env python3
"""ResNet-20 in PyTorch: the peer of the training benchmark.

Usage: train_torch.py KERNEL fp32|bf16 SECONDS

Prints samples of the milliseconds of a training step of 128 images (augmentation, forward, backward,
update) and of evaluating as many; in bf16 by autocast, as its users do. The same network, batch and recipe as nax-train's, at
PyTorch's best: channels last, fused loss, multi-tensor update, memory kept by the caller's settings.
"""
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

BATCH, CROP, N_CLASSES = 128, 4, 10


class Block(nn.Module):
    def __init__(self, c_in, c_out, stride, kernel):
        super().__init__()
        self.stride, self.more = stride, c_out - c_in
        self.conv1 = nn.Conv2d(c_in, c_out, kernel, stride, kernel // 2, bias=False)
        self.norm1 = nn.BatchNorm2d(c_out)
        self.conv2 = nn.Conv2d(c_out, c_out, kernel, 1, kernel // 2, bias=False)
        self.norm2 = nn.BatchNorm2d(c_out)

    def forward(self, x):
        y = F.relu(self.norm1(self.conv1(x)), inplace=True)
        y = self.norm2(self.conv2(y))
        if self.more:
            x = F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.more))
        return F.relu(y.add_(x), inplace=True)


def resnet20(kernel):
    layers = [nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU(inplace=True)]
    c_in = 16
    for c_out in 16, 32, 64:
        for i in range(3):
            layers.append(Block(c_in, c_out, 2 if c_out > c_in else 1, kernel))
            c_in = c_out
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, N_CLASSES))


def augmented(pixels, mean, deviation):
    """One draw of crop and flip an image, as views of one padded batch: no image is copied twice."""
    padded = F.pad(pixels, (CROP,) * 4)
    side = pixels.shape[-1]
    shift = torch.randint(0, 2 * CROP + 1, (2, BATCH)).tolist()
    mirrored = (torch.rand(BATCH) < 0.5).tolist()
    batch = torch.empty_like(pixels)
    for b, (y, x) in enumerate(zip(*shift)):
        crop = padded[b, :, y : y + side, x : x + side]
        batch[b] = crop.flip(-1) if mirrored[b] else crop
    x = batch.to(memory_format=torch.channels_last).float()
    return x.sub_(mean).mul_(1 / deviation)


def main():
    kernel, is_bf16, seconds = int(sys.argv[1]), sys.argv[2] == "bf16", float(sys.argv[3])
    who = "torch_bf16" if is_bf16 else "torch"
    precision = torch.autocast("cpu", dtype=torch.bfloat16, enabled=is_bf16)
    torch.manual_seed(1)
    pixels = torch.randint(0, 256, (BATCH, 3, 32, 32), dtype=torch.uint8)
    pixels = pixels.contiguous(memory_format=torch.channels_last)
    labels = torch.randint(0, N_CLASSES, (BATCH,))
    mean, deviation = torch.full((3, 1, 1), 125.0), torch.full((3, 1, 1), 63.0)
    model = resnet20(kernel).to(memory_format=torch.channels_last)
    decayed = [p for p in model.parameters() if p.dim() > 1]
    spared = [p for p in model.parameters() if p.dim() == 1]
    groups = [{"params": decayed, "weight_decay": 5e-4}, {"params": spared}]
    descent = torch.optim.SGD(groups, lr=0.01, momentum=0.9, nesterov=True, foreach=True)

    def step():
        with precision:
            output = model(augmented(pixels, mean, deviation))
        loss = F.cross_entropy(output.float(), labels, label_smoothing=0.1)
        descent.zero_grad(set_to_none=True)
        loss.backward()
        descent.step()

    def evaluate():
        with torch.inference_mode(), precision:
            x = pixels.float().sub_(mean).mul_(1 / deviation)
            (model(x).argmax(1) == labels).sum().item()

    def median(work):
        times = []
        for _ in range(4 if seconds >= 0.5 else 1):
            work()
        begin = time.perf_counter()
        while len(times) < (5 if seconds >= 0.5 else 1) or time.perf_counter() - begin < seconds:
            start = time.perf_counter()
            work()
            times.append(time.perf_counter() - start)
        return sorted(times)[len(times) // 2]

    print(f"train_{kernel}x{kernel} {who} {1e3 * median(step):.1f}")
    model.eval()
    print(f"evaluate_{kernel}x{kernel} {who} {1e3 * median(evaluate):.1f}")


main()
