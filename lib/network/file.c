/* Network files: their YAML schema, defaults and bounds. */
#include "file.h"

#include <cyaml/cyaml.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- the YAML as libcyaml loads it: a pointer is an optional value --- */

struct yaml_input {
    int64_t height, width, channels;
};

enum yaml_role { YAML_ROLE_STEM, YAML_ROLE_BODY, YAML_ROLE_CLASSIFIER };

/* One number or several, of n: see listed_keys. */
struct yaml_sizes {
    int64_t at[4];
    uint32_t n;
};

struct yaml_conv {
    struct yaml_sizes kernel, stride, dilation, pad;
    int64_t *out, *groups;
    double *epsilon;
    int *bias, *batch_norm, *relu, *role, *search;
};

struct yaml_stage {
    struct yaml_sizes kernel, stride;
    int64_t blocks, out;
    int *shortcut;
};

struct yaml_pool {
    enum nax_layer_kind kind;
    struct yaml_sizes kernel, stride;
};

struct yaml_linear {
    int64_t *out;
    int *relu, *role, *search;
};

struct yaml_layer {
    struct yaml_conv *conv;
    struct yaml_stage *stage;
    struct yaml_pool *pool;
    struct yaml_linear *linear;
};

struct yaml_network {
    char *name;
    struct yaml_input input;
    int64_t classes;
    struct yaml_layer *layers;
    uint32_t n_layers;
};

enum { LAYER_ENTRIES_MAX = NAX_NETWORK_LAYERS_MAX, ONE = CYAML_FLAG_DEFAULT };
enum { OPTIONAL = CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, WORD = OPTIONAL | CYAML_FLAG_STRICT };

/* not CYAML_BOOL, which takes any unknown word for true */
static const cyaml_strval_t bool_words[] = {{"false", 0}, {"true", 1}};
static const cyaml_strval_t conv_roles[] = {{"stem", YAML_ROLE_STEM}, {"body", YAML_ROLE_BODY}};
static const cyaml_strval_t linear_roles[] = {{"body", YAML_ROLE_BODY},
                                              {"classifier", YAML_ROLE_CLASSIFIER}};
static const cyaml_strval_t shortcuts[] = {{"pad", 0}, {"conv", 1}};
static const cyaml_strval_t pool_kinds[] = {{"mean", NAX_LAYER_POOL_MEAN},
                                            {"max", NAX_LAYER_POOL_MAX}};

/* Their values may be one number for all directions, a list of one then. */
static const char *const listed_keys[] = {"kernel", "stride", "dilation", "pad", NULL};
static const cyaml_schema_value_t size_value = {CYAML_VALUE_INT(CYAML_FLAG_DEFAULT, int64_t)};
enum { MAYBE = CYAML_FLAG_OPTIONAL, EACH = 2, SIDES = 4 };
#define SIZES(key, flags, structure, member, most)                                                 \
    CYAML_FIELD_SEQUENCE_COUNT(key, flags, structure, member.at, member.n, &size_value, 1, most)

static const cyaml_schema_field_t conv_fields[] = {
    CYAML_FIELD_INT_PTR("out", OPTIONAL, struct yaml_conv, out),
    SIZES("kernel", ONE, struct yaml_conv, kernel, EACH),
    SIZES("stride", MAYBE, struct yaml_conv, stride, EACH),
    SIZES("dilation", MAYBE, struct yaml_conv, dilation, EACH),
    SIZES("pad", MAYBE, struct yaml_conv, pad, SIDES),
    CYAML_FIELD_INT_PTR("groups", OPTIONAL, struct yaml_conv, groups),
    CYAML_FIELD_ENUM_PTR("bias", WORD, struct yaml_conv, bias, bool_words, 2),
    CYAML_FIELD_ENUM_PTR("batch_norm", WORD, struct yaml_conv, batch_norm, bool_words, 2),
    CYAML_FIELD_FLOAT_PTR("epsilon", OPTIONAL, struct yaml_conv, epsilon),
    CYAML_FIELD_ENUM_PTR("relu", WORD, struct yaml_conv, relu, bool_words, 2),
    CYAML_FIELD_ENUM_PTR("role", WORD, struct yaml_conv, role, conv_roles, 2),
    CYAML_FIELD_ENUM_PTR("search", WORD, struct yaml_conv, search, bool_words, 2),
    CYAML_FIELD_END};

static const cyaml_schema_field_t stage_fields[] = {
    CYAML_FIELD_INT("blocks", ONE, struct yaml_stage, blocks),
    CYAML_FIELD_INT("out", ONE, struct yaml_stage, out),
    SIZES("kernel", ONE, struct yaml_stage, kernel, 1),
    SIZES("stride", MAYBE, struct yaml_stage, stride, 1),
    CYAML_FIELD_ENUM_PTR("shortcut", WORD, struct yaml_stage, shortcut, shortcuts, 2),
    CYAML_FIELD_END};

