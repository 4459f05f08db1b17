/* What each engine of convolutions takes of the processor for each direction, shape and precision,
 * beside the one that the table in lib/nn/conv_choice.c has: where its rows come from.
 *
 * Usage: tune ROUNDS. Shapes are those of a ResNet-20 with kernels of 3, 5 and 7 at 32 × 32 pixels
 * and of a ResNet-18 at 64 × 64. Engines take turns, so that what else the machine does meets all;
 * times are medians over the rounds, of processor time, on one thread.
 */
#include "nax/nn.h"
#include "nax/rng.h"
#include "../../lib/nn/conv.h"
#include "../../lib/nn/kernels.h"
#include "../../lib/nn/layers.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { N_CHUNKS = 4, N_ROUNDS_MAX = 99, N_SHAPES_MAX = 64, N_ENGINES = 4 };

static const char *const engine_word[N_ENGINES] = {"winograd", "onednn", "blas", "direct"};
static const char *const direction_name[CONV_DIRECTIONS] = {"forward", "data", "weights"};

/* About as in a training step, which looks at neighbouring layers too: at most these bytes of
 * activations are a chunk's, and NAX_CHUNK images. */
static const size_t chunk_size = (size_t)1 << 20;

static _Noreturn void die(const struct nax_err *err)
{
    fprintf(stderr, "tune: %s\n", err->text);
    exit(1);
}

static void *array(size_t n, size_t size)
{
    void *p = nax_aligned_calloc(n, size);
    if (!p)
        die(&(struct nax_err){.text = "out of memory"});
    return p;
}

/* --- shapes --- */

struct shapes {
    size_t n;
    struct nax_layer at[N_SHAPES_MAX];
};

static bool is_alike(const struct nax_layer *a, const struct nax_layer *b)
{
    return !memcmp(a->kernel, b->kernel, sizeof a->kernel) &&
           !memcmp(a->stride, b->stride, sizeof a->stride) && a->h_in == b->h_in &&
           a->c_in == b->c_in && a->c_out == b->c_out;
}

/* The convolutions of a network with one kernel size, those that are not there yet. */
static void add_network(struct shapes *shapes, const char *name, int64_t k)
{
    struct nax_err err;
    struct nax_network_file *file;
    struct nax_network *net;
    int64_t kernel[NAX_NETWORK_SLOTS_MAX];
    for (size_t i = 0; i < NAX_NETWORK_SLOTS_MAX; i++)
        kernel[i] = k;
    if (nax_network_file_load(&file, name, &err) || nax_network_build(&net, file, kernel, &err))
        die(&err);
    for (size_t l = 0; l < net->n_layers; l++) {
        bool is_known = net->layers[l].kind != NAX_LAYER_CONV;
        for (size_t i = 0; i < shapes->n && !is_known; i++)
            is_known = is_alike(&shapes->at[i], &net->layers[l]);
        if (!is_known && shapes->n < N_SHAPES_MAX)
            shapes->at[shapes->n++] = net->layers[l];
    }
    nax_network_free(net);
    nax_network_file_free(file);
}

/* --- one shape --- */

/* One shape in one precision: arrays of several chunks, so that they come from as far as in a step,
 * and what the engines took. */
struct bench {
    const struct nax_layer *layer;
    bool is_bf16;
    size_t n, size;    /* images of a chunk; bytes of a value */
    char *x, *y, *out; /* [N_CHUNKS][n] images; out: of either side */
    float *dw;
    void *scratch;
    struct conv *conv[N_ENGINES]; /* NULL: the engine cannot */
    double seconds[CONV_DIRECTIONS][N_ENGINES][N_ROUNDS_MAX];
};

static size_t images_of_chunk(const struct nax_layer *l, size_t size)
{
    size_t n = NAX_CHUNK, image = NAX_MAX(nax_layer_n_in(l), nax_layer_n_out(l)) * size;
    while (n > 1 && n * image > chunk_size)
        n /= 2;
    return n;
}

