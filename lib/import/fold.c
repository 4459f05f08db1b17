/* Nodes that work on numbers alone, shapes of images among them: their results are known here. */
#include "operators.h"

#include <string.h>

enum { FEW = 64 /* numbers of a shape, at most */ };

/* A tensor of whole numbers that a node makes; NULL: out of memory. */
static struct import_tensor *make(const struct importer *imp, const struct import_node *node,
                                  size_t n, bool is_scalar)
{
    struct import_tensor *t = nax_import_hold(imp->graph, 1, sizeof *t);
    if (!t || !(t->whole = nax_import_hold(imp->graph, NAX_MAX(n, 1), sizeof *t->whole)))
        return NULL;
    t->name = node->out[0];
    t->n = n;
    t->n_dims = !is_scalar;
    t->dims[0] = n;
    return t;
}

static int fail_memory(const struct importer *imp)
{
    return nax_err_set(imp->err, NAX_ERR_MEMORY, "out of memory: '%s'", imp->graph->path);
}

static int keep(struct importer *imp, const struct import_node *node, const struct import_tensor *t)
{
    if (!t)
        return fail_memory(imp);
    struct import_value *v = nax_import_make(imp, node);
    if (!v)
        return NAX_ERR_FORMAT;
    v->constant = t;
    return 0;
}

/* Few whole numbers of an input. */
static int few(const struct importer *imp, const struct import_node *node, size_t i,
               const struct import_tensor **t)
{
    int status = nax_import_numbers(imp, node, i, t);
    if (!status && (!(*t)->whole || (*t)->n > FEW || (*t)->n_dims > 1))
        status = nax_import_fail(imp, node, "input '%.64s' is no shape of an image", node->in[i]);
    return status;
}

int nax_import_step_constant(struct importer *imp, const struct import_node *node)
{
    const struct import_attribute *value = nax_import_attribute(node, "value");
    const struct import_attribute *ints = nax_import_attribute(node, "value_ints");
    const struct import_attribute *one = nax_import_attribute(node, "value_int");
    if (node->n_attributes != 1)
        return nax_import_fail(imp, node, "it has not one value");
    if (value)
        return keep(imp, node, value->t);
    if (!ints && !one)
        return nax_import_fail(imp, node, "a constant of this type is not read");
    struct import_tensor *t = make(imp, node, ints ? ints->n : 1, !ints);
    if (t)
        memcpy(t->whole, ints ? ints->ints : &one->i, t->n * sizeof *t->whole);
    return keep(imp, node, t);
}

/* Where a part of n begins or ends: counted from the end where it is negative. */
static int64_t cut(int64_t at, size_t n)
{
    const int64_t all = (int64_t)n;
    return at < 0 ? NAX_MAX(at + all, 0) : NAX_MIN(at, all);
}

int nax_import_step_shape(struct importer *imp, const struct import_node *node)
{
    struct import_value *x;
    int status = nax_import_image(imp, node, 0, &x);
    if (status)
        return status;
    const int64_t c = (int64_t)x->c, h = (int64_t)x->h, w = (int64_t)x->w, n = (int64_t)imp->batch;
    const int64_t flat[] = {n, c * h * w}, first[] = {n, c, h, w}, last[] = {n, h, w, c};
    const int64_t *all = x->is_flat ? flat : x->is_channels_last ? last : first;
    const size_t n_dims = x->is_flat ? 2 : 4;
    const int64_t start = cut(nax_import_int(node, "start", 0), n_dims),
                  end = cut(nax_import_int(node, "end", INT64_MAX), n_dims);
    struct import_tensor *t = make(imp, node, (size_t)NAX_MAX(end - start, 0), false);
    if (t)
        memcpy(t->whole, all + start, t->n * sizeof *t->whole);
    return keep(imp, node, t);
}

