/* Line relaxation for one instruction set: coefficients of the lines, and the passes. */
#include "nax/simd.h"
#include "relax.h"

#include <string.h>

#define REAL       float
#define PASS(name) name##_float
#include "relax_pass.h"
#undef REAL
#undef PASS
#undef WIDE
#undef STEP

#define REAL       double
#define PASS(name) name##_double
#include "relax_pass.h"

/* 1 where a lane's bit line has not been passed yet: a window slides over it. */
static const double passed_window[2 * RELAX_LANES] = {
    [RELAX_LANES] = 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};

/* The first pass, downwards. Lane x has 1 V behind the sink of bit line first_column + x, all other
 * bit lines none, so v is t on that line, v/t = 1, and a word line's running sum w is a step: K of
 * that line at its column and nearer to the driver (p->start holds it), 0 beyond. The second way
 * along the word lines is that of all passes. */
static void start(struct relax_pass *p)
{
    enum { n_vec = vector_double };
    clear_double(p);
    for (size_t lane = 0; lane < RELAX_LANES; lane += STEP) {
        double *carry = (double *)p->carry + p->n_cols * RELAX_LANES + lane;
        for (size_t b = 0; b < p->n_blocks; b++) {
            const double *coef = (const double *)p->coef.backward + b * p->n_cols * 2 * RELAX_ROWS;
            double *z = (double *)p->z + (ptrdiff_t)(b * RELAX_ROWS) * p->z_step + lane;
            const double *from = p->start + b * RELAX_ROWS * RELAX_LANES + lane;
            vec_double w[RELAX_ROWS][WIDE], u[RELAX_ROWS][WIDE];
            for (size_t r = 0; r < RELAX_ROWS; r++)
                for (size_t k = 0; k < WIDE; k++) {
                    w[r][k] = *(const vec_double *)(from + r * RELAX_LANES + k * n_vec);
                    u[r][k] = (vec_double){};
                }
            keep_words_double(p, b, lane, w);
            for (size_t c = 0; c < p->n_cols; c++) {
                const double *q = coef + c * 2 * RELAX_ROWS;
                size_t n_passed = c < p->first_column ? 0 : c - p->first_column;
                const double *window = passed_window + RELAX_LANES + lane -
                                       (n_passed < RELAX_LANES ? n_passed : RELAX_LANES);
                vec_double sum[WIDE], is_ahead[WIDE];
                for (size_t k = 0; k < WIDE; k++) {
                    sum[k] = *(vec_double *)(carry + c * RELAX_LANES + k * n_vec);
                    memcpy(&is_ahead[k], window + k * n_vec, sizeof is_ahead[k]);
                }
                for (size_t r = 0; r < RELAX_ROWS; r++)
                    for (size_t k = 0; k < WIDE; k++) {
                        u[r][k] += splat_double(q[r]) * (w[r][k] * is_ahead[k]);
                        sum[k] += splat_double(q[RELAX_ROWS + r]) * u[r][k];
                        *(vec_double *)(z + (ptrdiff_t)r * p->z_step + c * RELAX_LANES +
                                        k * n_vec) = sum[k];
                    }
                for (size_t k = 0; k < WIDE; k++)
                    *(vec_double *)(carry + c * RELAX_LANES + k * n_vec) = sum[k];
            }
        }
    }
    sum_carry_double(p);
}

static void narrow(const double *from, float *to, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] = (float)from[i];
}

/* Bit lines eliminated towards the sink: factors t and F of the way down, all columns [n_cols] side
 * by side in the lanes. With G_i the conductance to ground at node i, word lines grounded, of its
 * own cell and all above (and 1 for the t beyond the sink):
 *
 *     G_0 = g_0,  G_i = g_i + G_{i-1} / (1 + r G_{i-1})
 *     t_end = 1 / (1 + r_sink G_end),   t_i = t_{i+1} / (1 + r G_i)     a divider at every segment
 *     F_end = r_sink / t_end,           F_i = r / (t_i t_{i+1})
 *     inflow = G_end / (1 + r_sink G_end)                 with 1 V behind the sink
 */
