/* Activations that are layers of their own, on one chunk of images on the calling thread. */
#ifndef NAX_NN_ACTIVATION_H
#define NAX_NN_ACTIVATION_H

#include "nax/network.h"

/* y = f(x) and dx = dy · f'(x), n elements; y may be x, dx may be dy. At a kink f' is that of
 * below.
 */
void nax_activation_forward(const struct nax_layer *l, size_t n, const float *x, float *y);
void nax_activation_backward(const struct nax_layer *l, size_t n, const float *x, const float *dy,
                             float *dx);

#endif