static const cyaml_schema_field_t pool_fields[] = {
    CYAML_FIELD_ENUM("kind", CYAML_FLAG_STRICT, struct yaml_pool, kind, pool_kinds,
                     CYAML_ARRAY_LEN(pool_kinds)),
    SIZES("kernel", MAYBE, struct yaml_pool, kernel, EACH),
    SIZES("stride", MAYBE, struct yaml_pool, stride, EACH), CYAML_FIELD_END};

static const cyaml_schema_field_t linear_fields[] = {
    CYAML_FIELD_INT_PTR("out", OPTIONAL, struct yaml_linear, out),
    CYAML_FIELD_ENUM_PTR("relu", WORD, struct yaml_linear, relu, bool_words, 2),
    CYAML_FIELD_ENUM_PTR("role", WORD, struct yaml_linear, role, linear_roles, 2),
    CYAML_FIELD_ENUM_PTR("search", WORD, struct yaml_linear, search, bool_words, 2),
    CYAML_FIELD_END};

static const cyaml_schema_field_t layer_fields[] = {
    CYAML_FIELD_MAPPING_PTR("conv", OPTIONAL, struct yaml_layer, conv, conv_fields),
    CYAML_FIELD_MAPPING_PTR("stage", OPTIONAL, struct yaml_layer, stage, stage_fields),
    CYAML_FIELD_MAPPING_PTR("pool", OPTIONAL, struct yaml_layer, pool, pool_fields),
    CYAML_FIELD_MAPPING_PTR("linear", OPTIONAL, struct yaml_layer, linear, linear_fields),
    CYAML_FIELD_END};

static const cyaml_schema_value_t layer_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct yaml_layer, layer_fields)};

static const cyaml_schema_field_t input_fields[] = {
    CYAML_FIELD_INT("height", ONE, struct yaml_input, height),
    CYAML_FIELD_INT("width", ONE, struct yaml_input, width),
    CYAML_FIELD_INT("channels", ONE, struct yaml_input, channels), CYAML_FIELD_END};

static const cyaml_schema_field_t network_fields[] = {
    CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, struct yaml_network, name, 1, 63),
    CYAML_FIELD_MAPPING("input", ONE, struct yaml_network, input, input_fields),
    CYAML_FIELD_INT("classes", ONE, struct yaml_network, classes),
    CYAML_FIELD_SEQUENCE_COUNT("layers", CYAML_FLAG_POINTER, struct yaml_network, layers, n_layers,
                               &layer_value, 1, LAYER_ENTRIES_MAX),
    CYAML_FIELD_END};

static const cyaml_schema_value_t network_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct yaml_network, network_fields)};

/* --- checks --- */

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

/* Half of the kernel all round where it is missing. */
static int read_pad(const struct entry_key *at, const struct yaml_sizes *y, struct entry *e)
{
    int status = 0;
    if (y->n && y->n != 1 && y->n != 4)
        return fail_entry(at, "pad", "neither one number nor four, for top, left, bottom, right");
    for (uint32_t i = 0; i < 4 && !status; i++) {
        e->pad[i] = y->n ? y->at[NAX_MIN(i, y->n - 1)] : e->kernel[i % 2] / 2;
        status = check_range(at, "pad", e->pad[i], 0, PAD_MAX);
    }
    return status;
}

static int read_norm(const struct entry_key *at, const struct yaml_conv *y, struct entry *e)
{
    e->has_batch_norm = !y->batch_norm || *y->batch_norm;
    e->has_bias = y->bias && *y->bias;
    e->epsilon = y->epsilon ? *y->epsilon : NAX_BATCH_NORM_EPSILON;
    if (e->has_batch_norm && e->has_bias)
        return fail_entry(at, "bias",
                          "batch norm takes it away again: 'batch_norm: false', or no "
                          "bias");
    if (!e->has_batch_norm && y->epsilon)
        return fail_entry(at, "epsilon", "without batch norm it does nothing");
    if (!(e->epsilon > 0) || e->epsilon > 1)
        return fail_entry(at, "epsilon", "is not above 0 and at most 1");
    return 0;
}

static int read_conv(const struct entry_key *at, const void *yaml, struct entry *e)
{
    const struct yaml_conv *y = yaml;
    int status;
    bool is_stem = y->role && *y->role == YAML_ROLE_STEM;
    e->role = is_stem ? NAX_ROLE_STEM : NAX_ROLE_BODY;
    e->out = y->out ? *y->out : 0;
    e->groups = y->groups ? *y->groups : 1;
    e->has_relu = !y->relu || *y->relu;
    e->is_searched = y->search ? *y->search : !is_stem;
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
        (status = read_pad(at, &y->pad, e)) ||
        (status = check_range(at, "groups", e->groups, 1, OUT_MAX)))
        return status;
    return read_norm(at, y, e);
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
    return e->kernel[0] % 2 ? 0 : fail_entry(at, "kernel", "an even size");
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
    return status;
}

