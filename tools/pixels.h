/* Options --mean and --sd: what pixels were normalised by when a network was trained. */
#ifndef NAX_TOOLS_PIXELS_H
#define NAX_TOOLS_PIXELS_H

#include "nax/nn.h"
#include "tool.h"

struct pixel_options {
    const char *mean_text, *sd_text;
    double mean[NAX_MAX_CHANNELS],
        sd[NAX_MAX_CHANNELS]; /* a pixel p of 0 to 1 becomes (p − mean) / sd */
    size_t n_mean, n_sd;      /* numbers given: 1, of all channels, or one for each */
};

extern const struct nax_option pixel_rows[];

void pixels_parse(const struct tool *tool, struct pixel_options *o);
/* Into the model, before what its graph does to its image. Errors: not as many numbers as the
 * images have channels. */
int pixels_set(const struct tool *tool, const struct pixel_options *o, struct nax_model *model,
               struct nax_err *err) NAX_MUST_USE;

#endif
