/* From an ONNX file to a network and its parameters. */
#include "nax/import.h"
#include "layers.h"
#include "write.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE_MAX = 1024 };

static int fail(const struct importer *imp, const char *what)
{
    return nax_err_set(imp->err, NAX_ERR_FORMAT, "%s: %s", imp->graph->path, what);
}

/* A number of the image that is not from 1 to SIDE_MAX. */
static int fail_number(const struct importer *imp, const char *what, long long n)
{
    return nax_err_set(imp->err, NAX_ERR_FORMAT, "%s: its input has %lld %s; from 1 to %d are read",
                       imp->graph->path, n, what, SIDE_MAX);
}

/* --- the image --- */

/* Whether the graph gets its images with channels last, and turns them itself. */
static bool is_turned(const struct importer *imp, const char *name)
{
    static const int64_t to_first[] = {0, 3, 1, 2};
    const struct import_node *reader = nax_import_reader(imp, name);
    const struct import_attribute *perm = reader ? nax_import_attribute(reader, "perm") : NULL;
    return reader && !strcmp(reader->op, "Transpose") && perm && perm->n == 4 &&
           !memcmp(perm->ints, to_first, sizeof to_first);
}

/* A side of the image: the graph's, or where that leaves it open the one that was asked for. */
static int take_side(const struct importer *imp, const char *what, int64_t own, size_t wanted,
                     size_t *side)
{
    const bool is_open = own == -1;
    if (is_open && !wanted)
        return fail(imp, "it leaves the size of images open: --size tells it");
    if (is_open ? wanted > SIDE_MAX : own < 1 || own > SIDE_MAX)
        return fail_number(imp, what, is_open ? (long long)wanted : (long long)own);
    *side = is_open ? wanted : (size_t)own;
    return wanted && *side != wanted ? fail(imp, "its images are not of the --size given") : 0;
}

static int take_image(struct importer *imp, const struct nax_import_onnx *options)
{
    const struct import_graph *g = imp->graph;
    if (g->n_inputs != 1)
        return fail(imp, "a network has one input, the image");
    const struct import_port *in = &g->inputs[0];
    struct import_value *v = &imp->values[imp->n_values++];
    *v = (struct import_value){.name = in->name, .layer = NAX_FROM_IMAGE};
    v->is_shared = nax_import_n_readers(imp, in->name) > 1;
    v->is_channels_last = is_turned(imp, in->name);
    if (in->n_dims != 4 && in->n_dims != 2)
        return fail(imp, "its input is no image: [images][channels][rows][columns]");
    if (in->dims[0] == 0 || in->dims[0] < -1 || in->dims[0] > SIDE_MAX)
        return fail_number(imp, "images at once", (long long)in->dims[0]);
    imp->batch = in->dims[0] < 0 ? 1 : (size_t)in->dims[0];
    const int64_t open = -1, *d = in->dims;
    v->is_flat = in->n_dims == 2;
    const int64_t *h = v->is_flat ? &open : v->is_channels_last ? d + 1 : d + 2;
    const int64_t *w = v->is_flat ? &open : v->is_channels_last ? d + 2 : d + 3;
    int status = take_side(imp, "rows", *h, options->height, &v->h);
    if (!status)
        status = take_side(imp, "columns", *w, options->width, &v->w);
    if (status)
        return status;
    const int64_t all = v->is_channels_last ? d[3] : d[1],
                  pixels = v->is_flat ? (int64_t)(v->h * v->w) : 1, c = all / pixels;
    if (all == -1)
        return fail(imp, "it leaves the number of channels open");
    if (all % pixels)
        return fail(imp, "its input is no whole number of channels of the --size given");
    if (c < 1 || c > SIDE_MAX)
        return fail_number(imp, "channels", (long long)c);
    v->c = (size_t)c;
    return 0;
}

/* --- the end --- */

/* Batch norm behind [n_in][out] products, which a linear layer has none for: a weight and a bias of
 * its own, gamma / √(variance + epsilon) · weight and beta − the same · mean. */
static int fold_norm(struct import_layer *layer, size_t n_in, const struct importer *imp)
{
    if (!layer->has_norm)
        return 0;
    float *weight = nax_import_hold(imp->graph, layer->out * n_in, sizeof *weight);
    float *bias = nax_import_hold(imp->graph, layer->out, sizeof *bias);
    if (!weight || !bias)
        return nax_err_set(imp->err, NAX_ERR_MEMORY, "out of memory: '%s'", imp->graph->path);
    for (size_t o = 0; o < layer->out; o++) {
        double scale = (double)layer->gamma[o] / sqrt((double)layer->variance[o] + layer->epsilon);
        for (size_t i = o * n_in; i < (o + 1) * n_in; i++)
            weight[i] = (float)(scale * (double)layer->weight[i]);
        bias[o] = (float)((double)layer->beta[o] - scale * (double)layer->mean[o]);
    }
    layer->weight = weight;
    layer->bias = bias;
    layer->has_norm = false;
    return 0;
}

/* A convolution whose kernel is the whole image: a linear layer. */
static int make_linear(struct import_layer *layer, const struct importer *imp,
                       const struct import_value *image)
{
    const struct import_layer *from = layer->from[0] < 0 ? NULL : &imp->layers[layer->from[0]];
    size_t h = from ? from->h : image->h, w = from ? from->w : image->w;
    bool is_padded = layer->pad[0] || layer->pad[1] || layer->pad[2] || layer->pad[3];
    if (is_padded || layer->kind != IMPORT_CONV || layer->groups > 1 ||
        layer->added != NAX_FROM_NONE || layer->kernel[0] != h || layer->kernel[1] != w ||
        layer->h * layer->w > 1)
        return 0;
    layer->kind = IMPORT_LINEAR;
    return fold_norm(layer, (from ? from->c : image->c) * h * w, imp);
}

