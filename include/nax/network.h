/* Networks as YAML lists of layers, and the flat list of layers that everything else works on.
 *
 * Shapes are images: height × width × channels (NHWC). Nothing here computes: rooms that train, map
 * or cost a network take the flat list.
 */
#ifndef NAX_NETWORK_H
#define NAX_NETWORK_H

#include "nax/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Bounds of every network, so that sizes computed from its layers fit: a layer has at most
 * NAX_LAYER_SIZE_MAX weights, inputs and outputs. */
enum { NAX_NETWORK_LAYERS_MAX = 1024, NAX_NETWORK_SLOTS_MAX = 256, NAX_KERNEL_MAX = 31 };
enum { NAX_WIDTH_MAX = 65536 }; /* channels of a convolution */
#define NAX_LAYER_SIZE_MAX ((size_t)1 << 30)

/* Where a file does not say. */
#define NAX_BATCH_NORM_EPSILON 1e-5

/* What a layer computes: lib/nn and the exporter have a case for each, all others ask the rows
 * below. */
enum nax_layer_kind {
    NAX_LAYER_CONV,       /* convolution, batch norm, optional residual add, optional ReLU */
    NAX_LAYER_LINEAR,     /* fully connected with bias, optional ReLU */
    NAX_LAYER_POOL_MAX,   /* windows of kernel × kernel every stride */
    NAX_LAYER_POOL_MEAN,  /* kernel 0 in the file: the whole image */
    NAX_LAYER_ADD,        /* input and residual, of one shape; optional ReLU */
    NAX_LAYER_CONCAT,     /* the input's channels and behind them the residual's */
    NAX_LAYER_BATCH_NORM, /* batch norm by itself, optional ReLU */
    NAX_LAYER_ACTIVATION,
};
enum { NAX_LAYER_COUNT = NAX_LAYER_ACTIVATION + 1 };

/* What a layer of kind activation does; ReLUs besides are part of what they follow (has_relu). */
enum nax_activation {
    NAX_ACTIVATION_NONE,
    NAX_ACTIVATION_RELU,
    NAX_ACTIVATION_RELU6,
    NAX_ACTIVATION_LEAKY_RELU,
    NAX_ACTIVATION_SILU,
    NAX_ACTIVATION_HARD_SWISH,
    NAX_ACTIVATION_HARD_SIGMOID,
    NAX_ACTIVATION_SIGMOID,
    NAX_ACTIVATION_TANH
};
enum { NAX_ACTIVATION_COUNT = NAX_ACTIVATION_TANH + 1 };

enum nax_layer_role {
    NAX_ROLE_STEM,     /* a convolution that is not searched and comes first */
    NAX_ROLE_BODY,     /* any other convolution or linear layer */
    NAX_ROLE_SHORTCUT, /* 1×1 convolution beside a residual block */
    NAX_ROLE_CLASSIFIER,
    NAX_ROLE_POOL,
    NAX_ROLE_DIGITAL /* anything else without weights */
};
enum { NAX_ROLE_COUNT = NAX_ROLE_DIGITAL + 1 };

/* Where a layer's input or residual comes from: the output of layer i, or one of these. */
enum { NAX_FROM_IMAGE = -1, NAX_FROM_NONE = -2 };

