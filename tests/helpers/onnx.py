"""ONNX files for tests: a writer of what they hold, and what their operators make of an image by definition."""
import json
import math
import struct
import subprocess


def varint(n):
    out, n = b'', n & (1 << 64) - 1
    while n > 127:
        out, n = out + bytes([n & 127 | 128]), n >> 7
    return out + bytes([n])


def field(number, value):
    if isinstance(value, float):
        return varint(number << 3 | 5) + struct.pack('<f', value)
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    value = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value


def ints(number, values):
    return b''.join(field(number, v) for v in values)


def tensor(name, dims, values, how='raw'):
    """how: raw, typed, double, half, brain (the upper halves of floats), or (file, offset): external"""
    whole = all(isinstance(v, int) for v in values)
    code = {'double': ('d', 11), 'half': ('e', 10), 'brain': ('f', 16)}.get(how, ('q', 7) if whole else ('f', 1))
    data = struct.pack('<%d%s' % (len(values), code[0]), *values)
    if how == 'brain':
        data = b''.join(data[i + 2:i + 4] for i in range(0, len(data), 4))
    out = ints(1, dims) + field(2, code[1]) + field(8, name)
    if how == 'typed':
        return out + (ints(7, values) if whole else field(4, data))
    if isinstance(how, tuple):
        with open(how[0], 'ab') as file:
            file.write(b'-' * (how[1] - file.tell()) + data)
        entries = ('location', how[0].split('/')[-1]), ('offset', str(how[1])), ('length', str(len(data)))
        return out + b''.join(field(13, field(1, k) + field(2, v)) for k, v in entries) + field(14, 1)
    return out + field(9, data)


def attribute(name, value):
    out = field(1, name)
    if isinstance(value, float):
        return out + field(2, value) + field(20, 1)
    if isinstance(value, int):
        return out + field(3, value) + field(20, 2)
    if isinstance(value, str):
        return out + field(4, value) + field(20, 3)
    if isinstance(value, bytes):
        return out + field(5, value) + field(20, 4)
    if isinstance(value, tuple):  # a type, and bytes
        return out + value[1] + field(20, value[0])
    return out + ints(8, value) + field(20, 7)


def node(op, reads, makes, **attributes):
    return op, reads.split(), makes.split(), attributes


def write(path, nodes, tensors, shape=('n', 3, 8, 8), outputs=('y',), opset=13, how='raw'):
    """tensors: {name: (dims, values)} or bytes as tensor() makes them; attributes of a node: a dict, or pairs"""
    graph = field(2, 'test')
    for i, (op, reads, makes, attributes) in enumerate(nodes):
        body = b''.join(field(1, r if r != '-' else '') for r in reads) + b''.join(field(2, m) for m in makes)
        body += field(3, '%s_%d' % (op, i)) + field(4, op)
        pairs = attributes.items() if isinstance(attributes, dict) else attributes
        graph += field(1, body + b''.join(field(5, attribute(*a)) for a in pairs))
    for name, t in tensors.items():
        graph += field(5, t if isinstance(t, bytes) else tensor(name, *t, how))
    dims = b''.join(field(1, field(2, d) if isinstance(d, str) else field(1, d)) for d in shape)
    graph += field(11, field(1, 'x') + field(2, field(1, field(1, 1) + field(2, dims))))
    graph += b''.join(field(12, field(1, name)) for name in outputs)
    data = field(1, 8) + field(2, 'test') + field(7, graph) + field(8, field(2, opset))
    with open(path, 'wb') as file:
        file.write(data)


# --- numbers that look random ---

def numbers(n, salt, low=-1.0, high=1.0):
    return [low + (high - low) * ((i * 7919 + salt * 104729 + 31) % 1013) / 1013 for i in range(n)]


