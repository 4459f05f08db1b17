/* Block elimination: the columns are folded, from the far end to the drivers, into an admittance
 * matrix between word lines and the Norton currents of the bit lines.
 *
 * What the word lines see from column k on, with the sinks at ground, is Y_k [n_rows][n_rows]; and
 * J_k [n_rows][n_cols - k] what flows into their ends, held at ground, for 1 V behind each sink. A
 * column adds its cells and its bit line; then a segment of wire stands before it, and before the
 * first column the drivers' resistance:
 *
 *     K_k = diag(g) - diag(g) T_k^-1 diag(g),  T_k: the bit line with its cells to ground
 *     c_k = diag(g) t,                         t: shares of a node's current that reach the sink
 *     Y_k = K_k + (I + r Y_{k+1})^-1 Y_{k+1}
 *     J_k = [c_k, (I + r Y_{k+1})^-1 J_{k+1}]
 *     W   = (I + r_source Y_0)^-1 J_0
 *
 * (1 V behind a sink and currents into drivers: by reciprocity the matrix that is wanted.)
 *
 * Only off-diagonals of Y are kept. They are negative, and were all word lines and sinks at 1 V, no
 * current would flow: a diagonal is the sum of the row's magnitudes and of its currents J. So
 * nothing is ever subtracted from nearly the same (Grassmann, Taksar, Heyman, Operations Research
 * 33, 1985).
 *
 * I + r Y, upper triangle, and J beside it, are one matrix, which the sweep operator turns into
 * -(I + r Y)^-1 and (I + r Y)^-1 J in place; and of the off-diagonals that go on,
 * (I + r Y)^-1 Y = (I - (I + r Y)^-1) / r, so the magnitudes are what the sweep left times -1/r.
 */
#include "circuit.h"
#include "crossbar.h"
#include "dense.h"

#include "nax/simd.h"

#include <stdlib.h>
#include <string.h>

NAX_SIMD_SETS(dense_kernels, nax_dense_kernels);

struct elimination {
    struct circuit a;
    const struct dense_kernels *kernels;
    size_t m, ld;          /* word lines padded to DENSE_ROWS; row length */
    double *y;             /* [m][ld]: Y in one of its states; J, last column first, from m on */
    double *rows, *panel;  /* [DENSE_BLOCK][ld]: pivot rows, before and after */
    double *left;          /* [m / DENSE_ROWS][DENSE_BLOCK][DENSE_ROWS]: pivot columns */
    double *pivot;         /* [DENSE_BLOCK][DENSE_BLOCK] */
    double *t, *h, *f, *d; /* [m] */
    double *transposed;    /* [n_rows*n_cols] */
};

/* Where less than this of a node's current reaches the sink, t is next to nothing, and h, which
 * grows by its inverse square, next to infinite. */
static const double share_min = 1e-100;

/* Transfer t to the sink from every node of bit line c, and h: T^-1 [r][q], the voltage at row r
 * for a current into row q, is t_r t_q h_max(r,q). As in lines_down of relax.simd.c, with F summed
 * from the sink: h_i = F_end + … + F_i. The same in numbers that stay in range:
 * f_i = t_{i+1} / t_i, and d, the diagonal of T^-1. */
static void bit_line(const struct elimination *s, size_t c)
{
    const struct circuit *a = &s->a;
    size_t end = a->n_rows - 1;
    double above = 0;
    for (size_t i = 0; i <= end; i++) { /* t: 1 + r times the conductance seen at the node */
        double here = a->g[i * a->n_cols + c] + above;
        s->t[i] = 1 + (i == end ? a->r_sink : a->r_wire_col) * here;
        above = here / s->t[i];
    }
    s->d[end] = a->r_sink / s->t[end];
    s->t[end] = 1 / s->t[end];
    s->h[end] = a->r_sink / s->t[end];
    for (size_t i = end; i-- > 0;) {
        s->f[i] = s->t[i];
        s->d[i] = (s->d[i + 1] / s->f[i] + a->r_wire_col) / s->f[i];
        s->t[i] = s->t[i + 1] / s->t[i];
        s->h[i] = s->h[i + 1] + a->r_wire_col / (s->t[i] * s->t[i + 1]);
    }
}

