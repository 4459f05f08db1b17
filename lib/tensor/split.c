/* Images held back: the same share of every class. */
#include "nax/rng.h"
#include "nax/tensor.h"

#include <math.h>
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

/* A class's part of the split. */
struct part {
    int32_t label;
    size_t n_images, n_held;
    double rest; /* of an image that rounding down has left */
    uint64_t key;
};

static int by_rest(const void *a, const void *b)
{
    const struct part *x = a, *y = b;
    if (x->rest != y->rest)
        return x->rest > y->rest ? -1 : 1;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return x->label < y->label ? -1 : x->label > y->label;
}

/* As many of each class as its fraction says, rounded so that they add up to the fraction of all:
 * down, and the images that are left go to the classes with the largest rests, of equal ones to
 * those with the smallest numbers drawn. */
static void share_out(struct part *parts, size_t n_classes, size_t n_images, double fraction,
                      enum nax_split_use use, uint64_t seed)
{
    static const double rounding = 1e-9; /* of products like 0.1 · 30 */
    size_t n = (size_t)((double)n_images * fraction + 0.5), sum = 0;
    for (size_t c = 0; c < n_classes; c++) {
        uint64_t word[4];
        double exact = (double)parts[c].n_images * fraction;
        nax_rng_block(seed, NAX_RNG_SPLIT, c, 1, use, 0, word);
        parts[c].key = word[0];
        parts[c].n_held = (size_t)(exact + rounding);
        parts[c].rest = fmax(exact - (double)parts[c].n_held, 0);
        parts[c].rest = parts[c].rest > rounding ? parts[c].rest : 0;
        sum += parts[c].n_held;
    }
    qsort(parts, n_classes, sizeof *parts, by_rest);
    for (size_t c = 0; c < n_classes && sum < n; c++)
        if (use != NAX_SPLIT_TEST || parts[c].n_held + 1 < parts[c].n_images) {
            parts[c].n_held++;
            sum++;
        }
}

/* Marks the images of one class with the smallest keys as held back. */
static void mark_class(const struct nax_images *images, const struct part *part,
                       enum nax_split_use use, uint64_t seed, struct drawn *drawn, bool *is_held)
{
    size_t n = 0;
    for (size_t i = 0; i < images->n; i++)
        if (images->labels[i] == part->label) {
            uint64_t word[4];
            nax_rng_block(seed, NAX_RNG_SPLIT, i, 0, use, 0, word);
            drawn[n++] = (struct drawn){word[0], (uint32_t)i};
        }
    qsort(drawn, n, sizeof *drawn, by_key);
    for (size_t i = 0; i < part->n_held; i++)
        is_held[drawn[i].image] = true;
}

int nax_split(const struct nax_images *images, enum nax_split_use use, double fraction,
              uint64_t seed, uint32_t *train, size_t *n_train, uint32_t *held, size_t *n_held,
              struct nax_err *err)
{
    size_t n_classes = 0;
    for (size_t i = 0; i < images->n; i++)
        n_classes = NAX_MAX(n_classes, (size_t)images->labels[i] + 1);
    struct drawn *drawn = nax_calloc(images->n, sizeof *drawn);
    bool *is_held = nax_calloc(images->n, sizeof *is_held);
    struct part *parts = nax_calloc(n_classes, sizeof *parts);
    int status = 0;
    if (!drawn || !is_held || !parts)
        status = nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'split of images'");
    for (size_t c = 0; !status && c < n_classes; c++)
        parts[c].label = (int32_t)c;
    for (size_t i = 0; !status && i < images->n; i++)
        parts[images->labels[i]].n_images++;
    if (!status)
        share_out(parts, n_classes, images->n, fraction, use, seed);
    for (size_t c = 0; !status && c < n_classes; c++)
        mark_class(images, &parts[c], use, seed, drawn, is_held);
    *n_train = *n_held = 0;
    for (size_t i = 0; !status && i < images->n; i++)
        if (is_held[i])
            held[(*n_held)++] = (uint32_t)i;
        else
            train[(*n_train)++] = (uint32_t)i;
    free(drawn);
    free(is_held);
    free(parts);
    return status;
}
