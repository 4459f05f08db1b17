/* A warning where converters or ranges of inputs cut off much. */
#include "clamped.h"

enum { N_IMAGES = 32 }; /* that are looked at */

/* Parts of a layer's conversions and inputs above which a line says so. Of a trained ResNet-20 at N
 * = 64, where 6 bits of adc.range calibrated clamp 3e-6 of the conversions of the worst layer and
 * cost nothing, 5 clamp 10 % of one and cost a quarter of a point, 4 clamp 58 % and cost 2 points;
 * of the inputs of any layer 4e-5 are beyond the range. */
static const double much_of_conversions = 0.01, much_of_inputs = 0.001;

int clamped_count(const struct nax_mapped *mapped, const struct nax_images *images, size_t n_images,
                  struct nax_layer_clamped *clamped, struct nax_err *err)
{
    size_t n = n_images ? NAX_MIN(n_images, (size_t)N_IMAGES) : N_IMAGES;
    return nax_mapped_clamped(mapped, images, n, clamped, err);
}

/* "2.3 % in layer 's1b1c1' and 4 others above 1 %". Compares with what is no number, too. */
static bool name_layers(const struct nax_network *net, const double *part, double much, char *text,
                        size_t size)
{
    size_t worst = 0, n = 0;
    for (size_t l = 0; l < net->n_layers; l++) {
        n += part[l] > much;
        worst = part[l] > part[worst] ? l : worst;
    }
    if (!n)
        return false;
    int at =
        snprintf(text, size, "%.3g %% in layer '%s'", 100 * part[worst], net->layers[worst].name);
    if (n > 1)
        snprintf(text + at, size - (size_t)at, ", above %g %% in %zu others", 100 * much, n - 1);
    return true;
}

static void warn(struct tool *tool, const char *id, const struct nax_network *net,
                 const struct nax_layer_clamped *clamped)
{
    double conversions[NAX_NETWORK_LAYERS_MAX], inputs[NAX_NETWORK_LAYERS_MAX];
    char text[128];
    for (size_t l = 0; l < net->n_layers; l++) {
        conversions[l] = clamped[l].conversions > 0 ? clamped[l].conversions : 0;
        inputs[l] = clamped[l].inputs > 0 ? clamped[l].inputs : 0;
    }
    if (name_layers(net, conversions, much_of_conversions, text, sizeof text))
        tool_say(tool, "%s: conversions clamp, %s: more adc.bits or another adc.range help", id,
                 text);
    if (name_layers(net, inputs, much_of_inputs, text, sizeof text))
        tool_say(tool,
                 "%s: inputs are beyond the range of the training images, %s: training images "
                 "like the test images help",
                 id, text);
}

int clamped_tell(struct tool *tool, const char *id, const struct nax_network *net,
                 const struct nax_mapped *mapped, const struct nax_images *images, size_t n_images,
                 struct nax_err *err)
{
    struct nax_layer_clamped clamped[NAX_NETWORK_LAYERS_MAX];
    int status = clamped_count(mapped, images, n_images, clamped, err);
    if (!status)
        warn(tool, id, net, clamped);
    return status;
}