/* Row i of g_i t_i · g_j t_j h_j, i < j, as g_i / (f_i … f_{j-1}) · d_j g_j: where t_i is next to
 * nothing, h_j can be beyond all numbers. */
static void add_far(const struct elimination *s, size_t c, size_t i, double scale, double *row)
{
    const struct circuit *a = &s->a;
    double share = a->g[i * a->n_cols + c];
    for (size_t j = i + 1; j < a->n_rows; j++) {
        share /= s->f[j - 1];
        row[j] = scale * row[j] + share * s->d[j] * a->g[j * a->n_cols + c];
    }
}

/* y's off-diagonals times scale are the magnitudes of Y's so far; column c's are added to them,
 * g_i t_i · g_j t_j h_j for i < j, and its currents to J. */
static void add_column(const struct elimination *s, size_t c, double scale)
{
    const struct circuit *a = &s->a;
    size_t n = a->n_rows;
    bit_line(s, c);
    bool is_far = s->t[0] < share_min;
    for (size_t i = 0; i < n; i++) {
        s->t[i] *= a->g[i * a->n_cols + c];
        s->h[i] *= s->t[i];
    }
    for (size_t i = 0; i < n; i++) {
        double *row = s->y + i * s->ld;
        if (is_far)
            add_far(s, c, i, scale, row);
        else
            s->kernels->add(row + i + 1, s->h + i + 1, scale, s->t[i], n - i - 1);
        row[s->m + a->n_cols - 1 - c] = s->t[i];
    }
}

/* From magnitudes of off-diagonals to I + r Y, upper triangle, with n_active columns of J. h sums
 * up the rows: a magnitude counts for its row and, the triangle being half of it, for its column.
 */
static void add_series(const struct elimination *s, double r, size_t n_active)
{
    size_t n = s->a.n_rows;
    for (size_t i = 0; i < s->m; i++)
        s->h[i] = i < n ? s->kernels->sum(s->y + i * s->ld + s->m, n_active) : 0;
    for (size_t i = 0; i < n; i++)
        s->h[i] += s->kernels->series(s->y + i * s->ld + i + 1, s->h + i + 1, r, n - i - 1);
    for (size_t i = 0; i < s->m; i++)
        s->y[i * s->ld + i] = 1 + r * s->h[i];
}

/* The pivot rows in full, from the upper triangle, and as columns; the pivot's inverse. */
static void take_pivot(const struct elimination *s, size_t k, size_t n, size_t width)
{
    for (size_t i = 0; i < k; i++) {
        const double *from = s->y + i * s->ld + k;
        double *left = s->left + i / DENSE_ROWS * DENSE_ROWS * DENSE_BLOCK + i % DENSE_ROWS;
        for (size_t q = 0; q < n; q++)
            s->rows[q * s->ld + i] = left[q * DENSE_ROWS] = from[q];
    }
    for (size_t q = 0; q < n; q++) {
        double *row = s->rows + q * s->ld;
        for (size_t i = 0; i < q; i++)
            row[k + i] = s->y[(k + i) * s->ld + k + q];
        memcpy(row + k + q, s->y + (k + q) * s->ld + k + q, (width - k - q) * sizeof *row);
        memcpy(s->pivot + q * DENSE_BLOCK, row + k, n * sizeof *row);
        for (size_t i = k; i < s->m; i += DENSE_ROWS)
            memcpy(s->left + i * DENSE_BLOCK + q * DENSE_ROWS, row + i, DENSE_ROWS * sizeof *row);
    }
    s->kernels->invert(s->pivot, n);
}

static void put_pivot(const struct elimination *s, size_t k, size_t n, size_t width)
{
    for (size_t i = 0; i < k; i++)
        for (size_t q = 0; q < n; q++)
            s->y[i * s->ld + k + q] = s->panel[q * s->ld + i];
    for (size_t q = 0; q < n; q++) {
        const double *row = s->panel + q * s->ld;
        double *to = s->y + (k + q) * s->ld;
        for (size_t i = 0; i < n; i++)
            to[k + i] = -s->pivot[q * DENSE_BLOCK + i];
        memcpy(to + k + n, row + k + n, (width - k - n) * sizeof *row);
    }
}

