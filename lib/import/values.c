/* Weights of other frameworks, in the order that a model's parameters have, and back. */
#include "values.h"

/* Rows, columns and channels that an output's weights lie over. A linear layer takes the image that
 * it reads for a single pixel of so many channels. */
static void find_shape(const struct nax_network *net, size_t l, const struct nax_param *weight,
                       size_t shape[3])
{
    const struct nax_layer *layer = &net->layers[l];
    const struct nax_layer *from = layer->input < 0 ? NULL : &net->layers[layer->input];
    const size_t image[3] = {from ? from->h_out : net->height, from ? from->w_out : net->width,
                             from ? from->c_out : net->channels};
    const bool is_flat = layer->h_in * layer->w_in != image[0] * image[1];
    for (int i = 0; i < 3; i++)
        shape[i] = is_flat ? image[i] : weight->dims[i];
}

/* Where a framework has input (row a, column b, channel c), counted from the output's first one. */
static size_t place(const size_t d[3], size_t a, size_t b, size_t c, bool is_channels_last)
{
    return is_channels_last ? (a * d[1] + b) * d[2] + c : (c * d[0] + a) * d[1] + b;
}

void nax_import_weight(const struct nax_network *net, size_t l, const struct nax_param *weight,
                       const struct nax_import_matrix *m)
{
    const size_t n_out = weight->dims[3];
    size_t d[3];
    float *to = weight->values;
    find_shape(net, l, weight, d);
    const size_t n_in = d[0] * d[1] * d[2];
    for (size_t a = 0; a < d[0]; a++)
        for (size_t b = 0; b < d[1]; b++)
            for (size_t c = 0; c < d[2]; c++)
                for (size_t o = 0; o < n_out; o++) {
                    size_t in = place(d, a, b, c, m->is_channels_last);
                    *to++ = m->value(m->from, m->is_transposed ? in * n_out + o : o * n_in + in);
                }
}

void nax_export_weight(const struct nax_network *net, size_t l, const struct nax_param *weight,
                       bool is_transposed, float *to)
{
    const size_t n_out = weight->dims[3];
    size_t d[3];
    const float *from = weight->values;
    find_shape(net, l, weight, d);
    const size_t n_in = d[0] * d[1] * d[2];
    for (size_t a = 0; a < d[0]; a++)
        for (size_t b = 0; b < d[1]; b++)
            for (size_t c = 0; c < d[2]; c++)
                for (size_t o = 0; o < n_out; o++) {
                    size_t in = place(d, a, b, c, false);
                    to[is_transposed ? in * n_out + o : o * n_in + in] = *from++;
                }
}
