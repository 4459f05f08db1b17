/* Checkpoints of a search: the trainer's, and the architecture parameters as text. */
#include "search.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER_SIZE = 26, LINE_SIZE = 1024 };

/* One line that two searches share exactly when they make the same bits, besides the trainer's. */
static void describe(const struct nax_cosearch *s, char line[LINE_SIZE])
{
    const struct nax_cosearch_options *o = &s->options;
    int n = snprintf(
        line, LINE_SIZE,
        "warmup %zu every %zu rate %.17g refresh %zu nested %d fidelity %s%s latency_area %.17g "
        "energy %.17g edap %.17g start %016" PRIx64 " fixed %" PRId64
        " uniform %.17g %.17g %.17g choices",
        o->warmup_epochs, o->alpha_every, o->alpha_rate, o->refresh, (int)o->is_nested,
        nax_fidelity_name(o->fidelity), o->is_calibrated ? " calibrated" : "", o->latency_area,
        o->energy, o->edap, s->start, o->space->crossbar_fixed, s->uniform[PRICE_ENERGY],
        s->uniform[PRICE_LATENCY], s->uniform[PRICE_AREA]);
    for (size_t i = 0; i < o->space->n_kernels + o->space->n_crossbars; i++)
        n += snprintf(line + n, LINE_SIZE - (size_t)n, " %" PRId64,
                      i < o->space->n_kernels ? o->space->kernels[i]
                                              : o->space->crossbars[i - o->space->n_kernels]);
}

static void write_numbers(char *text, const double *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        text += snprintf(text, NUMBER_SIZE, "%.17g ", v[i]);
}

/* Whether the text held exactly n numbers. */
static bool read_numbers(const char *text, double *v, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char *end;
        v[i] = strtod(text, &end);
        if (end == text)
            return false;
        text = end;
    }
    return text[strspn(text, " ")] == '\0';
}

int nax_cosearch_save(const struct nax_cosearch *s, const char *path, struct nax_err *err)
{
    size_t n = s->arch.n_slots * s->arch.n_choices;
    char line[LINE_SIZE], steps[64], *text = nax_calloc(4 * n, NUMBER_SIZE);
    if (!text)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", path);
    char *squares = text + n * NUMBER_SIZE, *noise = squares + n * NUMBER_SIZE;
    describe(s, line);
    snprintf(steps, sizeof steps, "%" PRIu64, s->n_alpha);
    write_numbers(text, s->arch.alpha, n);
    write_numbers(squares, s->arch.square, n);
    write_numbers(noise, s->noise.part, 2 * n);
    const struct nax_meta meta[] = {{"search", line},
                                    {"alpha_steps", steps},
                                    {"alpha", text},
                                    {"alpha_square", squares},
                                    {"noise", noise}};
    int status = nax_trainer_save(s->trainer, path, meta, sizeof meta / sizeof *meta, err);
    free(text);
    return status;
}

static int read_state(struct nax_cosearch *s, const struct nax_tensors *file, const char *path,
                      struct nax_err *err)
{
    char line[LINE_SIZE];
    size_t n = s->arch.n_slots * s->arch.n_choices;
    const char *search = nax_tensors_meta(file, "search");
    const char *steps = nax_tensors_meta(file, "alpha_steps");
    const char *alpha = nax_tensors_meta(file, "alpha");
    const char *square = nax_tensors_meta(file, "alpha_square");
    const char *noise = nax_tensors_meta(file, "noise");
    describe(s, line);
    if (!search || !steps || !alpha || !square || !noise)
        return nax_err_set(err, NAX_ERR_VALUE, "not a checkpoint of a search: '%s'", path);
    if (strcmp(search, line) != 0)
        return nax_err_set(err, NAX_ERR_VALUE,
                           "checkpoint of a search with other options, space or hardware: '%s'",
                           path);
    if (sscanf(steps, "%" SCNu64, &s->n_alpha) != 1 || !read_numbers(alpha, s->arch.alpha, n) ||
        !read_numbers(square, s->arch.square, n) || !read_numbers(noise, s->noise.part, 2 * n))
        return nax_err_set(err, NAX_ERR_VALUE, "%s: metadata 'alpha' is broken", path);
    s->arch.n_steps = s->n_alpha;
    nax_arch_update(&s->arch);
    return 0;
}

int nax_cosearch_resume(struct nax_cosearch *s, const char *path, struct nax_err *err)
{
    struct nax_tensors *file;
    int status = nax_tensors_open(&file, path, err);
    if (status)
        return status;
    status = read_state(s, file, path, err);
    nax_tensors_close(file);
    return status ? status : nax_trainer_resume(s->trainer, path, err);
}
