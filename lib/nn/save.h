/* What goes into a checkpoint, apart from training: what only writes weights carries no more. */
#ifndef NAX_NN_SAVE_H
#define NAX_NN_SAVE_H

#include "load.h"

enum { BUNDLE_TEXT_SIZE = 512, BUNDLE_META_MAX = 32 };

/* Tensors with their names, metadata with its texts. */
struct bundle {
    struct nax_tensor *tensor; /* [n_max] */
    char (*name)[PARAM_NAME_SIZE];
    size_t n, n_max;
    struct nax_meta meta[BUNDLE_META_MAX];
    char text[BUNDLE_META_MAX][BUNDLE_TEXT_SIZE];
    size_t n_meta;
    struct nax_identity *layers; /* what the network consists of */
};

/* n_max: tensors that may be added; path: for messages. */
int nax_bundle_alloc(struct bundle **bundle, size_t n_max, const char *path,
                     struct nax_err *err) NAX_MUST_USE;
void nax_bundle_free(struct bundle *bundle);

/* The model's parameters by `values`, in the layout of its own, which must outlive the bundle;
 * is_all: with those too that are not trained. */
void nax_bundle_add_values(struct bundle *b, const struct nax_model *model, const char *prefix,
                           const float *values, bool is_all);
void nax_bundle_add_text(struct bundle *b, const char *key, const char *format, ...)
    NAX_PRINTF(3, 4);
/* Not copied; more than there is room for are left out. */
void nax_bundle_add_meta(struct bundle *b, const struct nax_meta *meta, size_t n);
/* Name and pixel statistics; the layers, so that weights are not taken for those of others. */
void nax_bundle_add_pixels(struct bundle *b, const struct nax_model *model);
int nax_bundle_add_layers(struct bundle *b, const struct nax_network *net,
                          struct nax_err *err) NAX_MUST_USE;

#endif
