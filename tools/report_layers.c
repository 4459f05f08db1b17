/* Costs of layers, as a page shows them. */
#include "report_layers.h"
#include "nax/cosearch.h"
#include "report_json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int report_layers_network(struct report_layers *layers, const char *name, struct nax_err *err)
{
    struct nax_err ignored;
    size_t at = 0;
    while (at < layers->n_networks && strcmp(layers->networks[at].name, name) != 0)
        at++;
    if (at < layers->n_networks)
        return (int)at;
    if (at == REPORT_NETWORKS_MAX)
        return nax_err_set(err, NAX_ERR_VALUE, "more than %d networks: '%s'", REPORT_NETWORKS_MAX,
                           name);
    struct report_network *n = &layers->networks[layers->n_networks++];
    *n = (struct report_network){.file = NULL};
    snprintf(n->name, sizeof n->name, "%s", name);
    if (nax_network_file_load(&n->file, name, &ignored))
        n->file = NULL;
    else if (nax_network_build(&n->net, n->file, NULL, &ignored))
        n->net = NULL;
    return (int)at;
}

void report_layers_write_networks(const struct report_layers *layers, FILE *file)
{
    for (size_t i = 0; i < layers->n_networks; i++) {
        const struct report_network *n = &layers->networks[i];
        fputs(i ? ",\n{\"name\":" : "{\"name\":", file);
        json_text(file, n->name);
        fputs(",\"slots\":[", file);
        for (size_t s = 0; n->file && s < nax_network_file_n_slots(n->file); s++) {
            fputs(s ? "," : "", file);
            json_text(file, nax_network_file_slot_name(n->file, s));
        }
        fputs("],\"layers\":[", file);
        for (size_t l = 0; n->net && l < n->net->n_layers; l++) {
            const struct nax_layer *layer = &n->net->layers[l];
            fputs(l ? ",{\"name\":" : "{\"name\":", file);
            json_text(file, layer->name);
            fprintf(file, ",\"slot\":%d,\"kernel\":%zu,\"kind\":\"%s\"}", layer->slot,
                    layer->kernel[0], nax_layer_kind_row(layer)->has_weights ? "weights" : "pool");
        }
        fputs("]}", file);
    }
}

/* Whether this is the hardware now; names of files count from where the tool was started. */
static bool find_hardware(struct report_layers *layers, const char *name)
{
    struct nax_err ignored;
    if (layers->model && !strcmp(layers->hardware_name, name))
        return true;
    if (!strcmp(layers->hardware_name, name))
        return false;
    nax_cost_model_free(layers->model);
    nax_hardware_free(layers->hardware);
    layers->model = NULL;
    layers->hardware = NULL;
    snprintf(layers->hardware_name, sizeof layers->hardware_name, "%s", name);
    if (nax_hardware_load(&layers->hardware, name, &ignored)) {
        layers->hardware = NULL;
        return false;
    }
    if (nax_cost_model_alloc(&layers->model, layers->hardware, &ignored))
        layers->model = NULL;
    return layers->model != NULL;
}

static bool is_near(const struct nax_record *record, const char *field, double value)
{
    struct nax_err ignored;
    double own;
    return !nax_record_float(record, field, &own, &ignored) &&
           fabs(own - value) <= 1e-6 * fabs(value);
}

/* Costs of the design's layers; false where they are not the record's. */
static bool price(struct report_layers *layers, const struct nax_record *record,
                  struct nax_network *net, const int64_t *sizes, struct nax_cost *sum,
                  struct nax_cost *parts)
{
    struct nax_hardware *own = NULL;
    struct nax_cost_model *own_model = NULL;
    struct nax_err ignored;
    bool is_priced =
        !nax_hardware_of(&own, &layers->design.candidate, net, layers->hardware, &ignored) &&
        (!own || !nax_cost_model_alloc(&own_model, own, &ignored)) &&
        !nax_cost_network(own ? own_model : layers->model, net, sizes, sum, parts, &ignored);
    nax_cost_model_free(own_model);
    nax_hardware_convert_free(own);
    return is_priced && is_near(record, "energy_pj", sum->energy_pj) &&
           is_near(record, "latency_ns", sum->latency_ns) &&
           is_near(record, "area_mm2", sum->area_mm2);
}

static void write_part(FILE *file, const struct nax_cost *part, const struct nax_cost *sum,
                       double latency_ns, int64_t size)
{
    fprintf(file, "[%ld,%ld,%ld", lrint(1000 * part->energy_pj / sum->energy_pj),
            lrint(1000 * part->latency_ns / latency_ns),
            lrint(1000 * part->area_mm2 / sum->area_mm2));
    if (size)
        fprintf(file, ",%lld", (long long)size);
    fputc(']', file);
}

static void write_parts(FILE *file, const struct nax_network *all, const struct nax_network *net,
                        const int64_t *sizes, const struct nax_cost *parts,
                        const struct nax_cost *sum)
{
    double latency_ns = 0; /* of layers that may overlap */
    for (size_t l = 0; l < net->n_layers; l++)
        latency_ns += parts[l].latency_ns;
    fputs(",\"L\":[", file);
    for (size_t a = 0; a < all->n_layers; a++) {
        size_t l = 0;
        while (l < net->n_layers && strcmp(net->layers[l].name, all->layers[a].name) != 0)
            l++;
        if (l == net->n_layers)
            fputs("null", file);
        else
            write_part(file, &parts[l], sum, latency_ns, net->layers[l].slot < 0 ? sizes[l] : 0);
        fputc(',', file);
    }
    write_part(file, &parts[net->n_layers], sum, latency_ns, 0);
    fputc(']', file);
}

int report_layers_write(struct report_layers *layers, const struct nax_record *record, size_t at,
                        FILE *file, struct nax_err *err)
{
    const struct nax_network *all = layers->networks[at].net;
    static int64_t sizes[NAX_NETWORK_LAYERS_MAX];
    struct nax_network *net = NULL;
    struct nax_err ignored;
    struct nax_cost sum;
    const char *hardware;
    if (!all || nax_record_string(record, "hardware", &hardware, &ignored) ||
        !find_hardware(layers, hardware) || design_take(&layers->design, record, &ignored) < 0 ||
        design_build(&layers->design, &net, sizes, &ignored)) {
        layers->n_without++;
        return 0;
    }
    if (all->n_layers + 1 > layers->n_rows_left) {
        layers->n_unshown++;
        nax_network_free(net);
        return 0;
    }
    struct nax_cost *parts = nax_calloc(net->n_layers + 1, sizeof *parts);
    int status = parts ? 0 : nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'layers'");
    if (!status && price(layers, record, net, sizes, &sum, parts)) {
        write_parts(file, all, net, sizes, parts, &sum);
        layers->n_rows_left -= all->n_layers + 1;
    } else if (!status) {
        layers->n_without++;
    }
    free(parts);
    nax_network_free(net);
    return status;
}

void report_layers_free(struct report_layers *layers)
{
    for (size_t i = 0; i < layers->n_networks; i++) {
        nax_network_free(layers->networks[i].net);
        nax_network_file_free(layers->networks[i].file);
    }
    nax_cost_model_free(layers->model);
    nax_hardware_free(layers->hardware);
    design_close(&layers->design);
}
