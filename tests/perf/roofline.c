/* What a training step of 128 images of ResNet-20 consists of: for each kind of work its flops,
 * bytes and time, and how near that comes to what the processor can do.
 *
 * Usage: roofline KERNEL fp32|bf16. Peaks are measured first: products of fp32 registers (bf16's
 * are twice that: a register holds twice as many factors), and copies of arrays beyond the caches.
 * A convolution's flops are those of its definition: Winograd's filtering needs fewer, and may pass
 * 100 % of the peak.
 */
#include "nax/nn.h"
#include "../../lib/nn/conv.h"
#include "../../lib/nn/kernels.h"
#include "../../lib/nn/layers.h"
#include "limits.h"

#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N_CHUNKS = 8, N_THREADS_MAX = 64, N_ROUNDS = 5 };

enum work {
    FORWARD,
    BACKWARD_DATA,
    BACKWARD_WEIGHTS,
    MOMENTS,
    NORMALISE,
    RELU_BACKWARD,
    NORMALISE_BACK,
    N_WORKS
};

static const char *const work_name[N_WORKS] = {
    "convolve",          "convolve back, data",     "convolve back, weights", "batch statistics",
    "normalise and add", "ReLU and sums, backward", "normalise, backward"};

static _Noreturn void die(const struct nax_err *err)
{
    fprintf(stderr, "%s\n", err->text);
    exit(1);
}

/* One layer's arrays: those of all chunks, so that they are as far from the processor as in a step.
 */
struct bench {
    const struct nax_layer *shape;
    const struct nn_kernels *kernel;
    struct conv *conv;
    char *x, *y, *z, *g; /* [N_CHUNKS][NAX_CHUNK] images */
    float *dw, *channel, *sums;
    char *scratch; /* [n_threads][conv->scratch_size], cache lines */
};

static void *array(size_t n, size_t size)
{
    void *p = nax_aligned_calloc(n, size);
    if (!p)
        exit(1);
    return p;
}

static void do_work(const struct bench *b, enum work work, size_t chunk)
{
    const struct nax_layer *l = b->shape;
    size_t c = l->c_out, n = NAX_CHUNK * l->h_out * l->w_out;
    size_t at = chunk * n * c * b->kernel->size;
    char *x = b->x + chunk * NAX_CHUNK * nax_layer_n_in(l) * b->kernel->size;
    float *sums = b->sums + chunk * 2 * c, *dw = b->dw + chunk * b->conv->gradient_size;
    size_t thread = (size_t)omp_get_thread_num();
    void *scratch = b->scratch + thread * ((b->conv->scratch_size + 63) / 64 * 64);
    const struct conv_engine *engine = b->conv->engine;
    const float *v = b->channel;
    int status = 0;
    switch (work) {
    case FORWARD:
        status = engine->forward(b->conv, x, b->z + at, scratch);
        break;
    case BACKWARD_DATA:
        status = engine->backward_data(b->conv, b->z + at, x, scratch);
        break;
    case BACKWARD_WEIGHTS:
        status = engine->backward_weights(b->conv, x, b->z + at, dw, scratch);
        break;
    case MOMENTS:
        b->kernel->moments(n, c, b->z + at, v, sums, sums + c);
        break;
    case NORMALISE:
        b->kernel->normalise(n, c, b->z + at, v, v, b->g + at, true, b->y + at);
        break;
    case RELU_BACKWARD:
        b->kernel->relu_backward(n, c, b->g + at, NULL, b->y + at, b->z + at, v, b->g + at, sums,
                                 sums + c);
        break;
    default:
        b->kernel->normalise_backward(n, c, b->g + at, b->z + at, v, v, v, v, b->y + at);
    }
    if (status)
        exit(1);
}

static double seconds_of(const struct bench *b, enum work work)
{
    double best = 1e9;
    for (int round = 0; round < N_ROUNDS; round++) {
        double start = nax_clock_seconds();
#pragma omp parallel for num_threads(nax_threads()) schedule(dynamic)
        for (size_t chunk = 0; chunk < N_CHUNKS; chunk++)
            do_work(b, work, chunk);
        best = NAX_MIN(best, nax_clock_seconds() - start);
    }
    return best;
}

