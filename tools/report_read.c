/* What a report is about: streams of records and settings, from folders and files. */
#include "report.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Of designs and of epochs; more make no page that anybody reads. */
enum { DESIGNS_MAX = 5000, EPOCHS_MAX = 20000, LOSSES_MAX = 20000, POLICIES_MAX = 16 };
enum { SETTINGS_SIZE_MAX = 1 << 16, NAMES_MAX = 1 << 14 };
static const off_t stream_size_max = (off_t)1 << 30;

void report_note(struct report *report, const char *format, ...)
{
    va_list ap;
    if (report->n_notes == REPORT_NOTES_MAX)
        return;
    va_start(ap, format);
    vsnprintf(report->notes[report->n_notes++], sizeof *report->notes, format, ap);
    va_end(ap);
}

static enum report_kind kind_of(const struct nax_record *r)
{
    if (nax_record_has(r, "policy"))
        return REPORT_POLICY;
    if (nax_record_has(r, "layer"))
        return nax_record_has(r, "snr_db") && nax_record_has(r, "id") ? REPORT_LOSS : REPORT_OTHER;
    if (nax_record_has(r, "kernel") && nax_record_has(r, "crossbar"))
        return REPORT_DESIGN;
    return nax_record_has(r, "epoch") ? REPORT_EPOCH : REPORT_OTHER;
}

static int keep(struct report *report, const struct nax_record *record, struct nax_err *err)
{
    static const size_t most[] = {[REPORT_DESIGN] = DESIGNS_MAX,
                                  [REPORT_EPOCH] = EPOCHS_MAX,
                                  [REPORT_POLICY] = POLICIES_MAX,
                                  [REPORT_LOSS] = LOSSES_MAX};
    static const char *const whats[] = {[REPORT_DESIGN] = "designs",
                                        [REPORT_EPOCH] = "epochs",
                                        [REPORT_POLICY] = "policies",
                                        [REPORT_LOSS] = "layers"};
    enum report_kind kind = kind_of(record);
    if (kind == REPORT_OTHER)
        return 0;
    if (report->n_of[kind] == most[kind])
        return nax_err_set(err, NAX_ERR_VALUE,
                           "more than %zu %s: name fewer files, or choose by nax-pareto: '%s'",
                           most[kind], whats[kind], report->streams[report->n_streams - 1].name);
    if (report->n_records == report->cap) {
        size_t cap = report->cap ? 2 * report->cap : 256;
        struct report_record *records = nax_realloc(report->records, cap, sizeof *records);
        if (!records)
            return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'records'");
        report->records = records;
        report->cap = cap;
    }
    struct nax_record *copy = nax_record_copy(record);
    if (!copy)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'records'");
    report->records[report->n_records++] =
        (struct report_record){copy, report->n_streams - 1, kind};
    report->n_of[kind]++;
    return 0;
}

/* "evolve" of generation-3, "random" of random.csv and of random.part. */
static void name_method(struct report_stream *stream)
{
    char name[sizeof stream->name];
    memcpy(name, stream->name, sizeof name);
    const char *dot = strrchr(name, '.');
    bool has_ending = dot && dot != name && isalpha((unsigned char)dot[1]);
    if (!strncmp(name, "generation-", strlen("generation-")))
        snprintf(stream->method, sizeof stream->method, "evolve");
    else
        snprintf(stream->method, sizeof stream->method, "%.*s",
                 (int)(has_ending ? (size_t)(dot - name) : strlen(name)), name);
}

static bool is_kept(const struct report_stream *stream, const char *command)
{
    for (size_t i = 0; i < stream->n_commands; i++)
        if (!strcmp(stream->commands[i], command))
            return true;
    return false;
}

static int keep_commands(struct report_stream *stream, const struct nax_reader *reader,
                         struct nax_err *err)
{
    size_t n = nax_reader_n_prog(reader);
    if (n && !(stream->commands = nax_calloc(n, sizeof *stream->commands)))
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", stream->name);
    for (size_t i = 0; i < n; i++) {
        const struct nax_prog *prog = nax_reader_prog(reader, i);
        if (is_kept(stream, prog->argv))
            continue; /* of another part of its input */
        if (!(stream->commands[stream->n_commands] = nax_strdup(prog->argv)))
            return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", stream->name);
        stream->n_commands++;
        stream->is_unordered = stream->is_unordered || !strcmp(prog->name, "nax-pareto");
        stream->is_searched = stream->is_searched || !strcmp(prog->name, "nax-search");
    }
    return 0;
}

/* Whether the stream is one with records: it is dropped where it was found and has none. */
static int read_stream(struct report *report, const char *path, const char *name, bool is_found,
                       struct nax_err *err)
{
    struct nax_reader *reader;
    struct nax_record *record;
    struct nax_err broken = {.text = ""};
    if (report->n_streams == REPORT_STREAMS_MAX)
        return nax_err_set(err, NAX_ERR_VALUE, "more than %d files: '%s'", REPORT_STREAMS_MAX,
                           path);
    int status = nax_reader_open(&reader, &path, 1, report->tool->max_record_mib << 20, err);
    if (status)
        return status;
    struct report_stream *stream = &report->streams[report->n_streams++];
    *stream = (struct report_stream){.n_read = 0};
    snprintf(stream->name, sizeof stream->name, "%s", name);
    name_method(stream);
    size_t n_before = report->n_records;
    record = nax_record_alloc();
    int more = record ? 1 : nax_err_set(&broken, NAX_ERR_MEMORY, "out of memory: '%s'", path);
    while (!status && more > 0 && (more = nax_reader_next(reader, record, &broken)) > 0) {
        status = keep(report, record, err);
        stream->n_read++;
    }
    if (!status)
        status = keep_commands(stream, reader, err);
    nax_record_free(record);
    nax_reader_close(reader);
    if (status)
        return status;
    bool is_empty = report->n_records == n_before;
    if (more < 0 && (more == NAX_ERR_MEMORY || (is_empty && !is_found))) {
        *err = broken;
        return more;
    }
    if (is_empty && is_found) {
        for (size_t i = 0; i < stream->n_commands; i++)
            free(stream->commands[i]);
        free(stream->commands);
        report->n_streams--;
    } else if (more < 0) {
        stream->is_open = true;
        report_note(report, "%s is not whole: %zu records of it are shown", name, stream->n_read);
    }
    return 0;
}

