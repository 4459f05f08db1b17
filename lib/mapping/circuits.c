/* Full products against solved circuits of nonlinear cells, on input vectors that layers see. */
#include "circuits.h"
#include "nax/mapping.h"
#include "range.h"
#include "ranges.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Of currents, to the largest. */
static const double tolerance = 1e-6;

/* Input vectors of every layer and what full makes of them. */
struct sample {
    const struct nax_network *net;
    struct input_vectors vectors;
    float **y; /* [n_layers][n][n_cols]; NULL for pools */
};

static void keep(void *self, size_t l, size_t image, size_t n, const float *x, const float *y)
{
    const struct sample *sample = self;
    const struct nax_layer *s = &sample->net->layers[l];
    nax_vectors_keep(&sample->vectors, l, image, n, x);
    for (size_t b = 0; sample->y[l] && b < n; b++, y += s->h_out * s->w_out * s->c_out)
        memcpy(sample->y[l] + (image + b) * s->c_out,
               y + nax_vectors_position(sample->net, l, image + b) * s->c_out,
               s->c_out * sizeof *y);
}

static void sample_free(struct sample *sample)
{
    for (size_t l = 0; sample->y && l < sample->net->n_layers; l++)
        free(sample->y[l]);
    free(sample->y);
    nax_vectors_free(&sample->vectors);
}

static int sample_alloc(struct sample *sample, const struct nax_network *net, size_t n,
                        struct nax_err *err)
{
    *sample = (struct sample){.net = net};
    int status = nax_vectors_alloc(&sample->vectors, net, n, err);
    if (status)
        return status;
    sample->y = nax_calloc(net->n_layers, sizeof *sample->y);
    bool is_whole = sample->y;
    for (size_t l = 0; is_whole && l < net->n_layers; l++)
        if (sample->vectors.x[l]) {
            sample->y[l] = nax_calloc(n * net->layers[l].c_out, sizeof **sample->y);
            is_whole = sample->y[l];
        }
    if (is_whole)
        return 0;
    sample_free(sample);
    return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'input vectors'");
}

static int sample_take(struct sample *sample, const struct nax_model *model,
                       const struct nax_mapping *mapping, const struct nax_images *images,
                       struct nax_err *err)
{
    struct nax_hardware hardware = *mapping->hardware;
    struct nax_mapping full = *mapping;
    struct nax_mapped *mapped = NULL;
    struct nax_tap tap = {keep, sample};
    struct nax_eval options = {.tap = &tap, .n_images = sample->vectors.n};
    struct nax_score score;
    nax_device_silence(&hardware.device);
    full.hardware = &hardware;
    full.fidelity = NAX_FIDELITY_FULL;
    int status = nax_mapped_alloc(&mapped, model, &full, images, err);
    if (!status)
        status = nax_mapped_eval(mapped, images, &options, &score, err);
    nax_mapped_free(mapped);
    return status;
}

/* Products of one layer's vectors, submatrix by submatrix. */
struct workspace {
    const struct fixed_layer *layer;
    const struct chip *chip;
    size_t n;          /* vectors */
    int32_t *x;        /* [n][n_rows] */
    double *y;         /* [n][n_cols] sums of codes */
    size_t *use;       /* [n · n_streams] vector and stream of what is not all zeros */
    double *v_v;       /* [n · n_streams][N] */
    double *i_a;       /* [n · n_streams][array_cols] */
    double *i_off_a;   /* the same, of an array without levels */
    double *current;   /* [n_planes][n · n_streams][N], LSBs */
    double *g_siemens; /* [N][array_cols] */
    double *power_mw, *off_power_mw; /* [n · n_streams] of one array; of one without levels */
    double sum_power_mw;             /* of all arrays and streams */
};

static double volt_of(const struct fixed_layer *layer)
{
    const struct nax_hardware *h = layer->hardware;
    return h->device.v_read_v / ((1 << h->precision.stream_bits) - 1);
}

