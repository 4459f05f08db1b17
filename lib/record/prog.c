/* Provenance: the programs that a stream went through. */
#include "prog.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

static const size_t prog_bytes_max = (size_t)1 << 20;

static bool is_same(const struct nax_prog *a, const struct nax_prog *b)
{
    return a->seed == b->seed && !strcmp(a->argv, b->argv) && !strcmp(a->name, b->name) &&
           !strcmp(a->version, b->version) && !a->inputs == !b->inputs &&
           (!a->inputs || !strcmp(a->inputs, b->inputs));
}

uint64_t nax_prog_id(const struct nax_prog *prog)
{
    const char *const texts[] = {prog->name, prog->version, prog->argv, prog->inputs};
    uint64_t id = prog->seed;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        id = texts[i] ? nax_hash(id, texts[i], strlen(texts[i]) + 1) : nax_hash(id, "", 0);
    return id ? id : 1;
}

static char *copy_utf8(const char *s)
{
    char *copy = nax_strdup(s);
    if (copy && !nax_text_is_utf8(copy, strlen(copy)))
        for (char *p = copy; *p; p++) /* a command line may hold any bytes */
            if (*p & 0x80)
                *p = '?';
    return copy;
}

static void free_texts(struct nax_prog *prog)
{
    free((void *)(uintptr_t)prog->name);
    free((void *)(uintptr_t)prog->version);
    free((void *)(uintptr_t)prog->argv);
    free((void *)(uintptr_t)prog->inputs);
}

int nax_prog_add(struct prog_list *list, const struct nax_prog *prog, struct nax_err *err)
{
    for (size_t i = 0; i < list->n; i++)
        if (is_same(&list->v[i], prog))
            return 0;
    size_t n_bytes = strlen(prog->name) + strlen(prog->version) + strlen(prog->argv) +
                     (prog->inputs ? strlen(prog->inputs) : 0);
    if (list->n >= NAX_PROGS_MAX || n_bytes > prog_bytes_max - list->n_bytes)
        return 0;
    if (list->n == list->cap) {
        size_t cap = list->cap ? 2 * list->cap : 8;
        struct nax_prog *grown = nax_realloc(list->v, cap, sizeof *grown);
        if (!grown)
            return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'provenance'");
        list->v = grown;
        list->cap = cap;
    }
    struct nax_prog copy = {copy_utf8(prog->name), copy_utf8(prog->version), copy_utf8(prog->argv),
                            prog->seed, prog->inputs ? copy_utf8(prog->inputs) : NULL};
    if (copy.name && copy.version && copy.argv && !copy.inputs == !prog->inputs) {
        list->v[list->n++] = copy;
        list->n_bytes += n_bytes;
        return 0;
    }
    free_texts(&copy);
    return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'provenance'");
}

int nax_source_add(struct source_list *list, uint64_t maker, const char *path, struct nax_err *err)
{
    for (size_t i = 0; i < list->n; i++)
        if (list->v[i].maker == maker && !strcmp(list->v[i].path, path))
            return 0;
    if (!maker || list->n == NAX_PROGS_MAX)
        return 0;
    if (list->n == list->cap) {
        size_t cap = list->cap ? 2 * list->cap : 8;
        struct nax_source *grown = nax_realloc(list->v, cap, sizeof *grown);
        if (!grown)
            return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'provenance'");
        list->v = grown;
        list->cap = cap;
    }
    list->v[list->n++] = (struct nax_source){maker, path};
    return 0;
}

void nax_prog_clear(struct prog_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        free_texts(&list->v[i]);
    list->n = 0;
    list->n_bytes = 0;
}

void nax_prog_free(struct prog_list *list)
{
    nax_prog_clear(list);
    free(list->v);
    list->v = NULL;
    list->cap = 0;
}
