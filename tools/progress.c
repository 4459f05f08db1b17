/* How far a tool is with its designs. */
#include "progress.h"

#include <math.h>
#include <pthread.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

/* Of tool->designs: the next one is begun while others, on threads of their own, say how far they
 * are. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* A file that may be read twice; standard input, where it is one, anew and from its beginning. */
static const char *countable(const char *path)
{
    struct stat st;
    if (!strcmp(path, "-"))
        path = "/dev/stdin";
    return !stat(path, &st) && S_ISREG(st.st_mode) ? path : NULL;
}

/* The records of a file up to its end or its first error; 0: it can only be read once. */
static size_t count(const struct tool *tool, const char *path)
{
    const char *paths[] = {countable(path)};
    struct nax_record *record = nax_record_alloc();
    struct nax_reader *reader;
    struct nax_err err;
    size_t n = 0;
    if (record && *paths && !nax_reader_open(&reader, paths, 1, tool->max_record_mib << 20, &err)) {
        while (nax_reader_next(reader, record, &err) > 0)
            n++;
        nax_reader_close(reader);
    }
    nax_record_free(record);
    return n;
}

static size_t count_all(const struct tool *tool)
{
    size_t all = optind < tool->argc ? 0 : count(tool, "-");
    for (int i = optind; i < tool->argc; i++) {
        size_t n = count(tool, tool->argv[i]);
        if (!n)
            return 0;
        all += n;
    }
    return all;
}

void progress_expect(struct tool *tool, size_t n, size_t n_before)
{
    tool->designs = (struct tool_designs){
        .n = n, .n_begun = n_before, .n_before = n_before, .start = nax_clock_seconds()};
}

void progress_begin(struct tool *tool, const struct nax_candidate *candidate, size_t n_at_once,
                    char title[PROGRESS_TITLE_SIZE])
{
    struct tool_designs *d = &tool->designs;
    char name[NAX_CANDIDATE_NAME_SIZE];
    pthread_mutex_lock(&lock);
    if (d->start <= 0)
        progress_expect(tool, tool->is_quiet ? 0 : share_of(tool, count_all(tool)), 0);
    d->n_begun++;
    d->n_at_once = NAX_MIN(n_at_once, d->n_begun);
    pthread_mutex_unlock(&lock);
    nax_candidate_name(candidate, name);
    if (d->n >= d->n_begun)
        snprintf(title, PROGRESS_TITLE_SIZE, "design %zu of %zu, %s", d->n_begun, d->n, name);
    else
        snprintf(title, PROGRESS_TITLE_SIZE, "design %zu, %s", d->n_begun, name);
}

void progress_show(struct tool *tool, const char *title, double done, const char *format, ...)
{
    char text[256], left[PROGRESS_TIME_SIZE], all[64] = "";
    pthread_mutex_lock(&lock);
    const struct tool_designs d = tool->designs;
    pthread_mutex_unlock(&lock);
    const double n_done = (double)(d.n_begun - d.n_at_once) + done * (double)d.n_at_once;
    va_list ap;
    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    if (d.n > 1 && n_done > (double)d.n_before) {
        double each = (nax_clock_seconds() - d.start) / (n_done - (double)d.n_before);
        snprintf(all, sizeof all, "; %s for all",
                 progress_time(each * fmax((double)d.n - n_done, 0), left));
    }
    tool_progress(tool, "%s: %s%s", title, text, all);
}

const char *progress_time(double seconds, char text[PROGRESS_TIME_SIZE])
{
    const char *unit = seconds < 100 ? "s" : seconds < 6000 ? "min" : "h";
    const double by = seconds < 100 ? 1 : seconds < 6000 ? 60 : 3600;
    snprintf(text, PROGRESS_TIME_SIZE, "%.*f %s", by > 60 && seconds < 36000, seconds / by, unit);
    return text;
}
