/* ONNX files, with tensors in files beside them: the reading half of what includes protobuf's
 * messages. */
#include "graph.h"
#include "half.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "onnx.pb-c.h"

/* ONNX' numbers of element types. */
enum { FLOAT = 1, INT32 = 6, INT64 = 7, FLOAT16 = 10, DOUBLE = 11, BFLOAT16 = 16 };
enum { EXTERNAL = 1, OPSET_MIN = 7, OPSET_MAX = 20 };

struct held {
    struct held *next;
};

void *nax_import_hold(struct import_graph *graph, size_t count, size_t size)
{
    size_t bytes;
    const size_t head = NAX_ROUND_UP(sizeof(struct held), 16);
    if (__builtin_mul_overflow(count, size, &bytes) || __builtin_add_overflow(bytes, head, &bytes))
        return NULL;
    struct held *held = nax_calloc(1, bytes);
    if (!held)
        return NULL;
    held->next = graph->held;
    graph->held = held;
    return (char *)held + head;
}

static int fail_memory(const struct import_graph *g, struct nax_err *err)
{
    return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", g->path);
}

static const char *text(const char *s)
{
    return s ? s : "";
}

/* --- tensors --- */

static int fail_tensor(const struct import_graph *g, const char *name, const char *what,
                       struct nax_err *err)
{
    return nax_err_set(err, NAX_ERR_FORMAT, "%s: tensor '%.64s': %s", g->path, name, what);
}

static size_t element_size(int32_t type)
{
    switch (type) {
    case FLOAT:
    case INT32:
        return 4;
    case DOUBLE:
    case INT64:
        return 8;
    case FLOAT16:
    case BFLOAT16:
        return 2;
    default:
        return 0;
    }
}

/* Element i of little-endian bytes; 0 of the half that the tensor does not have. */
static void element(int32_t type, const uint8_t *bytes, size_t i, float *real, int64_t *whole)
{
    uint16_t half;
    double wide;
    int32_t narrow;
    const uint8_t *at = bytes + i * element_size(type);
    switch (type) {
    case FLOAT:
        memcpy(real, at, sizeof *real);
        break;
    case DOUBLE:
        memcpy(&wide, at, sizeof wide);
        *real = (float)wide;
        break;
    case FLOAT16:
        memcpy(&half, at, sizeof half);
        *real = nax_import_half(half);
        break;
    case BFLOAT16:
        memcpy(&half, at, sizeof half);
        *real = nax_import_bfloat(half);
        break;
    case INT32:
        memcpy(&narrow, at, sizeof narrow);
        *whole = narrow;
        break;
    default:
        memcpy(whole, at, sizeof *whole);
    }
}

static void take_bytes(struct import_tensor *t, int32_t type, const uint8_t *bytes)
{
    float real = 0;
    int64_t whole = 0;
    for (size_t i = 0; i < t->n; i++) {
        element(type, bytes, i, &real, &whole);
        if (t->real)
            t->real[i] = real;
        else
            t->whole[i] = whole;
    }
}

/* Memory for the numbers, once it is known that they are there. */
static int allocate(struct import_graph *g, struct import_tensor *t, int32_t type,
                    struct nax_err *err)
{
    if (type == INT32 || type == INT64)
        t->whole = nax_import_hold(g, NAX_MAX(t->n, 1), sizeof *t->whole);
    else
        t->real = nax_import_hold(g, NAX_MAX(t->n, 1), sizeof *t->real);
    return t->real || t->whole ? 0 : fail_memory(g, err);
}

static int take_typed(struct import_graph *g, struct import_tensor *t, const NaxOnnx__Tensor *m,
                      struct nax_err *err)
{
    const bool is_half = m->data_type == FLOAT16 || m->data_type == BFLOAT16;
    const bool is_narrow = m->data_type == INT32 || is_half;
    size_t n = m->data_type == FLOAT    ? m->n_float_data
               : m->data_type == DOUBLE ? m->n_double_data
               : is_narrow              ? m->n_int32_data
                                        : m->n_int64_data;
    if (n != t->n)
        return fail_tensor(g, t->name, "as many values as its dimensions say are not there", err);
    int status = allocate(g, t, m->data_type, err);
    if (status)
        return status;
    for (size_t i = 0; i < n; i++)
        if (m->data_type == FLOAT)
            t->real[i] = m->float_data[i];
        else if (m->data_type == DOUBLE)
            t->real[i] = (float)m->double_data[i];
        else if (is_half)
            t->real[i] = m->data_type == FLOAT16 ? nax_import_half((uint16_t)m->int32_data[i])
                                                 : nax_import_bfloat((uint16_t)m->int32_data[i]);
        else
            t->whole[i] = is_narrow ? m->int32_data[i] : m->int64_data[i];
    return 0;
}

