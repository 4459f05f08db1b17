/* What is put around an image, and taken of it, before a layer has it. */
#include "layers.h"

#include <string.h>

enum { CHANNELS_BEHIND = 5 /* among eight pads */ };

static bool is_behind_channels(const int64_t pads[8])
{
    for (size_t i = 0; i < 8; i++)
        if (i == CHANNELS_BEHIND ? pads[i] <= 0 || pads[i] > NAX_WIDTH_MAX : pads[i] != 0)
            return false;
    return true;
}

static int add_channels(struct importer *imp, const struct import_node *node,
                        const struct import_value *x, int64_t n)
{
    struct import_value *v = nax_import_same(imp, node, x);
    if (!v)
        return NAX_ERR_FORMAT;
    v->c += (size_t)n;
    v->is_shortcut = true;
    return 0;
}

int nax_import_pad(struct importer *imp, const struct import_node *node)
{
    const struct import_attribute *mode = nax_import_attribute(node, "mode");
    const struct import_tensor *value = NULL;
    const int64_t *pads;
    struct import_value *x;
    size_t n;
    int status = nax_import_image(imp, node, 0, &x);
    if (!status && !x->is_shortcut)
        status = nax_import_map(imp, node, 0, &x);
    if (!status)
        status = nax_import_ints(imp, node, 1, "pads", &pads, &n);
    if (!status && node->n_in > 2 && *node->in[2])
        status = nax_import_numbers(imp, node, 2, &value);
    if (status)
        return status;
    bool has_other = nax_import_float(node, "value", 0) != 0 ||
                     (value && (!value->real || value->n != 1 || value->real[0] != 0));
    if (n != 8 || (node->n_in > 3 && *node->in[3]) || has_other ||
        (mode && strcmp(mode->s, "constant")))
        return nax_import_fail(imp, node, "only zeros around an image can be added");
    if (is_behind_channels(pads))
        return add_channels(imp, node, x, pads[CHANNELS_BEHIND]);
    for (size_t i = 0; i < 8; i++)
        if (pads[i] < 0 || pads[i] > (i % 4 < 2 || x->is_shortcut ? 0 : IMPORT_WINDOW_MAX))
            return nax_import_fail(imp, node,
                                   "only up to %d zeros around an image, or channels of "
                                   "zeros behind its own, can be added",
                                   IMPORT_WINDOW_MAX);
    struct import_value *v = nax_import_same(imp, node, x);
    if (!v)
        return NAX_ERR_FORMAT;
    v->is_padded = true;
    for (int i = 0; i < 4; i++)
        v->pad[i] = (size_t)pads[i < 2 ? i + 2 : i + 4];
    return 0;
}

/* Of n elements every step-th, from the first on to the end; 0: not so. */
static size_t taken(size_t n, int64_t start, int64_t end, int64_t step)
{
    const int64_t all = (int64_t)n, last = end < 0 ? end + all : NAX_MIN(end, all);
    if (start != 0 || step < 1 || step > all || all % step || last <= all - step)
        return 0;
    return n / (size_t)step;
}

int nax_import_slice(struct importer *imp, const struct import_node *node)
{
    const int64_t *start, *end, *axis, *step;
    size_t n_start, n_end, n_axis, n_step;
    struct import_value *x;
    int status = nax_import_image(imp, node, 0, &x);
    if (!status && !x->is_shortcut)
        status = nax_import_map(imp, node, 0, &x);
    if (status || (status = nax_import_ints(imp, node, 1, "starts", &start, &n_start)) ||
        (status = nax_import_ints(imp, node, 2, "ends", &end, &n_end)) ||
        (status = nax_import_ints(imp, node, 3, "axes", &axis, &n_axis)) ||
        (status = nax_import_ints(imp, node, 4, "steps", &step, &n_step)))
        return status;
    if (n_end != n_start || (n_axis && n_axis != n_start) || (n_step && n_step != n_start))
        return nax_import_fail(imp, node, "starts, ends, axes and steps are not of one number");
    struct import_value *v = nax_import_same(imp, node, x);
    if (!v)
        return NAX_ERR_FORMAT;
    size_t batch = imp->batch, *const sizes[] = {&batch, &v->c, &v->h, &v->w};
    for (size_t i = 0; i < n_start; i++) {
        const int64_t at = !n_axis ? (int64_t)i : axis[i] < 0 ? axis[i] + 4 : axis[i];
        const size_t n =
            at >= 0 && at < 4 ? taken(*sizes[at], start[i], end[i], n_step ? step[i] : 1) : 0;
        if (!n || (at < 2 && n != *sizes[at]))
            return nax_import_fail(imp, node,
                                   "only every n-th row and column of all, from the first on, can "
                                   "be taken, where n divides them");
        v->is_shortcut = v->is_shortcut || n != *sizes[at];
        *sizes[at] = n;
    }
    return 0;
}
