/* Sums over a mapped network's columns, from which gains, offsets and noise follow. */
#include "columns.h"
#include "fixed.h"
#include "groups.h"
#include "positions.h"

#include <stdlib.h>

enum { BLOCK = 64 }; /* positions multiplied at once */

size_t nax_columns_first(const struct nax_network *net, size_t l)
{
    size_t n = 0;
    for (size_t i = 0; i < l; i++)
        n += nax_layer_n_weights(&net->layers[i]) ? net->layers[i].c_out : 0;
    return n;
}

struct meter {
    const struct nax_network *net;
    const struct nax_linop *reference; /* or NULL: the model's own weights */
    /* [n_layers][k·k·c_in / groups][c_out] of the reference, NULL where there is none */
    double **weight;
    const struct mapped_layer *const *hardware; /* [n_layers], or NULL */
    size_t n_positions;                         /* of each image, at which it is looked at */
    size_t n_columns;
    struct column_sums *sums; /* [n_chunks][n_columns]: each chunk is one thread's at a time */
    int status;
};

static struct column_sums *sums_of(const struct meter *m, size_t l, size_t image)
{
    return m->sums + image / NAX_CHUNK * m->n_columns + nax_columns_first(m->net, l);
}

static void add(struct column_sums *s, double z, double y)
{
    s->n += 1;
    s->z += z;
    s->y += y;
    s->zz += z * z;
    s->zy += z * y;
    s->yy += y * y;
}

/* With a product that is made another way than by weights. */
static void compare_forward(struct meter *m, size_t l, size_t image, size_t n, const float *x,
                            const float *y, struct column_sums *sums)
{
    const struct nax_linop *op = &m->reference[l];
    const struct nax_layer *shape = &m->net->layers[l];
    size_t n_z = n * shape->h_out * shape->w_out * shape->c_out;
    float *z = nax_aligned_calloc(n_z, sizeof *z);
    void *scratch = nax_aligned_calloc(1, op->scratch_size);
    int status = z && scratch ? op->forward(op->self, n, x, z, image, scratch) : NAX_ERR_MEMORY;
    if (status)
        __atomic_store_n(&m->status, status, __ATOMIC_RELAXED);
    for (size_t i = 0; !status && i < n_z; i++)
        add(&sums[i % shape->c_out], (double)z[i], (double)y[i]);
    nax_aligned_free(z);
    nax_aligned_free(scratch);
}

static void compare(void *self, size_t l, size_t image, size_t n, const float *x, const float *y)
{
    struct meter *m = self;
    const struct nax_layer *shape = &m->net->layers[l];
    if (!m->weight[l])
        return;
    size_t n_image = shape->h_in * shape->w_in * shape->c_in;
    const struct nax_layer_map map = {.n_rows = shape->groups * nax_layer_n_rows(shape),
                                      .n_cols = shape->c_out,
                                      .group_rows = nax_layer_n_rows(shape),
                                      .group_cols = shape->c_out / shape->groups};
    size_t n_rows = map.n_rows, n_cols = map.n_cols;
    struct column_sums *sums = sums_of(m, l, image);
    double *in = nax_aligned_calloc(n_image + BLOCK * (n_rows + n_cols), sizeof *in);
    if (!in) {
        __atomic_store_n(&m->status, NAX_ERR_MEMORY, __ATOMIC_RELAXED);
        return;
    }
    double *patches = in + n_image, *z = patches + BLOCK * n_rows;
    if (m->reference && m->reference[l].forward) {
        compare_forward(m, l, image, n, x, y, sums);
        nax_aligned_free(in);
        return;
    }
    for (size_t b = 0; b < n; b++, x += n_image) {
        for (size_t i = 0; i < n_image; i++)
            in[i] = (double)x[i];
        for (size_t p = 0; p < shape->h_out * shape->w_out; p += BLOCK) {
            size_t k = NAX_MIN(shape->h_out * shape->w_out - p, (size_t)BLOCK);
            nax_patches_unfold(shape, in, p, k, patches);
            nax_groups_multiply(&map, k, patches, m->weight[l], z);
            for (size_t i = 0; i < k; i++)
                for (size_t c = 0; c < n_cols; c++)
                    add(&sums[c], z[i * n_cols + c], (double)*y++);
        }
    }
    nax_aligned_free(in);
}

/* The hardware at some positions, with what is there of z [n][h_out][w_out][c_out]. */
static void sample(void *self, size_t l, size_t image, size_t n, const float *x, const float *z)
{
    struct meter *m = self;
    if (!m->hardware[l])
        return;
    const struct nax_layer *of = &m->net->layers[l];
    const size_t n_all = of->h_out * of->w_out, n_at = NAX_MIN(m->n_positions, n_all);
    const struct nax_layer shape = nax_positions_layer(of, n_at);
    const size_t n_image = shape.h_in * shape.w_in * shape.c_in;
    struct column_sums *sums = sums_of(m, l, image);
    struct mapped_layer view;
    struct nax_linop op;
    nax_mapped_layer_view(m->hardware[l], &shape, &view, &op);
    float *windows = nax_aligned_calloc(n * n_image, sizeof *windows),
          *y = nax_aligned_calloc(n * n_at * of->c_out, sizeof *y);
    void *scratch = nax_aligned_calloc(1, op.scratch_size);
    int status = windows && y && scratch ? 0 : NAX_ERR_MEMORY;
    for (size_t b = 0; !status && b < n; b++)
        nax_positions_cut(of, image + b, n_at, x + b * of->h_in * of->w_in * of->c_in,
                          windows + b * n_image);
    if (!status)
        status = op.forward(op.self, n, windows, y, image, scratch);
    if (status)
        __atomic_store_n(&m->status, status, __ATOMIC_RELAXED);
    for (size_t b = 0; !status && b < n; b++)
        for (size_t j = 0; j < n_at; j++) {
            const size_t at = b * n_all + nax_positions_at(of, image + b, n_at, j);
            for (size_t c = 0; c < of->c_out; c++)
                add(&sums[c], (double)z[at * of->c_out + c],
                    (double)y[(b * n_at + j) * of->c_out + c]);
        }
    nax_aligned_free(windows);
    nax_aligned_free(y);
    nax_aligned_free(scratch);
}