static bool read_size(const char *digits, size_t *out)
{
    char *end;
    errno = 0;
    unsigned long long value = strtoull(digits, &end, 10);
    *out = (size_t)value;
    return *digits >= '0' && *digits <= '9' && !*end && !errno;
}

static int add_beside(struct import_graph *g, const char *path, struct nax_err *err)
{
    for (size_t i = 0; i < g->n_beside; i++)
        if (!strcmp(g->beside[i], path))
            return 0;
    char **more = nax_grow(g->beside, g->n_beside, sizeof *more);
    if (more)
        g->beside = more;
    if (!more || !(more[g->n_beside] = nax_strdup(path)))
        return fail_memory(g, err);
    g->n_beside++;
    return 0;
}

/* A tensor in a file beside the network's, which may not be elsewhere. */
static int take_external(struct import_graph *g, struct import_tensor *t, const NaxOnnx__Tensor *m,
                         struct nax_err *err)
{
    const char *location = "", *slash = strrchr(g->path, '/');
    size_t offset = 0, length = t->n * element_size(m->data_type), size;
    char path[4096];
    void *map;
    for (size_t i = 0; i < m->n_external_data; i++) {
        const char *key = text(m->external_data[i]->key), *value = text(m->external_data[i]->value);
        size_t given = length;
        if (!strcmp(key, "location"))
            location = value;
        if ((!strcmp(key, "offset") && !read_size(value, &offset)) ||
            (!strcmp(key, "length") && !read_size(value, &given)) || given != length)
            return fail_tensor(g, t->name, "offset or length of its file is broken", err);
    }
    if (!*location || *location == '/' || strstr(location, ".."))
        return fail_tensor(g, t->name, "its file is none in the folder of the network's", err);
    int n = snprintf(path, sizeof path, "%.*s%s", slash ? (int)(slash + 1 - g->path) : 0, g->path,
                     location);
    if (n < 0 || (size_t)n >= sizeof path)
        return fail_tensor(g, t->name, "the name of its file is too long", err);
    int status = nax_file_map(path, &map, &size, err);
    if (status)
        return nax_err_prefix(err, "%s: tensor '%.64s'", g->path, t->name);
    if (offset > size || length > size - offset)
        status = fail_tensor(g, t->name, "its file is too short", err);
    else if (!(status = allocate(g, t, m->data_type, err)))
        take_bytes(t, m->data_type, (const uint8_t *)map + offset);
    nax_file_unmap(map, size);
    return status ? status : add_beside(g, path, err);
}

static int take_dims(const struct import_graph *g, struct import_tensor *t,
                     const NaxOnnx__Tensor *m, struct nax_err *err)
{
    if (m->n_dims > IMPORT_DIMS_MAX)
        return fail_tensor(g, t->name, "more than 8 dimensions", err);
    t->n_dims = m->n_dims;
    t->n = 1;
    for (size_t d = 0; d < m->n_dims; d++) {
        if (m->dims[d] < 0)
            return fail_tensor(g, t->name, "a negative dimension", err);
        t->dims[d] = (size_t)m->dims[d];
        if (__builtin_mul_overflow(t->n, t->dims[d], &t->n) || t->n > IMPORT_MAX_ELEMENTS)
            return fail_tensor(g, t->name, "more than 2^30 elements", err);
    }
    return 0;
}

static int read_tensor(struct import_graph *g, struct import_tensor *t, const NaxOnnx__Tensor *m,
                       struct nax_err *err)
{
    t->name = text(m->name);
    int status = take_dims(g, t, m, err);
    if (status)
        return status;
    size_t size = element_size(m->data_type);
    if (!size)
        return fail_tensor(g, t->name,
                           "elements are not float, double, float16, bfloat16, int32 or "
                           "int64",
                           err);
    bool is_external = m->has_data_location && m->data_location == EXTERNAL;
    if (m->has_raw_data && !is_external && m->raw_data.len != t->n * size)
        return fail_tensor(g, t->name, "as many bytes as its dimensions say are not there", err);
    if (is_external)
        return take_external(g, t, m, err);
    if (!m->has_raw_data)
        return take_typed(g, t, m, err);
    if (!(status = allocate(g, t, m->data_type, err)))
        take_bytes(t, m->data_type, m->raw_data.data);
    return status;
}