int nax_import_fold_gather(struct importer *imp, const struct import_node *node)
{
    const struct import_tensor *from, *index;
    int status = few(imp, node, 0, &from);
    if (!status)
        status = few(imp, node, 1, &index);
    if (status)
        return status;
    struct import_tensor *t = make(imp, node, index->n, !index->n_dims);
    for (size_t i = 0; t && i < t->n; i++) {
        int64_t at = index->whole[i] < 0 ? index->whole[i] + (int64_t)from->n : index->whole[i];
        if (at < 0 || at >= (int64_t)from->n)
            return nax_import_fail(imp, node, "an index beyond its input");
        t->whole[i] = from->whole[at];
    }
    return keep(imp, node, t);
}

int nax_import_fold_slice(struct importer *imp, const struct import_node *node)
{
    const struct import_tensor *from;
    const int64_t *start, *end, *step;
    size_t n_start, n_end, n_step;
    int status = few(imp, node, 0, &from);
    if (status || (status = nax_import_ints(imp, node, 1, "starts", &start, &n_start)) ||
        (status = nax_import_ints(imp, node, 2, "ends", &end, &n_end)) ||
        (status = nax_import_ints(imp, node, 4, "steps", &step, &n_step)))
        return status;
    if (n_start != 1 || n_end != 1 || (n_step && (n_step != 1 || *step != 1)))
        return nax_import_fail(imp, node, "only a part of a shape can be cut out");
    const int64_t first = cut(*start, from->n), last = cut(*end, from->n);
    struct import_tensor *t = make(imp, node, (size_t)NAX_MAX(last - first, 0), false);
    if (t)
        memcpy(t->whole, from->whole + first, t->n * sizeof *t->whole);
    return keep(imp, node, t);
}

int nax_import_fold_concat(struct importer *imp, const struct import_node *node)
{
    const struct import_tensor *part;
    struct import_tensor *t = make(imp, node, FEW, false);
    size_t n = 0;
    for (size_t i = 0; t && i < node->n_in; i++) {
        int status = few(imp, node, i, &part);
        if (status)
            return status;
        if (n + part->n > FEW)
            return nax_import_fail(imp, node, "too long for a shape");
        memcpy(t->whole + n, part->whole, part->n * sizeof *t->whole);
        n += part->n;
    }
    if (t)
        t->n = t->dims[0] = n;
    return keep(imp, node, t);
}

/* Of shapes; a single number goes with each of many. */
int nax_import_fold_arithmetic(struct importer *imp, const struct import_node *node)
{
    const struct import_tensor *a, *b;
    int status = few(imp, node, 0, &a);
    if (!status)
        status = few(imp, node, 1, &b);
    if (status)
        return status;
    if (a->n != b->n && a->n != 1 && b->n != 1)
        return nax_import_fail(imp, node, "inputs of different lengths");
    struct import_tensor *t =
        make(imp, node, a->n && b->n ? NAX_MAX(a->n, b->n) : 0, !a->n_dims && !b->n_dims);
    for (size_t i = 0; t && i < t->n; i++) {
        int64_t x = a->whole[a->n == 1 ? 0 : i], y = b->whole[b->n == 1 ? 0 : i], z = 0;
        bool is_bad = false;
        switch (*node->op) {
        case 'A':
            is_bad = __builtin_add_overflow(x, y, &z);
            break;
        case 'S':
            is_bad = __builtin_sub_overflow(x, y, &z);
            break;
        case 'M':
            is_bad = __builtin_mul_overflow(x, y, &z);
            break;
        default:
            is_bad = !y || (y == -1 && x == INT64_MIN);
            z = is_bad ? 0 : x / y;
        }
        if (is_bad)
            return nax_import_fail(imp, node, "its result is no number");
        t->whole[i] = z;
    }
    return keep(imp, node, t);
}

/* The same numbers, as others see them: [dims]. */
static int view(struct importer *imp, const struct import_node *node,
                const struct import_tensor *from, const size_t *dims, size_t n_dims)
{
    struct import_tensor *t = nax_import_hold(imp->graph, 1, sizeof *t);
    if (!t)
        return fail_memory(imp);
    *t = *from;
    t->n_dims = n_dims;
    memcpy(t->dims, dims, n_dims * sizeof *dims);
    return keep(imp, node, t);
}

