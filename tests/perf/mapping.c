/* Images a second of a network on crossbars, fidelity by fidelity; and of every conversion made by
 * one GEMM for each array and stream, whose results have to be the same.
 *
 * Usage: mapping NETWORK NAME GEMM SECONDS CROSSBAR ...; prints samples of ideal_NAME,
 * linear_NAME_N and full_NAME_N, and, on crossbars of GEMM, full_NAME_N of `gemm`. */
#include "../../lib/base/blas.h"
#include "../../lib/mapping/layer.h"
#include "../../lib/mapping/ranges.h"
#include "nax/mapping.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N_IMAGES = 1024, N_RANGES = 64, N_FIRST = 4, BLOCK = 64, N_LAYERS = NAX_NETWORK_LAYERS_MAX };

static _Noreturn void die(const struct nax_err *err)
{
    fprintf(stderr, "%s\n", err->text);
    exit(1);
}

static void need(int status, const struct nax_err *err)
{
    if (status)
        die(err);
}

/* Images a second of so many images. */
static double rate_of(const struct nax_model *model, const struct nax_linop *linops,
                      const struct nax_images *images, size_t n, struct nax_score *score)
{
    struct nax_err err;
    struct nax_eval options = {.linops = linops, .n_images = n};
    double start = nax_clock_seconds();
    need(nax_model_eval(model, images, &options, score, &err), &err);
    return (double)n / (nax_clock_seconds() - start);
}

/* Images that take about so many seconds, at this rate. */
static size_t images_of(double rate, double seconds)
{
    return (size_t)NAX_MIN(NAX_MAX(rate * seconds, N_FIRST), N_IMAGES);
}

/* --- one GEMM for each submatrix and stream: all planes of its cells beside one another --- */

struct gemm {
    const struct fixed_layer *layer;
    size_t n_planes;
    float **cells; /* [n_submatrices][n_rows][n_planes][n_cols], rounded as full rounds them */
};

static void gemm_set(struct gemm *gemm, const struct fixed_layer *layer, const struct full *full)
{
    struct nax_err err;
    struct solved_unit solved;
    struct chip chip = {.seed = 0};
    size_t n_planes = layer->unit.n_planes, n_submatrices = layer->map.n_units;
    *gemm = (struct gemm){layer, n_planes, nax_calloc(n_submatrices, sizeof *gemm->cells)};
    need(nax_solved_unit_alloc(&solved, layer, &chip, &err), &err);
    for (size_t i = 0; i < n_submatrices; i++) {
        struct nax_submatrix submatrix = nax_submatrix_at(&layer->map, i);
        size_t n = submatrix.n_rows * submatrix.n_cols;
        double *cells = nax_calloc(n_planes * n, sizeof *cells);
        gemm->cells[i] = nax_calloc(n_planes * n, sizeof **gemm->cells);
        need(nax_submatrix_cells(&solved, &submatrix, cells, &err), &err);
        int shift = full->submatrix[i].n_vectors ? full->submatrix[i].vector[0].shift : 0;
        for (size_t p = 0; p < n_planes; p++)
            for (size_t r = 0; r < submatrix.n_rows; r++)
                for (size_t c = 0; c < submatrix.n_cols; c++)
                    gemm->cells[i][(r * n_planes + p) * submatrix.n_cols + c] = (float)ldexp(
                        nearbyint(ldexp(cells[p * n + r * submatrix.n_cols + c], shift)), -shift);
        free(cells);
    }
    nax_solved_unit_free(&solved);
}

static void gemm_free(struct gemm *gemm)
{
    for (size_t i = 0; gemm->cells && i < gemm->layer->map.n_units; i++)
        free(gemm->cells[i]);
    free(gemm->cells);
}

struct work {
    double *image;   /* [h_in][w_in][c_in] */
    double *patches; /* [BLOCK][n_rows] */
    float *bits;     /* [BLOCK][N] */
    float *current;  /* [BLOCK][n_planes][N] */
    double *sum;     /* [BLOCK][n_cols] */
};

static size_t gemm_cut(const struct gemm *g, char *at, struct work *w)
{
    const struct nax_layer *s = g->layer->shape;
    size_t n = g->layer->unit.crossbar, start = (size_t)(uintptr_t)at;
    w->image = (double *)at;
    w->patches = w->image + s->h_in * s->w_in * s->c_in;
    w->sum = w->patches + BLOCK * g->layer->map.n_rows;
    w->bits = (float *)(w->sum + BLOCK * g->layer->map.n_cols);
    w->current = w->bits + BLOCK * n;
    return (size_t)(uintptr_t)(w->current + BLOCK * n * g->n_planes) - start;
}

