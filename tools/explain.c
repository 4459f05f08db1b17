/* Records of the engines that convolutions get. */
#include "explain.h"
#include "design.h"

#include <string.h>

void explain_check(const struct tool *tool)
{
    static const char *const acting[] = {"explain",    "precision", "format",    "threads",
                                         "max-record", "quiet",     "help",      "version",
                                         "part",       "distinct",  "unfinished"};
    for (size_t i = 0; i < tool->options.n; i++) {
        const struct option_entry *e = &tool->options.at[i];
        bool acts = false;
        for (size_t k = 0; k < sizeof acting / sizeof *acting; k++)
            acts = acts || !strcmp(e->name, acting[k]);
        if (e->is_given && !acts)
            tool_misuse(tool, "--explain trains nothing: '--%s'", e->name);
    }
}

/* Null where there are no such products. */
static int set_engine(struct nax_record *r, const char *name, const char *engine)
{
    return engine ? nax_record_set_string(r, name, engine) : nax_record_set_null(r, name);
}

/* Nothing of what is no convolution. */
static void write_layer(struct tool *tool, struct nax_record *r, const char *id,
                        const struct nax_layer *layer, enum nax_arithmetic precision)
{
    struct nax_conv_engines engines;
    struct nax_err err;
    if (nax_conv_engines(layer, precision, &engines, &err))
        tool_fail(tool, &err);
    if (!engines.forward)
        return;
    nax_record_clear(r);
    design_check(tool, nax_record_set_string(r, "id", id) ||
                           nax_record_set_string(r, "layer", layer->name) ||
                           nax_record_set_string(r, "role", nax_layer_role_name(layer)) ||
                           nax_record_set_int(r, "kernel_size", (int64_t)layer->kernel[0]) ||
                           nax_record_set_string(r, "precision", nax_arithmetic_name(precision)) ||
                           nax_record_set_string(r, "instructions", nax_isa_name(nax_isa())) ||
                           set_engine(r, "engine_forward", engines.forward) ||
                           set_engine(r, "engine_backward_data", engines.backward_data) ||
                           set_engine(r, "engine_backward_weights", engines.backward_weights));
    tool_write(tool, r);
}

void explain(struct tool *tool, enum nax_arithmetic precision)
{
    struct design design = {.file = NULL};
    struct nax_record *r = nax_record_alloc();
    design_check(tool, r ? 0 : NAX_ERR_MEMORY);
    tool->kind = "layer";
    while (tool_read(tool, r)) {
        int64_t crossbars[NAX_NETWORK_LAYERS_MAX];
        struct nax_network *net;
        struct nax_err err;
        design_read(&design, tool, r);
        if (design_build(&design, &net, crossbars, &err))
            tool_fail_record(tool, &err);
        for (size_t l = 0; l < net->n_layers; l++)
            write_layer(tool, r, design.candidate.id, &net->layers[l], precision);
        nax_network_free(net);
    }
    nax_record_free(r);
    design_close(&design);
}
