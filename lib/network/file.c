/* Network files: their defaults and bounds. */
#include "file.h"
#include "schema.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct source {
    const char *path, *text;
    size_t size;
    struct nax_err *err;
};

static int fail(const struct source *source, const char *key, const char *what)
{
    return nax_yaml_err_set(source->err, source->path, source->text, source->size, key, "%s", what);
}

/* The key of a field of a layer entry: "layers.3.conv.out". */
struct entry_key {
    const struct source *source;
    size_t index;
    const char *kind;
    int64_t n_classes;
    bool is_last;
    struct nax_network_file *file; /* whose sources grow */
};

static int fail_entry(const struct entry_key *at, const char *field, const char *what)
{
    char key[96];
    snprintf(key, sizeof key, "layers.%zu%s%s%s%s", at->index, *at->kind ? "." : "", at->kind,
             *field ? "." : "", field);
    return fail(at->source, key, what);
}

static int check_range(const struct entry_key *at, const char *field, int64_t value, int64_t min,
                       int64_t max)
{
    char what[96];
    if (value >= min && value <= max)
        return 0;
    snprintf(what, sizeof what, "%lld is not between %lld and %lld", (long long)value,
             (long long)min, (long long)max);
    return fail_entry(at, field, what);
}

enum {
    OUT_MAX = NAX_WIDTH_MAX,
    STRIDE_MAX = 64,
    PAD_MAX = 64,
    BLOCKS_MAX = 128,
    EXPAND_MAX = 64,
    WINDOW_MAX = 1024,
    IMAGE_MAX = 1024
};

/* Down and across, of one number for both or of two; `missing` where there is none. */
static int read_both(const struct entry_key *at, const char *field, const struct yaml_sizes *y,
                     int64_t missing, int64_t min, int64_t max, int64_t both[2])
{
    int status = 0;
    for (uint32_t i = 0; i < 2; i++)
        both[i] = y->n ? y->at[NAX_MIN(i, y->n - 1)] : missing;
    for (uint32_t i = 0; i < 2 && !status; i++)
        status = check_range(at, field, both[i], min, max);
    return status;
}

/* Where it is missing half of the kernel all round, or nothing. */
static int read_pad(const struct entry_key *at, const struct yaml_sizes *y, bool is_half,
                    struct entry *e)
{
    int status = 0;
    if (y->n && y->n != 1 && y->n != 4)
        return fail_entry(at, "pad", "neither one number nor four, for top, left, bottom, right");
    for (uint32_t i = 0; i < 4 && !status; i++) {
        e->pad[i] = y->n ? y->at[NAX_MIN(i, y->n - 1)] : is_half ? e->kernel[i % 2] / 2 : 0;
        status = check_range(at, "pad", e->pad[i], 0, PAD_MAX);
    }
    return status;
}

/* Its names and sources are bytes that files and keys take as they are. */
static bool is_name(const char *name)
{
    return !name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")];
}

static int add_source(const struct entry_key *at, const char *name, struct entry *e)
{
    struct nax_network_file *f = at->file;
    struct entry_source *sources = nax_grow(f->sources, f->n_sources, sizeof *sources);
    if (!sources)
        return nax_err_set(at->source->err, NAX_ERR_MEMORY, "out of memory: '%s'",
                           at->source->path);
    if (!e->n_sources && !e->is_added)
        e->first_source = f->n_sources;
    f->sources = sources;
    snprintf(sources[f->n_sources].name, sizeof sources->name, "%s", name);
    sources[f->n_sources++].entry = NAX_FROM_NONE;
    return 0;
}

static int read_name(const struct entry_key *at, const struct yaml_common *y, struct entry *e)
{
    int status = 0;
    if (y->name && (!is_name(y->name) || !strcmp(y->name, "image")))
        return fail_entry(at, "name", "not letters, digits, _ and - alone, or 'image'");
    if (y->name)
        snprintf(e->name, sizeof e->name, "%s", y->name);
    if (y->from && !(status = add_source(at, y->from, e)))
        e->n_sources++;
    return status;
}

