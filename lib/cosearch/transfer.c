/* A trained network's weights in a supernet. */
#include "transfer.h"

#include "slices.h"

#include <stdlib.h>
#include <string.h>

static const char of_kernel[] = ".k"; /* in names of layers that have several */

/* Whether the file is of a supernet: one that lists kernels, or one whose designs are parts of it.
 */
static bool is_of_supernet(const struct nax_tensors *file)
{
    const char *identity = nax_tensors_meta(file, "identity");
    if (identity && strstr(identity, "supernet=slices"))
        return true;
    for (size_t i = 0; i < nax_tensors_n(file); i++) {
        const char *kernel = strstr(nax_tensors_at(file, i)->name, of_kernel);
        if (kernel && kernel[strlen(of_kernel)] >= '0' && kernel[strlen(of_kernel)] <= '9')
            return true;
    }
    return false;
}

/* The layer of the network that one of the supernet's is named after. */
static const struct nax_layer *find_source(const struct nax_network *own, const char *name)
{
    for (size_t l = 0; l < own->n_layers; l++) {
        size_t n = strlen(own->layers[l].name);
        if (!strncmp(name, own->layers[l].name, n) &&
            (!name[n] || !strncmp(name + n, of_kernel, strlen(of_kernel))))
            return &own->layers[l];
    }
    return NULL;
}

static bool has_joins(const struct nax_network *own)
{
    for (size_t l = 0; l < own->n_layers; l++)
        if (nax_layer_joins(&own->layers[l]))
            return true;
    return false;
}

/* Rows of the matrix [kernel][kernel][pixels][channels][c_out]; pixels: of the image that a linear
 * layer reads. */
static void spread_weight(const struct nax_layer *to, float *to_weight,
                          const struct nax_layer *from, const float *from_weight, size_t n_pixels)
{
    const size_t n_taps = to->kernel[0] * to->kernel[1];
    const size_t n_channels = nax_layer_n_rows(to) / n_taps / n_pixels;
    const size_t n_from = nax_layer_n_rows(from) / (from->kernel[0] * from->kernel[1]) / n_pixels;
    const size_t n = NAX_MIN(to->c_out, from->c_out);
    for (size_t row = 0; row < nax_layer_n_rows(to); row++, to_weight += to->c_out) {
        size_t tap = row / n_channels / n_pixels, pixel = row / n_channels % n_pixels;
        size_t c = row % n_channels;
        /* both odd or the same; left or above of the smaller one numbers wrap to huge ones */
        size_t y = tap / to->kernel[1] + from->kernel[0] / 2 - to->kernel[0] / 2;
        size_t x = tap % to->kernel[1] + from->kernel[1] / 2 - to->kernel[1] / 2;
        size_t at = ((y * from->kernel[1] + x) * n_pixels + pixel) * n_from + c;
        if (y < from->kernel[0] && x < from->kernel[1] && c < n_from)
            memcpy(to_weight, from_weight + at * from->c_out, n * sizeof *to_weight);
        else
            memset(to_weight, 0, n * sizeof *to_weight);
    }
}

static void spread_layer(const struct nax_layer *to, const struct nax_params *to_params,
                         const struct nax_layer *from, const struct nax_params *from_params,
                         size_t n_pixels)
{
    struct nax_param a[NAX_PARAMS_MAX], b[NAX_PARAMS_MAX];
    size_t n = nax_params_list(to, to_params, a);
    nax_params_list(from, from_params, b);
    for (size_t i = 0; i < n; i++) {
        if (a[i].values == to_params->weight)
            spread_weight(to, a[i].values, from, b[i].values, n_pixels);
        else
            memcpy(a[i].values, b[i].values, NAX_MIN(a[i].n, b[i].n) * sizeof(float));
    }
}

static int spread(struct nax_model *model, const struct nax_model *own, struct nax_err *err)
{
    const bool is_joined = has_joins(own->net);
    for (size_t l = 0; l < model->net->n_layers; l++) {
        const struct nax_layer *to = &model->net->layers[l];
        const struct nax_layer *from = find_source(own->net, to->name);
        if (!from || !nax_slice_is_part(to, from) || (is_joined && to->c_out != from->c_out))
            return nax_err_set(err, NAX_ERR_VALUE,
                               "layer '%s' has channels that are not the first ones of the "
                               "network's own: 'network %s'",
                               to->name, own->net->name);
        size_t n_pixels = nax_layer_n_weights(from)
                              ? nax_layer_n_rows(from) / (from->kernel[0] * from->kernel[1]) /
                                    nax_layer_channels_read(own->net, from)
                              : 1;
        spread_layer(to, &model->layer[l], from, &own->layer[from - own->net->layers], n_pixels);
    }
    memcpy(model->pixel_mean, own->pixel_mean, sizeof model->pixel_mean);
    memcpy(model->pixel_sd, own->pixel_sd, sizeof model->pixel_sd);
    model->has_pixels = own->has_pixels;
    return 0;
}

/* A supernet's mixed layers are no network by themselves, whose file has no layers but those of the
 * run's identity. */
static int check_layers(const struct nax_model *model, const struct nax_tensors *file,
                        const char *path, struct nax_err *err)
{
    static const char of_layer[] = "layer.";
    const char *rows = nax_tensors_meta(file, "identity");
    if (!rows || nax_tensors_meta(file, "layers"))
        return 0;
    char *layers = nax_calloc(strlen(rows) + 2, 1), *to = layers;
    if (!layers)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", path);
    for (const char *row = rows; *row;) {
        const size_t n = strcspn(row, "\n");
        if (!strncmp(row, of_layer, strlen(of_layer))) {
            memcpy(to, row, n);
            to[n] = '\n';
            to += n + 1;
        }
        row += n + (row[n] == '\n');
    }
    const int status = nax_layers_check(model->net, layers, path, err);
    free(layers);
    return status;
}

/* Weights of a supernet of the same layers. */
static int load(struct nax_model *model, const char *path, struct nax_err *err)
{
    struct nax_tensors *file;
    int status = nax_model_load(model, path, err);
    if (!status)
        status = nax_tensors_open(&file, path, err);
    if (status)
        return status;
    status = check_layers(model, file, path, err);
    nax_tensors_close(file);
    return status;
}

int nax_supernet_start(struct nax_model *model, const struct nax_network_file *file,
                       const char *path, bool *is_spread, struct nax_err *err)
{
    struct nax_network *net = NULL;
    struct nax_model *own = NULL;
    struct nax_tensors *tensors;
    int status = nax_tensors_open(&tensors, path, err);
    if (status)
        return status;
    *is_spread = !is_of_supernet(tensors);
    nax_tensors_close(tensors);
    if (!*is_spread)
        return load(model, path, err);
    status = nax_network_build(&net, file, NULL, err);
    if (!status)
        status = nax_model_alloc(&own, net, 0, err);
    if (!status)
        status = nax_model_load(own, path, err);
    if (!status)
        status = spread(model, own, err);
    nax_model_free(own);
    nax_network_free(net);
    return status;
}
