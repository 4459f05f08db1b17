#!/usr/bin/env bats
# nax-import onnx: what networks compute, held against the operators' definitions, and what is refused.

setup() {
  export PYTHONPATH=$BATS_TEST_DIRNAME/helpers PYTHONDONTWRITEBYTECODE=1
  cd "$BATS_TEST_TMPDIR" || return 1
}

# python TEXT: with what helpers/onnx.py has, and a network of a convolution, a pool and a linear layer
python() {
  {
    cat <<'END'
from onnx import *
tensors = {'c.weight': ([4, 3, 3, 3], numbers(108, 1)), 'c.bias': ([4], numbers(4, 2)),
           'f.weight': ([2, 64], numbers(128, 3)), 'f.bias': ([2], numbers(2, 4)), **norm('n', 4, 5)}
nodes = [node('Conv', 'x c.weight c.bias', 'a', kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
         node('BatchNormalization', 'a n_g n_b n_m n_v', 'b', epsilon=1e-3), node('Relu', 'b', 'd'),
         node('MaxPool', 'd', 'e', kernel_shape=[2, 2], strides=[2, 2]), node('Flatten', 'e', 'g', axis=1),
         node('Gemm', 'g f.weight f.bias', 'y', transB=1)]
END
    cat
  } | python3 -
}

# fails TEXT FILE: exit 1, one line on stderr with this text, nothing on stdout, nothing written
fails() {
  local status=0
  nax-import onnx -q -o none.yaml -w none.safetensors "$2" >out.txt 2>err.txt || status=$?
  if [ "$status" -ne 1 ] || [ -s out.txt ] || [ "$(wc -l <err.txt)" -ne 1 ] || [ -e none.yaml ] || [ -e none.safetensors ] ||
    [[ "$(cat err.txt)" != "nax-import: "*"$2"* ]] || [[ "$(cat err.txt)" != *"$1"* ]]; then
    echo "# exit $status: $(cat err.txt), not: $1"
    return 1
  fi
}

@test "convolution, batch norm, pool, flattened image, linear layer: the operators' logits" {
  python <<'END'
compare(nodes, tensors)
END
  diff - net.yaml <<'END'
name: net
input: {height: 8, width: 8, channels: 3}
classes: 2
layers:
  - conv: {name: c, out: 4, kernel: 3, epsilon: 0.001, role: stem}
  - pool: {name: MaxPool_3, kind: max, kernel: 2}
  - linear: {name: f, role: classifier}
END
}

@test "blocks: shortcuts, groups, dilation, uneven windows, activations, joined channels" {
  python <<'END'
t = {'s': ([6, 3, 3, 3], numbers(162, 1)), 'd': ([6, 1, 3, 5], numbers(90, 2)), 'p': ([8, 6, 1, 1], numbers(48, 3)), 'pb': ([8], numbers(8, 4)),
     'q': ([8, 6, 1, 1], numbers(48, 5)), 'g': ([4, 4, 3, 3], numbers(144, 6)), 'w': ([12, 3], numbers(36, 7)), 'wb': ([3], numbers(3, 8)),
     **norm('sn', 6, 20), **norm('dn', 6, 30), **norm('qn', 8, 40), **norm('own', 12, 50)}
compare([node('Conv', 'x s', 'a', kernel_shape=[3, 3], strides=[2, 1], pads=[0, 1, 1, 1]),
         node('BatchNormalization', 'a sn_g sn_b sn_m sn_v', 'b'), node('Sigmoid', 'b', 'bs'), node('Mul', 'b bs', 'c'),
         node('Conv', 'c d', 'e', kernel_shape=[3, 5], group=6, pads=[1, 2, 1, 2]),
         node('BatchNormalization', 'e dn_g dn_b dn_m dn_v', 'f'), node('Clip', 'f', 'h', min=0.0, max=6.0),
         node('Conv', 'h p pb', 'i', kernel_shape=[1, 1]), node('Conv', 'c q', 'j', kernel_shape=[1, 1]),
         node('BatchNormalization', 'j qn_g qn_b qn_m qn_v', 'k'), node('Add', 'i k', 'l'), node('Relu', 'l', 'm'),
         node('Conv', 'm g', 'o', kernel_shape=[3, 3], group=2, dilations=[2, 1], pads=[2, 1, 2, 1]), node('LeakyRelu', 'o', 'u', alpha=0.25),
         node('Concat', 'm u', 'v', axis=1), node('BatchNormalization', 'v own_g own_b own_m own_v', 'z'), node('HardSwish', 'z', 'zz'),
         node('AveragePool', 'zz', 'aa', kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1]),
         node('Add', 'aa aa', 'ab'), node('Tanh', 'ab', 'ac'), node('GlobalAveragePool', 'ac', 'ad'), node('Flatten', 'ad', 'ae'),
         node('MatMul', 'ae w', 'af'), node('Add', 'af wb', 'ag'), node('Softmax', 'ag', 'y')], t, opset=10)
END
  grep -q 'conv: {name: Conv_0, out: 6, kernel: 3, stride: \[2, 1\], pad: \[0, 1, 1, 1\], activation: silu, role: stem}' net.yaml
}

