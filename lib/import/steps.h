/* From a graph of operators to a list of layers: nodes are taken one by one, in their order. */
#ifndef NAX_IMPORT_STEPS_H
#define NAX_IMPORT_STEPS_H

#include "graph.h"
#include "nax/network.h"
#include "nax/tensor.h"

enum { IMPORT_FROM_MAX = 256, IMPORT_NAME_SIZE = 64 };

enum import_layer_kind {
    IMPORT_CONV,
    IMPORT_LINEAR,
    IMPORT_POOL,
    IMPORT_ADD,
    IMPORT_CONCAT,
    IMPORT_BATCH_NORM,
    IMPORT_ACTIVATION
};

/* An entry of the network file to be. */
struct import_layer {
    enum import_layer_kind kind;
    char name[IMPORT_NAME_SIZE];
    const struct import_node *node; /* that it began with, for messages */
    size_t n_from;
    int from[IMPORT_FROM_MAX]; /* layers before it, or NAX_FROM_IMAGE */
    int added;                 /* to a convolution's output, or NAX_FROM_NONE */
    bool has_padded_shortcut;  /* what is added has other pixels or channels */
    size_t out, kernel[2], stride[2], pad[4], dilation[2], groups; /* pad: top left bottom right */
    bool is_max, is_global, has_ceil, counts_pad;                  /* of a pool */
    const char *activation; /* word of the language, or NULL */
    double slope;
    bool has_norm;
    double epsilon;
    const float *weight, *bias; /* bias NULL: none */
    const float *gamma, *beta, *mean, *variance;
    double weight_scale, bias_scale;
    bool is_transposed, is_channels_last; /* of a linear layer: see struct nax_import_matrix */
    size_t c, h, w;                       /* of its output */
    bool is_needed;
};

/* A value of the graph: numbers, or what a layer makes of an image. */
struct import_value {
    const char *name;
    const struct import_tensor *constant; /* or NULL */
    int layer;                            /* or NAX_FROM_IMAGE */
    size_t c, h, w;
    bool is_flat;          /* one dimension besides the batch's */
    bool is_channels_last; /* as the graph has it: [h][w][c] */
    bool is_shared;        /* more than one node looks at it */
    bool was_shared;       /* of those that do by another name */
    bool is_padded;        /* by `pad` zeros, which the next convolution is to take */
    size_t pad[4];
    bool is_shortcut; /* every n-th pixel of the layer's, and channels of zeros: for a sum */
};

struct importer {
    struct import_graph *graph;
    struct nax_err *err;
    size_t n_values;
    struct import_value *values;
    size_t n_layers;
    struct import_layer *layers; /* [NAX_NETWORK_LAYERS_MAX] */
    size_t batch;                /* images at once, as the graph has it */
    double pixel_mean[NAX_MAX_CHANNELS],
        pixel_sd[NAX_MAX_CHANNELS]; /* that the graph normalises its image by */
    bool *is_done;                  /* [nodes] taken with one before them */
    const char *dropped;            /* operator at the end that was left out, or NULL */
};

int nax_import_fail(const struct importer *imp, const struct import_node *node, const char *format,
                    ...) NAX_PRINTF(3, 4);

/* NULL: nothing before makes it. */
struct import_value *nax_import_find(const struct importer *imp, const char *name);
/* The value that the node makes, to be filled; NULL: out of memory, told. */
struct import_value *nax_import_make(struct importer *imp, const struct import_node *node);
/* Of the graph's nodes, those that read a value, the graph's output counting as one. */
size_t nax_import_n_readers(const struct importer *imp, const char *name);
/* The only one, or NULL. */
const struct import_node *nax_import_reader(const struct importer *imp, const char *name);
bool nax_import_is_output(const struct importer *imp, const char *name);

/* Whether every node is of an operator that is read, and its attributes of their types: what asks
 * for them below need not look. */
int nax_import_check_nodes(const struct importer *imp) NAX_MUST_USE;

/* --- attributes: the default where there is none --- */
const struct import_attribute *nax_import_attribute(const struct import_node *node,
                                                    const char *name);
int64_t nax_import_int(const struct import_node *node, const char *name, int64_t value);
double nax_import_float(const struct import_node *node, const char *name, double value);
/* n numbers, each from min to max, of an attribute; values keep what they have where it is missing.
 */
int nax_import_sizes(const struct importer *imp, const struct import_node *node, const char *name,
                     size_t n, size_t min, size_t max, size_t *values) NAX_MUST_USE;
/* Whole numbers of input i, or where there is none of the attribute; *n 0: neither. */
int nax_import_ints(const struct importer *imp, const struct import_node *node, size_t i,
                    const char *name, const int64_t **values, size_t *n) NAX_MUST_USE;

/* --- inputs --- */
int nax_import_image(const struct importer *imp, const struct import_node *node, size_t i,
                     struct import_value **value) NAX_MUST_USE;
int nax_import_numbers(const struct importer *imp, const struct import_node *node, size_t i,
                       const struct import_tensor **t) NAX_MUST_USE;

/* Numbers that are added to the image, or that it is multiplied by. */
int nax_import_normalise(struct importer *imp, const struct import_node *node) NAX_MUST_USE;

/* All nodes, which have been checked. */
int nax_import_steps(struct importer *imp) NAX_MUST_USE;

#endif