/* --- nodes --- */

static const char *bytes_text(struct import_graph *g, const ProtobufCBinaryData *s)
{
    char *copy = nax_import_hold(g, s->len + 1, 1);
    if (copy && s->len)
        memcpy(copy, s->data, s->len);
    return copy;
}

static int read_attribute(struct import_graph *g, struct import_attribute *a,
                          const NaxOnnx__Attribute *m, struct nax_err *err)
{
    static const enum import_attribute_kind kinds[] = {IMPORT_OTHER, IMPORT_F, IMPORT_I,
                                                       IMPORT_S,     IMPORT_T, IMPORT_OTHER,
                                                       IMPORT_OTHER, IMPORT_IS};
    a->name = text(m->name);
    a->kind = m->type >= 0 && m->type < 8 ? kinds[m->type] : IMPORT_OTHER;
    a->f = (double)m->f;
    a->i = m->i;
    a->n = m->n_ints;
    a->ints = m->ints;
    /* zeros and empty values may be left out */
    const bool has[] = {[IMPORT_OTHER] = false, [IMPORT_F] = m->has_f, [IMPORT_I] = m->has_i,
                        [IMPORT_S] = m->s.len,  [IMPORT_T] = m->t,     [IMPORT_IS] = m->n_ints};
    bool has_any = a->kind == IMPORT_T;
    for (size_t k = 0; k < sizeof has / sizeof *has; k++)
        has_any = has_any || has[k];
    a->has_none = has_any && !has[a->kind];
    if (a->kind == IMPORT_S && !(a->s = bytes_text(g, &m->s)))
        return fail_memory(g, err);
    if (a->kind != IMPORT_T || !m->t)
        return 0;
    a->t = nax_import_hold(g, 1, sizeof *a->t);
    return a->t ? read_tensor(g, a->t, m->t, err) : fail_memory(g, err);
}

static int read_node(struct import_graph *g, struct import_node *node, const NaxOnnx__Node *m,
                     struct nax_err *err)
{
    *node = (struct import_node){.name = text(m->name),
                                 .op = text(m->op_type),
                                 .domain = text(m->domain),
                                 .n_in = m->n_input,
                                 .n_out = m->n_output,
                                 .n_attributes = m->n_attribute,
                                 .in = m->input,
                                 .out = m->output};
    if (!m->n_output)
        return nax_err_set(err, NAX_ERR_FORMAT, "%s: node '%.64s' (%.32s): it has no output",
                           g->path, node->name, node->op);
    node->attributes = nax_import_hold(g, m->n_attribute, sizeof *node->attributes);
    if (!node->attributes)
        return fail_memory(g, err);
    if (!*node->name) /* which names of nodes are for; they may be left out */
        node->name = m->output[0];
    for (size_t i = 0; i < m->n_attribute; i++) {
        int status = read_attribute(g, &node->attributes[i], m->attribute[i], err);
        if (status)
            return status;
    }
    return 0;
}

/* --- the graph --- */

static bool is_constant(const struct import_graph *g, const char *name)
{
    for (size_t i = 0; i < g->n_constants; i++)
        if (!strcmp(g->constants[i].name, name))
            return true;
    return false;
}

static int read_port(const struct import_graph *g, struct import_port *port, const char *word,
                     const NaxOnnx__ValueInfo *m, struct nax_err *err)
{
    const NaxOnnx__TensorType *type = m->type ? m->type->tensor_type : NULL;
    const NaxOnnx__Shape *shape = type ? type->shape : NULL;
    port->name = text(m->name);
    port->n_dims = shape ? shape->n_dim : 0;
    if (port->n_dims > IMPORT_DIMS_MAX)
        return nax_err_set(err, NAX_ERR_FORMAT, "%s: more than 8 dimensions: '%s %.64s'", g->path,
                           word, port->name);
    for (size_t d = 0; d < port->n_dims; d++)
        port->dims[d] = shape->dim[d]->has_dim_value ? shape->dim[d]->dim_value : -1;
    return 0;
}

