/* The layers as the text of a network file, and their numbers as a model's parameters. */
#include "write.h"
#include "values.h"

#include <string.h>

/* --- text: what a file says where it says nothing is left out --- */

static void print_pair(FILE *out, const char *key, const size_t *v, size_t usual)
{
    if (v[0] == v[1] && v[0] == usual)
        return;
    if (v[0] == v[1])
        fprintf(out, ", %s: %zu", key, v[0]);
    else
        fprintf(out, ", %s: [%zu, %zu]", key, v[0], v[1]);
}

static void print_pad(FILE *out, const size_t *pad, size_t usual)
{
    bool is_even = pad[0] == pad[1] && pad[0] == pad[2] && pad[0] == pad[3];
    if (is_even && pad[0] != usual)
        fprintf(out, ", pad: %zu", pad[0]);
    else if (!is_even)
        fprintf(out, ", pad: [%zu, %zu, %zu, %zu]", pad[0], pad[1], pad[2], pad[3]);
}

static const char *name_of(const struct importer *imp, int layer)
{
    return layer < 0 ? "image" : imp->layers[layer].name;
}

static void print_from(const struct importer *imp, const struct import_layer *layer, int before,
                       FILE *out)
{
    if (layer->n_from == 1) {
        if (layer->from[0] != before)
            fprintf(out, ", from: %s", name_of(imp, layer->from[0]));
        return;
    }
    for (size_t i = 0; i < layer->n_from; i++)
        fprintf(out, "%s%s", i ? ", " : ", from: [", name_of(imp, layer->from[i]));
    fputc(']', out);
}

/* usual: what follows where the file does not say. */
static void print_activation(const struct import_layer *layer, const char *usual, FILE *out)
{
    const char *word = layer->activation ? layer->activation : "none";
    if (layer->kind == IMPORT_ACTIVATION)
        fprintf(out, ", kind: %s", word);
    else if (strcmp(word, usual))
        fprintf(out, ", activation: %s", word);
    if (!strcmp(word, "leaky-relu") && layer->slope != 0.01)
        fprintf(out, ", slope: %.7g", layer->slope);
}

static void print_norm(const struct import_layer *layer, FILE *out)
{
    if (layer->has_norm && (float)layer->epsilon != 1e-5F)
        fprintf(out, ", epsilon: %.7g", layer->epsilon);
}

static void print_conv(const struct importer *imp, const struct import_layer *layer, bool is_first,
                       FILE *out)
{
    const size_t *k = layer->kernel;
    fprintf(out, ", out: %zu", layer->out);
    print_pair(out, "kernel", k, 0);
    print_pair(out, "stride", layer->stride, 1);
    print_pad(out, layer->pad, k[0] == k[1] ? k[0] / 2 : SIZE_MAX);
    print_pair(out, "dilation", layer->dilation, 1);
    if (layer->groups > 1)
        fprintf(out, ", groups: %zu", layer->groups);
    if (!layer->has_norm)
        fprintf(out, ", batch_norm: false");
    if (layer->bias)
        fprintf(out, ", bias: true");
    print_norm(layer, out);
    if (layer->added != NAX_FROM_NONE)
        fprintf(out, ", add: %s%s", name_of(imp, layer->added),
                layer->has_padded_shortcut ? ", shortcut: pad" : "");
    print_activation(layer, "relu", out);
    if (is_first)
        fprintf(out, ", role: stem");
}

static void print_pool(const struct import_layer *layer, FILE *out)
{
    const size_t *k = layer->kernel;
    bool is_padded = layer->pad[0] || layer->pad[1] || layer->pad[2] || layer->pad[3];
    fprintf(out, ", kind: %s", layer->is_max ? "max" : "mean");
    if (layer->is_global)
        return;
    print_pair(out, "kernel", k, 0);
    print_pair(out, "stride", layer->stride, k[0] == k[1] ? k[0] : 0);
    print_pad(out, layer->pad, 0);
    if (layer->has_ceil)
        fprintf(out, ", ceil: true");
    if (!layer->is_max && is_padded && !layer->counts_pad)
        fprintf(out, ", count_pad: false");
}

