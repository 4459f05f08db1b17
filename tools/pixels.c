/* The statistics of pixels that a network was trained with. */
#include "pixels.h"

#include <string.h>

#define FIELD(name) NAX_OPTION_FIELD(struct pixel_options, name)

const struct nax_option pixel_rows[] = {
    {"mean", "R,G,B", "of pixels from 0 to 1, as training had it; one number is of all channels",
     FIELD(mean_text), .text = "0"},
    {"sd", "R,G,B", "and what these were divided by", FIELD(sd_text), .text = "1"},
    {.name = NULL}};

/* A number for each channel, or one for all; returns how many there are. */
static size_t parse_channels(const struct tool *tool, const char *option, const char *text,
                             double values[NAX_MAX_CHANNELS])
{
    size_t n = 1;
    for (const char *comma = text; (comma = strchr(comma, ',')); comma++)
        n++;
    if (n > NAX_MAX_CHANNELS)
        tool_misuse(tool, "--%s takes up to %d numbers, separated by commas: '%s'", option,
                    NAX_MAX_CHANNELS, text);
    tool_floats(tool, option, text, values, n);
    for (size_t c = n; c < NAX_MAX_CHANNELS; c++)
        values[c] = values[0];
    return n;
}

void pixels_parse(const struct tool *tool, struct pixel_options *o)
{
    o->n_mean = parse_channels(tool, "mean", o->mean_text, o->mean);
    o->n_sd = parse_channels(tool, "sd", o->sd_text, o->sd);
    for (int c = 0; c < NAX_MAX_CHANNELS; c++)
        if (o->sd[c] <= 0)
            tool_misuse(tool, "--sd takes numbers above 0: '%s'", o->sd_text);
}

int pixels_set(const struct tool *tool, const struct pixel_options *o, struct nax_model *model,
               struct nax_err *err)
{
    const size_t channels = model->net->channels;
    const bool is_given = tool_given(tool, "mean") || tool_given(tool, "sd");
    const bool fits = (o->n_mean == 1 || o->n_mean == channels) &&
                      (o->n_sd == 1 || o->n_sd == channels) && channels <= NAX_MAX_CHANNELS;
    if (is_given && !fits)
        return nax_err_set(err, NAX_ERR_VALUE,
                           "--mean and --sd take one number, or one for each of up to %d channels, "
                           "and images of network '%s' have %zu",
                           NAX_MAX_CHANNELS, model->net->name, channels);
    for (int c = 0; c < NAX_MAX_CHANNELS; c++) {
        model->pixel_mean[c] = o->mean[c] + o->sd[c] * model->pixel_mean[c];
        model->pixel_sd[c] *= o->sd[c];
    }
    return 0;
}