@test "a convolution that leaves a pixel is the classifier, its batch norm taken in" {
  python <<'END'
tensors = {'c': ([4, 3, 8, 6], numbers(576, 1)), 'v': ([4], numbers(4, 2)), **norm('n', 4, 5)}
kernel = {'kernel_shape': [8, 6]}
for first in node('Conv', 'x c', 'a', **kernel), node('Conv', 'x c v', 'a', **kernel):
    compare([first, node('Flatten', 'a', 'y')], tensors, size=(3, 8, 6))
    compare([first, node('BatchNormalization', 'a n_g n_b n_m n_v', 'b', epsilon=1e-2), node('Flatten', 'b', 'y')], tensors, size=(3, 8, 6))
# behind another convolution
tensors.update({'o': ([3, 3, 1, 1], numbers(9, 3)), 's': ([4, 3, 8, 8], numbers(768, 4))})
compare([node('Conv', 'x o', 'd', kernel_shape=[1, 1]), node('Relu', 'd', 'e'), node('Conv', 'e s', 'a', kernel_shape=[8, 8]),
         node('BatchNormalization', 'a n_g n_b n_m n_v', 'b'), node('Flatten', 'b', 'y')], tensors)
END
  grep -q 'linear: {name: Conv_2, role: classifier}' net.yaml
}

@test "scales of Gemm are of its own numbers: a bias that is added after it has none" {
  python <<'END'
scales = {'transB': 1, 'alpha': 0.5, 'beta': 0.25}
compare(nodes[:-1] + [node('Gemm', 'g f.weight f.bias', 'y', **scales)], tensors)
compare(nodes[:-1] + [node('Gemm', 'g f.weight', 'o', **scales), node('Add', 'o f.bias', 'y')], tensors)
END
}