static void print_linear(const struct import_layer *layer, bool is_last, FILE *out)
{
    if (is_last)
        fprintf(out, ", role: classifier");
    else
        fprintf(out, ", out: %zu", layer->out);
    if (!layer->bias)
        fprintf(out, ", bias: false");
    print_activation(layer, is_last ? "none" : "relu", out);
}

static void print_layer(const struct importer *imp, size_t l, int before, FILE *out)
{
    static const char *const kinds[] = {"conv",   "linear",     "pool",      "add",
                                        "concat", "batch_norm", "activation"};
    const struct import_layer *layer = &imp->layers[l];
    fprintf(out, "  - %s: {name: %s", kinds[layer->kind], layer->name);
    print_from(imp, layer, before, out);
    switch (layer->kind) {
    case IMPORT_CONV:
        print_conv(imp, layer, before == NAX_FROM_IMAGE, out);
        break;
    case IMPORT_LINEAR:
        print_linear(layer, l + 1 == imp->n_layers, out);
        break;
    case IMPORT_POOL:
        print_pool(layer, out);
        break;
    case IMPORT_BATCH_NORM:
        print_norm(layer, out);
        print_activation(layer, "none", out);
        break;
    case IMPORT_ADD:
    case IMPORT_CONCAT:
    case IMPORT_ACTIVATION:
        print_activation(layer, "none", out);
    }
    fprintf(out, "}\n");
}

bool nax_import_print(const struct importer *imp, const char *name,
                      const struct import_value *image, size_t n_classes, FILE *out)
{
    int before = NAX_FROM_IMAGE;
    fprintf(out,
            "name: %s\ninput: {height: %zu, width: %zu, channels: %zu}\nclasses: %zu\nlayers:\n",
            name, image->h, image->w, image->c, n_classes);
    for (size_t l = 0; l < imp->n_layers; l++) {
        if (!imp->layers[l].is_needed)
            continue;
        print_layer(imp, l, before, out);
        before = (int)l;
    }
    return !fflush(out) && !ferror(out);
}

/* --- numbers --- */

static float weight_value(const void *from, size_t i)
{
    const struct import_layer *layer = from;
    return (float)(layer->weight_scale * (double)layer->weight[i]);
}

/* A vector of the layer by the parameter's name; NULL: zeros. */
static const float *vector_of(const struct import_layer *layer, const char *param)
{
    const struct {
        const char *name;
        const float *values;
    } vectors[] = {{"gamma", layer->gamma},
                   {"beta", layer->beta},
                   {"mean", layer->mean},
                   {"variance", layer->variance}};
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
        if (!strcmp(vectors[i].name, param))
            return vectors[i].values;
    return NULL;
}

static void fill_vector(const struct import_layer *layer, const struct nax_param *param)
{
    const float *values = vector_of(layer, param->name);
    bool is_bias = !strcmp(param->name, "bias");
    for (size_t c = 0; c < param->n; c++)
        param->values[c] = is_bias && layer->bias
                               ? (float)(layer->bias_scale * (double)layer->bias[c])
                           : values ? values[c]
                                    : 0;
}

int nax_import_fill(const struct importer *imp, struct nax_model *model)
{
    for (size_t l = 0; l < model->net->n_layers; l++) {
        struct nax_param param[NAX_PARAMS_MAX];
        const struct nax_layer *shape = &model->net->layers[l];
        size_t i = 0, n = nax_params_list(shape, &model->layer[l], param);
        while (n && i < imp->n_layers && strcmp(imp->layers[i].name, shape->name))
            i++;
        if (!n)
            continue;
        const struct import_layer *layer = &imp->layers[i];
        if (i == imp->n_layers || shape->c_out != layer->c || shape->h_out != layer->h ||
            shape->w_out != layer->w)
            return nax_err_set(imp->err, NAX_ERR_FORMAT,
                               "%s: layer '%s' has another shape in the network file",
                               imp->graph->path, shape->name);
        for (size_t p = 0; p < n; p++)
            if (!strcmp(param[p].name, "weight"))
                nax_import_weight(model->net, l, &param[p],
                                  &(struct nax_import_matrix){weight_value, layer,
                                                              layer->is_transposed,
                                                              layer->is_channels_last});
            else
                fill_vector(layer, &param[p]);
    }
    return 0;
}