/* Values as activations and weights have them; bits alone would be denormal. */
static void fill(const struct nn_kernels *kernel, size_t n, uint64_t key, void *values)
{
    enum { BLOCK = 1024 };
    float block[BLOCK];
    struct nax_rng rng = nax_rng_at(1, NAX_RNG_TEST, key, 0, 0);
    for (size_t i = 0; i < n; i += BLOCK) {
        size_t n_here = NAX_MIN(n - i, BLOCK);
        for (size_t k = 0; k < n_here; k++)
            block[k] = (float)nax_rng_uniform(&rng) - 0.5F;
        kernel->narrow(n_here, block, (char *)values + i * kernel->size);
    }
}

/* The engine that NAX_CONV names, as far as it can; whether it then is the one that convolves. */
static struct conv *conv_by(const char *word, const struct bench *b)
{
    struct nax_err err;
    struct conv *conv;
    struct conv_choice choice;
    const struct conv_options options = {.has = {true, true, true}, .is_bf16 = b->is_bf16};
    setenv("NAX_CONV", word, 1);
    if (nax_conv_choose(b->layer, CONV_FORWARD, b->is_bf16, &choice, &err))
        return NULL; /* built without it */
    if (strcmp((choice.inner ? choice.inner : choice.engine)->name, word))
        return NULL;
    if (nax_conv_alloc(&conv, b->layer, b->n, &options, &err))
        die(&err);
    return conv;
}

static void prepare(struct bench *b)
{
    const struct nn_kernels *kernel = nax_nn_kernels(b->is_bf16);
    size_t scratch = 0, gradient = 0, n_weights = nax_layer_n_weights(b->layer);
    b->size = kernel->size;
    b->n = images_of_chunk(b->layer, b->size);
    size_t n_x = N_CHUNKS * b->n * nax_layer_n_in(b->layer);
    size_t n_y = N_CHUNKS * b->n * nax_layer_n_out(b->layer);
    float *weight = array(n_weights, sizeof *weight);
    fill(nax_nn_kernels(false), n_weights, 0, weight);
    for (int e = 0; e < N_ENGINES; e++) {
        if (!(b->conv[e] = conv_by(engine_word[e], b)))
            continue;
        b->conv[e]->engine->set_weights(b->conv[e], weight);
        scratch = NAX_MAX(scratch, b->conv[e]->scratch_size);
        gradient = NAX_MAX(gradient, b->conv[e]->gradient_size);
    }
    nax_aligned_free(weight);
    b->x = array(n_x, b->size);
    b->y = array(n_y, b->size);
    b->out = array(NAX_MAX(n_x, n_y), b->size);
    b->dw = array(gradient, sizeof *b->dw);
    b->scratch = array(scratch, 1);
    fill(kernel, n_x, 1, b->x);
    fill(kernel, n_y, 2, b->y);
}

static void release(struct bench *b)
{
    for (int e = 0; e < N_ENGINES; e++)
        nax_conv_free(b->conv[e]);
    nax_aligned_free(b->x);
    nax_aligned_free(b->y);
    nax_aligned_free(b->out);
    nax_aligned_free(b->dw);
    nax_aligned_free(b->scratch);
}