@test "the same network, otherwise said: the same weights" {
  python <<'END'
def record(path, *options):
    text = subprocess.run(['nax-import', 'onnx', '-q', '-o', 'net.yaml', '-w', 'net.safetensors', '--format', 'json', *options, path],
                          stdout=subprocess.PIPE, check=True).stdout
    return json.loads(text.splitlines()[0])['weights_hash'], open('net.yaml').read().split('layers:')[1].count('\n')

write('net.onnx', nodes, tensors)
want = record('net.onnx')

def same(nodes, tensors, *options, **how):
    write('net.onnx', nodes, tensors, **how)
    assert record('net.onnx', *options) == want, how

same(nodes, tensors, how='typed')
same(nodes, tensors, how='double')
# numbers that halves of floats hold
short = {n: (d, [round(v * 16) / 16 + (0.0625 if n[-1] == 'v' else 0) for v in values]) for n, (d, values) in tensors.items()}
write('net.onnx', nodes, short)
exact = record('net.onnx')
for how in 'half', 'brain':
    write('net.onnx', nodes, short, how=how)
    assert record('net.onnx') == exact, how
same(nodes, {n: tensor(n, *t, ('data.bin', 8 + 4096 * i)) for i, (n, t) in enumerate(tensors.items())})
# by version 7, with a fixed batch, images of a size that is told, and a softmax
same([(op, r, m, a) for op, r, m, a in nodes[:-1]] + [node('Gemm', 'g f.weight f.bias', 'o', transB=1), node('LogSoftmax', 'o', 'y')], tensors,
     opset=7, shape=(2, 3, 8, 8))
same(nodes, tensors, '--size', '8x8', shape=('n', 3, 'h', 'w'))
# constants through nodes, dropout, and the shape of what is flattened worked out
chain = nodes[:4] + [node('Dropout', 'e', 'ee'), node('Shape', 'ee', 's'), node('Constant', '', 'zero', value=tensor('', [], [0])),
                     node('Gather', 's zero', 's0', axis=0), node('Unsqueeze', 's0', 's1', axes=[0]),
                     node('Constant', '', 'rest', value=tensor('', [1], [-1])), node('Concat', 's1 rest', 'to', axis=0),
                     node('Reshape', 'ee to', 'g'), node('Identity', 'f.weight', 'fw'), node('Gemm', 'g fw f.bias', 'y', transB=1)]
same(chain, tensors)
# zeros around the image apart from the convolution, the matrix turned round, its bias added
turned = [tensors['f.weight'][1][o * 64 + i] for i in range(64) for o in range(2)]
same([node('Pad', 'x pads', 'xx'), node('Conv', 'xx c.weight c.bias', 'a', kernel_shape=[3, 3])] + nodes[1:5] +
     [node('MatMul', 'g f.weight', 'o'), node('Add', 'o f.bias', 'y')],
     {**tensors, 'f.weight': ([64, 2], turned), 'pads': ([8], [0, 0, 1, 1, 0, 0, 1, 1])})
# zeros around an image that is padded to what a stride leaves: of 7 + 1 pixels, not of 7
around = {**tensors, 'f.weight': ([2, 16], numbers(32, 3)), 'pads': ([8], [0, 0, 0, 0, 0, 0, 1, 1])}
rest = nodes[1:]
write('net.onnx', [node('Conv', 'x c.weight c.bias', 'a', strides=[2, 2], pads=[0, 0, 2, 2])] + rest, around, shape=('n', 3, 7, 7))
wide = record('net.onnx'), open('net.yaml').read().replace('MaxPool_3', 'MaxPool_4')
write('net.onnx', [node('Pad', 'x pads', 'xx'), node('Conv', 'xx c.weight c.bias', 'a', strides=[2, 2], auto_pad='SAME_UPPER')] + rest, around,
      shape=('n', 3, 7, 7))
assert (record('net.onnx'), open('net.yaml').read()) == wide
# a part of a shape
part = nodes[:4] + [node('Shape', 'e', 's', start=-4, end=1), node('Constant', '', 'rest', value_ints=[-1]), node('Concat', 's rest', 'to', axis=0),
                    node('Reshape', 'e to', 'g')] + nodes[5:]
same(part, tensors, opset=15)
# images with channels last, as the network of another framework has them, and flattened so
last = [tensors['f.weight'][1][o * 64 + c * 16 + p] for o in range(2) for p in range(16) for c in range(4)]
same([node('Transpose', 'x', 'xx', perm=[0, 3, 1, 2]), node('Conv', 'xx c.weight c.bias', 'a', kernel_shape=[3, 3], auto_pad='SAME_UPPER')] +
     nodes[1:4] + [node('Transpose', 'e', 'ee', perm=[0, 2, 3, 1]), node('Flatten', 'ee', 'g'), node('Gemm', 'g f.weight f.bias', 'y', transB=1)],
     {**tensors, 'f.weight': ([2, 64], last)}, shape=('n', 8, 8, 3))
END
}

@test "an image that the graph normalises: as --mean and --sd, which come before" {
  python <<'END'
def record(path, *options):
    text = subprocess.run(['nax-import', 'onnx', '-q', '-o', 'net.yaml', '-w', 'net.safetensors', '--format', 'json', *options, path],
                          stdout=subprocess.PIPE, check=True).stdout
    return json.loads(text.splitlines()[0])['weights_hash']

def behind(made, name, *nodes_before, **constants):
    rest = [(op, [made if r == 'x' else r for r in reads], m, a) for op, reads, m, a in nodes]
    write(name, list(nodes_before) + rest, {**tensors, **constants})

write('plain.onnx', nodes, tensors)
want = record('plain.onnx', '--mean', '0.5,0.25,0.125', '--sd', '0.25,0.5,2')
three = {'m': ([1, 3, 1, 1], [0.5, 0.25, 0.125]), 's': ([3, 1, 1], [0.25, 0.5, 2.0]), 'less': ([3, 1, 1], [-0.5, -0.25, -0.125]),
         'over': ([1, 3, 1, 1], [4.0, 2.0, 0.5])}
behind('v', 'a.onnx', node('Sub', 'x m', 'u'), node('Div', 'u s', 'v'), **three)
behind('v', 'b.onnx', node('Add', 'less x', 'u'), node('Mul', 'over u', 'v'), **three)
assert record('a.onnx') == record('b.onnx') == want
# bytes as they are, made half as large before
behind('v', 'c.onnx', node('Mul', 'x half', 'u'), node('Sub', 'u one', 'v'), half=([], [0.5]), one=([1], [1.0]))
assert record('c.onnx', '--mean', '0.5,0,0', '--sd', '0.25,1,1') == record('plain.onnx', '--mean', '1,2,2', '--sd', '0.5,2,2')
END
}