static int read_ports(struct import_graph *g, const NaxOnnx__Graph *from, struct nax_err *err)
{
    int status = 0;
    for (size_t i = 0; !status && i < from->n_input; i++)
        if (!is_constant(g, text(from->input[i]->name)))
            status = read_port(g, &g->inputs[g->n_inputs++], "input", from->input[i], err);
    for (size_t i = 0; !status && i < from->n_output; i++)
        status = read_port(g, &g->outputs[g->n_outputs++], "output", from->output[i], err);
    return status;
}

static int read_opset(struct import_graph *g, const NaxOnnx__Model *m, struct nax_err *err)
{
    for (size_t i = 0; i < m->n_opset_import; i++)
        if (!*text(m->opset_import[i]->domain) || !strcmp(m->opset_import[i]->domain, "ai.onnx"))
            g->opset = m->opset_import[i]->version;
    if (g->opset >= OPSET_MIN && g->opset <= OPSET_MAX)
        return 0;
    return nax_err_set(err, NAX_ERR_FORMAT,
                       "%s: operators of version %lld; those of 7 to 20 are read", g->path,
                       (long long)g->opset);
}

static int check_counts(const struct import_graph *g, const NaxOnnx__Graph *from,
                        struct nax_err *err)
{
    size_t n_reads = 0;
    for (size_t i = 0; i < from->n_node; i++)
        n_reads += from->node[i]->n_input;
    const struct {
        const char *what;
        size_t n, max;
    } counts[] = {{"nodes", from->n_node, IMPORT_NODES_MAX},
                  {"tensors", from->n_initializer, IMPORT_NODES_MAX},
                  {"inputs", from->n_input, IMPORT_NODES_MAX},
                  {"outputs", from->n_output, IMPORT_NODES_MAX},
                  {"inputs of all nodes", n_reads, IMPORT_READS_MAX}};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        if (counts[i].n > counts[i].max)
            return nax_err_set(err, NAX_ERR_FORMAT, "%s: %zu %s, and %zu at most are read", g->path,
                               counts[i].n, counts[i].what, counts[i].max);
    return 0;
}

static int read_model(struct import_graph *g, const NaxOnnx__Model *m, struct nax_err *err)
{
    const NaxOnnx__Graph *from = m->graph;
    int status = 0;
    if (!from || !from->n_node)
        return nax_err_set(err, NAX_ERR_FORMAT, "%s: not an ONNX file: it has no node", g->path);
    if ((status = check_counts(g, from, err)))
        return status;
    g->nodes = nax_import_hold(g, from->n_node, sizeof *g->nodes);
    g->constants = nax_import_hold(g, from->n_initializer, sizeof *g->constants);
    g->inputs = nax_import_hold(g, from->n_input, sizeof *g->inputs);
    g->outputs = nax_import_hold(g, from->n_output, sizeof *g->outputs);
    if (!g->nodes || !g->constants || !g->inputs || !g->outputs)
        return fail_memory(g, err);
    status = read_opset(g, m, err);
    for (size_t i = 0; !status && i < from->n_initializer; i++, g->n_constants += !status)
        status = read_tensor(g, &g->constants[i], from->initializer[i], err);
    if (!status)
        status = read_ports(g, from, err);
    for (size_t i = 0; !status && i < from->n_node; i++, g->n_nodes += !status)
        status = read_node(g, &g->nodes[i], from->node[i], err);
    return status;
}

int nax_import_graph_read(struct import_graph **graph, const char *path, struct nax_err *err)
{
    void *map;
    size_t size;
    int status = nax_file_map(path, &map, &size, err);
    if (status)
        return status;
    struct import_graph *g = nax_calloc(1, sizeof *g);
    NaxOnnx__Model *m = g ? nax_onnx__model__unpack(NULL, size, map) : NULL;
    nax_file_unmap(map, size);
    if (!g)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", path);
    g->path = path;
    g->message = m;
    status = m ? read_model(g, m, err)
               : nax_err_set(err, NAX_ERR_FORMAT, "not an ONNX file, or cut short: '%s'", path);
    if (status)
        nax_import_graph_free(g);
    else
        *graph = g;
    return status;
}

void nax_import_free_beside(char **beside, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(beside[i]);
    free(beside);
}

void nax_import_graph_free(struct import_graph *graph)
{
    if (!graph)
        return;
    while (graph->held) {
        struct held *next = graph->held->next;
        free(graph->held);
        graph->held = next;
    }
    nax_import_free_beside(graph->beside, graph->n_beside);
    if (graph->message)
        nax_onnx__model__free_unpacked(graph->message, NULL);
    free(graph);
}