static int set_activation(const struct entry_key *at, const struct yaml_common *y,
                          enum nax_activation activation, struct entry *e)
{
    e->has_relu = activation == NAX_ACTIVATION_RELU;
    e->activation = e->has_relu ? NAX_ACTIVATION_NONE : activation;
    e->slope = y->slope ? (float)*y->slope : 0.01F;
    if (y->slope && activation != NAX_ACTIVATION_LEAKY_RELU)
        return fail_entry(at, "slope", "is that of leaky-relu alone");
    if (!(e->slope >= 0 && e->slope <= 1))
        return fail_entry(at, "slope", "is not between 0 and 1");
    return 0;
}

/* otherwise: whether a ReLU follows where nothing is said */
static int read_activation(const struct entry_key *at, const struct yaml_common *y, bool otherwise,
                           struct entry *e)
{
    bool has_relu = y->relu ? *y->relu : otherwise;
    if (y->relu && y->activation)
        return fail_entry(at, "relu", "'activation' says it already");
    return set_activation(at, y,
                          y->activation ? (enum nax_activation) * y->activation
                          : has_relu    ? NAX_ACTIVATION_RELU
                                        : NAX_ACTIVATION_NONE,
                          e);
}

static int read_epsilon(const struct entry_key *at, const double *epsilon, struct entry *e)
{
    e->epsilon = epsilon ? *epsilon : NAX_BATCH_NORM_EPSILON;
    return e->epsilon > 0 && e->epsilon <= 1
               ? 0
               : fail_entry(at, "epsilon", "is not above 0 and at most 1");
}

/* otherwise: whether there is batch norm where nothing is said, in place of a bias */
static int read_norm(const struct entry_key *at, const struct yaml_norm *y, bool otherwise,
                     struct entry *e)
{
    e->has_batch_norm = y->batch_norm ? *y->batch_norm : otherwise;
    e->has_bias = y->bias ? *y->bias : !otherwise && !e->has_batch_norm;
    if (e->has_batch_norm && e->has_bias)
        return fail_entry(at, "bias",
                          "batch norm takes it away again: 'batch_norm: false', or no bias");
    if (!e->has_batch_norm && y->epsilon)
        return fail_entry(at, "epsilon", "without batch norm it does nothing");
    return read_epsilon(at, y->epsilon, e);
}

static int read_conv(const struct entry_key *at, const void *yaml, struct entry *e)
{
    const struct yaml_conv *y = yaml;
    int status = read_activation(at, &y->common, true, e);
    bool is_stem = y->role && *y->role == YAML_ROLE_STEM;
    e->role = is_stem ? NAX_ROLE_STEM : NAX_ROLE_BODY;
    e->out = y->out ? *y->out : 0;
    e->groups = y->groups ? *y->groups : 1;
    e->is_searched = y->search ? *y->search : !is_stem;
    if (status || (y->add && (status = add_source(at, y->add, e))))
        return status;
    e->is_added = y->add;
    e->has_padded_shortcut = y->shortcut;
    if (y->shortcut && !y->add)
        return fail_entry(at, "shortcut", "nothing is added: 'add'");
    if (is_stem && e->is_searched)
        return fail_entry(at, "search", "a stem is not searched");
    if (is_stem && at->index)
        return fail_entry(at, "role", "a stem comes first");
    if (!y->out && !y->groups)
        return fail_entry(at, "", "'out' is missing");
    if ((y->out && (status = check_range(at, "out", e->out, 1, OUT_MAX))) ||
        (status = read_both(at, "kernel", &y->kernel, 1, 1, NAX_KERNEL_MAX, e->kernel)) ||
        (status = read_both(at, "stride", &y->stride, 1, 1, STRIDE_MAX, e->stride)) ||
        (status = read_both(at, "dilation", &y->dilation, 1, 1, STRIDE_MAX, e->dilation)) ||
        (status = read_pad(at, &y->pad, true, e)) ||
        (status = check_range(at, "groups", e->groups, 1, OUT_MAX)))
        return status;
    return read_norm(at, &y->norm, true, e);
}