def norm(name, c, salt):
    parts = ('_g', 0.5, 1.5), ('_b', -0.5, 0.5), ('_m', -0.3, 0.3), ('_v', 0.4, 1.6)
    return {name + end: ([c], numbers(c, salt + i, low, high)) for i, (end, low, high) in enumerate(parts)}


# --- what operators do: values are (c, h, w, numbers), or (n, numbers) when flat ---

def windows(x, a, kernel, fill):
    c, h, w, v = x
    (sh, sw), (dh, dw) = a.get('strides', (1, 1)), a.get('dilations', (1, 1))
    top, left, bottom, right = a.get('pads', (0, 0, 0, 0))
    up = math.ceil if a.get('ceil_mode') else math.floor
    oh = up((h + top + bottom - dh * (kernel[0] - 1) - 1) / sh) + 1
    ow = up((w + left + right - dw * (kernel[1] - 1) - 1) / sw) + 1

    def at(i, y, x):
        return v[(i * h + y) * w + x] if 0 <= y < h and 0 <= x < w else fill
    return oh, ow, lambda i, y, x: [at(i, y * sh + k * dh - top, x * sw + l * dw - left)
                                    for k in range(kernel[0]) for l in range(kernel[1])]


def conv(a, x, weight, bias=None):
    (n, per, kh, kw), values = weight
    groups, size = a.get('group', 1), per * kh * kw
    oh, ow, window = windows(x, a, (kh, kw), 0)
    out = []
    for o in range(n):
        own = values[o * size:o * size + size]
        first = o // (n // groups) * per
        for y in range(oh):
            for z in range(ow):
                seen = [e for i in range(per) for e in window(first + i, y, z)]
                out.append(sum(map(lambda p, q: p * q, own, seen)) + (bias[1][o] if bias else 0))
    return n, oh, ow, out


def pool(a, x, largest):
    fill = -math.inf if largest else 0 if a.get('count_include_pad') else None
    oh, ow, window = windows(x, a, a['kernel_shape'], fill)
    out = []
    for i in range(x[0]):
        for y in range(oh):
            for z in range(ow):
                seen = [e for e in window(i, y, z) if e is not None]
                out.append(max(seen) if largest else sum(seen) / len(seen))
    return x[0], oh, ow, out


def each(x, f):
    return x[:-1] + ([f(v) for v in x[-1]],)


def batch_norm(a, x, gamma, beta, mean, variance):
    size, out = len(x[-1]) // x[0], []
    for c in range(x[0]):
        scale = gamma[1][c] / math.sqrt(variance[1][c] + a.get('epsilon', 1e-5))
        out += [scale * (v - mean[1][c]) + beta[1][c] for v in x[-1][c * size:c * size + size]]
    return x[:-1] + (out,)


def linear(a, x, weight, bias=None):
    d, w = weight
    turned = a.get('transB', 0)
    n = d[0] if turned else d[1]
    return n, [a.get('alpha', 1) * sum(v * (w[o * d[1] + i] if turned else w[i * n + o]) for i, v in enumerate(x[-1])) +
               (a.get('beta', 1) * bias[1][o] if bias else 0) for o in range(n)]


