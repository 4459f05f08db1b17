/* The validation split. */
#include "nax/nn.h"
#include "nax/rng.h"

#include <stdlib.h>
#include <string.h>

/* An image of a class, and the number that was drawn for it. */
struct drawn {
    uint64_t key;
    uint32_t image;
};

static int by_key(const void *a, const void *b)
{
    const struct drawn *x = a, *y = b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return x->image < y->image ? -1 : x->image > y->image;
}

/* Marks the images of one class with the smallest keys as validation. */
static void mark_class(const struct nax_images *images, int32_t label, double fraction,
                       uint64_t seed, struct drawn *drawn, bool *is_validation)
{
    size_t n = 0;
    for (size_t i = 0; i < images->n; i++)
        if (images->labels[i] == label) {
            uint64_t word[4];
            nax_rng_block(seed, NAX_RNG_SPLIT, i, 0, 0, 0, word);
            drawn[n++] = (struct drawn){word[0], (uint32_t)i};
        }
    qsort(drawn, n, sizeof *drawn, by_key);
    size_t n_validation = (size_t)((double)n * fraction + 0.5);
    for (size_t i = 0; i < n_validation; i++)
        is_validation[drawn[i].image] = true;
}

int nax_split(const struct nax_images *images, double fraction, uint64_t seed, uint32_t *train,
              size_t *n_train, uint32_t *validation, size_t *n_validation, struct nax_err *err)
{
    struct drawn *drawn = nax_calloc(images->n, sizeof *drawn);
    bool *is_validation = nax_calloc(images->n, sizeof *is_validation);
    int status = 0;
    if (!drawn || !is_validation)
        status = nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'validation split'");
    int32_t n_classes = 0;
    for (size_t i = 0; !status && i < images->n; i++)
        n_classes = NAX_MAX(n_classes, images->labels[i] + 1);
    for (int32_t label = 0; !status && label < n_classes; label++)
        mark_class(images, label, fraction, seed, drawn, is_validation);
    *n_train = *n_validation = 0;
    for (size_t i = 0; !status && i < images->n; i++)
        if (is_validation[i])
            validation[(*n_validation)++] = (uint32_t)i;
        else
            train[(*n_train)++] = (uint32_t)i;
    free(drawn);
    free(is_validation);
    return status;
}