static int read_block(const struct entry_key *at, const struct yaml_stage *y, struct entry *e)
{
    e->block = y->block ? (enum block) * y->block : BLOCK_BASIC;
    e->expand = y->expand ? *y->expand : e->block == BLOCK_INVERTED ? 6 : 4;
    if (e->block == BLOCK_BASIC && y->expand)
        return fail_entry(at, "expand", "a basic block has as many channels inside as outside");
    if (e->block == BLOCK_INVERTED && y->shortcut)
        return fail_entry(at, "shortcut", "an inverted block has none where it changes the shape");
    int status = check_range(at, "expand", e->expand, 1, EXPAND_MAX);
    if (!status && e->block == BLOCK_BOTTLENECK && e->out % e->expand)
        return fail_entry(at, "out", "is no multiple of 'expand'");
    return status;
}

static int read_stage(const struct entry_key *at, const void *yaml, struct entry *e)
{
    const struct yaml_stage *y = yaml;
    int status;
    e->role = NAX_ROLE_BODY;
    e->blocks = y->blocks;
    e->out = y->out;
    e->has_conv_shortcut = y->shortcut && *y->shortcut;
    if ((status = check_range(at, "blocks", e->blocks, 1, BLOCKS_MAX)) ||
        (status = check_range(at, "out", e->out, 1, OUT_MAX)) ||
        (status = read_both(at, "stride", &y->stride, 1, 1, STRIDE_MAX, e->stride)) ||
        (status = read_both(at, "kernel", &y->kernel, 1, 1, NAX_KERNEL_MAX, e->kernel)))
        return status;
    if (e->kernel[0] % 2 == 0)
        return fail_entry(at, "kernel", "an even size");
    return read_block(at, y, e);
}

/* What becomes of windows at the margins of the image. */
static int read_margins(const struct entry_key *at, const struct yaml_pool *y, struct entry *e)
{
    bool is_padded = false;
    int status = read_pad(at, &y->pad, false, e);
    e->is_ceil = y->is_ceil && *y->is_ceil;
    for (int i = 0; i < 4 && !status; i++) {
        is_padded |= e->pad[i] > 0;
        if (e->kernel[0] ? e->pad[i] >= e->kernel[i % 2] : e->pad[i] > 0)
            status = fail_entry(at, "pad", "as large as the window: some would see no pixel");
    }
    if (status)
        return status;
    if (!e->kernel[0] && e->is_ceil)
        return fail_entry(at, "ceil", "a pool over the whole image has one window");
    if (y->counts_pad && (!is_padded || e->pool == NAX_LAYER_POOL_MAX))
        return fail_entry(at, "count_pad", "is for means of padded windows");
    e->counts_pad =
        is_padded && e->pool == NAX_LAYER_POOL_MEAN && (!y->counts_pad || *y->counts_pad);
    return 0;
}

static int read_pool(const struct entry_key *at, const void *yaml, struct entry *e)
{
    const struct yaml_pool *y = yaml;
    e->role = NAX_ROLE_POOL;
    e->pool = y->kind;
    int status = read_both(at, "kernel", &y->kernel, 0, 0, WINDOW_MAX, e->kernel);
    if (status)
        return status;
    if (!e->kernel[0] != !e->kernel[1])
        return fail_entry(at, "kernel", "0, the whole image, goes for both");
    if (!e->kernel[0] && y->stride.n)
        return fail_entry(at, "stride", "a pool over the whole image has no stride");
    status = read_both(at, "stride", &y->stride, 1, 1, WINDOW_MAX, e->stride);
    for (int i = 0; i < 2 && !y->stride.n; i++)
        e->stride[i] = NAX_MAX(e->kernel[i], 1);
    return status ? status : read_margins(at, y, e);
}

