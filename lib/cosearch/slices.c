/* Parts of one network: cut out of its values, and put back. */
#include "slices.h"

#include <stdlib.h>
#include <string.h>

static int64_t widest(const struct nax_space *space, size_t stage)
{
    size_t n = space->n_widths[stage];
    return n ? space->widths[stage][n - 1] : space->width_own[stage];
}

void nax_slices_widest(const struct nax_space *space, int64_t *kernel, int64_t *width)
{
    for (size_t s = 0; s < space->n_slots; s++)
        kernel[s] =
            space->is_kernel_own[s] ? space->kernel_own[s] : space->kernels[space->n_kernels - 1];
    for (size_t s = 0; s < space->n_stages; s++)
        width[s] = widest(space, s);
}

bool nax_slice_is_part(const struct nax_layer *part, const struct nax_layer *whole)
{
    bool is_depthwise = part->groups == part->c_in && whole->groups == whole->c_in;
    return (part->groups == 1 && whole->groups == 1) || is_depthwise ||
           (part->groups == whole->groups && part->c_in == whole->c_in &&
            part->c_out == whole->c_out);
}

static int find_layer(const struct slices *slices, const struct nax_layer *layer, size_t *place,
                      struct nax_err *err)
{
    const char *name = layer->name;
    for (*place = 0; *place < slices->net->n_layers; ++*place) {
        const struct nax_layer *whole = &slices->net->layers[*place];
        if (strcmp(whole->name, name) != 0)
            continue;
        return nax_slice_is_part(layer, whole)
                   ? 0
                   : nax_err_set(
                         err, NAX_ERR_VALUE,
                         "layer '%s' has groups of channels, which are no parts of those of "
                         "the largest widths: 'space %s'",
                         name, slices->space->name);
    }
    return nax_err_set(err, NAX_ERR_VALUE,
                       "layer '%s' is there for some widths, and not for the largest, of which all "
                       "networks have to be parts: 'space %s'",
                       name, slices->space->name);
}

static int build(struct slice *slice, const struct slices *slices, const int64_t *kernel,
                 const int64_t *width, struct nax_err *err)
{
    int status = nax_network_file_widen(&slice->file, slices->file, width, err);
    if (!status)
        status = nax_network_build(&slice->net, slice->file, kernel, err);
    return status;
}

int nax_slice_alloc(struct slice **out, const struct slices *slices, const int64_t *kernel,
                    const int64_t *width, struct nax_err *err)
{
    struct slice *slice = nax_calloc(1, sizeof *slice);
    int status = slice ? build(slice, slices, kernel, width, err)
                       : nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'slice'");
    if (!status) {
        slice->model = slices->model;
        slice->model.net = slice->net;
        slice->model.layer = nax_calloc(slice->net->n_layers, sizeof *slice->model.layer);
        slice->whole = nax_calloc(slice->net->n_layers, sizeof *slice->whole);
        if (!slice->model.layer || !slice->whole)
            status = nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'slice'");
    }
    for (size_t l = 0; !status && l < slice->net->n_layers; l++)
        status = find_layer(slices, &slice->net->layers[l], &slice->whole[l], err);
    if (status) {
        nax_slice_free(slice);
        return status;
    }
    nax_params_lay_out(slice->net, slice->model.layer, slices->room);
    *out = slice;
    return 0;
}

void nax_slice_free(struct slice *slice)
{
    if (!slice)
        return;
    free(slice->whole);
    free(slice->model.layer);
    nax_network_free(slice->net);
    nax_network_file_free(slice->file);
    free(slice);
}

/* Of joined channels those of a narrower stage are not the first ones. */
static int check_joins(const struct slices *slices, struct nax_err *err)
{
    bool is_open = false;
    for (size_t s = 0; s < slices->space->n_stages; s++)
        is_open |= slices->space->n_widths[s] > 1;
    for (size_t l = 0; l < slices->net->n_layers && is_open; l++) {
        const struct nax_layer *layer = &slices->net->layers[l];
        if (nax_layer_joins(layer))
            return nax_err_set(err, NAX_ERR_VALUE,
                               "channels that are joined cannot be sliced; leave out the key "
                               "'stages': '%s' of network '%s'",
                               layer->name, slices->net->name);
    }
    return 0;
}

/* Two stages that a shortcut lies between may have it for some widths alone. */
static int check_stages(const struct slices *slices, struct nax_err *err)
{
    const struct nax_space *space = slices->space;
    int64_t kernel[NAX_SLOTS_MAX], width[NAX_SLOTS_MAX];
    int status = 0;
    nax_slices_widest(space, kernel, width);
    for (size_t s = 0; s < space->n_stages; s++) {
        for (size_t k = 0; !status && k < space->n_widths[s]; k++) {
            struct slice *slice = NULL;
            width[s] = space->widths[s][k];
            status = nax_slice_alloc(&slice, slices, kernel, width, err);
            nax_slice_free(slice);
        }
        width[s] = widest(space, s);
    }
    return status;
}