static int read_settings(struct report *report, const char *path, const char *name,
                         struct nax_err *err)
{
    FILE *file;
    size_t size;
    if (report->n_texts == REPORT_TEXTS_MAX)
        return 0;
    int status = nax_file_open(path, &file, &size, err);
    if (status)
        return status;
    size = NAX_MIN(size, (size_t)SETTINGS_SIZE_MAX);
    char *text = nax_calloc(size + 1, 1);
    if (!text) {
        fclose(file);
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", path);
    }
    text[fread(text, 1, size, file)] = 0;
    fclose(file);
    snprintf(report->texts[report->n_texts].name, sizeof report->texts->name, "%s", name);
    report->texts[report->n_texts++].text = text;
    return 0;
}

static bool ends_in(const char *name, const char *ending)
{
    size_t n = strlen(name), k = strlen(ending);
    return n >= k && !strcmp(name + n - k, ending);
}

/* What a folder of results holds besides streams. */
static bool is_passed_over(const char *name)
{
    static const char *const endings[] = {".safetensors", ".svg",  ".png",    ".pdf",
                                          ".eps",         ".gp",   ".html",   ".yaml",
                                          ".npz",         ".onnx", ".seconds"};
    bool is_other = *name == '.';
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        is_other = is_other || ends_in(name, endings[i]);
    return is_other;
}

/* Methods as pipelines name them, then the others; numbers by their values. */
static int place_of(const char *name)
{
    static const char *const first[] = {"baselines",   "random",   "evolve",
                                        "generation-", "cosearch", "oneshot"};
    for (size_t i = 0; i < sizeof first / sizeof *first; i++)
        if (!strncmp(name, first[i], strlen(first[i])))
            return (int)i;
    return (int)(sizeof first / sizeof *first);
}

static int compare(const struct dirent **a, const struct dirent **b)
{
    int order = place_of((*a)->d_name) - place_of((*b)->d_name);
    return order ? order : strverscmp((*a)->d_name, (*b)->d_name);
}

/* "random.part" where "random" is there already. */
static bool is_made_anew(const char *dir, const char *name)
{
    char path[4096];
    struct stat s;
    if (!ends_in(name, ".part"))
        return false;
    snprintf(path, sizeof path, "%s/%.*s", dir, (int)(strlen(name) - strlen(".part")), name);
    return !stat(path, &s);
}

static int read_folder(struct report *report, const char *dir, struct nax_err *err)
{
    struct dirent **list;
    int status = 0, n = scandir(dir, &list, NULL, compare);
    if (n < 0)
        return nax_err_io(err, "cannot read: '%s'", dir);
    for (int i = 0; i < n && !status; i++) {
        const char *name = list[i]->d_name;
        char path[4096];
        struct stat s;
        if (is_passed_over(name) || is_made_anew(dir, name) ||
            (size_t)snprintf(path, sizeof path, "%s/%s", dir, name) >= sizeof path ||
            stat(path, &s) || !S_ISREG(s.st_mode) || !s.st_size || s.st_size > stream_size_max)
            continue;
        if (!strcmp(name, "settings") || ends_in(name, ".settings"))
            status = read_settings(report, path, name, err);
        else
            status = read_stream(report, path, name, true, err);
    }
    for (int i = 0; i < n; i++)
        free(list[i]);
    free(list);
    return status;
}

static const char *base_name(const char *path, size_t *n)
{
    size_t end = strlen(path);
    while (end > 1 && path[end - 1] == '/')
        end--;
    const char *slash = memrchr(path, '/', end);
    const char *start = slash && slash + 1 < path + end ? slash + 1 : path;
    *n = end - (size_t)(start - path);
    return start;
}

int report_read(struct report *report, const char *path, struct nax_err *err)
{
    char name[256];
    struct stat s;
    size_t n;
    const char *start = base_name(path, &n);
    snprintf(name, sizeof name, "%.*s", (int)NAX_MIN(n, sizeof name - 1), start);
    if (!*report->name)
        memcpy(report->name, name, sizeof name);
    return !stat(path, &s) && S_ISDIR(s.st_mode) ? read_folder(report, path, err)
                                                 : read_stream(report, path, name, false, err);
}

void report_free(struct report *report)
{
    for (size_t i = 0; i < report->n_records; i++)
        nax_record_free(report->records[i].record);
    for (size_t s = 0; s < report->n_streams; s++) {
        for (size_t i = 0; i < report->streams[s].n_commands; i++)
            free(report->streams[s].commands[i]);
        free(report->streams[s].commands);
    }
    for (size_t i = 0; i < report->n_texts; i++)
        free(report->texts[i].text);
    free(report->records);
}
