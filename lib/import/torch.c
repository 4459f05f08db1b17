/* Weights with PyTorch's names and layouts. */
#include "half.h"
#include "nax/import.h"
#include "values.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_SIZE = 256, TRIES_MAX = 8 };

/* The modules that a layer's weights and batch norm are of: "layer1.0.conv1", "layer1.0.bn1". */
struct modules {
    char weight[NAME_SIZE], norm[NAME_SIZE]; /* norm "": by the name of the other */
};

struct job {
    struct nax_model *model;
    const struct nax_tensors *file;
    const char *path;
    bool *is_used;          /* [tensors of the file] */
    struct modules *mapped; /* [n_layers] of the map; "" where it says nothing */
    struct nax_err *err;
};

/* --- names --- */

static const struct nax_tensor *find(const struct job *job, const char *module, const char *param)
{
    char name[NAME_SIZE + 32];
    snprintf(name, sizeof name, "%s.%s", module, param);
    return nax_tensors_find(job->file, name);
}

/* Whether the names are one, up to the dots of modules within modules, which layers write as '_'.
 */
static bool is_same_name(const char *layer, const char *module, size_t n)
{
    if (strlen(layer) != n)
        return false;
    for (size_t i = 0; i < n; i++)
        if (layer[i] != module[i] && !(layer[i] == '_' && module[i] == '.'))
            return false;
    return true;
}

/* The module of that name in the file, or false. */
static bool find_own(const struct job *job, const char *layer, char *module)
{
    static const char ending[] = ".weight";
    for (size_t i = 0; i < nax_tensors_n(job->file); i++) {
        const char *name = nax_tensors_at(job->file, i)->name;
        size_t n = strlen(name), end = sizeof ending - 1;
        if (n <= end || n - end >= NAME_SIZE || strcmp(name + n - end, ending) ||
            !is_same_name(layer, name, n - end))
            continue;
        memcpy(module, name, n - end);
        module[n - end] = 0;
        return true;
    }
    return false;
}

/* A layer of a residual block by its name, "s1b2c3". */
static bool parse_part(const char *layer, int part[3])
{
    int end = 0;
    return sscanf(layer, "s%db%dc%d%n", &part[0], &part[1], &part[2], &end) == 3 && !layer[end];
}

/* Where layer l is among torchvision's features: the number of blocks up to it, one more where it
 * comes behind them all. *begins: the first convolution of its block is there, which widens. */
static size_t count_features(const struct nax_network *net, size_t l, bool *begins)
{
    int last[3] = {0, 0, 0}, part[3];
    size_t n = 0;
    for (size_t i = 0; i <= l; i++) {
        if (!parse_part(net->layers[i].name, part) || (part[0] == last[0] && part[1] == last[1]))
            continue;
        n++;
        *begins = part[2] == 1;
        memcpy(last, part, sizeof last);
    }
    return n + (n && !parse_part(net->layers[l].name, part));
}

/* What torchvision's residual networks and MobileNets, and those after them, call the layers of
 * network files. */
static size_t list_usual(const struct nax_network *net, size_t l, char names[TRIES_MAX][NAME_SIZE])
{
    const char *layer = net->layers[l].name;
    int stage, block, part[3], end = 0;
    bool begins = false;
    const size_t at = count_features(net, l, &begins);
    size_t n = 0;
    if (parse_part(layer, part)) {
        const int number = part[2] - (begins ? 1 : 2);
        snprintf(names[n++], NAME_SIZE, "layer%d.%d.conv%d", part[0], part[1] - 1, part[2]);
        snprintf(names[n++], NAME_SIZE, "features.%zu.conv.%d%s", at, number,
                 part[2] < 3 ? ".0" : "");
    } else if (sscanf(layer, "s%db%dsc%n", &stage, &block, &end) == 2 && end && !layer[end]) {
        snprintf(names[n++], NAME_SIZE, "layer%d.%d.downsample.0", stage, block - 1);
        snprintf(names[n++], NAME_SIZE, "layer%d.%d.shortcut.0", stage, block - 1);
    } else if (!strcmp(layer, "fc")) {
        snprintf(names[n++], NAME_SIZE, "linear");
        snprintf(names[n++], NAME_SIZE, "classifier");
        snprintf(names[n++], NAME_SIZE, "classifier.1");
    } else {
        if (!strcmp(layer, "stem"))
            snprintf(names[n++], NAME_SIZE, "conv1");
        snprintf(names[n++], NAME_SIZE, "features.%zu.0", at);
    }
    return n;
}