static int read_linear(const struct entry_key *at, const void *yaml, struct entry *e)
{
    const struct yaml_linear *y = yaml;
    bool is_classifier = y->role && *y->role == YAML_ROLE_CLASSIFIER;
    e->role = is_classifier ? NAX_ROLE_CLASSIFIER : NAX_ROLE_BODY;
    e->has_relu = y->relu ? *y->relu : !is_classifier;
    e->is_searched = y->search && *y->search;
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

/* What an entry of the list of layers may be. */
static const struct entry_row {
    enum entry_kind kind;
    const char *word, *name; /* in the file; and what names of its layers begin with */
    size_t yaml;             /* where struct yaml_layer points to it */
    int (*read)(const struct entry_key *at, const void *yaml, struct entry *e);
} entry_rows[] = {
    {ENTRY_CONV, "conv", "conv", offsetof(struct yaml_layer, conv), read_conv},
    {ENTRY_STAGE, "stage", "s", offsetof(struct yaml_layer, stage), read_stage},
    {ENTRY_POOL, "pool", "pool", offsetof(struct yaml_layer, pool), read_pool},
    {ENTRY_LINEAR, "linear", "fc", offsetof(struct yaml_layer, linear), read_linear},
};
_Static_assert(CYAML_ARRAY_LEN(entry_rows) == ENTRY_COUNT, "a row for every kind of entry");

static int read_entry(const struct source *source, const struct yaml_network *y, size_t i,
                      struct entry *e)
{
    struct entry_key at = {source, i, "", y->classes, i + 1 == y->n_layers};
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
        return fail_entry(&at, "", "an entry is one of conv, stage, pool, linear");
    if (at.is_last && row->kind != ENTRY_LINEAR)
        return fail_entry(&at, "", "the last layer is not a classifier");
    at.kind = row->word;
    e->kind = row->kind;
    return row->read(&at, yaml, e);
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

/* "conv1", "conv2", … in the order of the file; without a number where there is only one, and by
 * role where that says it: "stem". */
static void name_entries(struct nax_network_file *f)
{
    size_t total[ENTRY_COUNT] = {0}, seen[ENTRY_COUNT] = {0};
    for (size_t i = 0; i < f->n_entries; i++)
        total[f->entries[i].kind] += f->entries[i].role != NAX_ROLE_STEM;
    for (size_t i = 0; i < f->n_entries; i++) {
        struct entry *e = &f->entries[i];
        const char *name = entry_rows[e->kind].name;
        if (e->role == NAX_ROLE_STEM)
            snprintf(e->name, sizeof e->name, "stem");
        else if (total[e->kind] == 1 && e->kind != ENTRY_STAGE)
            snprintf(e->name, sizeof e->name, "%s", name);
        else
            snprintf(e->name, sizeof e->name, "%s%d", name, (int)++seen[e->kind]);
    }
}

/* The stage that comes next, where a convolution that is not searched, as a stem, has its channels.
 */
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
        status = read_entry(source, y, i, &f->entries[i]);
    if (status)
        return status;
    name_entries(f);
    find_stages(f);
    struct nax_network *net;
    struct nax_err shape_err;
    size_t entry;
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
    const int64_t flags[] = {s->has_batch_norm, s->has_bias, (int64_t)s->groups};
    const size_t *lists[] = {s->kernel, s->stride, s->dilation, s->pad};
    hash = nax_hash(hash, flags, sizeof flags);
    hash = nax_hash(hash, &s->epsilon, sizeof s->epsilon);
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

int nax_network_file_load(struct nax_network_file **file, const char *name, struct nax_err *err)
{
    struct nax_network_file *f = NULL;
    void *yaml = NULL;
    char *text = NULL, *listed = NULL, path[256];
    size_t size, n_listed;
    int status = nax_config_read("networks", name, &text, &size, path, err);
    if (status)
        return status;
    if ((status = nax_yaml_listed(text, size, listed_keys, &listed, &n_listed, err)) ||
        (status = nax_yaml_load(path, listed, n_listed, &network_schema, &yaml, err)))
        goto out;
    if (!(f = nax_calloc(1, sizeof *f))) {
        status = nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", path);
        goto out;
    }
    const struct source source = {path, listed, n_listed, err};
    status = read_network(&source, yaml, f);
    if (!status && !nax_config_is_builtin("networks", name, text))
        status = set_layout(f, err);
out:
    if (status)
        nax_network_file_free(f);
    else
        *file = f;
    if (yaml)
        nax_yaml_free(&network_schema, yaml);
    free(listed);
    free(text);
    return status;
}

void nax_network_file_free(struct nax_network_file *file)
{
    if (file)
        free(file->entries);
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
