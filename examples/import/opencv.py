"""What OpenCV's dnn makes of an exported network, beside what nax makes of it.

Usage: opencv.py NETWORK.onnx SET.safetensors LOGITS      prints "network,largest_difference", by the largest logit
LOGITS: the records of nax-eval --fidelity ideal --logits --format json, of any test images of the set
"""
import json
import struct
import sys

import cv2
import numpy


def test_images(path):
    data = open(path, 'rb').read()
    start = 8 + struct.unpack('<Q', data[:8])[0]
    at = json.loads(data[8:start])['test_images']
    begin, end = at['data_offsets']
    return numpy.frombuffer(data[start + begin:start + end], 'u1').reshape(at['shape'])


def main():
    path, images, told = sys.argv[1], test_images(sys.argv[2]), [json.loads(line) for line in open(sys.argv[3])]
    net = cv2.dnn.readNetFromONNX(path)
    ours = numpy.array([record['logits'] for record in told])
    theirs = []
    for record in told:  # pixels of 0 to 1, channels first: the graph normalises them
        net.setInput((images[record['image']].transpose(2, 0, 1)[None] / 255).astype('f4'))
        theirs.append(net.forward()[0].copy())
    print('%s,%.2g' % (path.split('/')[-1].removesuffix('.onnx'), abs(ours - theirs).max() / abs(ours).max()))


if __name__ == "__main__":
    main()
