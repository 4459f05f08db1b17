/* Measurements of conversions, kept in a folder by what they are functions of. */
#ifndef NAX_COSEARCH_NOISE_FILE_H
#define NAX_COSEARCH_NOISE_FILE_H

#include "noise.h"

#include "nax/identity.h"

/* Of one measurement. */
struct noise_file {
    char path[4096];
    struct nax_identity *identity; /* weights, images, chip, hardware, choices */
    const char *text;              /* of it */
};

/* is_wanted: [n_choices - 1] that are measured. */
int nax_noise_file_find(struct noise_file *file, const struct noise *noise, const bool *is_wanted,
                        const struct nax_dataset *set, struct nax_err *err) NAX_MUST_USE;
void nax_noise_file_free(struct noise_file *file);

/* Whether the file was there, whole, and of this measurement: then noise is as if it had been made.
 */
bool nax_noise_file_read(const struct noise_file *file, struct noise *noise, const bool *is_wanted);
int nax_noise_file_write(const struct noise_file *file, const struct noise *noise,
                         struct nax_err *err) NAX_MUST_USE;

#endif
