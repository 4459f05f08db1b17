/* Identities: what decides the bits of a run, as rows of a name and a value.
 *
 * A checkpoint keeps the text of its run's rows, a cache names its entries by their hash. So a run
 * that is continued is known again, and where it is not, the row that differs tells why.
 */
#ifndef NAX_IDENTITY_H
#define NAX_IDENTITY_H

#include "nax/option.h"

#ifdef __cplusplus
extern "C" {
#endif

struct nax_identity;

int nax_identity_alloc(struct nax_identity **identity, struct nax_err *err) NAX_MUST_USE;
void nax_identity_free(struct nax_identity *identity);

/* Adds a row; a name comes once, and holds neither '=' nor a new line. Want of memory is told by
 * what asks for the rows. */
void nax_identity_add(struct nax_identity *identity, const char *name, const char *format, ...)
    NAX_PRINTF(3, 4);
/* A row for every option that has a value. */
void nax_identity_add_options(struct nax_identity *identity, const struct nax_option *options,
                              const void *object);
/* The rows of another one, after those that there are; NULL: none. */
void nax_identity_join(struct nax_identity *identity, const struct nax_identity *more);

/* Lines "name=value\n"; *text is the identity's, until it is changed. */
int nax_identity_text(const struct nax_identity *identity, const char **text,
                      struct nax_err *err) NAX_MUST_USE;
int nax_identity_hash(const struct nax_identity *identity, uint64_t *hash,
                      struct nax_err *err) NAX_MUST_USE;
/* Compares with the rows of another run, as nax_identity_text gave them, in any order. Where they
 * differ, NAX_ERR_VALUE: "rate is 0.1 there and 0.2 here". */
int nax_identity_compare(const struct nax_identity *identity, const char *there,
                         struct nax_err *err) NAX_MUST_USE;
/* The value of one row of such a text into value, cut to size bytes; false: there is none. */
bool nax_identity_find(const char *there, const char *name, char *value, size_t size);

#ifdef __cplusplus
}
#endif

#endif