/* The batch norm that goes with a module: "bn1" and "norm1" beside "conv1", "1" after "0". */
static bool find_norm(const struct job *job, const char *module, char *norm)
{
    static const char *const words[] = {"bn", "norm"};
    const char *dot = strrchr(module, '.'), *last = dot ? dot + 1 : module;
    int before = (int)(last - module), end = 0;
    const char *conv = strstr(last, "conv");
    unsigned number;
    for (size_t i = 0; conv && i < sizeof words / sizeof *words; i++) {
        snprintf(norm, NAME_SIZE, "%.*s%.*s%s%s", before, module, (int)(conv - last), last,
                 words[i], conv + strlen("conv"));
        if (find(job, norm, "running_mean"))
            return true;
    }
    if (sscanf(last, "%u%n", &number, &end) == 1 && !last[end]) {
        snprintf(norm, NAME_SIZE, "%.*s%u", before, module, number + 1);
        return find(job, norm, "running_mean") != NULL;
    }
    return false;
}

static int fail(const struct job *job, const char *layer, const char *what)
{
    return nax_err_set(job->err, NAX_ERR_VALUE,
                       "%s: no tensor is %s of layer '%s' of network '%s' by its name; a map says "
                       "which",
                       job->path, what, layer, job->model->net->name);
}

/* Batch norm by itself is of one module, which has the layer's name. */
static int find_modules(const struct job *job, size_t l, bool has_norm, struct modules *m)
{
    const struct nax_layer *own = &job->model->net->layers[l];
    const char *layer = own->name;
    char usual[TRIES_MAX][NAME_SIZE];
    *m = job->mapped[l];
    bool is_found = *m->weight || find_own(job, layer, m->weight);
    if (!nax_layer_n_weights(own)) {
        memcpy(m->norm, m->weight, NAME_SIZE);
        return is_found ? 0 : fail(job, layer, "the batch norm");
    }
    for (size_t i = 0, n = is_found ? 0 : list_usual(job->model->net, l, usual); i < n && !is_found;
         i++)
        if ((is_found = find(job, usual[i], "weight") != NULL))
            memcpy(m->weight, usual[i], NAME_SIZE);
    if (!is_found)
        return fail(job, layer, "the weight");
    if (has_norm && !*m->norm && !find_norm(job, m->weight, m->norm))
        return fail(job, layer, "the batch norm");
    return 0;
}

/* --- values --- */

static float value_of(const void *from, size_t i)
{
    const struct nax_tensor *t = from;
    switch (t->dtype) {
    case NAX_F32:
        return ((const float *)t->data)[i];
    case NAX_F64:
        return (float)((const double *)t->data)[i];
    case NAX_F16:
        return nax_import_half(((const uint16_t *)t->data)[i]);
    case NAX_BF16:
        return nax_import_bfloat(((const uint16_t *)t->data)[i]);
    case NAX_U8:
    case NAX_I32:
    case NAX_I64:
        break;
    }
    return 0;
}

static bool is_real(const struct nax_tensor *t)
{
    switch (t->dtype) {
    case NAX_F32:
    case NAX_F64:
    case NAX_F16:
    case NAX_BF16:
        return true;
    case NAX_U8:
    case NAX_I32:
    case NAX_I64:
        break;
    }
    return false;
}

/* "64 x 3 x 7 x 7" */
static void print_dims(const size_t *dims, size_t n, char *text, size_t size)
{
    *text = 0;
    for (size_t i = 0, at = 0; i < n && at < size; i++)
        at += (size_t)snprintf(text + at, size - at, "%s%zu", i ? " x " : "", dims[i]);
}