/* Voltages of the streams that carry anything; returns their number. */
static size_t set_voltages(struct workspace *workspace, const struct nax_submatrix *submatrix)
{
    const struct fixed_layer *l = workspace->layer;
    size_t n_uses = 0, n_streams = (size_t)l->map.n_streams;
    for (size_t use = 0; use < workspace->n * n_streams; use++) {
        double *v = workspace->v_v + n_uses * l->unit.crossbar;
        bool any = false;
        memset(v, 0, l->unit.crossbar * sizeof *v);
        for (size_t r = 0; r < submatrix->n_rows; r++) {
            int digit = nax_fixed_digit(
                l, workspace->x[use / n_streams * l->map.n_rows + submatrix->row + r],
                (int)(use % n_streams));
            v[r] = volt_of(l) * digit;
            any = any || digit;
        }
        if (any)
            workspace->use[n_uses++] = use;
    }
    return n_uses;
}

/* current += what one array's columns count */
static void add_array(const struct workspace *workspace, const struct nax_submatrix *submatrix,
                      size_t n_uses, double sign, const double *i_a, double *current)
{
    const struct fixed_layer *l = workspace->layer;
    double lsb = nax_lsb_siemens(l) * volt_of(l);
    for (size_t u = 0; u < n_uses; u++, i_a += l->unit.array_cols, current += submatrix->n_cols) {
        double zero = 0;
        for (size_t r = 0; r < submatrix->n_rows; r++)
            zero += workspace->v_v[u * l->unit.crossbar + r] / l->hardware->device.r_off_ohm;
        if (l->unit.has_reference)
            zero = i_a[l->unit.crossbar];
        for (size_t c = 0; c < submatrix->n_cols; c++)
            current[c] += sign * (i_a[c] - zero) / lsb;
    }
}

static void add_codes(const struct workspace *workspace, const struct nax_submatrix *submatrix,
                      size_t n_uses)
{
    const struct fixed_layer *l = workspace->layer;
    const double *current = workspace->current;
    for (size_t plane = 0; plane < l->unit.n_planes; plane++)
        for (size_t u = 0; u < n_uses; u++, current += submatrix->n_cols) {
            size_t n_streams = (size_t)l->map.n_streams, use = workspace->use[u];
            double *y = workspace->y + use / n_streams * l->map.n_cols + submatrix->col;
            double weight = nax_plane_weight(l, plane) *
                            (double)nax_fixed_stream_weight(l, (int)(use % n_streams));
            for (size_t c = 0; c < submatrix->n_cols; c++)
                y[c] += weight * fmin(fmax(floor(current[c] + 0.5), l->adc_min), l->adc_max);
        }
}

static int run_submatrix(struct workspace *workspace, const struct nax_submatrix *submatrix,
                         struct nax_err *err)
{
    const struct fixed_layer *l = workspace->layer;
    const struct nax_device *device = &l->hardware->device;
    size_t n_arrays = l->unit.n_arrays, n_planes = l->unit.n_planes;
    size_t n_uses = set_voltages(workspace, submatrix), width = l->unit.array_cols,
           size = l->unit.crossbar * width;
    const struct nax_xbar_options options = {.tolerance = tolerance};
    bool has_off = false;
    memset(workspace->current, 0,
           n_planes * n_uses * submatrix->n_cols * sizeof *workspace->current);
    for (size_t a = 0; a < n_arrays; a++) {
        bool is_off = nax_array_program(l, workspace->chip, submatrix, a, workspace->g_siemens);
        int status = 0;
        /* levels are programmed and verified at the read voltage: cells conduct less below it */
        double x = device->v0_v > 0 ? device->v_read_v / device->v0_v : 0;
        for (size_t i = 0; i < size && x > 0; i++)
            workspace->g_siemens[i] *= x / sinh(x);
        struct nax_xbar xbar =
            nax_xbar_of_device(device, l->unit.crossbar, width, workspace->g_siemens);
        double *i_a = is_off ? workspace->i_off_a : workspace->i_a;
        double *power_mw = is_off ? workspace->off_power_mw : workspace->power_mw;
        if (!is_off || !has_off)
            status = nax_xbar_currents(&xbar, &options, n_uses, workspace->v_v, i_a, power_mw, NULL,
                                       err);
        if (status)
            return nax_err_prefix(err, "layer '%s'", l->shape->name);
        for (size_t u = 0; u < n_uses; u++)
            workspace->sum_power_mw += power_mw[u];
        has_off = has_off || is_off;
        add_array(workspace, submatrix, n_uses, nax_array_plane_sign(&l->unit, a), i_a,
                  workspace->current + a / l->unit.arrays_per_plane * n_uses * submatrix->n_cols);
    }
    add_codes(workspace, submatrix, n_uses);
    return 0;
}

