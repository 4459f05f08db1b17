/* Designs of a report. */
#include "report_data.h"
#include "report_json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void write_if(FILE *f, const char *key, double value)
{
    if (!isfinite(value))
        return;
    fprintf(f, ",\"%s\":", key);
    json_number(f, value);
}

/* Designs of the same weights were trained once: they have one number. */
static void write_weights(struct report_data *d, const struct nax_record *r)
{
    const char *weights = report_string(r, "weights");
    if (!weights)
        return;
    size_t at = 0;
    while (at < d->n_weights && strcmp(d->weights[at], weights) != 0)
        at++;
    if (at == d->n_weights)
        d->weights[d->n_weights++] = weights;
    fprintf(d->file, ",\"wi\":%zu", at);
}

/* --- signal to error of layers, where records of nax-eval --layers say it --- */

/* By design, each's in the order in which they came. */
static int compare_losses(const void *a, const void *b)
{
    const struct report_loss *p = a, *q = b;
    int order = strcmp(p->id, q->id);
    return order ? order : (p->at > q->at) - (p->at < q->at);
}

static int list_losses(struct report_data *d, struct nax_err *err)
{
    const struct report *report = d->report;
    d->losses = nax_calloc(report->n_of[REPORT_LOSS] + 1, sizeof *d->losses);
    if (!d->losses)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'report'");
    for (size_t i = 0; i < report->n_records; i++) {
        const struct nax_record *r = report->records[i].record;
        if (report->records[i].kind == REPORT_LOSS)
            d->losses[d->n_losses++] =
                (struct report_loss){report_string(r, "id") ?: "", report_string(r, "layer") ?: "",
                                     report_number(r, "snr_db"), i};
    }
    qsort(d->losses, d->n_losses, sizeof *d->losses, compare_losses);
    return 0;
}

/* The first one of a design, or where it would be. */
static size_t find_losses(const struct report_data *d, const char *id)
{
    size_t low = 0, high = d->n_losses;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(d->losses[middle].id, id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void write_losses(const struct report_data *d, const char *id, const struct nax_network *all)
{
    size_t first = find_losses(d, id), end = first;
    while (end < d->n_losses && !strcmp(d->losses[end].id, id))
        end++;
    if (first == end || !all)
        return;
    for (size_t l = 0; l < all->n_layers; l++) {
        double db = NAN;
        for (size_t i = first; i < end; i++)
            if (!strcmp(d->losses[i].layer, all->layers[l].name))
                db = d->losses[i].db;
        fputs(l ? "," : ",\"db\":[", d->file);
        json_number(d->file, db);
    }
    fputs("]", d->file);
}

/* --- designs --- */

static int write_design(struct report_data *d, size_t i, struct nax_err *err)
{
    const struct nax_record *r = d->report->records[i].record;
    const struct nax_objective *objectives = d->report->objectives;
    static struct nax_candidate c;
    char name[NAX_CANDIDATE_NAME_SIZE];
    double point[2], error[2];
    FILE *f = d->file;
    int status = nax_candidate_read(&c, r, err);
    int network = status ? status : report_layers_network(d->layers, c.network, err);
    if (network < 0 || (status = nax_objectives_read(objectives, 2, r, point, err)) ||
        (status = nax_objectives_read_errors(objectives, 2, r, error, err)))
        return network < 0 ? network : status;
    nax_candidate_name(&c, name);
    fprintf(f, "{\"m\":%zu,\"net\":%d,\"id\":", d->method[i], network);
    json_text(f, c.id);
    fputs(",\"n\":", f);
    json_text(f, name);
    fputs(",\"k\":", f);
    json_ints(f, c.kernel, c.n_slots);
    fputs(",\"c\":", f);
    json_ints(f, c.crossbar, c.n_slots);
    if (c.n_stages) {
        fputs(",\"w\":", f);
        json_ints(f, c.width, c.n_stages);
    }
    fputs(",\"v\":[", f);
    for (size_t j = 0; j < 2; j++) {
        json_number(f, objectives[j].is_max ? -point[j] : point[j]);
        fputs(j ? "],\"se\":[" : ",", f);
    }
    json_number(f, error[0]);
    fputc(',', f);
    json_number(f, error[1]);
    fputc(']', f);
    write_if(f, "en", report_number(r, "energy_pj"));
    write_if(f, "la", report_number(r, "latency_ns"));
    write_if(f, "ar", report_number(r, "area_mm2"));
    write_if(f, "ed", report_number(r, "edap_pj_ns_mm2"));
    write_if(f, "ai", report_number(r, "accuracy_ideal"));
    write_if(f, "s", report_number(r, "train_seconds"));
    write_weights(d, r);
    if (nax_candidate_is_uniform(&c))
        fputs(",\"b\":true", f);
    status = report_layers_write(d->layers, r, (size_t)network, f, err);
    write_losses(d, c.id, d->layers->networks[network].net);
    fputc('}', f);
    return status;
}

int report_write_designs(struct report_data *d, struct nax_err *err)
{
    int status = list_losses(d, err);
    size_t n = 0;
    for (size_t m = 0; m < d->n_methods; m++)
        for (size_t i = 0; i < d->report->n_records && !status; i++) {
            if (d->method[i] != m)
                continue;
            fputs(n++ ? ",\n" : "", d->file);
            status = write_design(d, i, err);
        }
    return status;
}