@test "what comes out goes on: ideal, linear and full on a chip, costs" {
  python <<'END'
images('few.safetensors', 160, 3, 8, 8)
write('net.onnx', nodes[:-1] + [node('Gemm', 'g f.weight f.bias', 'o', transB=1), node('Softmax', 'o', 'y')], tensors)
END
  nax-import onnx --mean 0.5,0.5,0.5 --crossbar 32 -o net.yaml -w net.safetensors net.onnx >design 2>told
  grep -q 'nax-import: net: 3 layers, 8 x 8 x 3, 2 classes; without the Softmax at the end' told
  for fidelity in ideal linear full; do
    nax-eval -q --data few.safetensors --images 8 --fidelity "$fidelity" design >"$fidelity"
  done
  nax-cost --format csv full | grep -q energy_pj
  nax-train -q --data few.safetensors --init net.safetensors --epochs 0 design --format json | grep -q '"weights_hash"'
}

# mine FOLDER: the module of the README's first command, and who runs it: a python3 whose torch exports (newer ones may lack a package for
# it) or, where none does, one whose torch writes what PyTorch exported of this very network
mine() {
  local found
  mkdir "$1"
  cat >mine.py <<'END'
import torch
from torch import nn

torch.manual_seed(1)
net = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 4, 1, bias=False), nn.BatchNorm2d(4),
                    nn.ReLU(), nn.Conv2d(4, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
                    nn.Linear(64, 2))
image = torch.zeros(1, 3, 8, 8)
END
  for found in python3 /usr/bin/python3; do
    if "$found" -c 'import torch; torch.onnx.export(torch.nn.Flatten(), torch.zeros(1, 3, 8, 8), "tried.onnx")' >/dev/null 2>&1; then
      ln -s "$(command -v "$found")" "$1/python3"
      echo "# torch: $("$found" -c 'import torch; print(torch.__version__)')" >&3
      return
    fi
  done
  echo "# torch: none here that exports, its export of the same network is kept" >&3
  cat >"$1/torch.py" <<END
import subprocess
import unittest.mock

def write(net, image, path):
    with open('$BATS_TEST_DIRNAME/helpers/mine.onnx.txt') as text, open(path, 'wb') as out:
        subprocess.run(['protoc', '--encode=nax_onnx.Model', '-I', '$BATS_TEST_DIRNAME/../lib/import', 'onnx.proto'],
                       stdin=text, stdout=out, check=True)

nn, manual_seed, zeros, onnx = (unittest.mock.MagicMock() for _ in range(4))
onnx.export = write
END
  export PYTHONPATH=$PWD/$1
}

@test "the README's five commands for a network of one's own run" {
  python <<'END'
images('pictures.safetensors', 160, 3, 8, 8)
END
  mine who
  awk '/^### Your own network/ { is_here = 1 } is_here && /^```sh/ { is_in = 1; next } is_in && /^```/ { exit } is_in' "$BATS_TEST_DIRNAME/../README.md" >five.sh
  [ "$(wc -l <five.sh)" -eq 5 ]
  PATH=$PWD/who:$PATH bash -e -o pipefail five.sh >told </dev/null
  [ "$(nax-view --format csv -f fidelity measured | paste -sd ' ')" = "fidelity ideal linear full" ]
  grep -aq '^id,.*energy_pj' told
  grep -aq nax-pareto told # the front's header
  [ "$(nax-view --format csv -f kernel design | tail -n 1)" = "1 3" ]
}