/* The tensor `param` of a module, of these dims. */
static int take(const struct job *job, const char *module, const char *param, const size_t *dims,
                size_t n_dims, const struct nax_tensor **out)
{
    const struct nax_tensor *t = find(job, module, param);
    char there[96], here[96];
    if (!t)
        return nax_err_set(job->err, NAX_ERR_VALUE, "%s: no tensor '%s.%s'", job->path, module,
                           param);
    if (!is_real(t))
        return nax_err_set(job->err, NAX_ERR_VALUE,
                           "%s: tensor '%s' is not of F32, F64, F16 or BF16", job->path, t->name);
    if (t->n_dims != n_dims || memcmp(t->dims, dims, n_dims * sizeof *dims)) {
        print_dims(t->dims, t->n_dims, there, sizeof there);
        print_dims(dims, n_dims, here, sizeof here);
        return nax_err_set(job->err, NAX_ERR_VALUE,
                           "%s: tensor '%s' is %s, and network '%s' takes %s", job->path, t->name,
                           there, job->model->net->name, here);
    }
    for (size_t i = 0; i < nax_tensors_n(job->file); i++)
        if (nax_tensors_at(job->file, i) == t)
            job->is_used[i] = true;
    *out = t;
    return 0;
}

/* By the framework's name: weights are those of a module with two or four dimensions. */
static int fill(const struct job *job, size_t l, const struct modules *m,
                const struct nax_param *param)
{
    static const struct {
        const char *own, *theirs;
        bool is_norm;
    } names[] = {{"bias", "bias", false},
                 {"gamma", "weight", true},
                 {"beta", "bias", true},
                 {"mean", "running_mean", true},
                 {"variance", "running_var", true}};
    const struct nax_tensor *t = NULL;
    const size_t *d = param->dims;
    if (!strcmp(param->name, "weight")) {
        const struct nax_tensor *there = find(job, m->weight, "weight");
        const bool is_matrix = there && there->n_dims == 2;
        const size_t dims[4] = {d[3], is_matrix ? d[0] * d[1] * d[2] : d[2], d[0], d[1]};
        int status = take(job, m->weight, "weight", dims, is_matrix ? 2 : 4, &t);
        if (!status)
            nax_import_weight(job->model->net, l, param,
                              &(struct nax_import_matrix){.value = value_of, .from = t});
        return status;
    }
    size_t i = 0;
    while (strcmp(names[i].own, param->name))
        i++;
    int status = take(job, names[i].is_norm ? m->norm : m->weight, names[i].theirs, d, 1, &t);
    for (size_t c = 0; !status && c < d[0]; c++)
        param->values[c] = value_of(t, c);
    return status;
}

/* gamma · (z + bias − mean) / … + beta: the bias before batch norm is taken off its mean. */
static int take_bias(const struct job *job, const struct modules *m, const struct nax_param *mean)
{
    const struct nax_tensor *t;
    if (!find(job, m->weight, "bias"))
        return 0;
    int status = take(job, m->weight, "bias", mean->dims, 1, &t);
    for (size_t c = 0; !status && c < mean->n; c++)
        mean->values[c] -= value_of(t, c);
    return status;
}

static int fill_layer(const struct job *job, size_t l)
{
    const struct nax_layer *layer = &job->model->net->layers[l];
    struct nax_param param[NAX_PARAMS_MAX];
    const struct nax_param *mean = NULL;
    struct modules m;
    size_t n = nax_params_list(layer, &job->model->layer[l], param);
    bool has_bias = false;
    for (size_t i = 0; i < n; i++) {
        mean = strcmp(param[i].name, "mean") ? mean : &param[i];
        has_bias = has_bias || !strcmp(param[i].name, "bias");
    }
    int status = n ? find_modules(job, l, mean, &m) : 0;
    for (size_t i = 0; !status && i < n; i++)
        status = fill(job, l, &m, &param[i]);
    return status || !mean || has_bias || !nax_layer_n_weights(layer) ? status
                                                                      : take_bias(job, &m, mean);
}