/* Rounds, clamps and adds the currents of one stream. */
static void convert(const struct gemm *g, const struct nax_submatrix *submatrix, size_t n,
                    double weight, struct work *w)
{
    float low = (float)g->layer->adc_min, high = (float)g->layer->adc_max;
    for (size_t i = 0; i < n; i++)
        for (size_t p = 0; p < g->n_planes; p++) {
            const float *current = w->current + (i * g->n_planes + p) * submatrix->n_cols;
            double *sum = w->sum + i * g->layer->map.n_cols + submatrix->col;
            double of_plane = weight * nax_plane_weight(g->layer, p);
            for (size_t c = 0; c < submatrix->n_cols; c++) {
                float code = floorf(current[c] + 0.5F);
                code = code < low ? low : code;
                code = code > high ? high : code;
                sum[c] += of_plane * (double)code;
            }
        }
}

static void run_block(const struct gemm *g, size_t n, struct work *w, float *y)
{
    const struct fixed_layer *l = g->layer;
    memset(w->sum, 0, n * l->map.n_cols * sizeof *w->sum);
    for (size_t i = 0; i < l->map.n_units; i++) {
        struct nax_submatrix submatrix = nax_submatrix_at(&l->map, i);
        for (int t = 0; t < l->map.n_streams; t++) {
            bool any = false;
            for (size_t p = 0; p < n; p++)
                for (size_t r = 0; r < submatrix.n_rows; r++) {
                    int digit = nax_fixed_digit(
                        l, (int32_t)w->patches[p * l->map.n_rows + submatrix.row + r], t);
                    w->bits[p * submatrix.n_rows + r] = (float)digit;
                    any = any || digit;
                }
            if (!any)
                continue;
            size_t n_cols = g->n_planes * submatrix.n_cols;
            nax_sgemm(false, false, n, n_cols, submatrix.n_rows, w->bits, submatrix.n_rows,
                      g->cells[i], n_cols, 0, w->current, n_cols);
            convert(g, &submatrix, n, (double)nax_fixed_stream_weight(l, t), w);
        }
    }
    for (size_t i = 0; i < n * l->map.n_cols; i++)
        y[i] = (float)(w->sum[i] * (l->weight_step * l->input_step));
}

static int gemm_forward(const void *self, size_t n, const float *x, float *y, size_t image,
                        void *scratch)
{
    (void)image;
    const struct gemm *g = self;
    const struct nax_layer *s = g->layer->shape;
    size_t n_in = s->h_in * s->w_in * s->c_in, n_positions = s->h_out * s->w_out;
    struct work w;
    gemm_cut(g, scratch, &w);
    for (size_t b = 0; b < n; b++) {
        nax_fixed_inputs(g->layer, n_in, x + b * n_in, w.image);
        for (size_t p = 0; p < n_positions; p += BLOCK) {
            size_t m = NAX_MIN(n_positions - p, (size_t)BLOCK);
            nax_patches_unfold(s, w.image, p, m, w.patches);
            run_block(g, m, &w, y + (b * n_positions + p) * s->c_out);
        }
    }
    return 0;
}

/* --- what is measured --- */

struct bench {
    const struct nax_model *model;
    struct nax_images images;
    struct nax_hardware *hardware;
    double seconds; /* of each measurement */
    const char *name;
    int64_t crossbars[N_LAYERS];
};

static void measure_linear(const struct bench *b, int64_t n)
{
    struct nax_err err;
    struct nax_score score;
    struct nax_mapped *mapped;
    struct nax_mapping mapping = {
        .hardware = b->hardware, .crossbars = b->crossbars, .fidelity = NAX_FIDELITY_LINEAR};
    struct nax_images ranges = b->images;
    ranges.n = N_RANGES;
    need(nax_mapped_alloc(&mapped, b->model, &mapping, &ranges, &err), &err);
    struct nax_eval options = {.n_images = images_of(N_IMAGES, b->seconds)};
    double start = nax_clock_seconds();
    need(nax_mapped_eval(mapped, &b->images, &options, &score, &err), &err);
    printf("linear_%s_%d nax %.0f\n", b->name, (int)n,
           (double)options.n_images / (nax_clock_seconds() - start));
    nax_mapped_free(mapped);
}

