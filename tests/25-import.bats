#!/usr/bin/env bats
# nax-import: weights of other frameworks, and what it says when something is wrong; nax-checkpoint(5) as code.

# shellcheck source=tests/docs.sh
load docs.sh

setup() {
  root=$BATS_TEST_DIRNAME/..
  cd "$BATS_TEST_TMPDIR" || return 1
  printf '%s\n' 'name: small' 'input: {height: 32, width: 32, channels: 3}' 'classes: 10' 'layers:' \
    '  - conv: {out: 4, kernel: 3, role: stem}' '  - pool: {kind: max, kernel: 8}' \
    '  - stage: {blocks: 1, out: 6, kernel: 3, stride: 2, shortcut: conv}' '  - linear: {role: classifier}' >small.yaml
  # the page's functions read and write, as they stand there
  section "$root/man/nax-checkpoint.5" PYTHON | sed -n 's/^     //p' |
    awk '/^import/ { is_in = 1 } /^With/ { is_in = 0 } is_in' >pages.py
}

# The page's second program.
program() {
  section "$root/man/nax-checkpoint.5" PYTHON | sed -n 's/^     //p' | awk '/^tensors, meta/ { is_in = 1 } is_in'
}

# python FILE: with read, write, and what makes a state_dict for small.yaml, whose value i of tensor t is f(t, i)
python() {
  cat pages.py - "$1" <<'END' | python3 -
shapes = {'conv1.weight': [4, 3, 3, 3], 'bn1.weight': [4], 'bn1.bias': [4], 'bn1.running_mean': [4], 'bn1.running_var': [4],
          'layer1.0.conv1.weight': [6, 4, 3, 3], 'layer1.0.conv2.weight': [6, 6, 3, 3], 'layer1.0.downsample.0.weight': [6, 4, 1, 1],
          'fc.weight': [10, 24], 'fc.bias': [10]}
for norm in 'layer1.0.bn1', 'layer1.0.bn2', 'layer1.0.downsample.1':
    shapes.update({norm + end: [6] for end in ('.weight', '.bias', '.running_mean', '.running_var')})

def made():
    state = {}
    for t, (name, shape) in enumerate(shapes.items()):
        n = 1
        for d in shape:
            n *= d
        state[name] = shape, [1 + ((i * 7919 + t * 104729) % 1009) / 2018 - 0.9 * (not name.endswith('var')) for i in range(n)]
    return state

END
}

# fails TEXT COMMAND...: exit 1, one line on stderr with this text, nothing on stdout
fails() {
  local text=$1 status=0
  shift
  "$@" >out.txt 2>err.txt || status=$?
  if [ "$status" -ne 1 ] || [ -s out.txt ] || [ "$(wc -l <err.txt)" -ne 1 ] ||
    [[ "$(cat err.txt)" != "nax-import: "*"$text"* ]]; then
    echo "# exit $status: $(cat err.txt)"
    return 1
  fi
}

torch() { nax-import torch -q --network small.yaml -o net.safetensors "$@"; }

