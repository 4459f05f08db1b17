"""What OpenCV's dnn makes of all test images of a set, which have one channel.

Usage: public.py NETWORK.onnx SET.safetensors THEIRS.npy      pixels of 0 to 1; writes the logits
"""
import sys

import cv2
import numpy

from opencv import test_images


def main():
    net = cv2.dnn.readNetFromONNX(sys.argv[1])
    logits = []
    for image in test_images(sys.argv[2]):
        net.setInput((image.transpose(2, 0, 1)[None] / 255).astype('f4'))
        logits.append(net.forward().reshape(-1).copy())
    numpy.save(sys.argv[3], logits)


main()
