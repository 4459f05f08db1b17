/* Weights of other frameworks, in the order that a model's parameters have, and back. */
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

/* Fills the parameter `weight` of layer l: [rows][columns][channels in][out] of a kernel, or of the
 * image that a linear layer reads. */
void nax_import_weight(const struct nax_network *net, size_t l, const struct nax_param *weight,
                       const struct nax_import_matrix *m);
/* The same numbers as frameworks have them, [out][in], or transposed. */
void nax_export_weight(const struct nax_network *net, size_t l, const struct nax_param *weight,
                       bool is_transposed, float *to);

#endif