struct nax_layer {
    char name[NAX_LAYER_NAME_SIZE]; /* "stem", "s1b2c1" (stage 1, block 2, convolution 1), "s2b1sc"
                      (its shortcut), "conv3", "pool", "fc"; the same for any choice of kernels,
                      each once */
    enum nax_layer_kind kind;
    enum nax_layer_role role;
    int slot;  /* index among the searched convolutions, or -1 */
    int input; /* NAX_FROM_IMAGE or a layer before this one */
    /* Added after batch norm and before the ReLU: NAX_FROM_NONE, NAX_FROM_IMAGE or a layer before
     * this one. Where its shape differs it is taken every (h_res / h_out) pixels, and missing
     * channels are 0 (He et al., CVPR 2016, option A). Of kind concat: what comes behind the input.
     */
    int residual;
    bool has_relu;
    enum nax_activation activation; /* of kind activation; else none */
    float slope;                    /* of leaky-relu */
    /* Of what has weights: a scale and a shift of every channel by statistics, gamma (z − mean) /
     * sqrt(variance + epsilon) + beta; a bias of every channel. Neither, or one of them. */
    bool has_batch_norm, has_bias;
    double epsilon;       /* Ioffe and Szegedy, ICML 2015: against variances of 0 */
    bool is_input_signed; /* may be negative: a normalised image, or what no ReLU made positive */
    bool is_output_signed;
    /* Down and across: a window of kernel elements, dilation pixels apart, every stride pixels of
     * an image with pad zeros around it; out = (in + pad before and after − dilation (kernel − 1) −
     * 1) / stride + 1, rounded down. A pool's kernel is the whole of h_in × w_in when is_global. A
     * linear layer is a 1×1 convolution of a 1×1 image: its c_in is h·w·c of the layer that it
     * reads, in this order; kernel and stride are 1. */
    bool is_global;
    size_t kernel[2], stride[2], dilation[2];
    size_t pad[4];   /* top, left, bottom, right */
    bool counts_pad; /* a pool's mean is over the padded window, zeros included */
    /* The channels of inputs and those of outputs are cut into so many groups, one behind the
     * other; outputs read the inputs of their group alone (c_in of them: depthwise). 1 for all but
     * convolutions. */
    size_t groups;
    size_t h_in, w_in, c_in, h_out, w_out, c_out;
};

/* The row (axis 0) or column (axis 1) of the input under element k of the window of output i. One
 * that is not below h_in or w_in lies on the padding: those before the image wrap to huge numbers.
 */
static inline size_t nax_layer_under(const struct nax_layer *layer, int axis, size_t i, size_t k)
{
    return i * layer->stride[axis] + k * layer->dilation[axis] - layer->pad[axis];
}

/* Inputs of an output in its group: rows of a convolution's or a linear layer's matrix. */
static inline size_t nax_layer_n_rows(const struct nax_layer *layer)
{
    return layer->kernel[0] * layer->kernel[1] * (layer->c_in / layer->groups);
}

/* A square kernel, padded by half of it: what a search may choose. */
void nax_layer_set_kernel(struct nax_layer *layer, size_t kernel);
/* Whether the kernel is square and odd, undilated, and padded by half of it. */
bool nax_layer_is_same(const struct nax_layer *layer);
/* Whether groups, dilation, padding and batch norm are what files say that do not speak of them:
 * names and hashes of such layers stay what they are. */
bool nax_layer_is_plain(const struct nax_layer *layer);

struct nax_network {
    char name[64];
    size_t height, width, channels; /* of the image */
    size_t n_classes;
    size_t n_slots; /* searched convolutions, in the order of the forward pass */
    size_t n_layers;
    struct nax_layer *layers; /* [n_layers], in an order that can be computed from front to back */
    size_t n_skipped;
    char (
        *skipped)[NAX_LAYER_NAME_SIZE]; /* [n_skipped] names of the convolutions that are absent */
};

/* The file as written, before kernels are chosen. */
struct nax_network_file;

/* name: built in, found in $NAX_PATH, or a path (see nax_config_read). */
int nax_network_file_load(struct nax_network_file **file, const char *name,
                          struct nax_err *err) NAX_MUST_USE;
/* The same of a file's text, [size] and a zero after them; path: for messages. */
int nax_network_file_parse(struct nax_network_file **file, const char *path, const char *text,
                           size_t size, struct nax_err *err) NAX_MUST_USE;
void nax_network_file_free(struct nax_network_file *file);
const char *nax_network_file_name(const struct nax_network_file *file);
/* A hash of the layers; 0 for a network that is built in, which its name says all of. */
uint64_t nax_network_file_layout(const struct nax_network_file *file);
size_t nax_network_file_n_slots(const struct nax_network_file *file);
/* Kernel size that the file gives slot s, and whether the slot may be skipped (input and output
 * shapes agree). */
int nax_network_file_kernel(const struct nax_network_file *file, size_t s);
bool nax_network_file_can_skip(const struct nax_network_file *file, size_t s);
/* Whether the slot has this kernel in every design, and only its crossbar is searched: a linear
 * layer. */
