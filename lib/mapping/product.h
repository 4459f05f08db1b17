/* Products of a layer in fixed point on ideal arrays whose conversions never clamp. */
#ifndef NAX_MAPPING_PRODUCT_H
#define NAX_MAPPING_PRODUCT_H

#include "fixed.h"

struct product {
    const struct fixed_layer *layer;
    double *weight; /* [group_rows][n_cols], the integers. Sums stay below 2^53, so any order of
                       them gives the same bits. */
};

/* Whether no conversion of ideal arrays can round or clamp: then products are those of the
 * integers. */
bool nax_product_is_exact(const struct fixed_layer *layer);

int nax_product_alloc(struct product *product, const struct fixed_layer *layer,
                      struct nax_err *err) NAX_MUST_USE;
void nax_product_free(struct product *product);

/* struct nax_linop's forward; self is a struct product */
int nax_product_forward(const void *self, size_t n, const float *x, float *y, size_t image,
                        void *scratch);
size_t nax_product_scratch_size(const struct fixed_layer *layer);

#endif