static int read_linear(const struct entry_key *at, const void *yaml, struct entry *e)
{
    const struct yaml_linear *y = yaml;
    bool is_classifier = y->role && *y->role == YAML_ROLE_CLASSIFIER;
    e->role = is_classifier ? NAX_ROLE_CLASSIFIER : NAX_ROLE_BODY;
    e->is_searched = y->search && *y->search;
    int status = read_activation(at, &y->common, !is_classifier, e);
    if (status || (status = read_norm(at, &y->norm, false, e)))
        return status;
    if (is_classifier && (e->activation || e->has_batch_norm))
        return fail_entry(at, e->activation ? "activation" : "batch_norm",
                          "a classifier has none: what it gives are logits");
    if (is_classifier != at->is_last)
        return fail_entry(at, y->role ? "role" : "",
                          at->is_last ? "the last layer is not a classifier"
                                      : "a classifier comes last");
    if (!y->out && !is_classifier)
        return fail_entry(at, "", "'out' is missing");
    e->out = y->out ? *y->out : at->n_classes;
    if (is_classifier && e->out != at->n_classes)
        return fail_entry(at, "out", "a classifier has one output a class");
    return check_range(at, "out", e->out, 1, OUT_MAX);
}

static int read_join(const struct entry_key *at, const void *yaml, struct entry *e)
{
    const struct yaml_join *y = yaml;
    int status = read_activation(at, &y->common, false, e);
    e->role = NAX_ROLE_DIGITAL;
    for (uint32_t i = 0; i < y->n_sources && !status; i++)
        if (!(status = add_source(at, y->sources[i], e)))
            e->n_sources++;
    return status;
}

static int read_batch_norm(const struct entry_key *at, const void *yaml, struct entry *e)
{
    const struct yaml_batch_norm *y = yaml;
    int status = read_activation(at, &y->common, false, e);
    e->role = NAX_ROLE_DIGITAL;
    return status ? status : read_epsilon(at, y->epsilon, e);
}

static int read_activation_entry(const struct entry_key *at, const void *yaml, struct entry *e)
{
    const struct yaml_activation *y = yaml;
    int status = set_activation(at, &y->common, (enum nax_activation)y->kind, e);
    e->role = NAX_ROLE_DIGITAL;
    e->activation = (enum nax_activation)y->kind;
    e->has_relu = false;
    if (!status && !e->activation)
        return fail_entry(at, "kind", "'none' does nothing, leave the entry out");
    return status;
}

/* What an entry of the list of layers may be. */
static const struct entry_row {
    enum entry_kind kind;
    const char *word; /* in the file */
    size_t yaml;      /* where struct yaml_layer points to it */
    int (*read)(const struct entry_key *at, const void *yaml, struct entry *e);
} entry_rows[] = {
    {ENTRY_CONV, "conv", offsetof(struct yaml_layer, conv), read_conv},
    {ENTRY_STAGE, "stage", offsetof(struct yaml_layer, stage), read_stage},
    {ENTRY_POOL, "pool", offsetof(struct yaml_layer, pool), read_pool},
    {ENTRY_LINEAR, "linear", offsetof(struct yaml_layer, linear), read_linear},
    {ENTRY_ADD, "add", offsetof(struct yaml_layer, add), read_join},
    {ENTRY_CONCAT, "concat", offsetof(struct yaml_layer, concat), read_join},
    {ENTRY_BATCH_NORM, "batch_norm", offsetof(struct yaml_layer, batch_norm), read_batch_norm},
    {ENTRY_ACTIVATION, "activation", offsetof(struct yaml_layer, activation),
     read_activation_entry},
};
_Static_assert(CYAML_ARRAY_LEN(entry_rows) == ENTRY_COUNT, "a row for every kind of entry");

static int read_entry(const struct source *source, const struct yaml_network *y, size_t i,
                      struct nax_network_file *f)
{
    struct entry *e = &f->entries[i];
    struct entry_key at = {source, i, "", y->classes, i + 1 == y->n_layers, f};
    const struct entry_row *row = NULL;
    const void *yaml = NULL;
    int n_there = 0;
    for (size_t k = 0; k < ENTRY_COUNT; k++) {
        const void *there;
        memcpy(&there, (const char *)&y->layers[i] + entry_rows[k].yaml, sizeof there);
        n_there += !!there;
        row = there ? &entry_rows[k] : row;
        yaml = there ? there : yaml;
    }
    if (n_there != 1)
        return fail_entry(&at, "",
                          "an entry is one of conv, stage, pool, linear, add, concat, "
                          "batch_norm, activation");
    if (at.is_last && row->kind != ENTRY_LINEAR)
        return fail_entry(&at, "", "the last layer is not a classifier");
    at.kind = row->word;
    e->kind = row->kind;
    int status = read_name(&at, yaml, e);
    return status ? status : row->read(&at, yaml, e);
}

