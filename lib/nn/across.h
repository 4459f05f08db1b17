/* A batch across ranks: which images each has, and sums over the chunks of all of them.
 *
 * A rank has images that lie one after another, whole chunks of every layer, and sums what of the
 * tree (tree.h) lies wholly in them: its parts, one where it has all or a half, a quarter, … of the
 * chunks. Sums of parts are then added as the tree goes on, so that bits are those of one process.
 */
#ifndef NAX_NN_ACROSS_H
#define NAX_NN_ACROSS_H

#include "kernels.h"

/* Chunks of a tree's sum: n from `first` on. */
struct part {
    size_t first, n;
};

/* More than two a level no range has. */
enum { ACROSS_PARTS_MAX = 128 };

/* Fills part with the largest subtrees of the tree over n chunks that cover chunks first … end, end
 * excluded, in order; returns their number. */
size_t nax_across_cut(size_t n, size_t first, size_t end, struct part *part);

/* How a batch is dealt. */
struct deal {
    size_t n_images, n_unit; /* images that are not parted lie in units of n_unit */
    int rank, n_ranks;
    size_t *n_bytes; /* [n_ranks] space */
};

/* The first image of a rank's; of n_ranks: n_images. */
size_t nax_across_first(const struct deal *deal, int rank);

/* total [w] = the sum over the chunks of the whole batch, of n_chunk images each, of w floats, in
 * double; sums: [own chunks][w]; space: [parts of all ranks][w]. All ranks get it. */
void nax_across_sum(const struct deal *deal, size_t n_chunk, size_t w, const float *sums,
                    double *space, double *total);
/* How many parts all ranks have of such chunks. */
size_t nax_across_n_parts(const struct deal *deal, size_t n_chunk);

/* A sum of many floats, [n_values] a chunk, a multiple of NAX_LANES: every rank adds a slice of
 * them up, and all slices are brought to all ranks, while other work goes on. */
struct across {
    const struct deal *deal;
    size_t n_chunk, n_values;
    float *values; /* [max own chunks, 1][n_values]; in the end the sum is in the first */
    float *others; /* [nax_across_n_others] */
    int group;     /* of ranks.h, and the next one */
};

/* Floats that a rank takes in of the others. */
size_t nax_across_n_others(const struct across *a);
/* n floats of every chunk from `at` on are added up, as far as this rank can. */
void nax_across_add_own(const struct across *a, const struct nn_kernels *kernel, size_t at,
                        size_t n);
/* What others add up leaves, when all of a rank's own is added up. */
void nax_across_send(const struct across *a);
/* When all of the others' has come, this rank adds its slice up, and that leaves. */
void nax_across_finish(const struct across *a, const struct nn_kernels *kernel);
/* The sum is there. */
void nax_across_wait(const struct across *a);

#endif