static void workspace_free(struct workspace *workspace)
{
    free(workspace->x);
    free(workspace->y);
    free(workspace->use);
    free(workspace->v_v);
    free(workspace->i_a);
    free(workspace->i_off_a);
    free(workspace->current);
    free(workspace->g_siemens);
    free(workspace->power_mw);
    free(workspace->off_power_mw);
}

static int workspace_alloc(struct workspace *workspace, size_t n, struct nax_err *err)
{
    const struct fixed_layer *l = workspace->layer;
    size_t n_uses = n * (size_t)l->map.n_streams, width = l->unit.array_cols;
    workspace->n = n;
    workspace->x = nax_calloc(n * l->map.n_rows, sizeof *workspace->x);
    workspace->y = nax_calloc(n * l->map.n_cols, sizeof *workspace->y);
    workspace->use = nax_calloc(n_uses, sizeof *workspace->use);
    workspace->v_v = nax_calloc(n_uses * l->unit.crossbar, sizeof *workspace->v_v);
    workspace->i_a = nax_calloc(n_uses * width, sizeof *workspace->i_a);
    workspace->i_off_a = nax_calloc(n_uses * width, sizeof *workspace->i_off_a);
    workspace->current =
        nax_calloc(l->unit.n_planes * n_uses * l->unit.crossbar, sizeof *workspace->current);
    workspace->g_siemens = nax_calloc(l->unit.crossbar * width, sizeof *workspace->g_siemens);
    workspace->power_mw = nax_calloc(n_uses, sizeof *workspace->power_mw);
    workspace->off_power_mw = nax_calloc(n_uses, sizeof *workspace->off_power_mw);
    if (workspace->x && workspace->y && workspace->use && workspace->v_v && workspace->i_a &&
        workspace->i_off_a && workspace->current && workspace->g_siemens && workspace->power_mw &&
        workspace->off_power_mw)
        return 0;
    return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'layer %s'", l->shape->name);
}

/* The sum of a group's, from its first row on. */
static double inputs_of(const struct fixed_layer *layer, const int32_t *x)
{
    double sum = 0;
    for (size_t r = 0; r < layer->map.group_rows; r++)
        sum += x[r];
    return sum;
}

int nax_circuits_products(const struct fixed_layer *layer, const struct chip *chip, size_t n,
                          const float *x, float *y, double *read_power_mw, struct nax_err *err)
{
    struct workspace workspace = {.layer = layer, .chip = chip};
    size_t n_rows = layer->map.n_rows, n_cols = layer->map.n_cols;
    double fixed;
    int status = workspace_alloc(&workspace, n, err);
    for (size_t i = 0; !status && i < n * n_rows; i++) {
        nax_fixed_inputs(layer, 1, x + i, &fixed);
        workspace.x[i] = (int32_t)fixed;
    }
    for (size_t i = 0; !status && i < layer->map.n_units; i++) {
        struct nax_submatrix submatrix = nax_submatrix_at(&layer->map, i);
        status = run_submatrix(&workspace, &submatrix, err);
    }
    for (size_t v = 0; !status && v < n; v++) {
        const int32_t *inputs = workspace.x + v * n_rows;
        for (size_t c = 0; c < n_cols; c++)
            y[v * n_cols + c] =
                (float)nax_fixed_output(layer, workspace.y[v * n_cols + c],
                                        inputs_of(layer, inputs + nax_fixed_first_row(layer, c)));
    }
    if (!status)
        *read_power_mw = workspace.sum_power_mw /
                         ((double)n * layer->map.n_streams * (double)layer->map.n_arrays);
    workspace_free(&workspace);
    return status;
}

static double mean_level_frac(const struct fixed_layer *l)
{
    double sum = 0;
    for (size_t i = 0; i < l->map.n_units; i++) {
        struct nax_submatrix m = nax_submatrix_at(&l->map, i);
        for (size_t r = m.row; r < m.row + m.n_rows; r++)
            for (size_t c = m.col; c < m.col + m.n_cols; c++)
                for (size_t a = 0; a < l->unit.n_arrays; a++)
                    sum += nax_fixed_level(l, r, c, nax_array_slice(&l->unit, a),
                                           nax_array_sign(&l->unit, a));
    }
    double highest = (1 << l->hardware->precision.slice_bits) - 1;
    return sum / highest / (double)(l->map.used_cells * l->unit.n_arrays);
}

