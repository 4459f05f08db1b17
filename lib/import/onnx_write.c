/* A graph as an ONNX file: the writing half of what includes protobuf's messages. */
#include "graph.h"

#include <string.h>

#include "onnx.pb-c.h"

/* ONNX' numbers of element and attribute types. */
enum { FLOAT = 1, INT64 = 7, OF_FLOAT = 1, OF_INT = 2, OF_INTS = 7 };
/* The version of the format that came with operators of version 10. */
enum { IR_VERSION = 5 };

/* Messages are held by the graph. Once memory has been short, they are not whole. */
struct writer {
    struct import_graph *graph;
    bool is_short;
};

static void *get(struct writer *w, size_t count, size_t size)
{
    void *memory = nax_import_hold(w->graph, count, size);
    w->is_short = w->is_short || !memory;
    return memory;
}

static void *copy(struct writer *w, const void *from, size_t count, size_t size)
{
    void *to = get(w, count, size);
    if (to && count)
        memcpy(to, from, count * size);
    return to;
}

static char *copy_text(struct writer *w, const char *text)
{
    return copy(w, text, strlen(text) + 1, 1);
}

/* --- each message, or NULL --- */

/* Its numbers as they lie in memory, little-endian as the format has them: not copied. */
static NaxOnnx__Tensor *tensor(struct writer *w, const struct import_tensor *t)
{
    NaxOnnx__Tensor *m = get(w, 1, sizeof *m);
    if (!m)
        return NULL;
    nax_onnx__tensor__init(m);
    m->name = copy_text(w, t->name);
    m->has_data_type = m->has_raw_data = true;
    m->data_type = t->real ? FLOAT : INT64;
    m->n_dims = t->n_dims;
    m->dims = get(w, t->n_dims, sizeof *m->dims);
    for (size_t d = 0; m->dims && d < t->n_dims; d++)
        m->dims[d] = (int64_t)t->dims[d];
    m->raw_data.data = t->real ? (void *)t->real : (void *)t->whole;
    m->raw_data.len = t->n * (t->real ? sizeof *t->real : sizeof *t->whole);
    return m;
}

static NaxOnnx__Attribute *attribute(struct writer *w, const struct import_attribute *a)
{
    NaxOnnx__Attribute *m = get(w, 1, sizeof *m);
    if (!m)
        return NULL;
    nax_onnx__attribute__init(m);
    m->name = copy_text(w, a->name);
    m->has_type = true;
    switch (a->kind) {
    case IMPORT_F:
        m->type = OF_FLOAT;
        m->has_f = true;
        m->f = (float)a->f;
        break;
    case IMPORT_I:
        m->type = OF_INT;
        m->has_i = true;
        m->i = a->i;
        break;
    case IMPORT_IS:
        m->type = OF_INTS;
        m->n_ints = a->n;
        m->ints = copy(w, a->ints, a->n, sizeof *a->ints);
        break;
    case IMPORT_S:
    case IMPORT_T:
    case IMPORT_OTHER:
        break;
    }
    return m;
}

static char **names(struct writer *w, char *const *from, size_t n)
{
    char **to = get(w, n, sizeof *to);
    for (size_t i = 0; to && i < n; i++)
        to[i] = copy_text(w, from[i]);
    return to;
}

static NaxOnnx__Node *node(struct writer *w, const struct import_node *from)
{
    NaxOnnx__Node *m = get(w, 1, sizeof *m);
    if (!m)
        return NULL;
    nax_onnx__node__init(m);
    m->name = copy_text(w, from->name);
    m->op_type = copy_text(w, from->op);
    m->n_input = from->n_in;
    m->input = names(w, from->in, from->n_in);
    m->n_output = from->n_out;
    m->output = names(w, from->out, from->n_out);
    m->n_attribute = from->n_attributes;
    m->attribute = get(w, from->n_attributes, sizeof(NaxOnnx__Attribute *));
    for (size_t i = 0; m->attribute && i < from->n_attributes; i++)
        m->attribute[i] = attribute(w, &from->attributes[i]);
    return m;
}