static int copy_weights(struct meter *m, const struct nax_model *model,
                        const struct nax_linop *reference, struct nax_err *err)
{
    m->weight = nax_calloc(m->net->n_layers, sizeof *m->weight);
    for (size_t l = 0; l < m->net->n_layers && m->weight; l++) {
        size_t n = nax_layer_n_weights(&m->net->layers[l]);
        if (!n || (reference && !reference[l].weight))
            continue;
        m->weight[l] = nax_calloc(n, sizeof **m->weight);
        if (!m->weight[l])
            return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'layer %s'",
                               m->net->layers[l].name);
        const float *weight = reference ? reference[l].weight : model->layer[l].weight;
        for (size_t i = 0; i < n; i++)
            m->weight[l][i] = (double)weight[i];
    }
    return m->weight ? 0 : nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'columns'");
}

/* What `look` sees of each layer, added up. */
static int measure(struct meter *m, const struct nax_model *model, const struct nax_linop *linops,
                   void (*look)(void *, size_t, size_t, size_t, const float *, const float *),
                   const struct nax_images *images, size_t n_images, struct column_sums *sums,
                   double *loss, struct nax_err *err)
{
    struct nax_tap tap = {look, m};
    struct nax_eval options = {.linops = linops, .tap = &tap, .n_images = n_images};
    struct nax_score score;
    const size_t n_chunks = NAX_CEIL_DIV(n_images, NAX_CHUNK);
    m->sums = nax_calloc((n_chunks + 1) * m->n_columns, sizeof *m->sums);
    if (!m->sums)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'columns'");
    int status = nax_model_eval(model, images, &options, &score, err);
    if (!status && m->status)
        status = nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'columns'");
    for (size_t k = 0; !status && k < m->n_columns; k++) {
        sums[k] = (struct column_sums){.n = 0};
        for (size_t chunk = 0; chunk < n_chunks; chunk++) {
            const struct column_sums *s = &m->sums[chunk * m->n_columns + k];
            sums[k].n += s->n;
            sums[k].z += s->z;
            sums[k].y += s->y;
            sums[k].zz += s->zz;
            sums[k].zy += s->zy;
            sums[k].yy += s->yy;
        }
    }
    if (!status && loss)
        *loss = score.loss;
    free(m->sums);
    return status;
}

int nax_columns_measure(const struct nax_model *model, const struct nax_linop *linops,
                        const struct nax_linop *reference, const struct nax_images *images,
                        size_t n_images, struct column_sums *sums, double *loss,
                        struct nax_err *err)
{
    const struct nax_network *net = model->net;
    struct meter m = {
        .net = net, .reference = reference, .n_columns = nax_columns_first(net, net->n_layers)};
    int status = copy_weights(&m, model, reference, err);
    if (!status)
        status = measure(&m, model, linops, compare, images, NAX_MIN(n_images, images->n), sums,
                         loss, err);
    for (size_t l = 0; m.weight && l < net->n_layers; l++)
        free(m.weight[l]);
    free(m.weight);
    return status;
}

int nax_columns_sample(const struct nax_model *model, const struct nax_linop *linops,
                       const struct mapped_layer *const *hardware, const struct nax_images *images,
                       size_t n_images, size_t n_positions, struct column_sums *sums,
                       struct nax_err *err)
{
    const struct nax_network *net = model->net;
    n_images = NAX_MIN(n_images, images->n);
    struct meter m = {.net = net,
                      .hardware = hardware,
                      .n_positions = NAX_CEIL_DIV(n_positions, n_images),
                      .n_columns = nax_columns_first(net, net->n_layers)};
    return measure(&m, model, linops, sample, images, n_images, sums, NULL, err);
}

static struct column_fit fit(double n, double from, double to, double from2, double cross,
                             double to2)
{
    double mean_from = from / n, mean_to = to / n;
    double variance_from = from2 / n - mean_from * mean_from;
    double variance_to = to2 / n - mean_to * mean_to;
    double covariance = cross / n - mean_from * mean_to;
    struct column_fit f = {.gain = 1};
    if (variance_from > 1e-12 * from2 / n)
        f.gain = covariance / variance_from;
    f.offset = mean_to - f.gain * mean_from;
    f.variance = variance_to - 2 * f.gain * covariance + f.gain * f.gain * variance_from;
    f.variance = NAX_MAX(f.variance, 0);
    return f;
}

struct column_fit nax_column_fit_hardware(const struct column_sums *s)
{
    return fit(s->n, s->z, s->y, s->zz, s->zy, s->yy);
}

struct column_fit nax_column_fit_reference(const struct column_sums *s)
{
    return fit(s->n, s->y, s->z, s->yy, s->zy, s->zz);
}