@test "weights in another file are among the inputs; what is written replaces neither" {
  python <<'END'
write('net.onnx', nodes, {n: tensor(n, *t, ('net.data', 1024 * i)) if n[0] == 'c' else t for i, (n, t) in enumerate(tensors.items())})
END
  nax-import onnx -q -o net.yaml -w net.safetensors net.onnx >design
  nax-rerun design 2>said >script
  grep -qxF "nax-rerun: same: 'net.data'" said || { cat said; false; }
  [ "$(grep -c net.data said)" -eq 1 ]
  cp net.onnx net.data ..
  for files in '-o ./net.onnx -w none' '-o none -w net.onnx' '-o net.data -w none' '-o none -w net.data'; do
    status=0
    # shellcheck disable=SC2086 # words
    nax-import onnx -q $files net.onnx >out.txt 2>err.txt || status=$?
    [ "$status" -eq 1 ] && [ ! -s out.txt ] && [ ! -e none ]
    grep -q "this file is written and needed besides; write to another: 'net.[a-z]*'$" err.txt
    cmp net.onnx ../net.onnx
    cmp net.data ../net.data
  done
}

@test "a network file whose name a candidate cannot hold is refused, and nothing written" {
  python <<'END'
write('net.onnx', nodes, tensors)
END
  long=$(printf '%0130d/%0130d' 0 0)
  mkdir -p "$long"
  status=0
  nax-import onnx -q -o "$long/net.yaml" -w none.safetensors net.onnx >out.txt 2>err.txt || status=$?
  [ "$status" -eq 1 ] && [ ! -s out.txt ] && [ ! -e none.safetensors ] && [ -z "$(ls "$long")" ]
  grep -qx "nax-import: name longer than 255 bytes: '$long/net.yaml'" err.txt
}