bool nax_network_file_is_kernel_own(const struct nax_network_file *file, size_t s);
const char *nax_network_file_slot_name(const struct nax_network_file *file,
                                       size_t s); /* "s1b2c1" */

/* What has channels of its own to choose: a stage of residual blocks, or a searched convolution
 * that is in none. At most one a slot. */
size_t nax_network_file_n_stages(const struct nax_network_file *file);
int64_t nax_network_file_width(const struct nax_network_file *file, size_t stage);
const char *nax_network_file_stage_name(const struct nax_network_file *file,
                                        size_t stage); /* "s1", "conv3" */
/* The same network with these channels, width [n_stages]. A convolution that is not searched has
 * those of the stage after it where both have the same in the file. Errors: not from 1 to
 * NAX_WIDTH_MAX, a shortcut or a size that cannot be: NAX_ERR_VALUE. */
int nax_network_file_widen(struct nax_network_file **wide, const struct nax_network_file *file,
                           const int64_t *width, struct nax_err *err) NAX_MUST_USE;

/* The network with these kernels. kernel: [n_slots], 0 = skipped, or NULL for the file's own.
 * A skipped convolution (with its batch norm and ReLU) is absent: its input passes on. A residual
 * block with no convolution left is its shortcut alone, the identity, since a convolution that
 * changes the shape cannot be skipped. Where only the first convolution of a block is left, it
 * takes the residual and the ReLU after it. Errors: an even, negative or too large kernel, a slot
 * that cannot be skipped: NAX_ERR_VALUE naming network and slot. */
int nax_network_build(struct nax_network **net, const struct nax_network_file *file,
                      const int64_t *kernel, struct nax_err *err) NAX_MUST_USE;
void nax_network_free(struct nax_network *net);

/* The slot whose crossbar and converters layer l takes: its own; of a layer that is not searched
 * that of the searched convolution that it follows, see below; -1 for a pool, and where there is
 * none. */
int nax_network_slot_of(const struct nax_network *net, size_t l);

/* Crossbar size of each layer that multiplies (0 for pools). crossbar: [n_slots], 0 where the slot
 * is skipped. Layers that are not searched take `fixed`, or for fixed = 0 follow a searched
 * convolution that is there: a shortcut the first one of its own block, any other layer the last
 * one before it, a layer with none before it (the stem) the first one of all. Errors: a size below
 * 1 for a slot that is there, no searched convolution to follow: NAX_ERR_VALUE. out: [n_layers]. */
int nax_network_crossbars(const struct nax_network *net, const int64_t *crossbar, int64_t fixed,
                          int64_t *out, struct nax_err *err) NAX_MUST_USE;

/* What the rooms that do not compute a layer need to know of its kind. */
struct nax_layer_kind_row {
    struct nax_word word;
    bool has_weights;    /* it multiplies by a matrix, on crossbars */
    bool has_batch_norm; /* with weights: where a file does not say; the others have a bias */
    bool passes_sign;    /* outputs may be negative where inputs may */
    bool is_in_place; /* works on what it reads where that lies: nothing moves, nothing is added */
    int extra_ops;    /* without weights: operations of an output besides one an input */
};
const struct nax_layer_kind_row *nax_layer_kind_row(const struct nax_layer *layer);
/* "stem", "body", "shortcut", "classifier", "pool". */
const char *nax_layer_role_name(const struct nax_layer *layer);
extern const struct nax_words nax_layer_kind_words, nax_layer_role_words;

/* An activation: whether it may be negative, and what a number takes. */
struct nax_activation_row {
    struct nax_word word;
    bool is_signed;
    int n_lookups, n_ops; /* passes of an activation unit, operations of an ALU */
};
const struct nax_activation_row *nax_activation_row(enum nax_activation activation);
extern const struct nax_words nax_activation_words;

/* Multiply-accumulates of one image in layer l, padding counted as work: h_out·w_out·k²·c_in·c_out
 * / groups; 0 for a pool. */
uint64_t nax_layer_macs(const struct nax_layer *layer);
/* The same with a kernel of one position: outputs of an image times the channels that each sees. By
 * it a network grows with channels, layers and resolution, and not with kernels. */
uint64_t nax_layer_channel_products(const struct nax_layer *layer);

#ifdef __cplusplus
}
#endif

#endif