/* The sweep operator over all word lines (Goodnight, The American Statistician 33, 1979): the upper
 * triangle becomes minus the inverse, J the inverse times J. DENSE_BLOCK pivots at a time, with P
 * their block, B the rest of their rows, J's columns too, and D all other rows:
 *
 *     P    B        -P^-1       P^-1 B
 *     B^T  D   ->   (P^-1 B)^T  D - B^T (P^-1 B)
 *
 * rows is B, made whole from the triangle; left is B^T, cut into DENSE_ROWS rows; panel is P^-1 B.
 */
static void sweep(const struct elimination *s, size_t n_active)
{
    size_t width = s->m + NAX_ROUND_UP(n_active, DENSE_ROWS);
    for (size_t k = 0; k < s->m; k += DENSE_BLOCK) {
        size_t n = NAX_MIN((size_t)DENSE_BLOCK, s->m - k);
        take_pivot(s, k, n, width);
        s->kernels->panel(s->pivot, n, s->rows, s->panel, s->ld, 0, width);
        for (size_t i = 0; i < s->m; i += DENSE_ROWS)
            if (i < k || i >= k + n)
                s->kernels->update(s->y + i * s->ld, s->ld, s->left + i * DENSE_BLOCK, n, s->panel,
                                   i, width);
        put_pivot(s, k, n, width);
    }
}

static void fold(const struct elimination *s)
{
    double scale = 0;
    for (size_t n_active = 1; n_active <= s->a.n_cols; n_active++) {
        double r = n_active < s->a.n_cols ? s->a.r_wire_row : s->a.r_source;
        add_column(s, s->a.n_cols - n_active, scale);
        if (r > 0) {
            add_series(s, r, n_active);
            sweep(s, n_active);
        }
        scale = r > 0 ? -1 / r : 1;
    }
}

int nax_block_matrix(const struct nax_xbar *x, bool is_across, double *w_eff, struct nax_err *err)
{
    bool is_transposed = (x->n_rows > x->n_cols) != is_across;
    size_t n_lines = is_transposed ? x->n_cols : x->n_rows;
    size_t n_folded = is_transposed ? x->n_rows : x->n_cols;
    struct elimination s = {.kernels = nax_dense_kernels_sets[nax_isa()],
                            .m = NAX_ROUND_UP(n_lines, DENSE_ROWS)};
    s.ld = s.m + NAX_ROUND_UP(n_folded, DENSE_ROWS);
    s.ld += s.ld % 64 ? 0 : DENSE_ROWS; /* rows that a kernel takes must not share a cache set */
    size_t sizes[] = {s.m * s.ld,
                      DENSE_BLOCK * s.ld,
                      DENSE_BLOCK * s.ld,
                      s.m * DENSE_BLOCK,
                      DENSE_BLOCK * DENSE_BLOCK,
                      s.m,
                      s.m,
                      s.m,
                      s.m,
                      n_lines * n_folded};
    double **parts[] = {&s.y, &s.rows, &s.panel, &s.left, &s.pivot,
                        &s.t, &s.h,    &s.f,     &s.d,    &s.transposed};
    size_t n_parts = sizeof sizes / sizeof *sizes, total = 0;
    for (size_t i = 0; i < n_parts; i++)
        total += NAX_ROUND_UP(sizes[i], DENSE_ROWS);
    double *memory = nax_aligned_calloc(total, sizeof *memory), *at = memory;
    if (!memory)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'block elimination'");
    for (size_t i = 0; i < n_parts; i++) {
        *parts[i] = at;
        at += NAX_ROUND_UP(sizes[i], DENSE_ROWS);
    }
    s.a = nax_circuit_of(x, is_transposed, s.transposed);
    fold(&s);
    for (size_t r = 0; r < s.a.n_rows; r++)
        for (size_t c = 0; c < s.a.n_cols; c++)
            w_eff[nax_circuit_index(&s.a, is_transposed, r, c)] =
                s.y[r * s.ld + s.m + s.a.n_cols - 1 - c];
    nax_aligned_free(memory);
    return 0;
}
