"""What another framework made of all test images, beside what nax made of them.

Usage: accuracy.py NETWORK BY THEIRS.npy LOGITS      prints "network,by,images,accuracy_theirs,accuracy_nax,other_answers,largest_difference"
THEIRS: logits [images][classes]; LOGITS: the records of nax-eval --fidelity ideal --logits --format json; the difference is by the largest logit
"""
import json
import sys

import numpy


def main():
    network, by, theirs, told = sys.argv[1], sys.argv[2], numpy.load(sys.argv[3]), [json.loads(line) for line in open(sys.argv[4])]
    assert [record['image'] for record in told] == list(range(len(theirs)))
    ours, labels = numpy.array([record['logits'] for record in told]), numpy.array([record['label'] for record in told])
    answers = [logits.argmax(1) for logits in (theirs, ours)]
    print('%s,%s,%d,%.4f,%.4f,%d,%.2g' % (network, by, len(told), *[(a == labels).mean() for a in answers],
                                          (answers[0] != answers[1]).sum(), abs(ours - theirs).max() / abs(theirs).max()))


main()
