/* Weights of other frameworks, in the order that a model's parameters have. */
#ifndef NAX_IMPORT_VALUES_H
#define NAX_IMPORT_VALUES_H

#include "nax/nn.h"

/* A weight as frameworks have it: [out][in], or transposed; `in` is a channel with the kernel's row
 * and column innermost, or the pixel that a linear layer reads, or with the channel innermost. */
struct nax_import_matrix {
    float (*value)(const void *from, size_t i);
    const void *from;
    bool is_transposed, is_channels_last;
};

/* Fills a layer's parameter `weight`, [rows][columns][channels in][out]. */
static inline void nax_import_weight(const struct nax_param *weight,
                                     const struct nax_import_matrix *m)
{
    const size_t *d = weight->dims, n_in = d[0] * d[1] * d[2];
    float *to = weight->values;
    for (size_t a = 0; a < d[0]; a++)
        for (size_t b = 0; b < d[1]; b++)
            for (size_t c = 0; c < d[2]; c++)
                for (size_t o = 0; o < d[3]; o++) {
                    size_t in =
                        m->is_channels_last ? (a * d[1] + b) * d[2] + c : (c * d[0] + a) * d[1] + b;
                    *to++ = m->value(m->from, m->is_transposed ? in * d[3] + o : o * n_in + in);
                }
}

#endif
