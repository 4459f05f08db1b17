/* Identities, kept as the text that files hold. */
#include "nax/identity.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct nax_identity {
    char *text; /* [size], lines "name=value\n" and a zero byte */
    size_t n, size;
    bool has_failed; /* for want of memory */
};

int nax_identity_alloc(struct nax_identity **identity, struct nax_err *err)
{
    *identity = nax_calloc(1, sizeof **identity);
    return *identity ? 0 : nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'identity'");
}

void nax_identity_free(struct nax_identity *i)
{
    if (i)
        free(i->text);
    free(i);
}

/* Memory for n bytes more and the zero byte. */
static bool reserve(struct nax_identity *i, size_t n)
{
    if (i->n + n < i->size)
        return true;
    size_t size = 2 * (i->n + n) + 256;
    char *text = nax_realloc(i->text, size, 1);
    if (!text) {
        i->has_failed = true;
        return false;
    }
    i->text = text;
    i->size = size;
    return true;
}

static void append(struct nax_identity *i, const char *text, size_t n)
{
    if (!reserve(i, n))
        return;
    memcpy(i->text + i->n, text, n);
    i->n += n;
    i->text[i->n] = 0;
}

void nax_identity_add(struct nax_identity *i, const char *name, const char *format, ...)
{
    char *value;
    va_list ap;
    va_start(ap, format);
    int n = vasprintf(&value, format, ap);
    va_end(ap);
    if (n < 0) {
        i->has_failed = true;
        return;
    }
    for (char *p = value; *p; p++) /* a row is one line */
        if (*p == '\n')
            *p = ' ';
    append(i, name, strlen(name));
    append(i, "=", 1);
    append(i, value, (size_t)n);
    append(i, "\n", 1);
    free(value);
}

void nax_identity_add_options(struct nax_identity *i, const struct nax_option *options,
                              const void *object)
{
    for (const struct nax_option *o = options; o->name; o++) {
        char text[NAX_OPTION_TEXT_SIZE];
        nax_option_print(o, object, text);
        if (*text)
            nax_identity_add(i, o->name, "%s", text);
    }
}

void nax_identity_join(struct nax_identity *i, const struct nax_identity *more)
{
    if (!more)
        return;
    append(i, more->text ? more->text : "", more->n);
    i->has_failed |= more->has_failed;
}

int nax_identity_text(const struct nax_identity *i, const char **text, struct nax_err *err)
{
    if (i->has_failed)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'identity'");
    *text = i->text ? i->text : "";
    return 0;
}

int nax_identity_hash(const struct nax_identity *i, uint64_t *hash, struct nax_err *err)
{
    const char *text;
    int status = nax_identity_text(i, &text, err);
    if (!status)
        *hash = nax_hash(0, text, i->n);
    return status;
}

/* A row of a text: name=value. */
struct row {
    const char *name, *value;
    int n_name, n_value;
};

/* The row at *at, which moves on to the next; false at the end. */
static bool take_row(const char **at, struct row *row)
{
    size_t n = strcspn(*at, "\n"), n_name = strcspn(*at, "=\n");
    if (!**at)
        return false;
    *row = (struct row){*at, *at + n_name + (n_name < n), (int)n_name, 0};
    row->n_value = (int)(*at + n - row->value);
    *at += n + ((*at)[n] == '\n');
    return true;
}

/* The row of the same name in a text; false, and a value to be read by people, where there is none.
 */
static bool find_row(const char *text, const struct row *like, struct row *row)
{
    while (take_row(&text, row))
        if (row->n_name == like->n_name && !memcmp(row->name, like->name, (size_t)row->n_name))
            return true;
    *row = (struct row){like->name, "nothing", like->n_name, 7};
    return false;
}

struct differences {
    size_t n;
    struct row here, there; /* of the first one */
};

static void add_difference(struct differences *d, const struct row *here, const struct row *there)
{
    if (!d->n++) {
        d->here = *here;
        d->there = *there;
    }
}

int nax_identity_compare(const struct nax_identity *identity, const char *there,
                         struct nax_err *err)
{
    const char *here;
    struct differences d = {.n = 0};
    struct row row, other;
    int status = nax_identity_text(identity, &here, err);
    if (status)
        return status;
    for (const char *at = here; take_row(&at, &row);)
        if (!find_row(there, &row, &other) || row.n_value != other.n_value ||
            memcmp(row.value, other.value, (size_t)row.n_value) != 0)
            add_difference(&d, &row, &other);
    for (const char *at = there; take_row(&at, &row);)
        if (!find_row(here, &row, &other))
            add_difference(&d, &other, &row);
    if (!d.n)
        return 0;
    char more[64] = "";
    if (d.n > 1)
        snprintf(more, sizeof more, ", the first of %zu differences", d.n);
    return nax_err_set(err, NAX_ERR_VALUE, "%.*s is %.*s there and %.*s here%s", d.here.n_name,
                       d.here.name, d.there.n_value, d.there.value, d.here.n_value, d.here.value,
                       more);
}

bool nax_identity_find(const char *there, const char *name, char *value, size_t size)
{
    const struct row like = {name, NULL, (int)strlen(name), 0};
    struct row row;
    bool is_there = find_row(there, &like, &row);
    snprintf(value, size, "%.*s", row.n_value, row.value);
    return is_there;
}