static int check_used(const struct job *job)
{
    static const char counter[] = ".num_batches_tracked";
    for (size_t i = 0; i < nax_tensors_n(job->file); i++) {
        const char *name = nax_tensors_at(job->file, i)->name;
        size_t n = strlen(name), end = sizeof counter - 1;
        if (!job->is_used[i] && (n < end || strcmp(name + n - end, counter)))
            return nax_err_set(job->err, NAX_ERR_VALUE,
                               "%s: tensor '%s' has no place in network '%s'", job->path, name,
                               job->model->net->name);
    }
    return 0;
}

/* --- maps --- */

static int read_line(const struct job *job, const char *map, size_t number, char *line)
{
    static const char blank[] = " \t\r\n\v\f";
    char *word[4] = {NULL}, *rest;
    struct modules m = {.norm = ""};
    const struct nax_network *net = job->model->net;
    size_t l = 0, n = 0;
    for (char *at = line; n < 4 && (word[n] = strtok_r(at, blank, &rest)); at = NULL)
        n++;
    if (!n || *word[0] == '#')
        return 0;
    for (size_t i = 0; i < n; i++)
        if (strlen(word[i]) >= sizeof m.weight)
            return nax_err_set(job->err, NAX_ERR_VALUE,
                               "%s:%zu: name longer than %zu bytes: '%.64s…'", map, number,
                               sizeof m.weight - 1, word[i]);
    if (n < 2 || n > 3)
        return nax_err_set(job->err, NAX_ERR_VALUE,
                           "%s:%zu: a line is a layer, the module of its weights and, where it "
                           "has one, that of its batch norm",
                           map, number);
    const char *layer = word[0];
    memcpy(m.weight, word[1], strlen(word[1]) + 1);
    if (n > 2)
        memcpy(m.norm, word[2], strlen(word[2]) + 1);
    while (l < net->n_layers && strcmp(net->layers[l].name, layer))
        l++;
    if (l == net->n_layers)
        return nax_err_set(job->err, NAX_ERR_VALUE, "%s:%zu: network '%s' has no layer '%s'", map,
                           number, net->name, layer);
    const struct nax_layer *layer_at = &net->layers[l];
    const bool has_weights = nax_layer_n_weights(layer_at);
    if (!has_weights && !layer_at->has_batch_norm)
        return nax_err_set(job->err, NAX_ERR_VALUE, "%s:%zu: layer '%s' has no tensors", map,
                           number, layer);
    if (*m.norm && !(has_weights && layer_at->has_batch_norm))
        return nax_err_set(job->err, NAX_ERR_VALUE, "%s:%zu: layer '%s' %s, and takes one module",
                           map, number, layer,
                           has_weights ? "has no batch norm" : "is batch norm by itself");
    if (*job->mapped[l].weight)
        return nax_err_set(job->err, NAX_ERR_VALUE, "%s:%zu: layer '%s' comes twice", map, number,
                           layer);
    job->mapped[l] = m;
    return 0;
}

static int read_map(const struct job *job, const char *map)
{
    FILE *stream;
    size_t size;
    char *line = NULL;
    int status = nax_file_open(map, &stream, &size, job->err);
    if (status)
        return status;
    for (size_t number = 1; !status && getline(&line, &size, stream) >= 0; number++)
        status = read_line(job, map, number, line);
    if (!status && !feof(stream))
        status = nax_err_io(job->err, "cannot read: '%s'", map);
    free(line);
    fclose(stream);
    return status;
}

int nax_import_torch(struct nax_model *model, const char *path, const char *map,
                     struct nax_err *err)
{
    struct nax_tensors *file;
    int status = nax_tensors_open(&file, path, err);
    if (status)
        return status;
    struct job job = {.model = model, .file = file, .path = path, .err = err};
    job.is_used = nax_calloc(nax_tensors_n(file) + 1, sizeof *job.is_used);
    job.mapped = nax_calloc(model->net->n_layers, sizeof *job.mapped);
    if (!job.is_used || !job.mapped)
        status = nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", path);
    if (!status && map)
        status = read_map(&job, map);
    for (size_t l = 0; !status && l < model->net->n_layers; l++)
        status = fill_layer(&job, l);
    if (!status)
        status = check_used(&job);
    free(job.is_used);
    free(job.mapped);
    nax_tensors_close(file);
    return status;
}