/* Of n vectors x [n][n_rows]. */
static double mean_input_frac(const struct fixed_layer *l, size_t n, const float *x)
{
    double sum = 0, fixed;
    for (size_t i = 0; i < n * l->map.n_rows; i++) {
        nax_fixed_inputs(l, 1, x + i, &fixed);
        for (int t = 0; t < l->map.n_streams; t++)
            sum += __builtin_popcount((unsigned)nax_fixed_digit(l, (int32_t)fixed, t));
    }
    int n_bits = l->map.n_streams * l->hardware->precision.stream_bits;
    return sum / ((double)(n * l->map.n_rows) * n_bits);
}

static struct nax_layer_circuit compared(size_t n, const float *circuit, const float *full)
{
    struct nax_layer_circuit result = {.signal = 0};
    double c = 0, f = 0, cc = 0, cf = 0, ff = 0;
    for (size_t i = 0; i < n; i++) {
        double a = (double)circuit[i], b = (double)full[i];
        c += a / (double)n;
        f += b / (double)n;
        cc += a * a / (double)n;
        cf += a * b / (double)n;
        ff += b * b / (double)n;
        result.error += (a - b) * (a - b) / (double)n;
    }
    result.signal = cc - c * c;
    result.gain = ff - f * f > 0 ? (cf - c * f) / (ff - f * f) : 1;
    return result;
}

static int compare_layer(const struct sample *sample, const struct nax_model *model,
                         const struct nax_mapping *mapping, size_t l, double range,
                         const struct layer_vectors *measured, struct nax_layer_circuit *result,
                         struct nax_err *err)
{
    const struct layer_vectors vectors = nax_vectors_of(&sample->vectors, l);
    struct chip chip = {mapping->seed, mapping->chip, l};
    struct fixed_layer layer;
    double power_mw = 0;
    int status = nax_fixed_layer_alloc(&layer, &model->net->layers[l], mapping->hardware,
                                       mapping->crossbars[l], model->layer[l].weight, range, err);
    if (status)
        return status;
    struct solved_unit solved;
    status = nax_solved_unit_alloc(&solved, &layer, &chip, err);
    if (!status)
        status = nax_range_set(&layer, &solved, measured, err);
    nax_solved_unit_free(&solved);
    float *y = nax_calloc(vectors.n * layer.map.n_cols, sizeof *y);
    if (!status)
        status =
            y ? nax_circuits_products(&layer, &chip, vectors.n, vectors.x, y, &power_mw, err)
              : nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'layer %s'", layer.shape->name);
    if (!status) {
        *result = compared(vectors.n * layer.map.n_cols, y, sample->y[l]);
        result->read_power_mw = power_mw;
        result->level_frac = mean_level_frac(&layer);
        result->input_frac = mean_input_frac(&layer, vectors.n, vectors.x);
    }
    free(y);
    nax_fixed_layer_free(&layer);
    return status;
}

int nax_mapped_circuits(const struct nax_model *model, const struct nax_mapping *mapping,
                        const struct nax_images *images, size_t n_vectors,
                        struct nax_layer_circuit *results, struct nax_err *err)
{
    const struct nax_network *net = model->net;
    double range[NAX_NETWORK_LAYERS_MAX];
    struct sample sample;
    struct input_vectors measured;
    int status = sample_alloc(&sample, net, NAX_MIN(n_vectors, images->n), err);
    if (status)
        return status;
    status = nax_vectors_alloc(&measured, net, nax_ranges_n_images(images), err);
    if (!status)
        status = sample_take(&sample, model, mapping, images, err);
    if (!status)
        status = nax_ranges_measure(model, images, range, &measured, err);
    for (size_t l = 0; !status && l < net->n_layers; l++) {
        const struct layer_vectors of_layer = nax_vectors_of(&measured, l);
        results[l] = (struct nax_layer_circuit){.signal = 0};
        if (of_layer.x)
            status =
                compare_layer(&sample, model, mapping, l, range[l], &of_layer, &results[l], err);
    }
    nax_vectors_free(&measured);
    sample_free(&sample);
    return status;
}
