/* Curves, policies and provenance of a report. */
#include "report_data.h"
#include "report_json.h"

#include <math.h>
#include <string.h>

enum { CURVES_MAX = 48 };

static bool is_drawn(const char *field)
{
    static const char *const words[] = {"loss", "accuracy", "entropy"};
    size_t n = strcspn(field, "_");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i]) == n && !memcmp(words[i], field, n))
            return true;
    return false;
}

static bool is_of_curve(const struct report *report, size_t i, size_t first)
{
    const struct report_record *a = &report->records[i], *b = &report->records[first];
    return a->kind == REPORT_EPOCH && a->stream == b->stream &&
           !strcmp(report_string(a->record, "id") ?: "", report_string(b->record, "id") ?: "");
}

static void write_field(const struct report_data *d, size_t first, const char *field)
{
    const struct report *report = d->report;
    const char *comma = "[";
    for (size_t i = first; i < report->n_records; i++) {
        if (!is_of_curve(report, i, first))
            continue;
        fputs(comma, d->file);
        json_number(d->file, report_number(report->records[i].record, field));
        comma = ",";
    }
    fputc(']', d->file);
}

static bool has_values(const struct report *report, size_t first, const char *field)
{
    for (size_t i = first; i < report->n_records; i++)
        if (is_of_curve(report, i, first) &&
            isfinite(report_number(report->records[i].record, field)))
            return true;
    return false;
}

static void write_curve(const struct report_data *d, size_t first)
{
    const struct report *report = d->report;
    const struct nax_record *r = report->records[first].record;
    const struct report_stream *stream = &report->streams[report->records[first].stream];
    const char *id = report_string(r, "id"), *comma = "";
    char name[300];
    snprintf(name, sizeof name, "%s%s%.8s", stream->name, id ? " " : "", id ? id : "");
    fputs("{\"name\":", d->file);
    json_text(d->file, name);
    fputs(",\"x\":", d->file);
    write_field(d, first, "epoch");
    fputs(",\"fields\":{", d->file);
    for (size_t k = 0; k < nax_record_n(r); k++) {
        const char *field = nax_record_name(r, k);
        if (!is_drawn(field) || !has_values(report, first, field))
            continue;
        fputs(comma, d->file);
        json_text(d->file, field);
        fputc(':', d->file);
        write_field(d, first, field);
        comma = ",";
    }
    fputs("}}", d->file);
}

void report_write_curves(const struct report_data *d)
{
    struct report *report = d->report;
    size_t n = 0, n_left_out = 0;
    for (size_t i = 0; i < report->n_records; i++) {
        bool is_first = report->records[i].kind == REPORT_EPOCH;
        for (size_t k = 0; k < i && is_first; k++)
            is_first = !is_of_curve(report, k, i);
        if (!is_first)
            continue;
        if (n == CURVES_MAX) {
            n_left_out++;
            continue;
        }
        fputs(n++ ? ",\n" : "", d->file);
        write_curve(d, i);
    }
    if (n_left_out)
        report_note(report, "%zu more runs have curves that are not shown", n_left_out);
}

int report_write_policies(struct report_data *d, struct nax_err *err)
{
    const char *comma = "";
    for (size_t i = 0; i < d->report->n_records; i++) {
        const struct nax_record *r = d->report->records[i].record;
        const int64_t *kernels, *crossbars;
        const double *p;
        const char *network;
        size_t n_kernels, n_crossbars, n;
        struct nax_err ignored;
        if (d->report->records[i].kind != REPORT_POLICY ||
            nax_record_string(r, "network", &network, &ignored) ||
            nax_record_ints(r, "kernels", &kernels, &n_kernels, &ignored) ||
            nax_record_ints(r, "crossbars", &crossbars, &n_crossbars, &ignored) ||
            nax_record_floats(r, "policy", &p, &n, &ignored))
            continue;
        int at = report_layers_network(d->layers, network, err);
        if (at < 0)
            return at;
        fprintf(d->file, "%s{\"net\":%d,\"name\":", comma, at);
        json_text(d->file, d->report->streams[d->report->records[i].stream].name);
        fputs(",\"kernels\":", d->file);
        json_ints(d->file, kernels, n_kernels);
        fputs(",\"crossbars\":", d->file);
        json_ints(d->file, crossbars, n_crossbars);
        fputs(",\"p\":[", d->file);
        for (size_t k = 0; k < n; k++)
            fprintf(d->file, "%s%.3g", k ? "," : "", isfinite(p[k]) ? p[k] : 0);
        fputs("]}", d->file);
        comma = ",\n";
    }
    return 0;
}

void report_write_streams(const struct report_data *d)
{
    const struct report *report = d->report;
    for (size_t s = 0; s < report->n_streams; s++) {
        const struct report_stream *stream = &report->streams[s];
        fputs(s ? ",\n{\"name\":" : "{\"name\":", d->file);
        json_text(d->file, stream->name);
        fprintf(d->file, ",\"n\":%zu,\"open\":%s,\"commands\":[", stream->n_read,
                stream->is_open ? "true" : "false");
        for (size_t i = 0; i < stream->n_commands; i++) {
            fputs(i ? "," : "", d->file);
            json_text(d->file, stream->commands[i]);
        }
        fputs("]}", d->file);
    }
}

void report_write_settings(const struct report_data *d)
{
    const struct report *report = d->report;
    for (size_t i = 0; i < report->n_texts; i++) {
        fputs(i ? ",\n{\"name\":" : "{\"name\":", d->file);
        json_text(d->file, report->texts[i].name);
        fputs(",\"text\":", d->file);
        json_text(d->file, report->texts[i].text);
        fputc('}', d->file);
    }
}