@test "the page's Python reads a checkpoint, and what it writes is taken" {
  printf '%s\n' 'name: lin' 'input: {height: 32, width: 32, channels: 3}' 'classes: 10' 'layers:' \
    '  - conv: {out: 2, kernel: 3}' '  - conv: {out: 2, kernel: 3, stride: 2}' '  - pool: {kind: mean}' \
    '  - linear: {role: classifier}' >lin.yaml
  nax-sample --network ./lin.yaml --random 1 | nax-train -q --epochs 1 --images 32 --checkpoint nets --average 0.9 >trained
  cp nets/*.safetensors old.safetensors
  { cat pages.py && program; } >example.py
  [ "$(grep -c . example.py)" -lt 25 ]
  python3 example.py
  nax-train -q --init new.safetensors --epochs 0 --images 32 --checkpoint again trained >told
  # half of the first weights is what training began from, and went on with
  python <(echo "
old, new = read('old.safetensors')[0], read('new.safetensors')[0]
assert all(abs(a - 2 * b) < 1e-7 for a, b in zip(old['conv1.weight'][1], new['conv1.weight'][1]))
assert old['conv2.weight'] == new['conv2.weight'] and set(new) == {n for n in old if not n.startswith(('momentum.', 'last.'))}")
  # and a changed file that kept its checksum is none
  python <(echo "
tensors, meta = read('old.safetensors')
tensors['conv1.bias' if 'conv1.bias' in tensors else 'conv1.beta'][1][0] += 1
write('bad.safetensors', tensors, meta)")
  if nax-train -q --init bad.safetensors --epochs 0 --images 32 trained 2>err.txt; then false; fi
  grep -q checksum err.txt
}

@test "torch: every value lies where the network reads it" {
  python <(echo "write('theirs.safetensors', made(), {'format': 'pt'})")
  torch --mean 0.1,0.2,0.3 --sd 0.5,0.25,1 --crossbar 32 theirs.safetensors --format json >record
  grep -q '"network":"small.yaml".*"kernel":\[3,3\],"crossbar":\[32,32\].*"crossbar_fixed":32.*"checkpoint":"net.safetensors"' record
  python <(cat <<'END'
theirs, (ours, meta) = read('theirs.safetensors')[0], read('net.safetensors')
assert meta['pixel_mean'].split() == [format(x, '.17g') for x in (0.1, 0.2, 0.3)] and meta['pixel_sd'] == '0.5 0.25 1'
layers = {'stem': ('conv1', 'bn1'), 's1b1c1': ('layer1.0.conv1', 'layer1.0.bn1'), 's1b1c2': ('layer1.0.conv2', 'layer1.0.bn2'),
          's1b1sc': ('layer1.0.downsample.0', 'layer1.0.downsample.1'), 'fc': ('fc', None)}
n = 0
for layer, (module, norm) in layers.items():
    (h, w, c, o), to = ours[layer + '.weight']
    shape, values = theirs[module + '.weight']
    if not norm:  # of an image of 2 by 2
        assert (h, w, c) == (1, 1, 24)
        h, w, c = 2, 2, 6
    assert shape == ([o, c, h, w] if norm else [o, c * h * w])
    for y in range(h):
        for x in range(w):
            for i in range(c):
                for k in range(o):
                    assert to[((y * w + x) * c + i) * o + k] == values[((k * c + i) * h + y) * w + x]
                    n += 1
    names = {'gamma': '.weight', 'beta': '.bias', 'mean': '.running_mean', 'variance': '.running_var'} if norm else {'bias': '.bias'}
    for own, name in names.items():
        assert ours[layer + '.' + own] == theirs[(norm or module) + name]
assert n == 108 + 216 + 324 + 24 + 240
END
)
  nax-import torch -q --network small.yaml -o net.safetensors theirs.safetensors | nax-eval -q --images 32 --fidelity ideal |
    nax-cost --format csv | grep -q accuracy_ideal
}

@test "torch: a bias before batch norm goes into its mean; other types; counters are nobody's" {
  python <(cat <<'END'
state = made()
state['conv1.bias'] = [4], [0.5, -0.25, 2, 0]
write('theirs.safetensors', state, {})
# every value in half, which the upper half of a float holds too
short = {name: (s, [round(v * 8) / 8 + (name.endswith('var') / 8) for v in values]) for name, (s, values) in state.items()}
write('short.safetensors', short, {})
for name, pack in ('F16', lambda v: struct.pack('<e', v)), ('BF16', lambda v: struct.pack('<f', v)[2:]):
    head, data = {}, b''
    for tensor, (shape, values) in short.items():
        head[tensor] = {'dtype': name, 'shape': shape, 'data_offsets': [len(data), len(data) + 2 * len(values)]}
        data += b''.join(map(pack, values))
    head = json.dumps(head).encode()
    head += b' ' * (-len(head) % 8)
    open(name + '.safetensors', 'wb').write(struct.pack('<Q', len(head)) + head + data)
# the same with a counter of 8 bytes at the end, a weight in doubles before
text = {name: {'dtype': 'F32', 'shape': s, 'values': struct.pack('<%df' % len(v), *v)} for name, (s, v) in state.items()}
text['fc.weight'].update(dtype='F64', values=struct.pack('<240d', *state['fc.weight'][1]))
text['bn1.num_batches_tracked'] = {'dtype': 'I64', 'shape': [], 'values': struct.pack('<q', 7)}
header, data = {}, b''
for name in sorted(text, key=lambda n: -len(text[n]['values']) if text[n]['dtype'] != 'F32' else 1):
    values = text[name].pop('values')
    header[name] = dict(text[name], data_offsets=[len(data), len(data) + len(values)])
    data += values
head = json.dumps(header).encode()
head += b' ' * (-len(head) % 8)
open('mixed.safetensors', 'wb').write(struct.pack('<Q', len(head)) + head + data)
END
)
  torch theirs.safetensors --format json >one
  python <(cat <<'END'
theirs, ours = read('theirs.safetensors')[0], read('net.safetensors')[0]
want = [m - b for m, b in zip(theirs['bn1.running_mean'][1], theirs['conv1.bias'][1])]
assert all(abs(a - b) < 1e-6 for a, b in zip(ours['stem.mean'][1], want))
END
)
  torch mixed.safetensors --format json >two
  diff one two # weights_hash too
  torch short.safetensors --format json >one
  for type in F16 BF16; do
    torch $type.safetensors --format json >two
    diff one two
  done
}

@test "torch: a map says what names do not" {
  python <(cat <<'END'
state = made()
for old, new in ('conv1.', 'entry.c.'), ('bn1.', 'entry.n.'), ('fc.', 'out.'):
    state = {new + n[len(old):] if n.startswith(old) else n: v for n, v in state.items()}
write('theirs.safetensors', state, {})
END
)
  fails "no tensor is the weight of layer 'stem' of network 'small' by its name" torch theirs.safetensors
  # a comment is one to its end, wherever that is
  printf '%s\n' "# theirs $(printf '%01100d' 0) fcc out" 'stem entry.c entry.n' 'fc out' >map
  torch --map map theirs.safetensors >record
  # the record comes when the file is there, and may then fail alone
  rm net.safetensors
  fails "cannot write: 'standard output'" bash -c 'nax-import torch -q --network small.yaml --map map -o net.safetensors theirs.safetensors >/dev/full'
  [ -s net.safetensors ]
  printf '%s\n' 'stem entry.c' 'fc out' >short
  fails "no tensor is the batch norm of layer 'stem'" torch --map short theirs.safetensors
  printf '%s\n' 'stem entry.c entry.n' 'fcc out' >odd
  fails "odd:2: network 'small' has no layer 'fcc'" torch --map odd theirs.safetensors
  printf '%s\n' 'stem entry.c entry.n' 'stem entry.c entry.n' >odd
  fails "odd:2: layer 'stem' comes twice" torch --map odd theirs.safetensors
  printf '%s\n' 'stem entry.c entry.n' 'fc out out.n' >odd
  fails "odd:2: layer 'fc' has no batch norm, and takes one module" torch --map odd theirs.safetensors
  printf '%s\n' 'pool entry.c' >odd
  fails "odd:1: layer 'pool' has no tensors" torch --map odd theirs.safetensors
  printf '%s\n' 'stem' >odd
  fails "odd:1: a line is a layer" torch --map odd theirs.safetensors
  printf 'fc %0256d\n' 0 >odd
  fails "odd:1: name longer than 255 bytes: '0000" torch --map odd theirs.safetensors
}

@test "torch: bottlenecks, inverted blocks and batch norm by itself, by the names that torchvision has" {
  cat >deep.yaml <<'END'
name: deep
input: {height: 32, width: 32, channels: 3}
classes: 10
layers:
  - conv: {out: 4, kernel: 3, stride: 2, role: stem, activation: relu6}
  - stage: {block: inverted, expand: 1, blocks: 1, out: 4, kernel: 3, stride: 1}
  - stage: {block: inverted, expand: 2, blocks: 2, out: 6, kernel: 3, stride: 2}
  - conv: {out: 8, kernel: 1, search: false, activation: relu6}
  - pool: {kind: mean}
  - linear: {role: classifier}
END
  cat >neck.yaml <<'END'
name: neck
input: {height: 32, width: 32, channels: 3}
classes: 10
layers:
  - conv: {out: 4, kernel: 3, stride: 2, role: stem}
  - stage: {block: bottleneck, blocks: 1, out: 8, kernel: 3, stride: 2, shortcut: conv}
  - batch_norm: {name: features_norm, relu: true}
  - pool: {kind: mean}
  - linear: {role: classifier}
END
  python <(cat <<'END'
def module(state, weight, shape, norm=None):
    n, salt = shape[0], len(state)
    state[weight + '.weight'] = shape, [((i * 7919 + salt * 31) % 1009) / 1009 - 0.5 for i in range(shape[0] * shape[1] * shape[2] * shape[3])]
    for k, end in enumerate(('weight', 'bias', 'running_mean', 'running_var') if norm else ()):
        state[norm + '.' + end] = [n], [0.5 + (i + k) / 97 for i in range(n)]

def fc(state, name, n):
    state[name + '.weight'], state[name + '.bias'] = ([10, n], [i / 89 for i in range(10 * n)]), ([10], [i / 7 for i in range(10)])

deep = {}
for weight, shape, norm in (
        ('features.0.0', [4, 3, 3, 3], 'features.0.1'),
        ('features.1.conv.0.0', [4, 1, 3, 3], 'features.1.conv.0.1'), ('features.1.conv.1', [4, 4, 1, 1], 'features.1.conv.2'),
        ('features.2.conv.0.0', [8, 4, 1, 1], 'features.2.conv.0.1'), ('features.2.conv.1.0', [8, 1, 3, 3], 'features.2.conv.1.1'),
        ('features.2.conv.2', [6, 8, 1, 1], 'features.2.conv.3'),
        ('features.3.conv.0.0', [12, 6, 1, 1], 'features.3.conv.0.1'), ('features.3.conv.1.0', [12, 1, 3, 3], 'features.3.conv.1.1'),
        ('features.3.conv.2', [6, 12, 1, 1], 'features.3.conv.3'),
        ('features.4.0', [8, 6, 1, 1], 'features.4.1')):
    module(deep, weight, shape, norm)
fc(deep, 'classifier.1', 8)
write('deep.safetensors', deep, {})
neck = {}
for weight, shape, norm in (
        ('conv1', [4, 3, 3, 3], 'bn1'), ('layer1.0.conv1', [2, 4, 1, 1], 'layer1.0.bn1'), ('layer1.0.conv2', [2, 2, 3, 3], 'layer1.0.bn2'),
        ('layer1.0.conv3', [8, 2, 1, 1], 'layer1.0.bn3'), ('layer1.0.downsample.0', [8, 4, 1, 1], 'layer1.0.downsample.1')):
    module(neck, weight, shape, norm)
for k, end in enumerate(('weight', 'bias', 'running_mean', 'running_var')):
    neck['features.norm.' + end] = [8], [0.25 + (i + k) / 13 for i in range(8)]
fc(neck, 'fc', 8)
write('neck.safetensors', neck, {})
write('moved.safetensors', {n.replace('features.norm', 'last.bn'): v for n, v in neck.items()}, {})
END
)
  for net in deep neck; do
    nax-import torch -q --network $net.yaml -o $net.nax $net.safetensors >record
    nax-eval -q --images 8 --fidelity ideal record | nax-view --format csv -f accuracy_ideal >accuracy
    [ "$(wc -l <accuracy)" -eq 2 ]
  done
  python <(cat <<'END'
theirs, ours = read('deep.safetensors')[0], read('deep.nax')[0]
assert ours['s1b1c2.mean'] == theirs['features.1.conv.0.1.running_mean'] and ours['s2b2c3.gamma'] == theirs['features.3.conv.3.weight']
theirs, ours = read('neck.safetensors')[0], read('neck.nax')[0]
assert ours['s1b1c3.variance'] == theirs['layer1.0.bn3.running_var']
assert [ours['features_norm.' + n] for n in ('gamma', 'beta', 'mean', 'variance')] == \
    [theirs['features.norm.' + n] for n in ('weight', 'bias', 'running_mean', 'running_var')]
END
)
  fails "no tensor is the batch norm of layer 'features_norm'" nax-import torch --network neck.yaml -o none moved.safetensors
  echo 'features_norm last.bn' >map
  nax-import torch -q --network neck.yaml --map map -o again.nax moved.safetensors >/dev/null
  cmp neck.nax again.nax
  echo 'features_norm last.bn last.bn' >map
  fails "map:1: layer 'features_norm' is batch norm by itself, and takes one module" \
    nax-import torch --network neck.yaml --map map -o none moved.safetensors
}

@test "torch: one number of --mean or --sd is of all channels, others as many as images have" {
  printf '%s\n' 'name: grey' 'input: {height: 4, width: 4, channels: 1}' 'classes: 2' 'layers:' '  - linear: {role: classifier}' >grey.yaml
  python <(echo "
write('grey.safetensors', {'fc.weight': ([2, 16], [i / 16 for i in range(32)]), 'fc.bias': ([2], [0, 1])}, {})
write('theirs.safetensors', made(), {})")
  nax-import torch -q --network grey.yaml --mean 0.1307 --sd 0.3081 -o grey.nax grey.safetensors >/dev/null
  torch --mean 0.25 --sd 0.5 theirs.safetensors --format json >one
  torch --mean 0.25,0.25,0.25 --sd 0.5,0.5,0.5 theirs.safetensors --format json >three
  diff one three
  fails "one for each of up to 16 channels, and images of network 'grey' have 1" \
    nax-import torch --network grey.yaml --sd 1,2,3 -o none grey.safetensors
  for given in '--mean 1,2' '--sd 1,2,3,4' '--mean 1,2 --sd 1,2,3' '--mean 1,2,3 --sd 1,2'; do
    # shellcheck disable=SC2086
    fails "one for each of up to 16 channels, and images of network 'small' have 3" \
      nax-import torch --network small.yaml $given -o none theirs.safetensors
  done
  ! nax-import torch --network small.yaml --sd 1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1 -o none theirs.safetensors 2>err.txt || return 1
  grep -q 'takes up to 16 numbers' err.txt
  [ ! -e none ]
}

@test "torch: what is missing, left over or of another shape is named, and nothing is written" {
  python <(cat <<'END'
state = made()
write('more.safetensors', dict(state, **{'layer1.1.conv1.weight': ([6, 6, 3, 3], [0] * 324)}), {})
write('less.safetensors', {n: v for n, v in state.items() if n != 'layer1.0.bn2.bias'}, {})
write('other.safetensors', dict(state, **{'conv1.weight': ([4, 3, 5, 5], [0] * 300)}), {})
END
)
  fails "more.safetensors: tensor 'layer1.1.conv1.weight' has no place in network 'small'" torch more.safetensors
  fails "less.safetensors: no tensor 'layer1.0.bn2.bias'" torch less.safetensors
  fails "other.safetensors: tensor 'conv1.weight' is 4 x 3 x 5 x 5, and network 'small' takes 4 x 3 x 3 x 3" torch other.safetensors
  head -c 100 other.safetensors >cut.safetensors
  fails "cut.safetensors" torch cut.safetensors
  fails "absent.safetensors" torch absent.safetensors
  # what is written replaces nothing that is read
  ln other.safetensors link
  printf '%s\n' 'conv1 conv1' >map
  cp other.safetensors small.yaml map .. # as they are
  fails "written and needed besides; write to another: 'other.safetensors'" torch -o link other.safetensors
  fails "written and needed besides; write to another: 'small.yaml'" torch -o ./small.yaml other.safetensors
  fails "written and needed besides; write to another: 'map'" torch --map map -o ./map other.safetensors
  for file in other.safetensors small.yaml map; do cmp $file ../$file; done
  mkfifo pipe
  fails "a pipe, to be written to a file first, is not a regular file: 'pipe'" timeout 20 nax-import torch --network small.yaml -o net.safetensors pipe
  [ ! -e net.safetensors ]
}

@test "logits are those of the definition, image by image; a flattened image is read in the other order" {
  printf '%s\n' 'name: flat' 'input: {height: 32, width: 32, channels: 3}' 'classes: 10' 'layers:' \
    '  - pool: {kind: mean, kernel: 8}' '  - linear: {role: classifier}' >flat.yaml
  nax-data synth -q --n-train 20 --n-test 7 -o set.safetensors
  python <(echo "
state = {'fc.weight': ([10, 48], [(i * 7919 % 1009) / 1009 - 0.4 for i in range(480)]), 'fc.bias': ([10], [i / 7 for i in range(10)])}
write('theirs.safetensors', state, {})")
  nax-import torch -q --network flat.yaml --mean 0.5,0.25,0 --sd 0.3,0.6,1 -o net.safetensors theirs.safetensors |
    nax-eval -q --data set.safetensors --fidelity ideal --logits --images 3 --format json >told
  python <(cat <<'END'
state = read('theirs.safetensors')[0]
data = open('set.safetensors', 'rb').read()
start = 8 + struct.unpack('<Q', data[:8])[0]
header = json.loads(data[8:start])
begin = start + header['test_images']['data_offsets'][0]
mean, sd, told = (0.5, 0.25, 0), (0.3, 0.6, 1), [json.loads(line) for line in open('told')]
assert [r['image'] for r in told] == [0, 2, 4] and all(r['label'] == r['image'] for r in told)
for r in told:
    pixel = lambda y, x, c: (data[begin + ((r['image'] * 32 + y) * 32 + x) * 3 + c] / 255 - mean[c]) / sd[c]
    flat = [sum(pixel(8 * y + v, 8 * x + u, c) for v in range(8) for u in range(8)) / 64 for c in range(3) for y in range(4) for x in range(4)]
    want = [sum(w * v for w, v in zip(state['fc.weight'][1][48 * k:48 * k + 48], flat)) + state['fc.bias'][1][k] for k in range(10)]
    assert max(abs(a - b) for a, b in zip(want, r['logits'])) < 1e-5 * max(map(abs, want)), (want, r['logits'])
END
)
}

@test "misuse" {
  while IFS='|' read -r text arguments; do
    status=0
    # shellcheck disable=SC2086 # words
    nax-import $arguments >out.txt 2>err.txt || status=$?
    [ "$status" -eq 2 ] && [ ! -s out.txt ] && grep -q -e "$text" err.txt || {
      echo "# $arguments: exit $status: $(cat err.txt)"
      false
    }
  done <<'END'
import what|
no such format: 'tensorflow'|tensorflow x
no file to read|torch
one word too many: 'y'|torch x y
no network|torch x -o y
no file to write|torch x --network lenet
--sd takes numbers above 0|torch x --network lenet -o y --sd 1,0,1
--mean takes 3 numbers|torch x --network lenet -o y --mean 1,,2
both network and checkpoint: './y'|onnx x -o ./y -w y
END
}