/* Every conversion made, by table look-ups; with_gemm: by GEMMs, too, to the same loss. */
static void measure_full(const struct bench *b, int64_t n, bool with_gemm)
{
    struct nax_err err;
    const struct nax_network *net = b->model->net;
    struct mapped_layer layer[N_LAYERS] = {0};
    struct nax_linop op[N_LAYERS] = {0}, gemm_op[N_LAYERS] = {0};
    struct gemm gemm[N_LAYERS] = {0};
    double range[N_LAYERS];
    struct nax_images ranges = b->images;
    ranges.n = N_RANGES;
    need(nax_ranges_measure(b->model, &ranges, range, NULL, &err), &err);
    for (size_t l = 0; l < net->n_layers; l++) {
        if (!nax_layer_n_weights(&net->layers[l]))
            continue;
        layer[l].chip.layer = l;
        need(nax_fixed_layer_alloc(&layer[l].fixed, &net->layers[l], b->hardware, n,
                                   b->model->layer[l].weight, range[l], &err),
             &err);
        need(nax_mapped_layer_full(&layer[l], &op[l], &err), &err);
        if (!with_gemm)
            continue;
        struct work w;
        gemm_set(&gemm[l], &layer[l].fixed, &layer[l].full);
        gemm_op[l] = (struct nax_linop){.forward = gemm_forward,
                                        .self = &gemm[l],
                                        .scratch_size = gemm_cut(&gemm[l], NULL, &w)};
    }
    struct nax_score score, other;
    double first = rate_of(b->model, op, &b->images, N_FIRST, &score);
    if (with_gemm) {
        double rate = rate_of(b->model, gemm_op, &b->images, N_FIRST, &other);
        printf("full_%s_%d gemm %.2f\n", b->name, (int)n, rate);
        if (score.loss != other.loss) {
            fprintf(stderr, "by GEMMs the results differ: loss %.17g, %.17g\n", score.loss,
                    other.loss);
            exit(1);
        }
    }
    printf("full_%s_%d nax %.2f\n", b->name, (int)n,
           rate_of(b->model, op, &b->images, images_of(first, b->seconds), &score));
    for (size_t l = 0; l < net->n_layers; l++) {
        gemm_free(&gemm[l]);
        nax_mapped_layer_free(&layer[l]);
    }
}

/* Images that look like images enough for their ranges: sums of waves. */
static struct nax_images make_images(const struct nax_network *net)
{
    size_t size = net->height * net->width * net->channels;
    uint8_t *pixels = nax_calloc(N_IMAGES, size);
    int32_t *labels = nax_calloc(N_IMAGES, sizeof *labels);
    if (!pixels || !labels)
        exit(1);
    for (size_t i = 0; i < N_IMAGES; i++)
        for (size_t k = 0; k < size; k++)
            pixels[i * size + k] =
                (uint8_t)(127 + 127 * sin(0.01 * (double)(k * (i % 37 + 1))) * cos((double)i));
    return (struct nax_images){N_IMAGES, net->height, net->width, net->channels, pixels, labels};
}

int main(int argc, char **argv)
{
    struct nax_err err;
    struct nax_network_file *file;
    struct nax_network *net;
    struct nax_model *model;
    if (argc < 6)
        return 2;
    struct bench b = {.name = argv[2], .seconds = atof(argv[4])};
    need(nax_network_file_load(&file, argv[1], &err), &err);
    need(nax_network_build(&net, file, NULL, &err), &err);
    need(nax_model_alloc(&model, net, 0, &err), &err);
    need(nax_hardware_load(&b.hardware, "nax-reram", &err), &err);
    b.images = make_images(net);
    b.model = model;
    for (int i = 5; i < argc; i++) {
        int64_t n = atoi(argv[i]);
        for (size_t l = 0; l < N_LAYERS; l++)
            b.crossbars[l] = n;
        measure_linear(&b, n);
        measure_full(&b, n, n == atoi(argv[3]));
    }
    nax_hardware_free(b.hardware);
    nax_model_free(model);
    nax_network_free(net);
    nax_network_file_free(file);
    free((void *)(uintptr_t)b.images.pixels);
    free((void *)(uintptr_t)b.images.labels);
}