/* The model's values, and behind them room for a part. */
static int alloc_values(struct slices *slices, uint64_t seed, struct nax_err *err)
{
    struct nax_model *own = NULL;
    int status = nax_model_alloc(&own, slices->net, seed, err);
    if (status)
        return status;
    size_t n = own->n_values;
    slices->model = *own;
    slices->model.n_values = 2 * n;
    slices->model.layer = nax_calloc(slices->net->n_layers, sizeof *own->layer);
    slices->model.values = nax_aligned_calloc(2 * n, sizeof *own->values);
    if (slices->model.layer && slices->model.values) {
        memcpy(slices->model.values, own->values, n * sizeof *own->values);
        nax_params_lay_out(slices->net, slices->model.layer, slices->model.values);
        slices->room = slices->model.values + n;
    } else {
        status =
            nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'supernet of %s'", slices->net->name);
    }
    nax_model_free(own);
    return status;
}

int nax_slices_alloc(struct slices *slices, const struct nax_space *space,
                     const struct nax_network_file *file, uint64_t seed, struct nax_err *err)
{
    int64_t kernel[NAX_SLOTS_MAX], width[NAX_SLOTS_MAX];
    struct slice whole = {.net = NULL};
    *slices = (struct slices){.space = space, .file = file};
    nax_slices_widest(space, kernel, width);
    int status = build(&whole, slices, kernel, width, err);
    nax_network_file_free(whole.file);
    slices->net = whole.net;
    if (!status)
        status = alloc_values(slices, seed, err);
    if (!status)
        status = check_joins(slices, err);
    if (!status)
        status = check_stages(slices, err);
    if (status)
        nax_slices_free(slices);
    return status;
}

void nax_slices_free(struct slices *slices)
{
    nax_aligned_free(slices->model.values);
    free(slices->model.layer);
    nax_network_free(slices->net);
    *slices = (struct slices){.net = NULL};
}

static void move(float *part, float *whole, size_t n, enum slice_way way)
{
    memcpy(way == SLICE_CUT ? part : whole, way == SLICE_CUT ? whole : part, n * sizeof *part);
}

bool nax_layer_joins(const struct nax_layer *layer)
{
    return nax_layer_kind_row(layer)->is_in_place && layer->residual != NAX_FROM_NONE;
}

size_t nax_layer_channels_read(const struct nax_network *net, const struct nax_layer *layer)
{
    const size_t n =
        layer->input == NAX_FROM_IMAGE ? net->channels : net->layers[layer->input].c_out;
    return n / layer->groups;
}

/* Rows of the matrix [kernel][kernel][pixels][channels][c_out]: the middle taps, the first
 * channels. */
static void move_weight(const struct slice *slice, size_t l, const struct slices *slices,
                        float *part, float *whole, enum slice_way way)
{
    const struct nax_layer *small = &slice->net->layers[l];
    const struct nax_layer *large = &slices->net->layers[slice->whole[l]];
    const size_t top = (large->kernel[0] - small->kernel[0]) / 2;
    const size_t left = (large->kernel[1] - small->kernel[1]) / 2;
    const size_t n = nax_layer_channels_read(slice->net, small),
                 n_whole = nax_layer_channels_read(slices->net, large);
    const size_t n_taps = small->kernel[0] * small->kernel[1], row = small->c_out;
    const size_t n_pixels = nax_layer_n_rows(small) / n_taps / n;
    for (size_t tap = 0; tap < n_taps; tap++) {
        size_t y = tap / small->kernel[1] + top, x = tap % small->kernel[1] + left;
        for (size_t p = 0; p < n_pixels; p++) {
            size_t at = ((y * large->kernel[1] + x) * n_pixels + p) * n_whole;
            for (size_t c = 0; c < n; c++, part += row)
                move(part, whole + (at + c) * large->c_out, row, way);
        }
    }
}

void nax_slice_move(const struct slices *slices, const struct slice *slice, enum slice_way way,
                    float *values)
{
    const float *base = slices->model.values;
    for (size_t l = 0; l < slice->net->n_layers; l++) {
        const struct nax_params *part = &slice->model.layer[l];
        const struct nax_params *whole = &slices->model.layer[slice->whole[l]];
        const float *vectors[][2] = {{part->gamma, whole->gamma},
                                     {part->beta, whole->beta},
                                     {part->mean, whole->mean},
                                     {part->variance, whole->variance}};
        if (part->weight)
            move_weight(slice, l, slices, values + (part->weight - base),
                        values + (whole->weight - base), way);
        for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
            if (vectors[i][0])
                move(values + (vectors[i][0] - base), values + (vectors[i][1] - base),
                     slice->net->layers[l].c_out, way);
    }
}