static NaxOnnx__Dimension *dimension(struct writer *w, int64_t n)
{
    NaxOnnx__Dimension *m = get(w, 1, sizeof *m);
    if (!m)
        return NULL;
    nax_onnx__dimension__init(m);
    m->has_dim_value = n >= 0;
    m->dim_value = n;
    if (n < 0)
        m->dim_param = copy_text(w, "n");
    return m;
}

static NaxOnnx__ValueInfo *port(struct writer *w, const struct import_port *from)
{
    NaxOnnx__ValueInfo *m = get(w, 1, sizeof *m);
    NaxOnnx__Type *type = get(w, 1, sizeof *type);
    NaxOnnx__TensorType *of = get(w, 1, sizeof *of);
    NaxOnnx__Shape *shape = get(w, 1, sizeof *shape);
    NaxOnnx__Dimension **dims = get(w, from->n_dims, sizeof *dims);
    if (w->is_short)
        return NULL;
    nax_onnx__value_info__init(m);
    nax_onnx__type__init(type);
    nax_onnx__tensor_type__init(of);
    nax_onnx__shape__init(shape);
    m->name = copy_text(w, from->name);
    m->type = type;
    type->tensor_type = of;
    of->has_elem_type = true;
    of->elem_type = FLOAT;
    of->shape = shape;
    shape->n_dim = from->n_dims;
    shape->dim = dims;
    for (size_t d = 0; d < from->n_dims; d++)
        dims[d] = dimension(w, from->dims[d]);
    return m;
}

static NaxOnnx__Graph *graph(struct writer *w)
{
    const struct import_graph *g = w->graph;
    NaxOnnx__Graph *m = get(w, 1, sizeof *m);
    if (!m)
        return NULL;
    nax_onnx__graph__init(m);
    m->name = copy_text(w, g->name);
    m->n_node = g->n_nodes;
    m->node = get(w, g->n_nodes, sizeof(NaxOnnx__Node *));
    m->n_initializer = g->n_constants;
    m->initializer = get(w, g->n_constants, sizeof(NaxOnnx__Tensor *));
    m->n_input = g->n_inputs;
    m->input = get(w, g->n_inputs, sizeof(NaxOnnx__ValueInfo *));
    m->n_output = g->n_outputs;
    m->output = get(w, g->n_outputs, sizeof(NaxOnnx__ValueInfo *));
    for (size_t i = 0; m->node && i < g->n_nodes; i++)
        m->node[i] = node(w, &g->nodes[i]);
    for (size_t i = 0; m->initializer && i < g->n_constants; i++)
        m->initializer[i] = tensor(w, &g->constants[i]);
    for (size_t i = 0; m->input && i < g->n_inputs; i++)
        m->input[i] = port(w, &g->inputs[i]);
    for (size_t i = 0; m->output && i < g->n_outputs; i++)
        m->output[i] = port(w, &g->outputs[i]);
    return m;
}

/* --- bytes --- */

struct sink {
    ProtobufCBuffer base;
    FILE *out;
};

static void append(ProtobufCBuffer *base, size_t n, const uint8_t *bytes)
{
    fwrite(bytes, 1, n, ((struct sink *)base)->out);
}

int nax_import_graph_write(struct import_graph *g, FILE *out, struct nax_err *err)
{
    struct writer w = {.graph = g};
    struct sink sink = {.base.append = append, .out = out};
    NaxOnnx__OperatorSet opset = NAX_ONNX__OPERATOR_SET__INIT, *opsets[] = {&opset};
    NaxOnnx__Model m = NAX_ONNX__MODEL__INIT;
    opset.domain = copy_text(&w, "");
    opset.has_version = true;
    opset.version = g->opset;
    m.has_ir_version = true;
    m.ir_version = IR_VERSION;
    m.producer_name = copy_text(&w, g->producer);
    m.producer_version = copy_text(&w, g->producer_version);
    m.n_opset_import = 1;
    m.opset_import = opsets;
    m.graph = graph(&w);
    if (w.is_short)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", g->path);
    if (nax_onnx__model__get_packed_size(&m) > INT32_MAX)
        return nax_err_set(err, NAX_ERR_VALUE, "more than 2 GiB, which no ONNX file can be: '%s'",
                           g->path);
    nax_onnx__model__pack_to_buffer(&m, &sink.base);
    return 0;
}