/* Arrays that a kind of work reads and writes, in elements of a chunk; weights are too few to
 * count. */
static double bytes_of(const struct bench *b, enum work work)
{
    double x = (double)nax_layer_n_in(b->shape), y = (double)nax_layer_n_out(b->shape);
    const double elements[N_WORKS] = {x + y, x + y, x + y, y, 3 * y, 4 * y, 3 * y};
    return elements[work] * N_CHUNKS * NAX_CHUNK * (double)b->kernel->size;
}

struct total {
    double flops, bytes, seconds;
};

static void add_layer(const struct nax_layer *shape, bool is_bf16, struct total total[N_WORKS])
{
    struct nax_err err;
    struct bench b = {.shape = shape, .kernel = nax_nn_kernels(is_bf16)};
    size_t n = N_CHUNKS * NAX_CHUNK, size = b.kernel->size;
    const struct conv_options options = {.has = {true, true, true}, .is_bf16 = is_bf16};
    if (nax_conv_alloc(&b.conv, shape, NAX_CHUNK, &options, &err))
        die(&err);
    b.x = array(n * nax_layer_n_in(shape), size);
    b.y = array(n * nax_layer_n_out(shape), size);
    b.z = array(n * nax_layer_n_out(shape), size);
    b.g = array(n * nax_layer_n_out(shape), size);
    b.dw = array(N_CHUNKS * b.conv->gradient_size, sizeof(float));
    b.channel = array(shape->c_out, sizeof(float));
    b.sums = array(N_CHUNKS * 2 * shape->c_out, sizeof(float));
    b.scratch = array((size_t)nax_threads(), (b.conv->scratch_size + 63) / 64 * 64);
    for (int work = 0; work < N_WORKS; work++) {
        if (work == BACKWARD_DATA && shape->input == NAX_FROM_IMAGE)
            continue;
        if (work <= BACKWARD_WEIGHTS)
            total[work].flops += 2.0 * (double)nax_layer_macs(shape) * (double)n;
        total[work].bytes += bytes_of(&b, (enum work)work);
        total[work].seconds += seconds_of(&b, (enum work)work);
    }
    void *all[] = {b.x, b.y, b.z, b.g, b.dw, b.channel, b.sums, b.scratch};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        nax_aligned_free(all[i]);
    nax_conv_free(b.conv);
}

int main(int argc, char **argv)
{
    struct nax_err err;
    struct nax_network_file *file;
    struct nax_network *net;
    struct total total[N_WORKS] = {{0}};
    int64_t kernel[NAX_NETWORK_SLOTS_MAX];
    if (argc != 3)
        return 2;
    bool is_bf16 = !strcmp(argv[2], "bf16");
    for (size_t i = 0; i < NAX_NETWORK_SLOTS_MAX; i++)
        kernel[i] = atoi(argv[1]);
    if (nax_network_file_load(&file, "resnet20", &err) ||
        nax_network_build(&net, file, kernel, &err))
        die(&err);
    double flops = limit_ops() * (is_bf16 ? 2 : 1), bytes = limit_copy();
    for (size_t l = 0; l < net->n_layers; l++)
        if (net->layers[l].kind == NAX_LAYER_CONV)
            add_layer(&net->layers[l], is_bf16, total);
    printf("roofline_%sx%s_%s: peaks %.0f GFLOP/s, %.1f GB/s\n", argv[1], argv[1], argv[2],
           1e-9 * flops, 1e-9 * bytes);
    printf("  %-24s %8s %8s %8s %12s %12s\n", "kind of work", "GFLOP", "MB", "ms", "% of flops",
           "% of bytes");
    for (int i = 0; i < N_WORKS; i++)
        printf("  %-24s %8.2f %8.0f %8.1f %12.0f %12.0f\n", work_name[i], 1e-9 * total[i].flops,
               1e-6 * total[i].bytes, 1e3 * total[i].seconds,
               100 * total[i].flops / total[i].seconds / flops,
               100 * total[i].bytes / total[i].seconds / bytes);
    nax_network_free(net);
    nax_network_file_free(file);
}
