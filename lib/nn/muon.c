/* Muon (Jordan et al., 2024, kellerjordan.github.io/posts/muon): a step of a convolution's weights
 * is the momentum with all its singular values made alike, by Newton and Schulz's iteration.
 *
 * Weights before a batch norm act by their direction alone, so the step is measured by it: it has
 * `rate` times the weights' norm, and the weights keep their norm.
 */
#include "muon.h"
#include "../base/blas.h"

#include "nax/base.h"

#include <math.h>
#include <string.h>

enum { N_ITERATIONS = 5 };

/* Of the quintic polynomial that drives singular values s to 1, fast rather than exactly:
 * s ← a1 s + a3 s³ + a5 s⁵, for all of them at once X ← a1 X + a3 (X Xᵀ) X + a5 (X Xᵀ)² X. */
static const float a1 = 3.4445F, a3 = -4.7750F, a5 = 2.0315F;

static double norm(size_t n, const float *x)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)x[i] * (double)x[i];
    return sqrt(sum);
}

void nax_muon_orthogonalise(size_t n_rows, size_t n_cols, float *x, float *other, float *gram)
{
    size_t n = n_rows * n_cols, m = NAX_MIN(n_rows, n_cols);
    bool is_tall = n_rows > n_cols;
    float *square = gram + m * m;
    float scale = (float)(1 / (norm(n, x) + 1e-30)); /* no singular value is above the norm */
    for (size_t i = 0; i < n; i++)
        x[i] *= scale;
    for (int k = 0; k < N_ITERATIONS; k++) {
        /* gram [m][m] = X Xᵀ, or Xᵀ X where X is tall; then a1 I + a3 gram + a5 gram², by X */
        nax_sgemm(is_tall, !is_tall, m, m, is_tall ? n_rows : n_cols, x, n_cols, x, n_cols, 0, gram,
                  m);
        nax_sgemm(false, false, m, m, m, gram, m, gram, m, 0, square, m);
        for (size_t i = 0; i < m * m; i++)
            gram[i] = a3 * gram[i] + a5 * square[i];
        for (size_t i = 0; i < m; i++)
            gram[i * m + i] += a1;
        if (is_tall)
            nax_sgemm(false, false, n_rows, n_cols, m, x, n_cols, gram, m, 0, other, n_cols);
        else
            nax_sgemm(false, false, n_rows, n_cols, m, gram, m, x, n_cols, 0, other, n_cols);
        memcpy(x, other, n * sizeof *x);
    }
}

int nax_muon_step(size_t n_rows, size_t n_cols, float *w, float *v, const float *gradient,
                  double rate, double momentum)
{
    size_t n = n_rows * n_cols, m = NAX_MIN(n_rows, n_cols);
    float *x = nax_aligned_calloc(2 * n + 2 * m * m, sizeof *x);
    if (!x)
        return NAX_ERR_MEMORY;
    for (size_t i = 0; i < n; i++) { /* Nesterov: v ← μ v + g, x = g + μ v */
        v[i] = (float)momentum * v[i] + gradient[i];
        x[i] = gradient[i] + (float)momentum * v[i];
    }
    nax_muon_orthogonalise(n_rows, n_cols, x, x + n, x + 2 * n);
    /* w ← w − rate ‖w‖ x / ‖x‖, then back to the norm that w had */
    double before = norm(n, w), step = norm(n, x);
    float part = (float)(step > 0 ? rate * before / step : 0);
    for (size_t i = 0; i < n; i++)
        w[i] -= part * x[i];
    double after = norm(n, w);
    float back = (float)(after > 0 ? before / after : 1);
    for (size_t i = 0; i < n; i++)
        w[i] *= back;
    nax_aligned_free(x);
    return 0;
}
