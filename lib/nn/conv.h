/* Dense convolutions of one layer on chunks of images: the seam between what asks for them
 * and the engines: Winograd's filtering, oneDNN, OpenBLAS.
 *
 * With s the stride, p the input's pixel under kernel element (ky, kx) at output pixel (i, j),
 * p = (i s + ky - pad, j s + kx - pad), and x 0 outside of the image:
 *
 *     y[i][j][o]       = Σ_{ky kx c} x[p][c] · weight[ky][kx][c][o]
 *     dx[p][c]         = Σ_{ky kx o} dy[i][j][o] · weight[ky][kx][c][o]    of those (i, j) that
 * give p dw[ky][kx][c][o] = Σ_{b i j} x[p][c] · dy[i][j][o]                   b: images of the
 * chunk
 *
 * A convolution is made for chunks of exactly n images. Weights outside are plain
 * [k][k][c_in][c_out]; each engine keeps them, and weight gradients, in a layout of its own.
 * Activations are float, or bf16: then an engine may round the weights to bf16 as well, and sums
 * are float. Weights outside and their gradients are always float. All calls run on the
 * calling thread alone, and different threads may work on different chunks at once.
 */
#ifndef NAX_NN_CONV_H
#define NAX_NN_CONV_H

#include "nax/base.h"
#include "nax/network.h"

struct conv; /* holds its engine */
struct conv_engine;

/* What is done to outputs before they leave the processor's registers: batch norm or a bias, a
 * residual, ReLU. */
struct conv_finish {
    const float *scale, *offset; /* [c_out]: y = z·scale + offset */
    bool is_added;               /* to what y holds before */
    bool has_relu;
};

struct conv_options {
    bool has_backward; /* else forward alone */
    bool is_bf16;      /* activations */
    /* Of forward alone, NULL: nothing. Whether the engine can: conv's is_finished. */
    const struct conv_finish *finish;
    const struct conv_engine *inner; /* the float engine of conv_widened: nax_conv_alloc's matter */
};

struct conv_engine {
    const char *name;
    int (*alloc)(struct conv **conv, const struct nax_layer *layer, size_t n,
                 const struct conv_options *options, struct nax_err *err);
    void (*release)(struct conv *conv);
    void (*set_weights)(struct conv *conv, const float *weight);
    /* y [n][h_out][w_out][c_out] = x [n][h_in][w_in][c_in] ∗ weight */
    int (*forward)(const struct conv *conv, const void *x, void *y, void *scratch);
    /* dx, as above: of stride 1 a convolution too, of dy with the kernel turned by half a circle */
    int (*backward_data)(const struct conv *conv, const void *dy, void *dx, void *scratch);
    /* dw [gradient_size] = x · dy summed over the chunk, in the engine's layout */
    int (*backward_weights)(const struct conv *conv, const void *x, const void *dy, float *dw,
                            void *scratch);
    /* plain [k][k][c_in][c_out] from the engine's layout */
    void (*plain_gradient)(const struct conv *conv, const float *dw, float *weight);
};

struct conv {
    const struct conv_engine *engine;
    struct nax_layer layer;
    size_t n;
    bool is_bf16;         /* activations */
    bool is_finished;     /* forward does what options->finish says */
    size_t gradient_size; /* floats of a weight gradient in the engine's layout */
    size_t scratch_size;  /* bytes that each calling thread brings, 64-byte aligned */
};

/* The engine is Winograd's filtering where it can, else oneDNN where the build has it, else
 * OpenBLAS. The environment variable NAX_CONV may say winograd (the same), onednn (no Winograd) or
 * blas (OpenBLAS alone); another word is an error. */
int nax_conv_alloc(struct conv **conv, const struct nax_layer *layer, size_t n,
                   const struct conv_options *options, struct nax_err *err) NAX_MUST_USE;
void nax_conv_free(struct conv *conv);

/* Whether Winograd's filtering can do it: kernels of 3, 5 or 7, stride 1, outputs as many as
 * inputs, channels in sixteens. */
bool nax_conv_is_winograd(const struct nax_layer *layer);

extern const struct conv_engine nax_conv_engine_blas; /* float alone */
extern const struct conv_engine
    nax_conv_engine_dnnl; /* with NAX_HAS_DNNL; bf16 where nax_has_bf16 */
extern const struct conv_engine nax_conv_engine_winograd; /* of nax_conv_is_winograd */
extern const struct conv_engine nax_conv_engine_widened;  /* bf16 by the float engine */

#endif
