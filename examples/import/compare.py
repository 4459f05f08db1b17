"""Networks of torchvision with random weights, exported as ONNX and imported by nax: their logits for the same images.

Usage: compare.py NETWORK SIZE [folded]      prints "network,size,batch_norm,largest_difference"
folded: batch norm is taken into the weights before, as torch.onnx.export does by default
"""
import json
import struct
import subprocess
import sys

import numpy
import torch
import torchvision

MEAN, SD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
CLASSES, IMAGES, OPSET = 10, 4, 13


def network(name):
    torch.manual_seed(3)
    net = getattr(torchvision.models, name)(num_classes=CLASSES)
    for part in net.modules():  # statistics as training would leave them: those of a new network change nothing
        if isinstance(part, torch.nn.BatchNorm2d):
            part.running_mean.normal_(0, 0.1)
            part.running_var.uniform_(0.5, 2)
            part.weight.data.uniform_(0.5, 1.5)
            part.bias.data.normal_(0, 0.1)
    return net.eval()


def export(net, size, is_folded, path):
    training = torch.onnx.TrainingMode.EVAL if is_folded else torch.onnx.TrainingMode.PRESERVE
    torch.onnx.export(net, torch.zeros(1, 3, size, size), path, opset_version=OPSET, input_names=['images'],
                      dynamic_axes={'images': {0: 'n'}}, training=training, do_constant_folding=is_folded)


def data_set(pixels, path):
    """nax-data(1) has the layout: labels and pixels, of training and test images."""
    labels = numpy.zeros(len(pixels), '<i4')
    parts = {'train_labels': labels, 'test_labels': labels, 'train_images': pixels, 'test_images': pixels}
    header, data = {'__metadata__': {'name': 'random', 'classes': json.dumps([str(i) for i in range(CLASSES)])}}, b''
    for name, values in parts.items():
        end = len(data) + values.nbytes
        header[name] = {'dtype': 'I32' if 'labels' in name else 'U8', 'shape': list(values.shape), 'data_offsets': [len(data), end]}
        data += values.tobytes()
    text = json.dumps(header).encode()
    text += b' ' * (-len(text) % 8)
    with open(path, 'wb') as file:
        file.write(struct.pack('<Q', len(text)) + text + data)


def text(numbers):
    return ','.join(map(str, numbers))


def main():
    name, size, is_folded = sys.argv[1], int(sys.argv[2]), 'folded' in sys.argv[3:]
    net = network(name)
    export(net, size, is_folded, 'out/net.onnx')
    pixels = numpy.random.default_rng(1).integers(0, 256, (IMAGES, size, size, 3), dtype=numpy.uint8)
    data_set(pixels, 'out/images.safetensors')
    images = torch.tensor(((pixels / 255 - MEAN) / SD).transpose(0, 3, 1, 2).astype('f4'))
    with torch.no_grad():
        theirs = net(images).numpy()
    design = subprocess.run(['nax-import', 'onnx', '-q', '--mean', text(MEAN), '--sd', text(SD), '-o', 'out/net.yaml',
                             '-w', 'out/net.safetensors', 'out/net.onnx'], stdout=subprocess.PIPE, check=True).stdout
    told = subprocess.run(['nax-eval', '-q', '--data', 'out/images.safetensors', '--fidelity', 'ideal', '--logits', '--format', 'json'],
                          input=design, stdout=subprocess.PIPE, check=True).stdout
    ours = numpy.array([json.loads(line)['logits'] for line in told.splitlines()])
    print('%s,%d,%s,%.2g' % (name, size, 'folded' if is_folded else 'apart', abs(ours - theirs).max() / abs(theirs).max()))


main()
