/* Steps of matrices of weights that a batch norm follows. */
#ifndef NAX_NN_MUON_H
#define NAX_NN_MUON_H

#include <stddef.h>

/* x [n_rows][n_cols] keeps its singular vectors; its singular values become about 1 (0.7 to 1.2,
 * less where they were below a five-hundredth of x's norm). other: as large as x; gram: twice the
 * square of the smaller side. */
void nax_muon_orthogonalise(size_t n_rows, size_t n_cols, float *x, float *other, float *gram);

/* w, v (momentum), gradient: [n_rows][n_cols]. Nesterov momentum, orthogonalised; the step's norm
 * is rate · ‖w‖, and ‖w‖ stays. Returns 0 or NAX_ERR_MEMORY. */
int nax_muon_step(size_t n_rows, size_t n_cols, float *w, float *v, const float *gradient,
                  double rate, double momentum);

#endif