/* The layer that the graph's output comes from ends the network; what it does not need goes. */
static int end(struct importer *imp, const struct import_value *image, size_t *n_classes)
{
    const struct import_graph *g = imp->graph;
    if (g->n_outputs != 1)
        return fail(imp, "a network has one output, a number for each class");
    const struct import_value *v = nax_import_find(imp, g->outputs[0].name);
    if (!v || v->constant)
        return fail(imp,
                    v ? "its output does not depend on the image" : "no node makes its output");
    if (v->layer < 0 || v->is_padded)
        return fail(imp, "its output is the image");
    if (v->is_shortcut)
        return fail(imp, "its output is not all that its last layer makes");
    struct import_layer *last = &imp->layers[v->layer];
    int status = make_linear(last, imp, image);
    if (status)
        return status;
    if (last->kind != IMPORT_LINEAR)
        return nax_import_fail(imp, last->node,
                               "it comes last, where nax has a linear layer, the classifier");
    imp->n_layers = (size_t)v->layer + 1;
    last->is_needed = true;
    *n_classes = last->out;
    for (size_t l = imp->n_layers; l-- > 0;) {
        const struct import_layer *layer = &imp->layers[l];
        for (size_t i = 0; layer->is_needed && i < layer->n_from; i++)
            if (layer->from[i] >= 0)
                imp->layers[layer->from[i]].is_needed = true;
        if (layer->is_needed && layer->added >= 0)
            imp->layers[layer->added].is_needed = true;
    }
    return 0;
}

/* The file's name, in characters that need no quotes. */
static void name_network(const struct import_graph *g, char name[64])
{
    const char *slash = strrchr(g->path, '/'), *base = slash ? slash + 1 : g->path;
    size_t n = 0;
    for (; *base && n < 63 && strcmp(base, ".onnx"); base++)
        name[n++] = isalnum((unsigned char)*base) || strchr("-_", *base) ? *base : '_';
    name[n] = 0;
    if (!isalpha((unsigned char)*name))
        memcpy(name, "network", sizeof "network");
}

/* --- all of it --- */

static int build(struct nax_imported *out, const struct importer *imp,
                 const struct import_value *image, size_t n_classes)
{
    char name[64];
    struct nax_err *err = imp->err;
    FILE *stream = open_memstream(&out->text, &out->size);
    name_network(imp->graph, name);
    bool is_whole = stream && nax_import_print(imp, name, image, n_classes, stream);
    if ((stream && fclose(stream)) || !is_whole)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", imp->graph->path);
    int status = nax_network_file_parse(&out->file, imp->graph->path, out->text, out->size, err);
    if (status == NAX_ERR_VALUE)
        nax_err_prefix(err, "the network file that it makes cannot be");
    if (!status)
        status = nax_network_build(&out->net, out->file, NULL, err);
    if (!status)
        status = nax_model_alloc(&out->model, out->net, 0, err);
    if (status)
        return status;
    memcpy(out->model->pixel_mean, imp->pixel_mean, sizeof imp->pixel_mean);
    memcpy(out->model->pixel_sd, imp->pixel_sd, sizeof imp->pixel_sd);
    return nax_import_fill(imp, out->model);
}

static int import(struct nax_imported *out, struct importer *imp,
                  const struct nax_import_onnx *options)
{
    struct import_graph *g = imp->graph;
    struct import_value *image = imp->values;
    size_t n_classes = 0;
    int status = nax_import_check_nodes(imp);
    if (!status)
        status = take_image(imp, options);
    for (size_t i = 0; i < g->n_constants; i++)
        imp->values[imp->n_values++] =
            (struct import_value){.name = g->constants[i].name, .constant = &g->constants[i]};
    if (!status)
        status = nax_import_steps(imp);
    if (!status)
        status = end(imp, image, &n_classes);
    if (!status)
        status = build(out, imp, image, n_classes);
    if (!status && imp->dropped)
        snprintf(out->dropped, sizeof out->dropped, "%s", imp->dropped);
    return status;
}

int nax_import_onnx(struct nax_imported **imported, const struct nax_import_onnx *options,
                    struct nax_err *err)
{
    struct import_graph *g;
    int status = nax_import_graph_read(&g, options->path, err);
    if (status)
        return status;
    struct importer imp = {.graph = g, .err = err, .batch = 1};
    for (size_t c = 0; c < NAX_MAX_CHANNELS; c++)
        imp.pixel_sd[c] = 1;
    struct nax_imported *out = nax_calloc(1, sizeof *out);
    imp.values = nax_import_hold(g, g->n_nodes + g->n_constants + 1, sizeof *imp.values);
    imp.layers = nax_import_hold(g, NAX_NETWORK_LAYERS_MAX, sizeof *imp.layers);
    imp.is_done = nax_import_hold(g, g->n_nodes, sizeof *imp.is_done);
    status = out && imp.values && imp.layers && imp.is_done
                 ? import(out, &imp, options)
                 : nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", options->path);
    if (out) { /* which has them from here on */
        out->beside = g->beside;
        out->n_beside = g->n_beside;
        g->beside = NULL;
        g->n_beside = 0;
    }
    nax_import_graph_free(g);
    if (status)
        nax_imported_free(out);
    else
        *imported = out;
    return status;
}

void nax_imported_free(struct nax_imported *imported)
{
    if (!imported)
        return;
    nax_model_free(imported->model);
    nax_network_free(imported->net);
    nax_network_file_free(imported->file);
    nax_import_free_beside(imported->beside, imported->n_beside);
    free(imported->text);
    free(imported);
}
