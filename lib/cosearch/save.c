/* Checkpoints of a search: the trainer's, and the architecture parameters as text. */
#include "search.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    NUMBER_SIZE = 26,
    SEARCH_MODEL = 2 /* raised when the same draws move alpha otherwise */
};

int nax_search_identify(struct nax_cosearch *s, struct nax_err *err)
{
    const struct nax_cosearch_options *o = &s->options;
    int status = nax_identity_alloc(&s->identity, err);
    if (status)
        return status;
    nax_identity_add(s->identity, "cost_model", "%s",
                     NAX_COST_MODEL); /* before all that it implies */
    nax_identity_add(s->identity, "search_model", "%d", SEARCH_MODEL);
    nax_identity_add_options(s->identity, nax_cosearch_rows, o);
    if (o->fidelity != NAX_FIDELITY_IDEAL) /* what is measured and solved, and when */
        nax_identity_add(s->identity, "noise_model", "%d", NOISE_MODEL);
    if (s->start)
        nax_identity_add(s->identity, "init", "%016" PRIx64, s->start);
    nax_space_identify(o->space, s->identity);
    nax_hardware_identify(o->hardware, NAX_PART_COSTS | nax_fidelity_parts(o->fidelity),
                          s->identity);
    nax_trainer_set_identity(s->trainer, s->identity);
    return 0;
}

static void write_numbers(char *text, const double *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        text += snprintf(text, NUMBER_SIZE, "%.17g ", v[i]);
}

/* Whether the text held exactly n finite numbers. */
static bool read_numbers(const char *text, double *v, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char *end;
        v[i] = strtod(text, &end);
        if (end == text || !isfinite(v[i]))
            return false;
        text = end;
    }
    return text[strspn(text, " ")] == '\0';
}

int nax_cosearch_save(const struct nax_cosearch *s, const char *path, struct nax_err *err)
{
    size_t n = s->arch.n_slots * s->arch.n_choices;
    char steps[64], *text = nax_calloc(5 * n, NUMBER_SIZE);
    if (!text)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", path);
    char *squares = text + n * NUMBER_SIZE, *met = squares + n * NUMBER_SIZE;
    char *noise = met + n * NUMBER_SIZE;
    snprintf(steps, sizeof steps, "%" PRIu64, s->n_alpha);
    write_numbers(text, s->arch.alpha, n);
    write_numbers(squares, s->arch.square, n);
    write_numbers(met, s->arch.n_met, n);
    write_numbers(noise, s->noise.part, 2 * n);
    const struct nax_meta meta[] = {{"alpha_steps", steps},
                                    {"alpha", text},
                                    {"alpha_square", squares},
                                    {"alpha_met", met},
                                    {"noise", noise}};
    int status = nax_trainer_save(s->trainer, path, meta, sizeof meta / sizeof *meta, err);
    free(text);
    return status;
}

static int resume(struct nax_cosearch *s, const struct nax_tensors *file, const char *path,
                  struct nax_err *err)
{
    size_t n = s->arch.n_slots * s->arch.n_choices;
    const char *steps = nax_tensors_meta(file, "alpha_steps");
    const char *alpha = nax_tensors_meta(file, "alpha");
    const char *square = nax_tensors_meta(file, "alpha_square");
    const char *noise = nax_tensors_meta(file, "noise");
    const char *met = nax_tensors_meta(file, "alpha_met"); /* which searches of before lack */
    if (!steps || !alpha || !square || !noise)
        return nax_err_set(err, NAX_ERR_VALUE, "not a checkpoint of a search: '%s'", path);
    int status = nax_trainer_resume(s->trainer, path, err);
    if (status)
        return status;
    if (!met || sscanf(steps, "%" SCNu64, &s->n_alpha) != 1 ||
        !read_numbers(alpha, s->arch.alpha, n) || !read_numbers(square, s->arch.square, n) ||
        !read_numbers(met, s->arch.n_met, n) || !read_numbers(noise, s->noise.part, 2 * n))
        return nax_err_set(err, NAX_ERR_VALUE, "%s: metadata 'alpha' is broken", path);
    nax_arch_update(&s->arch);
    return 0;
}

int nax_cosearch_resume(struct nax_cosearch *s, const char *path, struct nax_err *err)
{
    struct nax_tensors *file;
    int status = nax_tensors_open(&file, path, err);
    if (status)
        return status;
    status = resume(s, file, path, err);
    nax_tensors_close(file);
    return status;
}
