/* Operators that are read. */
#ifndef NAX_IMPORT_OPERATORS_H
#define NAX_IMPORT_OPERATORS_H

#include "layers.h"

enum { IMPORT_RULES_MAX = 7 };

struct import_rule {
    const char *name;
    enum import_attribute_kind kind;
    bool is_flag; /* 0 or 1 */
};

typedef int import_work(struct importer *imp, const struct import_node *node);

struct import_operator {
    const char *op;
    import_work *take; /* of an image, or of nothing; NULL: no layer does it */
    import_work *fold; /* of numbers alone; NULL: they are not worked out */
    struct import_rule rules[IMPORT_RULES_MAX];
};

/* Nodes of images: in steps.c; those whose output is numbers even so, in fold.c. */
import_work nax_import_step_add, nax_import_step_batch_norm, nax_import_step_cast,
    nax_import_step_clip, nax_import_step_concat, nax_import_step_flatten, nax_import_step_relu,
    nax_import_step_reshape, nax_import_step_same, nax_import_step_sigmoid, nax_import_step_softmax,
    nax_import_step_squeeze, nax_import_step_transpose, nax_import_step_constant,
    nax_import_step_shape;
/* Nodes of numbers: in fold.c. */
import_work nax_import_fold_arithmetic, nax_import_fold_cast, nax_import_fold_concat,
    nax_import_fold_gather, nax_import_fold_reshape, nax_import_fold_same, nax_import_fold_slice,
    nax_import_fold_squeeze, nax_import_fold_transpose;

#endif
