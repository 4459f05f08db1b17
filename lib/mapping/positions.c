/* Windows of a layer, cut out and put side by side. */
#include "positions.h"

#include <string.h>

struct nax_layer nax_positions_layer(const struct nax_layer *of, size_t n)
{
    struct nax_layer layer = *of;
    layer.h_in = layer.kernel[0];
    layer.w_in = n * layer.kernel[1];
    layer.h_out = 1;
    layer.w_out = n;
    memset(layer.pad, 0, sizeof layer.pad);
    for (int axis = 0; axis < 2; axis++) {
        layer.stride[axis] = layer.kernel[axis];
        layer.dilation[axis] = 1;
    }
    return layer;
}

size_t nax_positions_at(const struct nax_layer *of, size_t image, size_t n, size_t j)
{
    return nax_spread(j, n, of->h_out * of->w_out, image * n + j);
}

void nax_positions_cut(const struct nax_layer *of, size_t image, size_t n, const float *x,
                       float *windows)
{
    const size_t c = of->c_in, k = of->kernel[1];
    for (size_t j = 0; j < n; j++) {
        const size_t position = nax_positions_at(of, image, n, j);
        for (size_t ky = 0; ky < of->kernel[0]; ky++)
            for (size_t kx = 0; kx < k; kx++) {
                const size_t row = nax_layer_under(of, 0, position / of->w_out, ky),
                             col = nax_layer_under(of, 1, position % of->w_out, kx);
                float *to = windows + ((ky * n + j) * k + kx) * c;
                if (row < of->h_in && col < of->w_in)
                    memcpy(to, x + (row * of->w_in + col) * c, c * sizeof *to);
                else
                    memset(to, 0, c * sizeof *to);
            }
    }
}