int nax_import_fold_reshape(struct importer *imp, const struct import_node *node)
{
    const struct import_tensor *from;
    const int64_t *shape;
    size_t n, dims[IMPORT_DIMS_MAX], known = 1, open = IMPORT_DIMS_MAX;
    int status = nax_import_numbers(imp, node, 0, &from);
    if (status || (status = nax_import_ints(imp, node, 1, "shape", &shape, &n)))
        return status;
    if (n > IMPORT_DIMS_MAX)
        return nax_import_fail(imp, node, "more than 8 dimensions");
    for (size_t d = 0; d < n; d++) {
        if (shape[d] < -1 || shape[d] > IMPORT_MAX_ELEMENTS || (!shape[d] && d >= from->n_dims) ||
            (shape[d] < 0 && open < n))
            return nax_import_fail(imp, node, "a shape that cannot be");
        if (shape[d] < 0) {
            open = d;
            continue;
        }
        dims[d] = shape[d] ? (size_t)shape[d] : from->dims[d];
        if (__builtin_mul_overflow(known, dims[d], &known))
            return nax_import_fail(imp, node, "a shape that cannot be");
    }
    if (open < n)
        dims[open] = known ? from->n / known : 0;
    if (open < n ? known * dims[open] != from->n : known != from->n)
        return nax_import_fail(imp, node, "a shape of another number of elements");
    return view(imp, node, from, dims, n);
}

int nax_import_fold_squeeze(struct importer *imp, const struct import_node *node)
{
    const struct import_tensor *from;
    int status = nax_import_numbers(imp, node, 0, &from);
    if (status)
        return status;
    if (from->n_dims > 1 || from->n > FEW)
        return nax_import_fail(imp, node, "its input is no shape of an image");
    bool is_scalar = node->op[0] == 'S';
    if (is_scalar ? from->n != 1 : from->n_dims == 1)
        return nax_import_fail(imp, node, "its output would be no shape of an image");
    return view(imp, node, from, &from->n, !is_scalar);
}

/* A matrix turned round. */
int nax_import_fold_transpose(struct importer *imp, const struct import_node *node)
{
    const struct import_tensor *from;
    const struct import_attribute *perm = nax_import_attribute(node, "perm");
    int status = nax_import_numbers(imp, node, 0, &from);
    if (status)
        return status;
    if (from->n_dims != 2 || !from->real ||
        (perm && (perm->n != 2 || perm->ints[0] != 1 || perm->ints[1] != 0)))
        return nax_import_fail(imp, node, "of numbers only a matrix can be transposed");
    struct import_tensor *t = nax_import_hold(imp->graph, 1, sizeof *t);
    if (!t || !(t->real = nax_import_hold(imp->graph, NAX_MAX(from->n, 1), sizeof *t->real)))
        return fail_memory(imp);
    t->name = node->out[0];
    t->n_dims = 2;
    t->n = from->n;
    t->dims[0] = from->dims[1];
    t->dims[1] = from->dims[0];
    for (size_t r = 0; r < t->dims[0]; r++)
        for (size_t c = 0; c < t->dims[1]; c++)
            t->real[r * t->dims[1] + c] = from->real[c * from->dims[1] + r];
    return keep(imp, node, t);
}

/* Whole numbers stay, whatever integer type they get; real ones stay real. */
int nax_import_fold_same(struct importer *imp, const struct import_node *node)
{
    const struct import_tensor *from;
    int status = nax_import_numbers(imp, node, 0, &from);
    return status ? status : keep(imp, node, from);
}

int nax_import_fold_cast(struct importer *imp, const struct import_node *node)
{
    const struct import_tensor *from;
    int64_t to = nax_import_int(node, "to", 0);
    bool is_whole = to == 6 || to == 7, is_real = to == 1 || to == 11;
    int status = nax_import_numbers(imp, node, 0, &from);
    if (status)
        return status;
    if (!(from->whole ? is_whole : is_real))
        return nax_import_fail(imp, node, "between whole and real numbers, or to another type");
    return keep(imp, node, from);
}
