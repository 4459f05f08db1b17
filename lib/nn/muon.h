/* Steps of matrices of weights that a batch norm follows. */
#ifndef NAX_NN_MUON_H
#define NAX_NN_MUON_H

#include <stddef.h>

/* w, v (momentum), gradient: [n_rows][n_cols]. Nesterov momentum, orthogonalised; the step's norm
 * is rate · ‖w‖, and ‖w‖ stays. Returns 0 or NAX_ERR_MEMORY. */
int muon_step(size_t n_rows, size_t n_cols, float *w, float *v, const float *gradient, double rate,
              double momentum);

#endif
