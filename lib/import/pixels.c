/* What a graph does to its image before the first layer: the statistics of its pixels. */
#include "layers.h"

#include <math.h>
#include <string.h>

/* One number, or one for each of the image's channels. */
static bool is_of_channels(const struct import_tensor *t, const struct import_value *x)
{
    const size_t behind = x->is_channels_last ? 1 : 3; /* dimensions from the channels' on */
    if (!t->real || x->c > NAX_MAX_CHANNELS || (t->n != 1 && (t->n != x->c || x->is_flat)))
        return false;
    for (size_t d = 0; d < t->n_dims; d++)
        if (t->dims[d] != 1 && t->n_dims - d != behind)
            return false;
    return true;
}

/* With what it has been so far, (p - mean) / sd, and k added or subtracted, or multiplied by or
 * divided by. False: that is no such thing. */
static bool normalise(double *mean, double *sd, char op, double k)
{
    switch (op) {
    case 'A':
        *mean -= *sd * k;
        break;
    case 'S':
        *mean += *sd * k;
        break;
    case 'D':
        *sd *= k;
        break;
    default:
        *sd /= k;
    }
    return isfinite(*mean) && isfinite(*sd) && *sd > 0;
}

int nax_import_normalise(struct importer *imp, const struct import_node *node)
{
    const struct import_value *first = node->n_in == 2 ? nax_import_find(imp, node->in[0]) : NULL;
    const bool is_second = first && first->constant, goes_round = strchr("AM", *node->op);
    const struct import_tensor *t;
    struct import_value *x;
    if (node->n_in != 2)
        return nax_import_fail(imp, node, "not two inputs");
    int status = nax_import_any(imp, node, is_second, &x);
    const struct import_value *other = nax_import_find(imp, node->in[!is_second]);
    if (!status && other && !other->constant)
        return nax_import_fail(imp, node, "no layer computes this of two images");
    if (!status && x->layer != NAX_FROM_IMAGE)
        return nax_import_fail(imp, node, "only the image that comes in can be normalised");
    if (!status)
        status = nax_import_numbers(imp, node, !is_second, &t);
    if (status)
        return status;
    if (x->is_shared || (is_second && !goes_round) || !is_of_channels(t, x))
        return nax_import_fail(imp, node,
                               "an image is normalised by one number, or one for each of up to %d "
                               "channels, for all that read it",
                               NAX_MAX_CHANNELS);
    for (size_t c = 0; c < NAX_MAX_CHANNELS; c++)
        if ((t->n == 1 || c < t->n) && !normalise(&imp->pixel_mean[c], &imp->pixel_sd[c], *node->op,
                                                  (double)t->real[t->n == 1 ? 0 : c]))
            return nax_import_fail(imp, node, "by a number that is not finite, or not above 0");
    return nax_import_same(imp, node, x) ? 0 : NAX_ERR_FORMAT;
}
