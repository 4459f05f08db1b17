/* The data of a report's page: designs by method, curves, policies, and what made them. */
#include "report_data.h"
#include "report_json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LAYER_ROWS_MAX = 46000 }; /* of about a dozen bytes each */

const char *report_string(const struct nax_record *r, const char *name)
{
    const struct nax_value *value = nax_record_get(r, name);
    return value && value->type == NAX_STRING ? value->string.s : NULL;
}

double report_number(const struct nax_record *r, const char *name)
{
    struct nax_err ignored;
    double value;
    return nax_record_float(r, name, &value, &ignored) ? NAN : value;
}

void report_choose_objectives(struct report *report)
{
    struct nax_objective objectives[NAX_OBJECTIVES_MAX];
    const char *text = report->objectives_text;
    struct nax_err err;
    size_t n, n_validated = 0;
    for (size_t i = 0; i < report->n_records; i++)
        n_validated += report->records[i].kind == REPORT_DESIGN &&
                       nax_record_has(report->records[i].record, "accuracy_hardware_validation");
    if (!text)
        text = n_validated ? "accuracy_hardware_validation:max,edap_pj_ns_mm2:min"
                           : "accuracy:max,edap_pj_ns_mm2:min";
    if (nax_objectives_parse(text, objectives, &n, &err))
        tool_misuse(report->tool, "%s", err.text);
    if (n != 2)
        tool_misuse(report->tool, "two objectives, for two axes: '%s'", text);
    memcpy(report->objectives, objectives, sizeof report->objectives);
}

static void write_objectives(const struct report_data *d)
{
    for (size_t j = 0; j < 2; j++) {
        const struct nax_objective *o = &d->report->objectives[j];
        const struct nax_field *field = nax_field_find(o->name);
        fputs(j ? ",{\"field\":" : "{\"field\":", d->file);
        json_text(d->file, o->name);
        fprintf(d->file, ",\"max\":%s,\"unit\":\"%s\"}", o->is_max ? "true" : "false",
                field ? field->unit : "");
    }
}

static void add_notes(struct report_data *d)
{
    if (d->n_incomplete)
        report_note(d->report, "%zu designs are left out: they lack %s or %s, or diverged",
                    d->n_incomplete, d->report->objectives[0].name, d->report->objectives[1].name);
    if (d->layers->n_unshown)
        report_note(d->report, "costs by layer are shown of the first %zu designs only",
                    d->n_designs - d->layers->n_unshown - d->layers->n_without);
    if (d->layers->n_without)
        report_note(d->report,
                    "costs by layer are missing of %zu designs: their network or hardware is not "
                    "found from here, or was changed by --set",
                    d->layers->n_without);
}

static int write_all(struct report_data *d, struct nax_err *err)
{
    FILE *f = d->file;
    struct report *report = d->report;
    fputs("{\"version\":\"" NAX_VERSION "\",\"title\":", f);
    json_text(f, report->title ? report->title : report->name);
    fputs(",\n\"objectives\":[", f);
    write_objectives(d);
    fputs("],\n\"methods\":[", f);
    report_write_methods(d);
    fputs("],\n\"designs\":[\n", f);
    int status = report_write_designs(d, err);
    fputs("],\n\"curves\":[", f);
    report_write_curves(d);
    fputs("],\n\"policies\":[", f);
    if (!status)
        status = report_write_policies(d, err);
    fputs("],\n\"networks\":[", f);
    report_layers_write_networks(d->layers, f);
    fputs("],\n\"streams\":[", f);
    report_write_streams(d);
    fputs("],\n\"settings\":[", f);
    report_write_settings(d);
    add_notes(d);
    fputs("],\n\"notes\":[", f);
    for (size_t i = 0; i < report->n_notes; i++) {
        fputs(i ? "," : "", f);
        json_text(f, report->notes[i]);
    }
    fputs("]}\n", f);
    return status;
}

int report_data(struct report *report, FILE *file, struct nax_err *err)
{
    struct report_data d = {.report = report, .file = file};
    int status = 0;
    d.layers = nax_calloc(1, sizeof *d.layers);
    d.method = nax_calloc(report->n_records + 1, sizeof *d.method);
    d.weights = nax_calloc(report->n_records + 1, sizeof *d.weights);
    if (!d.layers || !d.method || !d.weights)
        status = nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'report'");
    if (!status) {
        d.layers->n_rows_left = LAYER_ROWS_MAX;
        status = report_list_methods(&d, err);
    }
    if (!status)
        status = write_all(&d, err);
    if (d.layers)
        report_layers_free(d.layers);
    free(d.layers);
    free(d.method);
    free(d.weights);
    free(d.losses);
    return status;
}
