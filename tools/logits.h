/* What a network on hardware puts out, a record an image. */
#ifndef NAX_TOOLS_LOGITS_H
#define NAX_TOOLS_LOGITS_H

#include "nax/mapping.h"
#include "tool.h"

/* Of n images, evenly spread, 0: all; ranges, and corrections of n_calibration images, if any, are
 * of those of training. */
struct logits_images {
    const struct nax_images *images;
    size_t n;
    const struct nax_images *train;
    size_t n_calibration;
};

/* id: of the design; r is overwritten. */
int logits_write(struct tool *tool, struct nax_record *r, const char *id,
                 const struct nax_model *model, const struct nax_mapping *mapping,
                 const struct logits_images *images, struct nax_err *err) NAX_MUST_USE;

#endif