static int read_sizes(const struct source *source, const struct yaml_network *y,
                      struct nax_network_file *f)
{
    const struct {
        const char *key;
        int64_t value, max;
    } sizes[] = {{"input.height", y->input.height, IMAGE_MAX},
                 {"input.width", y->input.width, IMAGE_MAX},
                 {"input.channels", y->input.channels, IMAGE_MAX},
                 {"classes", y->classes, OUT_MAX}};
    for (size_t i = 0; i < 4; i++) {
        char what[64];
        if (sizes[i].value >= 1 && sizes[i].value <= sizes[i].max)
            continue;
        snprintf(what, sizeof what, "%lld is not between 1 and %lld", (long long)sizes[i].value,
                 (long long)sizes[i].max);
        return fail(source, sizes[i].key, what);
    }
    f->height = (size_t)y->input.height;
    f->width = (size_t)y->input.width;
    f->channels = (size_t)y->input.channels;
    f->n_classes = (size_t)y->classes;
    return 0;
}

/* The stage that comes behind a convolution that is not searched, as a stem, with its channels. */
static int followed_stage(const struct nax_network_file *f, size_t i)
{
    const struct entry *e = &f->entries[i];
    for (size_t k = i + 1; e->kind == ENTRY_CONV && k < f->n_entries; k++)
        if (f->entries[k].is_stage)
            return f->entries[k].out == e->out ? f->entries[k].stage : -1;
    return -1;
}

static void find_stages(struct nax_network_file *f)
{
    for (size_t i = 0; i < f->n_entries; i++) {
        struct entry *e = &f->entries[i];
        e->is_stage = e->kind == ENTRY_STAGE ||
                      (e->kind == ENTRY_CONV && e->is_searched && e->groups == 1 && e->out);
        e->stage = e->is_stage ? (int)f->n_stages++ : -1;
    }
    for (size_t i = 0; i < f->n_entries; i++)
        if (!f->entries[i].is_stage)
            f->entries[i].stage = followed_stage(f, i);
}

static const char *word_of(const struct nax_network_file *f, size_t i)
{
    return entry_rows[f->entries[i].kind].word;
}

static int read_network(const struct source *source, const struct yaml_network *y,
                        struct nax_network_file *f)
{
    int status = read_sizes(source, y, f);
    snprintf(f->name, sizeof f->name, "%s", y->name);
    f->entries = nax_calloc(y->n_layers, sizeof *f->entries);
    if (!f->entries)
        return nax_err_set(source->err, NAX_ERR_MEMORY, "out of memory: '%s'", source->path);
    f->n_entries = y->n_layers;
    for (size_t i = 0; i < f->n_entries && !status; i++)
        status = read_entry(source, y, i, f);
    if (status)
        return status;
    struct nax_network *net;
    struct nax_err shape_err;
    size_t entry;
    const char *field;
    if (nax_network_link(f, &entry, &field, &shape_err)) {
        const struct entry_key at = {.source = source, .index = entry, .kind = word_of(f, entry)};
        return fail_entry(&at, field, shape_err.text);
    }
    find_stages(f);
    if ((status = nax_network_expand(&net, f, NULL, f->slots, &entry, &shape_err))) {
        char key[32];
        snprintf(key, sizeof key, "layers.%zu", entry);
        return status == NAX_ERR_MEMORY ? nax_err_set(source->err, status, "%s", shape_err.text)
                                        : fail(source, key, shape_err.text);
    }
    f->n_slots = net->n_slots;
    nax_network_free(net);
    return 0;
}

static uint64_t hash_geometry(uint64_t hash, const struct nax_layer *s)
{
    const int64_t flags[] = {s->has_batch_norm, s->has_bias, (int64_t)s->groups, s->counts_pad,
                             s->activation};
    const size_t *lists[] = {s->kernel, s->stride, s->dilation, s->pad};
    hash = nax_hash(hash, flags, sizeof flags);
    hash = nax_hash(hash, &s->epsilon, sizeof s->epsilon);
    hash = nax_hash(hash, &s->slope, sizeof s->slope);
    for (size_t i = 0; i < 4; i++)
        for (size_t k = 0; k < (i < 3 ? 2 : 4); k++) {
            const int64_t size = (int64_t)lists[i][k];
            hash = nax_hash(hash, &size, sizeof size);
        }
    return hash;
}

