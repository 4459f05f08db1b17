"""A residual network for CIFAR-10, trained by PyTorch for two epochs, and what PyTorch makes of all test images.

Usage: trained.py SET.safetensors FOLDER      writes net.onnx, net.safetensors (the state_dict) and theirs.npy, the logits
Its shortcuts are convolutions of 1 x 1, and its batch norm has an epsilon of its own.
"""
import json
import struct
import sys

import numpy
import torch
from torch import nn

EPOCHS, BATCH, RATE, EPSILON = 2, 128, 0.1, 1e-3
MEAN, SD = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)


def norm(channels):
    return nn.BatchNorm2d(channels, eps=EPSILON)


class Block(nn.Module):
    def __init__(self, c_in, c_out, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(c_in, c_out, 3, stride, 1, bias=False), norm(c_out)
        self.conv2, self.bn2 = nn.Conv2d(c_out, c_out, 3, 1, 1, bias=False), norm(c_out)
        self.downsample = nn.Sequential(nn.Conv2d(c_in, c_out, 1, stride, bias=False), norm(c_out)) if stride > 1 else nn.Identity()

    def forward(self, x):
        y = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        return torch.relu(y + self.downsample(x))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 8, 3, 2, 1, bias=False), norm(8)
        self.layer1, self.layer2, self.layer3 = Block(8, 8, 1), Block(8, 16, 2), Block(16, 32, 2)
        self.fc = nn.Linear(32, 10)

    def forward(self, x):
        x = torch.relu(self.bn1(self.conv1(x)))
        return self.fc(self.layer3(self.layer2(self.layer1(x))).mean((2, 3)))


def read(path):
    data = numpy.memmap(path, 'u1', 'r')
    start = 8 + struct.unpack('<Q', data[:8].tobytes())[0]
    header = json.loads(data[8:start].tobytes())
    types = {'U8': 'u1', 'I32': '<i4'}
    return {name: data[start + at['data_offsets'][0]:start + at['data_offsets'][1]].view(types[at['dtype']]).reshape(at['shape'])
            for name, at in header.items() if name != '__metadata__'}


def write(path, tensors):
    """A state_dict as safetensors: what the package of that name writes."""
    header, data = {}, b''
    for name, values in tensors.items():
        values = values.numpy()
        header[name] = {'dtype': {'float32': 'F32', 'int64': 'I64'}[str(values.dtype)], 'shape': list(values.shape),
                        'data_offsets': [len(data), len(data) + values.nbytes]}
        data += values.tobytes()
    text = json.dumps(header).encode()
    text += b' ' * (-len(text) % 8)
    with open(path, 'wb') as file:
        file.write(struct.pack('<Q', len(text)) + text + data)


def images(pixels):
    return torch.tensor(((pixels / 255 - MEAN) / SD).transpose(0, 3, 1, 2).astype('f4'))


def train(net, pixels, labels):
    rng = numpy.random.default_rng(1)
    n = len(labels) // BATCH
    step = torch.optim.SGD(net.parameters(), RATE, momentum=0.9, weight_decay=5e-4, nesterov=True)
    rate = torch.optim.lr_scheduler.OneCycleLR(step, RATE, EPOCHS * n)
    for _ in range(EPOCHS):
        order = rng.permutation(len(labels))
        for i in range(n):
            at = order[i * BATCH:(i + 1) * BATCH]
            loss = nn.functional.cross_entropy(net(images(pixels[at])), torch.tensor(labels[at].astype('i8')))
            step.zero_grad()
            loss.backward()
            step.step()
            rate.step()


def main():
    data, folder = read(sys.argv[1]), sys.argv[2]
    torch.manual_seed(1)
    net = Net()
    train(net, data['train_images'], data['train_labels'])
    net.eval()
    with torch.no_grad():
        logits = [net(images(data['test_images'][i:i + 500])).numpy() for i in range(0, len(data['test_labels']), 500)]
    numpy.save(folder + '/theirs.npy', numpy.concatenate(logits))
    write(folder + '/net.safetensors', net.state_dict())
    torch.onnx.export(net, torch.zeros(1, 3, 32, 32), folder + '/net.onnx', opset_version=13, input_names=['images'],
                      dynamic_axes={'images': {0: 'n'}}, training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False)


main()
