/* Methods of a report: which designs are of which, in which order. */
#include "report_data.h"
#include "report_json.h"

#include <math.h>
#include <string.h>

static int find_method(struct report_data *d, const char *name, size_t *at, struct nax_err *err)
{
    for (*at = 0; *at < d->n_methods; ++*at)
        if (!strcmp(d->methods[*at].name, name))
            return 0;
    if (*at == REPORT_METHODS_MAX)
        return nax_err_set(err, NAX_ERR_VALUE, "more than %d files of designs: '%s'",
                           REPORT_METHODS_MAX, name);
    d->methods[d->n_methods++] = (struct report_method){.name = name};
    return 0;
}

/* The file of all generations says what those of each say, without their order. */
static bool is_repeated(const struct report *report, size_t stream)
{
    if (strcmp(report->streams[stream].name, "evolve") != 0)
        return false;
    for (size_t s = 0; s < report->n_streams; s++)
        if (s != stream && !strcmp(report->streams[s].method, "evolve"))
            return true;
    return false;
}

static bool has_objectives(const struct report *report, const struct nax_record *r)
{
    double point[2], error[2];
    struct nax_err ignored;
    return !nax_objectives_read(report->objectives, 2, r, point, &ignored) &&
           !nax_objectives_read_errors(report->objectives, 2, r, error, &ignored);
}

int report_list_methods(struct report_data *d, struct nax_err *err)
{
    const struct report *report = d->report;
    static struct nax_candidate c;
    for (size_t i = 0; i < report->n_records; i++) {
        const struct report_record *r = &report->records[i];
        const struct report_stream *stream = &report->streams[r->stream];
        struct nax_err ignored;
        size_t m;
        d->method[i] = REPORT_METHODS_MAX;
        if (r->kind != REPORT_DESIGN || is_repeated(report, r->stream))
            continue;
        if (nax_candidate_read(&c, r->record, &ignored) || !has_objectives(report, r->record)) {
            d->n_incomplete++;
            continue;
        }
        int status = find_method(d, stream->method, &m, err);
        if (status)
            return status;
        struct report_method *method = &d->methods[m];
        bool is_next = !method->n;
        for (size_t k = i; k-- > 0 && !is_next;)
            if (d->method[k] == m) {
                is_next = report->records[k].stream != r->stream;
                break;
            }
        method->n_groups += is_next;
        method->groups[method->n_groups - 1]++;
        method->n++;
        method->is_unordered = method->is_unordered || stream->is_unordered;
        method->is_searched = method->is_searched || stream->is_searched;
        d->method[i] = m;
        d->n_designs++;
    }
    return 0;
}

static bool is_method(const struct report_data *d, const char *name)
{
    for (size_t m = 0; m < d->n_methods; m++)
        if (!strcmp(d->methods[m].name, name))
            return true;
    return false;
}

/* Of the search that a method's designs come from: the log that has its name, such as oneshot.csv,
 * or else those of searches by gradients that have no method's. */
static double search_seconds(const struct report_data *d, const char *name)
{
    const struct report *report = d->report;
    double own = 0, others = 0;
    for (size_t i = 0; i < report->n_records; i++) {
        const struct report_record *r = &report->records[i];
        const char *log = report->streams[r->stream].method;
        if (r->kind != REPORT_EPOCH)
            continue;
        double seconds = fmax(0, report_number(r->record, "train_seconds"));
        if (!strcmp(log, name))
            own += seconds;
        else if (!is_method(d, log) && nax_record_has(r->record, "loss_search"))
            others += seconds;
    }
    return own > 0 ? own : others;
}

void report_write_methods(const struct report_data *d)
{
    FILE *f = d->file;
    for (size_t m = 0; m < d->n_methods; m++) {
        const struct report_method *method = &d->methods[m];
        fputs(m ? ",\n{\"name\":" : "{\"name\":", f);
        json_text(f, method->name);
        fprintf(f, ",\"unordered\":%s,\"seconds\":", method->is_unordered ? "true" : "false");
        json_number(f, method->is_searched ? search_seconds(d, method->name) : 0);
        fputs(",\"groups\":[", f);
        for (size_t g = 0; g < method->n_groups; g++)
            fprintf(f, "%s%zu", g ? "," : "", method->groups[g]);
        fputs("]}", f);
    }
}
