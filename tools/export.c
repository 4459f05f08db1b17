/* A trained design as an ONNX file. */
#include "export.h"
#include "design.h"
#include "nax/cosearch.h"
#include "nax/import.h"
#include "nax/mapping.h"

#include <stdlib.h>
#include <string.h>

struct exported {
    struct tool *tool;
    const struct export_options *options;
    struct design design;
    struct nax_hardware *hardware; /* NULL: no chip */
    char *where;                   /* the record, for errors */
    struct nax_network *net;
    struct nax_model *model;
    int64_t crossbars[NAX_NETWORK_LAYERS_MAX];
};

/* Weights become those that the chip's arrays multiply by, wires and cells as they are. */
static int put_on_chip(struct exported *e, const struct nax_hardware *hardware, struct nax_err *err)
{
    const struct nax_mapping mapping = {.hardware = hardware,
                                        .crossbars = e->crossbars,
                                        .fidelity = NAX_FIDELITY_LINEAR,
                                        .seed = e->tool->seed,
                                        .chip = e->options->chip};
    int status = nax_mapping_check(&mapping, e->net, err);
    for (size_t l = 0; !status && l < e->net->n_layers; l++) {
        const struct nax_layer *shape = &e->net->layers[l];
        const size_t n = nax_layer_n_weights(shape);
        if (!n)
            continue;
        float *effective = nax_calloc(n, sizeof *effective);
        status = effective
                     ? nax_effective_weights(&mapping, shape, l, e->crossbars[l],
                                             e->model->layer[l].weight, effective, err)
                     : nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'layer %s'", shape->name);
        if (!status)
            memcpy(e->model->layer[l].weight, effective, n * sizeof *effective);
        free(effective);
    }
    return status;
}

/* Before the output, whose provenance names it. */
static int open_hardware(struct exported *e, struct nax_err *err)
{
    const struct hardware_use use = {"export", nax_fidelity_parts(NAX_FIDELITY_LINEAR)};
    int status = hardware_open(e->tool, &e->options->hardware, &e->hardware, err);
    if (!status)
        hardware_check_use(e->tool, &e->options->hardware, e->hardware, &use);
    return status;
}

/* A chip of the hardware, with the bits that the design asks for. */
static int take_chip(struct exported *e, struct nax_err *err)
{
    struct nax_hardware *own;
    int status = nax_hardware_of(&own, &e->design.candidate, e->net, e->hardware, err);
    if (status)
        return status;
    status = put_on_chip(e, own ? own : e->hardware, err);
    nax_hardware_convert_free(own);
    return status;
}

static int write_design(struct exported *e, const struct nax_record *record, struct nax_err *err)
{
    int status = design_take(&e->design, record, err);
    if (status >= 0)
        status = design_load(&e->design, record, nax_reader_path(e->tool->reader), &e->net,
                             e->crossbars, &e->model, err);
    if (!status && e->hardware)
        status = take_chip(e, err);
    if (status)
        nax_err_prefix(err, "%s", e->where);
    else
        status = nax_export_onnx(e->model, e->options->output, err);
    if (!status)
        tool_say(e->tool, "%s: %zu layers, %zu x %zu x %zu, %zu classes", e->net->name,
                 e->net->n_layers, e->net->height, e->net->width, e->net->channels,
                 e->net->n_classes);
    nax_model_free(e->model);
    nax_network_free(e->net);
    design_close(&e->design);
    return status;
}

void export_design(struct tool *tool, const struct export_options *options)
{
    struct exported e = {.tool = tool, .options = options};
    struct nax_err err;
    tool_read_open(tool);
    struct nax_record *record = nax_record_alloc(), *other = nax_record_alloc();
    design_check(tool, record && other ? 0 : NAX_ERR_MEMORY);
    if (options->has_chip && open_hardware(&e, &err))
        tool_fail(tool, &err);
    if (!tool_read(tool, record)) {
        nax_err_set(&err, NAX_ERR_VALUE, "no design to write: '%s'", options->output);
        tool_fail(tool, &err);
    }
    e.where = nax_strdup(nax_reader_where(tool->reader)); /* before the reader goes on */
    design_check(tool, e.where ? 0 : NAX_ERR_MEMORY);
    if (tool_read(tool, other)) {
        nax_err_set(&err, NAX_ERR_VALUE, "a second design, and one file: '%s'", options->output);
        tool_fail_record(tool, &err);
    }
    if (write_design(&e, record, &err))
        tool_fail(tool, &err);
    tool_write(tool, record);
    nax_hardware_free(e.hardware);
    free(e.where);
    nax_record_free(record);
    nax_record_free(other);
}