def plus(a, x, y):
    if isinstance(y[0], list):
        size = len(x[-1]) // x[0]
        return x[:-1] + ([v + y[1][i // size] for i, v in enumerate(x[-1])],)
    return x[:-1] + ([p + q for p, q in zip(x[-1], y[-1])],)


def sigmoid(v):
    return 1 / (1 + math.exp(-v))


def limit(low, high):
    return lambda a, x, *_: each(x, lambda v: min(max(v, low), high))


def flat(a, x, *_):
    return len(x[-1]), x[-1]


def whole(a, x, *_):
    size = x[1] * x[2]
    return x[0], 1, 1, [sum(x[3][c * size:c * size + size]) / size for c in range(x[0])]


def same(a, x, *_):
    return x


OPERATORS = {
    'Conv': conv, 'BatchNormalization': batch_norm, 'Relu': limit(0, math.inf), 'Clip': limit(0, 6),
    'LeakyRelu': lambda a, x: each(x, lambda v: v if v > 0 else a.get('alpha', 0.01) * v),
    'Sigmoid': lambda a, x: each(x, sigmoid), 'Tanh': lambda a, x: each(x, math.tanh),
    'HardSigmoid': lambda a, x: each(x, lambda v: min(max(v / 6 + 0.5, 0), 1)),
    'HardSwish': lambda a, x: each(x, lambda v: v * min(max(v / 6 + 0.5, 0), 1)),
    'Mul': lambda a, x, y: x[:-1] + ([p * q for p, q in zip(x[-1], y[-1])],),
    'MaxPool': lambda a, x: pool(a, x, True), 'AveragePool': lambda a, x: pool(a, x, False),
    'GlobalAveragePool': whole, 'ReduceMean': whole, 'Add': plus, 'Gemm': linear, 'MatMul': linear,
    'Concat': lambda a, *x: (sum(v[0] for v in x),) + x[0][1:-1] + (sum((v[-1] for v in x), []),),
    'Flatten': flat, 'Reshape': flat, 'Identity': same, 'Dropout': same, 'Softmax': same, 'LogSoftmax': same}


def run(nodes, tensors, image):
    known = dict(tensors, x=image)
    for op, reads, makes, attributes in nodes:
        if reads and reads[0] in known and op != 'Shape':  # others only say what shape there is
            known[makes[0]] = OPERATORS[op](attributes, *[known.get(r) for r in reads if r != '-'])
    return known['y'][-1]


# --- held against nax ---

def images(path, n, c, h, w):
    """A data set of n images, the same for training and test; their bytes, channels last."""
    data = bytes((i * i * 31 + i * 7 + 11) % 256 for i in range(n * h * w * c))
    labels = struct.pack('<%di' % n, *[i % 2 for i in range(n)])
    head, at = {'__metadata__': {'name': 'few', 'classes': '["a", "b"]'}}, 0
    for name, part, shape in [('train_labels', labels, [n]), ('test_labels', labels, [n]),
                              ('train_images', data, [n, h, w, c]), ('test_images', data, [n, h, w, c])]:
        head[name] = {'dtype': 'I32' if 'labels' in name else 'U8', 'shape': shape, 'data_offsets': [at, at + len(part)]}
        at += len(part)
    text = json.dumps(head).encode()
    text += b' ' * (-len(text) % 8)
    with open(path, 'wb') as file:
        file.write(struct.pack('<Q', len(text)) + text + 2 * labels + 2 * data)
    return data


def logits(path, *options):
    """What nax makes of an ONNX file and the set few.safetensors."""
    design = subprocess.run(['nax-import', 'onnx', '-q', '-o', 'net.yaml', '-w', 'net.safetensors', *options, path],
                            stdout=subprocess.PIPE, check=True).stdout
    told = subprocess.run(['nax-eval', '-q', '--data', 'few.safetensors', '--fidelity', 'ideal', '--logits', '--format', 'json'],
                          input=design, stdout=subprocess.PIPE, check=True).stdout
    return [json.loads(line)['logits'] for line in told.splitlines()]


def compare(nodes, tensors, size=(3, 8, 8), options=(), **how):
    """Whether the network computes what its operators do; two images of `size`."""
    c, h, w = size
    data = images('few.safetensors', 2, c, h, w)
    write('net.onnx', nodes, tensors, how.pop('shape', ('n', c, h, w)), **how)
    for i, got in enumerate(logits('net.onnx', *options)):
        image = c, h, w, [data[((i * h + y) * w + x) * c + k] / 255 for k in range(c) for y in range(h) for x in range(w)]
        want = run(nodes, tensors, image)
        assert len(got) == len(want) and max(abs(p - q) for p, q in zip(got, want)) < 1e-4 * max(map(abs, want)), (got, want)