static double processor_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double measure(const struct bench *b, enum conv_direction direction, const struct conv *conv)
{
    const struct conv_engine *engine = conv->engine;
    size_t x_size = b->n * nax_layer_n_in(b->layer) * b->size;
    size_t y_size = b->n * nax_layer_n_out(b->layer) * b->size;
    double start = processor_seconds();
    for (size_t i = 0; i < N_CHUNKS; i++) {
        const char *x = b->x + i * x_size, *y = b->y + i * y_size;
        int status = 0;
        switch (direction) {
        case CONV_FORWARD:
            status = engine->forward(conv, x, b->out + i * y_size, b->scratch);
            break;
        case CONV_BACKWARD_DATA:
            status = engine->backward_data(conv, y, b->out + i * x_size, b->scratch);
            break;
        case CONV_BACKWARD_WEIGHTS:
            status = engine->backward_weights(conv, x, y, b->dw, b->scratch);
            break;
        case CONV_DIRECTIONS:
            break;
        }
        if (status)
            die(&(struct nax_err){.text = "an engine failed"});
    }
    return processor_seconds() - start;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Microseconds an image: medians over the rounds, after one for caches and pages. NAN: cannot. */
static void take_times(struct bench *b, int n_rounds, double times[CONV_DIRECTIONS][N_ENGINES])
{
    for (int round = -1; round < n_rounds; round++)
        for (int d = 0; d < CONV_DIRECTIONS; d++)
            for (int e = 0; e < N_ENGINES; e++) {
                double seconds =
                    b->conv[e] ? measure(b, (enum conv_direction)d, b->conv[e]) : (double)NAN;
                b->seconds[d][e][NAX_MAX(round, 0)] = seconds;
            }
    for (int d = 0; d < CONV_DIRECTIONS; d++)
        for (int e = 0; e < N_ENGINES; e++) {
            qsort(b->seconds[d][e], (size_t)n_rounds, sizeof(double), compare);
            times[d][e] = 1e6 * b->seconds[d][e][n_rounds / 2] / (double)(N_CHUNKS * b->n);
        }
}

/* --- the table --- */

/* Sums of the fastest engines' times, and of those of the table's. */
struct total {
    double fastest, chosen;
};

/* The index of the engine that the table has. */
static int chosen_engine(const struct bench *b, enum conv_direction direction)
{
    struct conv_choice choice = nax_conv_choose_for(nax_isa(), b->layer, direction, b->is_bf16);
    int e = 0;
    while (strcmp((choice.inner ? choice.inner : choice.engine)->name, engine_word[e]))
        e++;
    return e;
}

static void print_direction(const struct bench *b, enum conv_direction direction,
                            const double times[N_ENGINES], struct total *total)
{
    const struct nax_layer *l = b->layer;
    char size[32], channels[32];
    int chosen = chosen_engine(b, direction), fastest = chosen;
    for (int e = 0; e < N_ENGINES; e++)
        fastest = times[e] < times[fastest] ? e : fastest;
    snprintf(size, sizeof size, "%zux%zu/%zu", l->kernel[0], l->kernel[1], l->stride[0]);
    snprintf(channels, sizeof channels, "%zu:%zu", l->c_in, l->c_out);
    printf("%s  %-5s  %4zu  %-8s  %-7s", b->is_bf16 ? "bf16" : "fp32", size, l->h_in, channels,
           direction_name[direction]);
    for (int e = 0; e < N_ENGINES; e++)
        b->conv[e] ? printf("  %9.1f", times[e]) : printf("  %9s", "-");
    printf("  %-8s  %-8s  %5.2f\n", engine_word[fastest], engine_word[chosen],
           times[chosen] / times[fastest]);
    total->fastest += times[fastest];
    total->chosen += times[chosen];
}

static void tune(const struct nax_layer *layer, bool is_bf16, int n_rounds, struct total *total)
{
    static struct bench b;
    double times[CONV_DIRECTIONS][N_ENGINES];
    b = (struct bench){.layer = layer, .is_bf16 = is_bf16};
    prepare(&b);
    take_times(&b, n_rounds, times);
    for (int d = 0; d < CONV_DIRECTIONS; d++)
        if (d != CONV_BACKWARD_DATA || layer->input != NAX_FROM_IMAGE)
            print_direction(&b, (enum conv_direction)d, times[d], total);
    fflush(stdout);
    release(&b);
}

int main(int argc, char **argv)
{
    static struct shapes shapes;
    int n_rounds = argc == 2 ? atoi(argv[1]) : 0;
    if (n_rounds < 1 || n_rounds > N_ROUNDS_MAX)
        return 2;
    add_network(&shapes, "resnet20", 3);
    add_network(&shapes, "resnet20", 5);
    add_network(&shapes, "resnet20", 7);
    add_network(&shapes, "resnet18-tiny", 3);
    printf("microseconds of the processor an image, %s, medians of %d rounds\n",
           nax_isa_name(nax_isa()), n_rounds);
    printf("%-4s  %-5s  %4s  %-8s  %-7s", "", "size", "side", "channels", "");
    for (int e = 0; e < N_ENGINES; e++)
        printf("  %9s", engine_word[e]);
    printf("  %-8s  %-8s  %5s\n", "fastest", "table", "ratio");
    for (int is_bf16 = 0; is_bf16 < 2; is_bf16++) {
        struct total total = {0};
        for (size_t i = 0; i < shapes.n; i++)
            tune(&shapes.at[i], is_bf16, n_rounds, &total);
        printf("%s: the table's engines take %.3f times what the fastest would\n",
               is_bf16 ? "bf16" : "fp32", total.chosen / total.fastest);
    }
}