@test "what cannot be is refused by file, node and reason" {
  python <<'END'
def bad(name, new, at=None, **more):
    changed = [new if i == at else n for i, n in enumerate(nodes)] if at is not None else new
    write(name, changed, {**tensors, **more.pop('tensors', {})}, **more)

behind = [node('Conv', 'xx c.weight c.bias', 'a', kernel_shape=[3, 3], pads=[1, 1, 1, 1])] + nodes[1:]
bad('many-nodes.onnx', nodes * 700)
bad('many-tensors.onnx', nodes, tensors={'t%d' % i: ([0], []) for i in range(4090)})
bad('many-reads.onnx', node('Concat', ' '.join(['b'] * 33000), 'd', axis=1), 2)
bad('many-outputs.onnx', nodes, outputs=['y'] * 4097)
with open('many-outputs.onnx', 'rb') as file:
    many = file.read()
with open('many-inputs.onnx', 'wb') as file:
    file.write(many.replace(field(12, field(1, 'y')), field(11, field(1, 'x'))))
bad('zero.onnx', [node('Div', 'x k', 'xx')] + behind, tensors={'k': ([], [0.0])})
bad('pixel.onnx', [node('Sub', 'x k', 'xx')] + behind, tensors={'k': ([3, 8, 8], numbers(192, 3))})
bad('half.onnx', [node('Sub', 'x k', 'xx')] + nodes, tensors={'k': ([], [0.5])})
bad('round.onnx', [node('Sub', 'k x', 'xx')] + behind, tensors={'k': ([], [0.5])})
bad('inside.onnx', node('Mul', 'b k', 'd'), 2, tensors={'k': ([], [2.0])})
bad('product.onnx', node('Mul', 'b a', 'd'), 2)
part = {'from': ([2], [0, 1]), 'to': ([2], [8, 8]), 'of': ([2], [2, 3]), 'by': ([2], [2, 2]), 'zeros': ([2], [0, 0])}
bad('cut.slice.onnx', node('Slice', 'b from to of by', 'd'), 2, tensors=part)
bad('alone.onnx', node('Slice', 'b zeros to of by', 'd'), 2, tensors=part)
bad('front.onnx', node('Pad', 'b', 'd', pads=[0, 2, 0, 0, 0, 2, 0, 0]), 2)
bad('operator.onnx', node('Einsum', 'b', 'd'), 2)
bad('softmax.onnx', node('Softmax', 'b', 'd'), 2)
bad('clip.onnx', node('Clip', 'b', 'd', min=-1.0, max=1.0), 2)
bad('cycle.onnx', node('Relu', 'y', 'd'), 2)
bad('twice.onnx', node('Relu', 'b', 'a'), 2)
bad('window.onnx', node('MaxPool', 'd', 'e', kernel_shape=[12, 12]), 3)
bad('stride.onnx', node('MaxPool', 'd', 'e', kernel_shape=[2, 2], strides=[0, 2]), 3)
bad('negative.onnx', node('Conv', 'x c.weight', 'a', pads=[-1, 0, 0, 0]), 0)
bad('groups.onnx', node('Conv', 'x c.weight', 'a', group=2), 0)
bad('image.onnx', node('Conv', 'x x', 'a'), 0)
bad('inputs.onnx', node('Gemm', 'g c.weight', 'y'), 5)
bad('shape.onnx', node('Reshape', 'e to', 'g'), 4, tensors={'to': ([3], [1, 8, -1])})
# attributes: of another type, of no operator, twice, without a value; contradicted by weights, inputs and each other
bad('real.onnx', node('Conv', 'x c.weight', 'a', group=3.0), 0)
bad('whole.onnx', node('BatchNormalization', 'a n_g n_b n_m n_v', 'b', epsilon=1), 1)
bad('word.onnx', node('Conv', 'x c.weight', 'a', pads='1'), 0)
bad('one.onnx', node('Gemm', 'g f.weight f.bias', 'y', transB=2), 5)
bad('other.onnx', node('Relu', 'b', 'd', alpha=0.5), 2)
bad('pair.onnx', ('Conv', ['x', 'c.weight'], ['a'], [('group', 1), ('group', 3)]), 0)
bad('none-of-it.onnx', node('Conv', 'x c.weight', 'a', group=(2, field(2, 3.0))), 0)
bad('graph.onnx', node('Conv', 'x c.weight', 'a', group=(5, b'')), 0)
bad('kernel.onnx', node('Conv', 'x c.weight', 'a', kernel_shape=[5, 3]), 0)
bad('both.onnx', node('Conv', 'x c.weight', 'a', auto_pad='SAME_UPPER', pads=[1, 1, 1, 1]), 0)
bad('axes.onnx', [node('Pad', 'x to', 'xx', pads=[0] * 8)] + nodes, tensors={'to': ([8], [0] * 8)})
bad('spatial.onnx', node('BatchNormalization', 'a n_g n_b n_m n_v', 'b', spatial=0), 1)
bad('axis.onnx', nodes[:-1] + [node('Gemm', 'g f.weight f.bias', 'o', transB=1), node('Softmax', 'o', 'y', axis=0)])
bad('constant.onnx', [node('Constant', '', 'k', value_int=1, value_ints=[1])] + nodes)
bad('rows.onnx', nodes, shape=('n', 3, -8, 8))
bad('columns.onnx', nodes, shape=('n', 3, 8, 1 << 40))
bad('channels.onnx', nodes, shape=('n', 0, 8, 8))
bad('batch.onnx', nodes, shape=(-2, 3, 8, 8))
bad('end.onnx', nodes[:3] + [node('Identity', 'd', 'y')])
bad('outputs.onnx', nodes, outputs=('y', 'g'))
bad('none.onnx', nodes, outputs=('absent',))
bad('open.onnx', nodes, shape=('n', 3, 'h', 'w'))
bad('opset.onnx', nodes, opset=21)
bad('huge.onnx', nodes, tensors={'f.bias': field(1, 1 << 20) + field(1, 1 << 20) + field(2, 1) + field(8, 'f.bias') + field(9, b'1234')})
bad('minus.onnx', nodes, tensors={'f.bias': field(1, -3) + field(2, 1) + field(8, 'f.bias') + field(9, b'1234')})
bad('few.onnx', nodes, tensors={'f.bias': field(1, 3) + field(2, 1) + field(8, 'f.bias') + field(9, b'1234')})
bad('type.onnx', nodes, tensors={'f.bias': field(1, 2) + field(2, 8) + field(8, 'f.bias')})
bad('away.onnx', nodes, tensors={'f.bias': field(1, 2) + field(2, 1) + field(8, 'f.bias') + field(14, 1) +
                                 field(13, field(1, 'location') + field(2, '../f.bin'))})
bad('gone.onnx', nodes, tensors={'f.bias': field(1, 2) + field(2, 1) + field(8, 'f.bias') + field(14, 1) +
                                 field(13, field(1, 'location') + field(2, 'f.bin'))})
whole = open('opset.onnx', 'rb').read()
open('cut.onnx', 'wb').write(whole[:len(whole) // 2])
open('text.onnx', 'w').write('name: net\n')
open('empty.onnx', 'w')
END
  while IFS='|' read -r file text; do
    fails "$text" "$file.onnx"
  done <<'END'
many-nodes|: 4200 nodes, and 4096 at most are read
many-tensors|: 4098 tensors, and 4096 at most are read
many-reads|: 33013 inputs of all nodes, and 32768 at most are read
many-outputs|: 4097 outputs, and 4096 at most are read
many-inputs|: 4098 inputs, and 4096 at most are read
zero|node 'Div_0' (Div): by a number that is not finite, or not above 0
pixel|node 'Sub_0' (Sub): an image is normalised by one number, or one for each
half|node 'Sub_0' (Sub): an image is normalised by one number, or one for each of up to 16 channels, for all that read it
round|node 'Sub_0' (Sub): an image is normalised by one number
inside|node 'Mul_2' (Mul): only the image that comes in can be normalised
product|node 'Mul_2' (Mul): no layer computes this of two images
cut.slice|node 'Slice_2' (Slice): only every n-th row and column of all, from the first on
alone|node 'MaxPool_3' (MaxPool): every n-th pixel, and channels of zeros, go into a sum alone
front|node 'Pad_2' (Pad): only up to 1024 zeros around an image, or channels of zeros behind its own
operator|node 'Einsum_2' (Einsum): no layer computes this operator
softmax|node 'Softmax_2' (Softmax): within the network
clip|node 'Clip_2' (Clip): from -1 to 1
cycle|node 'Relu_2' (Relu): it reads 'y', which no node before it makes
twice|node 'Relu_2' (Relu): its output has no name, or another's
window|node 'MaxPool_3' (MaxPool): a window larger than the image, 8 x 8
stride|node 'MaxPool_3' (MaxPool): 'strides' is not from 1 to 1024: 0
negative|node 'Conv_0' (Conv): 'pads' is not from 0 to 1024: -1
groups|node 'Conv_0' (Conv): 3 channels in 2 groups
image|node 'Conv_0' (Conv): input 'x' depends on the image
inputs|node 'Gemm_5' (Gemm): its weight is no matrix with 64 inputs
shape|node 'Reshape_4' (Reshape): an image can be made flat
real|node 'Conv_0' (Conv): attribute 'group' is a float, not an int
whole|node 'BatchNormalization_1' (BatchNormalization): attribute 'epsilon' is an int, not a float
word|node 'Conv_0' (Conv): attribute 'pads' is a string, not ints
one|node 'Gemm_5' (Gemm): attribute 'transB' is not 0 or 1: 2
other|node 'Relu_2' (Relu): attribute 'alpha' is none of this operator's
pair|node 'Conv_0' (Conv): attribute 'group' comes twice
none-of-it|node 'Conv_0' (Conv): attribute 'group' says that it is an int, and has none
graph|node 'Conv_0' (Conv): attribute 'group' is of another type, not an int
kernel|node 'Conv_0' (Conv): 'kernel_shape' is 5 x 3, and its weight's 3 x 3
both|node 'Conv_0' (Conv): 'pads' beside an 'auto_pad' of SAME_UPPER
axes|node 'Pad_0' (Pad): 'pads' is an attribute and an input
spatial|node 'BatchNormalization_1' (BatchNormalization): 'spatial' is 0
axis|node 'Softmax_6' (Softmax): 'axis' is 0, which is not that of the classes
constant|node 'Constant_0' (Constant): it has not one value
rows|its input has -8 rows; from 1 to 1024 are read
columns|its input has 1099511627776 columns; from 1 to 1024 are read
channels|its input has 0 channels; from 1 to 1024 are read
batch|its input has -2 images at once; from 1 to 1024 are read
end|node 'Conv_0' (Conv): it comes last
outputs|a network has one output
none|no node makes its output
open|--size tells it
opset|operators of version 21
huge|tensor 'f.bias': more than 2^30 elements
minus|tensor 'f.bias': a negative dimension
few|tensor 'f.bias': as many bytes as its dimensions say are not there
type|tensor 'f.bias': elements are not float
away|tensor 'f.bias': its file is none in the folder
gone|tensor 'f.bias': cannot open
cut|not an ONNX file, or cut short
text|not an ONNX file
empty|not an ONNX file
absent|cannot open
END
}
