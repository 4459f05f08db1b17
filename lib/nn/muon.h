/* Steps of matrices of weights that a batch norm follows. */
#ifndef NAX_NN_MUON_H
#define NAX_NN_MUON_H

#include "nax/base.h"

/* Weights, their momentum, and the gradient, [n_rows][n_cols] each, which stay where they are. */
struct muon_matrix {
    size_t n_rows, n_cols;
    float *w, *v;
    const float *gradient;
};

struct muon; /* n of them, and the memory that their steps take */

int nax_muon_alloc(struct muon **muon, const struct muon_matrix *matrices, size_t n,
                   struct nax_err *err) NAX_MUST_USE;
void nax_muon_free(struct muon *muon);

/* A step of every matrix, on all threads: Nesterov momentum whose singular vectors stay and whose
 * singular values become about as large as each other (0.7 to 1.2 of one value, less where they
 * were below a five-hundredth of the norm); it is rate · ‖w‖ long, and ‖w‖ stays. */
void nax_muon_step(struct muon *muon, double rate, double momentum);

#endif
