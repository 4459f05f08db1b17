/* Values, attributes and inputs of nodes, as the importer's steps ask for them. */
#include "steps.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int nax_import_fail(const struct importer *imp, const struct import_node *node, const char *format,
                    ...)
{
    char what[256];
    va_list ap;
    va_start(ap, format);
    vsnprintf(what, sizeof what, format, ap);
    va_end(ap);
    return nax_err_set(imp->err, NAX_ERR_FORMAT, "%s: node '%.64s' (%.32s): %s", imp->graph->path,
                       node->name, node->op, what);
}

struct import_value *nax_import_find(const struct importer *imp, const char *name)
{
    for (size_t i = imp->n_values; i-- > 0;)
        if (!strcmp(imp->values[i].name, name))
            return &imp->values[i];
    return NULL;
}

struct import_value *nax_import_make(struct importer *imp, const struct import_node *node)
{
    if (!node->n_out || !*node->out[0] || nax_import_find(imp, node->out[0])) {
        nax_import_fail(imp, node, "its output has no name, or another's");
        return NULL;
    }
    struct import_value *v = &imp->values[imp->n_values++];
    *v = (struct import_value){.name = node->out[0], .layer = NAX_FROM_NONE};
    v->is_shared = nax_import_n_readers(imp, v->name) > 1;
    return v;
}

bool nax_import_is_output(const struct importer *imp, const char *name)
{
    for (size_t i = 0; i < imp->graph->n_outputs; i++)
        if (!strcmp(imp->graph->outputs[i].name, name))
            return true;
    return false;
}

static bool reads(const struct import_node *node, const char *name)
{
    for (size_t i = 0; i < node->n_in; i++)
        if (!strcmp(node->in[i], name))
            return true;
    return false;
}

size_t nax_import_n_readers(const struct importer *imp, const char *name)
{
    size_t n = nax_import_is_output(imp, name);
    for (size_t i = 0; i < imp->graph->n_nodes; i++)
        n += reads(&imp->graph->nodes[i], name);
    return n;
}

const struct import_node *nax_import_reader(const struct importer *imp, const char *name)
{
    const struct import_node *reader = NULL;
    if (nax_import_n_readers(imp, name) != 1)
        return NULL;
    for (size_t i = 0; i < imp->graph->n_nodes && !reader; i++)
        if (reads(&imp->graph->nodes[i], name))
            reader = &imp->graph->nodes[i];
    return reader;
}

const struct import_attribute *nax_import_attribute(const struct import_node *node,
                                                    const char *name)
{
    for (size_t i = 0; i < node->n_attributes; i++)
        if (!strcmp(node->attributes[i].name, name))
            return &node->attributes[i];
    return NULL;
}

int64_t nax_import_int(const struct import_node *node, const char *name, int64_t value)
{
    const struct import_attribute *a = nax_import_attribute(node, name);
    return a ? a->i : value;
}

double nax_import_float(const struct import_node *node, const char *name, double value)
{
    const struct import_attribute *a = nax_import_attribute(node, name);
    return a ? a->f : value;
}

int nax_import_sizes(const struct importer *imp, const struct import_node *node, const char *name,
                     size_t n, size_t min, size_t max, size_t *values)
{
    const struct import_attribute *a = nax_import_attribute(node, name);
    if (!a)
        return 0;
    if (a->n != n)
        return nax_import_fail(imp, node, "'%.32s' is not %zu numbers: an image has two sides",
                               name, n);
    for (size_t i = 0; i < n; i++) {
        if (a->ints[i] < (int64_t)min || a->ints[i] > (int64_t)max)
            return nax_import_fail(imp, node, "'%.32s' is not from %zu to %zu: %lld", name, min,
                                   max, (long long)a->ints[i]);
        values[i] = (size_t)a->ints[i];
    }
    return 0;
}

int nax_import_ints(const struct importer *imp, const struct import_node *node, size_t i,
                    const char *name, const int64_t **values, size_t *n)
{
    const struct import_attribute *a = nax_import_attribute(node, name);
    const struct import_tensor *t;
    *n = 0;
    const bool is_input = i < node->n_in && *node->in[i];
    if (a && is_input)
        return nax_import_fail(imp, node, "'%.32s' is an attribute and an input", name);
    if (a) {
        *values = a->ints;
        *n = a->n;
    }
    if (!is_input)
        return 0;
    int status = nax_import_numbers(imp, node, i, &t);
    if (status)
        return status;
    if (!t->whole)
        return nax_import_fail(imp, node, "input '%.64s' is not of whole numbers", t->name);
    *values = t->whole;
    *n = t->n;
    return 0;
}

static int find_input(const struct importer *imp, const struct import_node *node, size_t i,
                      struct import_value **value)
{
    if (i >= node->n_in || !*node->in[i])
        return nax_import_fail(imp, node, "input %zu is missing", i + 1);
    *value = nax_import_find(imp, node->in[i]);
    if (*value)
        return 0;
    return nax_import_fail(imp, node,
                           "it reads '%.64s', which no node before it makes: a cycle, or nodes out "
                           "of order",
                           node->in[i]);
}

int nax_import_image(const struct importer *imp, const struct import_node *node, size_t i,
                     struct import_value **value)
{
    int status = find_input(imp, node, i, value);
    if (!status && (*value)->constant)
        return nax_import_fail(imp, node, "input '%.64s' does not depend on the image",
                               node->in[i]);
    return status;
}

int nax_import_numbers(const struct importer *imp, const struct import_node *node, size_t i,
                       const struct import_tensor **t)
{
    struct import_value *value;
    int status = find_input(imp, node, i, &value);
    if (status)
        return status;
    *t = value->constant;
    return *t ? 0 : nax_import_fail(imp, node, "input '%.64s' depends on the image", node->in[i]);
}