static void lines_down(const struct circuit *a, double *t, double *f, double *inflow)
{
    size_t n = a->n_cols;
    double r = a->r_wire_col;
    for (size_t c = 0; c < n; c++)
        t[c] = a->g[c]; /* conductance to ground seen at the node, everything above included */
    for (size_t i = 1; i < a->n_rows; i++)
        for (size_t c = 0; c < n; c++) {
            double above = t[(i - 1) * n + c];
            t[i * n + c] = a->g[i * n + c] + above / (1 + r * above);
        }
    double *bottom = t + (a->n_rows - 1) * n, *inverse = f + (a->n_rows - 1) * n;
    for (size_t c = 0; c < n; c++) {
        double ratio = 1 + a->r_sink * bottom[c];
        inflow[c] = bottom[c] / ratio;
        bottom[c] = 1 / ratio;
        inverse[c] = ratio;
    }
    for (size_t i = a->n_rows - 1; i-- > 0;)
        for (size_t c = 0; c < n; c++) {
            double ratio = 1 + r * t[i * n + c], below = f[(i + 1) * n + c];
            t[i * n + c] = t[(i + 1) * n + c] / ratio;
            f[i * n + c] = below * ratio;
        }
    /* f holds 1/t: F_i = r / (t_i t_{i+1}) */
    for (size_t i = 0; i + 1 < a->n_rows; i++)
        for (size_t c = 0; c < n; c++)
            f[i * n + c] *= r * f[(i + 1) * n + c];
    for (size_t c = 0; c < n; c++)
        inverse[c] *= a->r_sink;
}

/* Bit lines eliminated away from the sink, to the open end at the top, where t = 1. With R_i the
 * resistance to ground at node i through its own cell, all below and the sink:
 *
 *     R_end = r_sink / (1 + r_sink g_end),   R_i = q / (1 + g_i q),  q = r + R_{i+1}
 *     t_0 = 1,    t_i = t_{i-1} R_i / (r + R_i)
 *     F_0 = R_0,  F_i = r / (t_i t_{i-1})
 *
 * In resistances, so that a sink of 0 ohm is no exception: there the last node is ground, and
 * t = F = 0 leaves it out. */
static void lines_up(const struct circuit *a, double *t, double *f)
{
    size_t n = a->n_cols, end = a->n_rows - 1;
    double r = a->r_wire_col;
    for (size_t c = 0; c < n; c++)
        t[end * n + c] = a->r_sink / (1 + a->r_sink * a->g[end * n + c]);
    for (size_t i = end; i-- > 0;)
        for (size_t c = 0; c < n; c++) {
            double below = r + t[(i + 1) * n + c];
            t[i * n + c] = below / (1 + a->g[i * n + c] * below);
        }
    /* t holds resistances to ground; from the top they become factors */
    for (size_t c = 0; c < n; c++) {
        f[c] = t[c];
        t[c] = t[c] > 0;
    }
    for (size_t i = 1; i <= end; i++)
        for (size_t c = 0; c < n; c++) {
            double to_ground = t[i * n + c], before = t[(i - 1) * n + c];
            double here = r > 0 ? before * to_ground / (r + to_ground) : before;
            t[i * n + c] = to_ground > 0 ? here : 0;
            f[i * n + c] = to_ground > 0 && before > 0 ? r / (here * before) : 0;
        }
}

/* Word lines eliminated towards the driver, as bit lines towards the sink, with r_source for
 * r_sink: s for t, and E_0 = r_source / s_0, E_c = r / (s_c s_{c-1}). All rows side by side in the
 * lanes: g, s and e are [n_cols][m]. */
static void lines_across(const struct circuit *a, size_t m, const double *g, double *s, double *e)
{
    double r = a->r_wire_row;
    size_t end = a->n_cols - 1;
    memcpy(s + end * m, g + end * m, m * sizeof *s);
    for (size_t c = end; c-- > 0;)
        for (size_t i = 0; i < m; i++) {
            double beyond = s[(c + 1) * m + i];
            s[c * m + i] = g[c * m + i] + beyond / (1 + r * beyond);
        }
    for (size_t i = 0; i < m; i++) {
        e[i] = 1 + a->r_source * s[i];
        s[i] = 1 / e[i];
    }
    for (size_t c = 1; c <= end; c++)
        for (size_t i = 0; i < m; i++) {
            double ratio = 1 + r * s[c * m + i];
            s[c * m + i] = s[(c - 1) * m + i] / ratio;
            e[c * m + i] = e[(c - 1) * m + i] * ratio;
        }
    /* e holds 1/s: E_c = r / (s_c s_{c-1}) */
    for (size_t c = end; c > 0; c--)
        for (size_t i = 0; i < m; i++)
            e[c * m + i] *= r * e[(c - 1) * m + i];
    for (size_t i = 0; i < m; i++)
        e[i] *= a->r_source;
}

