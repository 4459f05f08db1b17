/* Shares of an input, records that come again, and files that end too early. */
#include "share.h"
#include "nax/ranks.h"
#include "tool.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

const struct nax_option share_rows[] = {
    {"part", "I/N", "only the I-th of N shares of the records, which are dealt in turn",
     NAX_OPTION_FIELD(struct share, part_text)},
    {"distinct", NULL, "a record that came before counts once",
     NAX_OPTION_FIELD(struct share, is_distinct)},
    {"unfinished", NULL, "of a file that is still written, or was cut off, the whole records",
     NAX_OPTION_FIELD(struct share, is_unfinished)},
    {.name = NULL}};

/* Digits up to this character. */
static bool take_number(const char **text, char end, size_t *n)
{
    char *rest;
    errno = 0;
    *n = (size_t)strtoull(*text, &rest, 10);
    if (!isdigit((unsigned char)**text) || errno || *rest != end)
        return false;
    *text = rest + 1;
    return true;
}

void share_parse(struct tool *tool)
{
    struct share *s = &tool->share;
    const char *text = s->part_text;
    if (s->is_unfinished && nax_ranks() > 1)
        tool_misuse(tool, "ranks of MPI have to read the same records: '--unfinished'");
    if (!text)
        return;
    if (!take_number(&text, '/', &s->part) || !take_number(&text, 0, &s->n_parts) || !s->n_parts)
        tool_misuse(tool, "--part takes I/N, such as 2/8: '%s'", s->part_text);
    if (s->part < 1 || s->part > s->n_parts)
        tool_misuse(tool, "--part counts from 1 to %zu, as by Slurm's --array=1-%zu: '%s'",
                    s->n_parts, s->n_parts, s->part_text);
}

void share_refuse(const struct tool *tool)
{
    for (const struct nax_option *row = share_rows; row->name; row++)
        if (tool_given(tool, row->name))
            tool_misuse(tool, "no records are read: '--%s'", row->name);
}

size_t share_of(const struct tool *tool, size_t n)
{
    const struct share *s = &tool->share;
    return s->n_parts ? n / s->n_parts + (n % s->n_parts >= s->part) : n;
}

/* --- records that come again --- */

/* What the same work done twice does not have in common: how long it took, where weights lie. */
static bool is_circumstance(const char *name)
{
    return !strcmp(name, "train_seconds") || !strcmp(name, "checkpoint");
}

static uint64_t hash_value(uint64_t sum, const struct nax_value *v)
{
    sum = nax_hash(sum, &v->type, sizeof v->type);
    switch (v->type) {
    case NAX_NULL:
        return sum;
    case NAX_BOOL:
        return nax_hash(sum, &v->b, sizeof v->b);
    case NAX_INT:
        return nax_hash(sum, &v->i, sizeof v->i);
    case NAX_FLOAT:
        return nax_hash(sum, &v->f, sizeof v->f);
    case NAX_STRING:
        return nax_hash(sum, v->string.s, v->string.n);
    case NAX_INTS:
        return nax_hash(sum, v->ints.v, v->ints.n * sizeof *v->ints.v);
    case NAX_FLOATS:
        return nax_hash(sum, v->floats.v, v->floats.n * sizeof *v->floats.v);
    }
    return sum;
}

/* Of names and values in any order; a null is a missing field, which CSV makes of some. 0 stands
 * for an empty slot. */
static uint64_t hash_record(uint64_t seed, const struct nax_record *record)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < nax_record_n(record); i++) {
        const char *name = nax_record_name(record, i);
        const struct nax_value *v = nax_record_value(record, i);
        if (v->type != NAX_NULL && !is_circumstance(name))
            sum += hash_value(nax_hash(seed, name, strlen(name)), v);
    }
    return sum ? sum : 1;
}

/* Where the record is, or would be. */
static uint64_t *find(const struct share *s, const uint64_t hash[2])
{
    size_t at = (size_t)hash[0] & (s->n_slots - 1);
    while (s->seen[at][0] && (s->seen[at][0] != hash[0] || s->seen[at][1] != hash[1]))
        at = (at + 1) & (s->n_slots - 1);
    return s->seen[at];
}

/* At most half of the slots, a power of two, are filled. */
static int grow(struct share *s, struct nax_err *err)
{
    struct share grown = *s;
    grown.n_slots = s->n_slots ? 2 * s->n_slots : 1024;
    if (!(grown.seen = nax_calloc(grown.n_slots, sizeof *grown.seen)))
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'records'");
    for (size_t i = 0; i < s->n_slots; i++)
        if (s->seen[i][0])
            memcpy(find(&grown, s->seen[i]), s->seen[i], sizeof *s->seen);
    free(s->seen);
    *s = grown;
    return 0;
}

/* 1: it has not come before; 0; or an error. */
static int is_new(struct share *s, const struct nax_record *record, struct nax_err *err)
{
    const uint64_t hash[2] = {hash_record(1, record), hash_record(2, record)};
    int status = 2 * s->n_seen >= s->n_slots ? grow(s, err) : 0;
    if (status)
        return status;
    uint64_t *slot = find(s, hash);
    if (slot[0]) {
        s->n_again++;
        return 0;
    }
    memcpy(slot, hash, sizeof hash);
    s->n_seen++;
    return 1;
}

/* Whether reading goes on behind a file that ends too early. */
static bool is_passed(struct tool *tool, int status, struct nax_err *err)
{
    const bool is_file = strcmp(nax_reader_path(tool->reader), "-") != 0;
    if (status != NAX_ERR_CUT && (status != NAX_ERR_EMPTY || !is_file)) /* a source that failed */
        return false;
    if (!tool->share.is_unfinished) {
        if (is_file)
            tool_hint(err, "--unfinished takes the whole records of a file");
        return false;
    }
    tool_say(tool, "unfinished after: '%s'", nax_reader_where(tool->reader));
    nax_reader_pass(tool->reader);
    return true;
}

int share_next(struct tool *tool, struct nax_record *record, struct nax_err *err)
{
    struct share *s = &tool->share;
    for (;;) {
        int status = nax_reader_next(tool->reader, record, err);
        if (is_passed(tool, status, err))
            continue;
        if (status > 0 && s->n_parts && s->n_read++ % s->n_parts != s->part - 1)
            continue;
        if (status > 0 && s->is_distinct && !(status = is_new(s, record, err)))
            continue;
        return status;
    }
}

void share_end(struct tool *tool)
{
    struct share *s = &tool->share;
    if (s->n_again)
        tool_say(tool, "came again and left out: '%zu record%s'", s->n_again,
                 s->n_again == 1 ? "" : "s");
    free(s->seen);
    s->seen = NULL;
}
