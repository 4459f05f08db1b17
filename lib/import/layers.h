/* Layers as nodes begin and extend them. */
#ifndef NAX_IMPORT_LAYERS_H
#define NAX_IMPORT_LAYERS_H

#include "steps.h"

/* Of windows, their strides, and the zeros around what they read, at most. */
enum { IMPORT_WINDOW_MAX = 1024 };

/* The layer that makes the value, or NULL: the image. */
struct import_layer *nax_import_maker(const struct importer *imp, const struct import_value *v);
/* The next layer, which reads x, and the value that it makes; its shape is to be filled. NULL:
 * told. stem: what it may be called after, besides its node; or NULL. */
struct import_layer *nax_import_begin(struct importer *imp, const struct import_node *node,
                                      enum import_layer_kind kind, const struct import_value *x,
                                      const char *stem);
/* The node's output is what the newest layer makes, c × h × w: that layer's shape, too. */
struct import_value *nax_import_end(struct importer *imp, const struct import_node *node,
                                    struct import_layer *layer, size_t c, size_t h, size_t w);
/* The node's output is x, seen otherwise. */
struct import_value *nax_import_same(struct importer *imp, const struct import_node *node,
                                     const struct import_value *x);

/* An input that depends on the image; *_map: channels first, in two dimensions; *_padded_map: with
 * zeros around it that are not taken yet. */
int nax_import_any(const struct importer *imp, const struct import_node *node, size_t i,
                   struct import_value **x) NAX_MUST_USE;
int nax_import_map(const struct importer *imp, const struct import_node *node, size_t i,
                   struct import_value **x) NAX_MUST_USE;
int nax_import_padded_map(const struct importer *imp, const struct import_node *node, size_t i,
                          struct import_value **x) NAX_MUST_USE;

/* Steps. */
int nax_import_conv(struct importer *imp, const struct import_node *node) NAX_MUST_USE;
int nax_import_slice(struct importer *imp, const struct import_node *node) NAX_MUST_USE;
int nax_import_pool(struct importer *imp, const struct import_node *node) NAX_MUST_USE;
int nax_import_global_pool(struct importer *imp, const struct import_node *node) NAX_MUST_USE;
int nax_import_reduce_mean(struct importer *imp, const struct import_node *node) NAX_MUST_USE;
int nax_import_pad(struct importer *imp, const struct import_node *node) NAX_MUST_USE;
int nax_import_linear(struct importer *imp, const struct import_node *node) NAX_MUST_USE;

#endif