/* What its layers are, so that other layers under one name are told apart. */
static int set_layout(struct nax_network_file *f, struct nax_err *err)
{
    struct nax_network *net;
    int status = nax_network_build(&net, f, NULL, err);
    if (status)
        return status;
    uint64_t hash = nax_hash(0, &f->n_classes, sizeof f->n_classes);
    for (size_t l = 0; l < net->n_layers; l++) {
        const struct nax_layer *s = &net->layers[l];
        const int64_t facts[] = {s->kind,
                                 s->input,
                                 s->residual,
                                 s->has_relu,
                                 s->is_global,
                                 (int64_t)NAX_MAX(s->kernel[0], s->kernel[1]),
                                 (int64_t)NAX_MAX(s->stride[0], s->stride[1]),
                                 (int64_t)s->pad[0],
                                 (int64_t)s->h_in,
                                 (int64_t)s->w_in,
                                 (int64_t)s->c_in,
                                 (int64_t)s->c_out};
        hash = nax_hash(hash, s->name, strlen(s->name));
        hash = nax_hash(hash, facts, sizeof facts);
        if (!nax_layer_is_plain(s))
            hash = hash_geometry(hash, s);
    }
    f->layout = hash;
    nax_network_free(net);
    return 0;
}

uint64_t nax_network_file_layout(const struct nax_network_file *file)
{
    return file->layout;
}

/* All but the layout. */
static int parse(struct nax_network_file **file, const char *path, const char *text, size_t size,
                 struct nax_err *err)
{
    struct nax_network_file *f = NULL;
    void *yaml = NULL;
    char *listed;
    size_t n_listed;
    int status = nax_yaml_listed(text, size, nax_network_listed_keys, &listed, &n_listed, err);
    if (status)
        return status;
    status = nax_yaml_load(path, listed, n_listed, &nax_network_schema, &yaml, err);
    if (!status && !(f = nax_calloc(1, sizeof *f)))
        status = nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", path);
    const struct source source = {path, listed, n_listed, err};
    if (!status)
        status = read_network(&source, yaml, f);
    if (status)
        nax_network_file_free(f);
    else
        *file = f;
    if (yaml)
        nax_yaml_free(&nax_network_schema, yaml);
    free(listed);
    return status;
}

int nax_network_file_parse(struct nax_network_file **file, const char *path, const char *text,
                           size_t size, struct nax_err *err)
{
    int status = parse(file, path, text, size, err);
    if (!status && (status = set_layout(*file, err))) {
        nax_network_file_free(*file);
        *file = NULL;
    }
    return status;
}

int nax_network_file_load(struct nax_network_file **file, const char *name, struct nax_err *err)
{
    char *text = NULL, path[256];
    size_t size;
    int status = nax_config_read("networks", name, &text, &size, path, err);
    if (status)
        return status;
    status = nax_network_file_parse(file, path, text, size, err);
    if (!status && nax_config_is_builtin("networks", name, text))
        (*file)->layout = 0;
    free(text);
    return status;
}

void nax_network_file_free(struct nax_network_file *file)
{
    if (file) {
        free(file->entries);
        free(file->sources);
    }
    free(file);
}

const char *nax_network_file_name(const struct nax_network_file *file)
{
    return file->name;
}

size_t nax_network_file_n_slots(const struct nax_network_file *file)
{
    return file->n_slots;
}

int nax_network_file_kernel(const struct nax_network_file *file, size_t s)
{
    return (int)file->slots[s].kernel;
}

bool nax_network_file_can_skip(const struct nax_network_file *file, size_t s)
{
    return file->slots[s].can_skip;
}

bool nax_network_file_is_kernel_own(const struct nax_network_file *file, size_t s)
{
    return file->slots[s].is_kernel_own;
}

const char *nax_network_file_slot_name(const struct nax_network_file *file, size_t s)
{
    return file->slots[s].name;
}