/* to [n_cols][m], with zeros for the rows that fill up */
static void transpose(const double *from, size_t n_rows, size_t n_cols, double *to, size_t m)
{
    for (size_t i0 = 0; i0 < m; i0 += RELAX_ROWS)
        for (size_t c = 0; c < n_cols; c++)
            for (size_t r = 0; r < RELAX_ROWS; r++)
                to[c * m + i0 + r] = i0 + r < n_rows ? from[(i0 + r) * n_cols + c] : 0;
}

/* All factors, packed as the passes come by them: for each block of RELAX_ROWS rows and each column
 * K' and F' of RELAX_ROWS rows for the first way along the word lines, E and K for the second one;
 * rows and blocks in the order of the pass, so those of the way up from the last to the first. K is
 * s g t, with the t of the direction. */
static void coefficients(const struct circuit *a, size_t m, struct relax_factors *x)
{
    size_t n = a->n_cols, size = m * n;
    double *down = x->scratch, *f_down = down + size, *up = x->forward[0], *f_up = up + size;
    double *transposed = f_down + size, *s = transposed + size, *e = s + size;
    lines_down(a, down, f_down, x->inflow);
    lines_up(a, up, f_up);
    transpose(a->g, a->n_rows, n, transposed, m);
    lines_across(a, m, transposed, s, e);
    for (size_t i = a->n_rows * n; i < size; i++) /* rows that only fill up */
        down[i] = f_down[i] = up[i] = f_up[i] = 0;

    double *t_up = x->backward[0]; /* memory that is written last */
    double least = 1;
    for (size_t i = 0; i < a->n_rows * n; i++) {
        least = down[i] < least ? down[i] : least;
        least = up[i] > 0 && up[i] < least ? up[i] : least;
    }
    for (size_t i = 0; i < size; i++)
        least = s[i] < least ? s[i] : least;
    x->scale_min = least;

    double *f_up_kept = t_up + size;
    memcpy(t_up, up, size * sizeof *up);
    memcpy(f_up_kept, f_up, size * sizeof *up);
    for (size_t b = 0; b * RELAX_ROWS < m; b++)
        for (size_t c = 0; c < n; c++) {
            double *fd = x->forward[0] + (b * n + c) * 2 * RELAX_ROWS;
            double *fu = x->forward[1] + ((m / RELAX_ROWS - 1 - b) * n + c) * 2 * RELAX_ROWS;
            double *bu = x->backward[1] + ((m / RELAX_ROWS - 1 - b) * n + c) * 2 * RELAX_ROWS;
            for (size_t r = 0; r < RELAX_ROWS; r++) {
                size_t i = (b * RELAX_ROWS + r) * n + c, q = RELAX_ROWS - 1 - r;
                double k = transposed[c * m + b * RELAX_ROWS + r] * s[c * m + b * RELAX_ROWS + r];
                x->transfer[i] = k * down[i];
                fd[r] = bu[RELAX_ROWS + q] = k * t_up[i];
                fd[RELAX_ROWS + r] = f_up_kept[i];
                fu[q] = k * down[i];
                fu[RELAX_ROWS + q] = f_down[i];
                bu[q] = e[c * m + b * RELAX_ROWS + r];
            }
        }
    for (size_t b = 0; b * RELAX_ROWS < m; b++)
        for (size_t c = 0; c < n; c++) {
            double *bd = x->backward[0] + (b * n + c) * 2 * RELAX_ROWS;
            for (size_t r = 0; r < RELAX_ROWS; r++) {
                bd[r] = e[c * m + b * RELAX_ROWS + r];
                bd[RELAX_ROWS + r] = x->transfer[(b * RELAX_ROWS + r) * n + c];
            }
        }
}

const struct relax_kernels NAX_SIMD(nax_relax_kernels) = {
    .coefficients = coefficients,
    .narrow = narrow,
    .start = start,
    .full = {{down_double, up_double}, {down_float, up_float}},
    .last = {last_double, last_float},
};
