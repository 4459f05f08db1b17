/* Convolutions of one layer on chunks of images: the seam between what asks for them
 * and the engines: Winograd's filtering, oneDNN, OpenBLAS, and our own where channels stay apart.
 *
 * With s the stride, d the dilation, p the input's pixel under kernel element (ky, kx) at output
 * pixel (i, j), p = (i s + d ky - pad, j s + d kx - pad), x 0 outside of the image, and c the
 * channels of o's group:
 *
 *     y[i][j][o]       = Σ_{ky kx c} x[p][c] · weight[ky][kx][c][o]
 *     dx[p][c]         = Σ_{ky kx o} dy[i][j][o] · weight[ky][kx][c][o]    of those (i, j) that
 * give p dw[ky][kx][c][o] = Σ_{b i j} x[p][c] · dy[i][j][o]                   b: images of the
 * chunk
 *
 * A convolution is made for chunks of exactly n images. Weights outside are plain
 * [k][k][c_in / groups][c_out]; each engine keeps them, and weight gradients, in a layout of its
 * own. Activations are float, or bf16: then an engine may round the weights to bf16 as well, and
 * sums are float. Weights outside and their gradients are always float. All calls run on the
 * calling thread alone, and different threads may work on different chunks at once.
 */
#ifndef NAX_NN_CONV_H
#define NAX_NN_CONV_H

#include "nax/base.h"
#include "nax/network.h"

struct conv; /* holds its engine */
struct conv_engine;

enum conv_direction { CONV_FORWARD, CONV_BACKWARD_DATA, CONV_BACKWARD_WEIGHTS, CONV_DIRECTIONS };

/* What convolves: an engine, and where that is conv_widened the float engine behind it. */
struct conv_choice {
    const struct conv_engine *engine, *inner;
};

/* What is done to outputs before they leave the processor's registers: batch norm or a bias, a
 * residual, ReLU. */
struct conv_finish {
    const float *scale, *offset; /* [c_out]: y = z·scale + offset */
    bool is_added;               /* to what y holds before */
    bool has_relu;
};

struct conv_options {
    bool has[CONV_DIRECTIONS]; /* those that will be asked for */
    bool is_bf16;              /* activations */
    /* Of forward alone, NULL: nothing. Whether the engine can: conv's is_finished. */
    const struct conv_finish *finish;
    /* nax_conv_alloc's matter: the float engine of conv_widened, and by direction what
     * conv_mixed is made of */
    const struct conv_engine *inner;
    const struct conv_choice *choice;
};

struct conv_engine {
    const char *name; /* that NAX_CONV has for it */
    /* Whether it computes such layers itself, by the instructions of a processor. NULL: never
     * asked, since it is made of others. */
    bool (*can)(const struct nax_layer *layer, bool is_bf16, enum nax_isa isa);
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
    /* plain [k][k][c_in / groups][c_out] from the engine's layout */
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

/* The engine of a direction: by the table in conv_choice.c, whose rows are of kinds of processors,
 * or the one that the environment variable NAX_CONV says, where it can: winograd, onednn, blas or
 * direct; another word is an error. Nothing is timed, so that processors of one kind compute the
 * same. */
int nax_conv_choose(const struct nax_layer *layer, enum conv_direction direction, bool is_bf16,
                    struct conv_choice *choice, struct nax_err *err) NAX_MUST_USE;
/* The same by the table alone, of a processor of this kind. */
struct conv_choice nax_conv_choose_for(enum nax_isa isa, const struct nax_layer *layer,
                                       enum conv_direction direction, bool is_bf16);

/* By what nax_conv_choose says of each direction. */
int nax_conv_alloc(struct conv **conv, const struct nax_layer *layer, size_t n,
                   const struct conv_options *options, struct nax_err *err) NAX_MUST_USE;
void nax_conv_free(struct conv *conv);

extern const struct conv_engine nax_conv_engine_blas;   /* float alone */
extern const struct conv_engine nax_conv_engine_direct; /* of one channel each; float alone */
extern const struct conv_engine nax_conv_engine_dnnl; /* with NAX_HAS_DNNL; bf16 by instructions */
/* Kernels of 3, 5 or 7, stride 1, outputs as many as inputs, channels in sixteens, or few
 * less. */
extern const struct conv_engine nax_conv_engine_winograd;
extern const struct conv_engine nax_conv_engine_widened; /* bf16 by the float engine */
extern const struct conv_engine nax_conv_engine_mixed;   /* directions by engines of their own */

#endif
