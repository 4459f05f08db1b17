/* nax-import: trained networks of other frameworks as checkpoints, and as designs to work on. */
#include "tool.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "nax/import.h"
#include "nax/search.h"

static const char synopsis[] =
    "nax-import torch [-q] --network name [--map file] [--mean r,g,b] [--sd r,g,b] [--crossbar n] "
    "[--format format] -o file weights\n";

struct import_options {
    struct tool tool;
    const char *input, *output, *network, *map, *mean, *sd;
    size_t crossbar;
};

#define FIELD(name) NAX_OPTION_FIELD(struct import_options, name)

static const struct nax_option rows[] = {
    {"network", "NAME", "network whose weights these are", FIELD(network), .builtin = "networks"},
    {"map", "FILE", "which modules belong to which layers", FIELD(map)},
    {"mean", "R,G,B", "of pixels from 0 to 1, as training had it (0,0,0)", FIELD(mean)},
    {"sd", "R,G,B", "and what these were divided by (1,1,1)", FIELD(sd)},
    {"crossbar", "N", "crossbar size of the design printed", FIELD(crossbar), .min = 1, .max = 4096,
     .value = 64},
    {"output", "FILE", "checkpoint to write", FIELD(output), .letter = 'o'},
    {.name = NULL}};

static void parse(struct import_options *o)
{
    const struct option_group group = {rows, o};
    struct tool *tool = &o->tool;
    tool_options(tool, &group, 1);
    char **word = tool->argv + optind;
    int n = tool->argc - optind;
    if (n < 1)
        tool_misuse(tool, "import what: 'torch'");
    if (strcmp(word[0], "torch"))
        tool_misuse(tool, "no such format: '%s'", word[0]);
    if (n < 2)
        tool_misuse(tool, "no file to read");
    if (n > 2)
        tool_misuse(tool, "one word too many: '%s'", word[2]);
    o->input = word[1];
    if (!o->network)
        tool_misuse(tool, "no network that the weights are of: '--network'");
    if (!o->output)
        tool_misuse(tool, "no file to write: '-o'");
}

/* The statistics that a network was trained with: pixels of 0 to 1 become (p − mean) / sd. */
static void set_pixels(const struct import_options *o, struct nax_model *model)
{
    if (o->mean)
        tool_floats(&o->tool, "mean", o->mean, model->pixel_mean, 3);
    if (o->sd)
        tool_floats(&o->tool, "sd", o->sd, model->pixel_sd, 3);
    for (int c = 0; c < 3; c++)
        if (model->pixel_sd[c] <= 0)
            tool_misuse(&o->tool, "--sd takes numbers above 0: '%s'", o->sd);
}

/* The network with its own kernels, on crossbars of one size, with these weights. */
static int describe(struct import_options *o, const struct nax_network_file *file,
                    const struct nax_model *model, struct nax_record *r, struct nax_err *err)
{
    struct nax_candidate c = {.layout = nax_network_file_layout(file),
                              .seed = o->tool.seed,
                              .crossbar_fixed = (int64_t)o->crossbar,
                              .n_slots = nax_network_file_n_slots(file)};
    char hash[17];
    snprintf(c.network, sizeof c.network, "%s", o->network);
    for (size_t s = 0; s < c.n_slots; s++) {
        c.kernel[s] = nax_network_file_kernel(file, s);
        c.crossbar[s] = (int64_t)o->crossbar;
    }
    nax_candidate_set_id(&c);
    snprintf(hash, sizeof hash, "%016" PRIx64, nax_model_hash(model));
    int status = nax_candidate_write(&c, r, err);
    if (!status && (nax_record_set_string(r, "checkpoint", o->output) ||
                    nax_record_set_string(r, "weights_hash", hash)))
        status = nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'record'");
    return status;
}

static int import(struct import_options *o, struct nax_record *r, struct nax_err *err)
{
    struct nax_network_file *file = NULL;
    struct nax_network *net = NULL;
    struct nax_model *model = NULL;
    int status = nax_network_file_load(&file, o->network, err);
    if (!status)
        status = nax_network_build(&net, file, NULL, err);
    if (!status)
        status = nax_model_alloc(&model, net, 0, err);
    if (!status) {
        set_pixels(o, model);
        status = nax_import_torch(model, o->input, o->map, err);
    }
    if (!status)
        status = describe(o, file, model, r, err);
    if (!status)
        status = nax_model_save(model, o->output, NULL, 0, err);
    nax_model_free(model);
    nax_network_free(net);
    nax_network_file_free(file);
    return status;
}

int main(int argc, char **argv)
{
    struct nax_err err = {NAX_ERR_MEMORY, "out of memory: 'record'"};
    struct import_options o = {.tool = tool_start("nax-import", synopsis, argc, argv)};
    parse(&o);
    struct nax_record *r = nax_record_alloc();
    if (!r || import(&o, r, &err))
        tool_fail(&o.tool, &err);
    tool_write_open(&o.tool, "candidate");
    tool_write(&o.tool, r);
    nax_record_free(r);
    tool_finish(&o.tool);
}
