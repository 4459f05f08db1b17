/* One precision of the relaxation passes: included by relax.simd.c with REAL and PASS(name) set.
 *
 * A pass goes through the word lines in its direction, down or up, RELAX_ROWS of them at a time,
 * and along these twice. With v, u: bit and word lines' voltages, scaled (README.md); prime: of the
 * other direction, that of the pass before; sums are running ones, which one addition continues:
 *
 *     columns from the far end to the driver (words_forward)
 *         v[c] += F'[r][c] z[r][c]      bit line c, substituted back: what the pass before left
 *         w    += K'[r][c] v[c]         currents of word line r that reach its driver; K' = s g t'
 *         z[r][c] = w
 *     columns from the driver to the far end (words_backward)
 *         u    += E[r][c] z[r][c]       the word line
 *         s[c] += K[r][c] u             bit line c, eliminated: currents that reach its end
 *         z[r][c] = s[c]
 *
 * z is all that is left for the next pass, which comes the other way: w, where it stood for a
 * moment, is the current into the driver when column 0 has been added.
 *
 * A vector holds right-hand sides, 16 of which lie side by side at every cell: nothing is ever
 * summed across lanes. STEP of them are taken through the whole array before the next ones. In
 * registers: w or u of RELAX_ROWS word lines, WIDE vectors each, from the first column to the last;
 * v or s of the column at hand, WIDE vectors, from and to `carry`; and one coefficient, broadcast.
 * A column's coefficients, 2 · RELAX_ROWS of them, are a cache line or half of one.
 */
enum { PASS(vector) = NAX_SIMD_BYTES / sizeof(REAL) };
typedef REAL PASS(vec) __attribute__((vector_size(NAX_SIMD_BYTES), may_alias));
typedef double PASS(sum) __attribute__((vector_size(NAX_SIMD_BYTES / sizeof(REAL) * sizeof(double)),
                                        aligned(8), may_alias));

/* vectors side by side: two in double hide the latency of the chains and share the broadcasts */
#define WIDE (NAX_SIMD_BYTES / sizeof(REAL) * 2 <= RELAX_LANES ? 2 : 1)
#define STEP (WIDE * (size_t)PASS(vector))

static inline __attribute__((always_inline)) PASS(vec) PASS(splat)(REAL x)
{
    return x - (PASS(vec)){};
}

/* The first way along RELAX_ROWS word lines, of block b. z: at `lane` of the block's first row;
 * carry: v [n_cols][RELAX_LANES]. */
static inline __attribute__((always_inline)) void PASS(words_forward)(const struct relax_pass *p,
                                                                      size_t b, size_t lane,
                                                                      REAL *z,
                                                                      PASS(vec) w[RELAX_ROWS][WIDE])
{
    const REAL *coef = (const REAL *)p->coef.forward + b * p->n_cols * 2 * RELAX_ROWS;
    REAL *carry = (REAL *)p->carry + lane;
    for (size_t r = 0; r < RELAX_ROWS; r++)
        for (size_t k = 0; k < WIDE; k++)
            w[r][k] = (PASS(vec)){};
    for (size_t c = p->n_cols; c-- > 0;) {
        const REAL *q = coef + c * 2 * RELAX_ROWS;
        PASS(vec) v[WIDE];
        for (size_t k = 0; k < WIDE; k++)
            v[k] = *(PASS(vec) *)(carry + c * RELAX_LANES + k * PASS(vector));
        for (size_t r = 0; r < RELAX_ROWS; r++) {
            REAL *zr = z + (ptrdiff_t)r * p->z_step + c * RELAX_LANES;
            PASS(vec) cell = PASS(splat)(q[r]), wire = PASS(splat)(q[RELAX_ROWS + r]);
            for (size_t k = 0; k < WIDE; k++) {
                PASS(vec) *at = (PASS(vec) *)(zr + k * PASS(vector));
                v[k] += wire * *at;
                w[r][k] += cell * v[k];
                *at = w[r][k];
            }
        }
        for (size_t k = 0; k < WIDE; k++)
            *(PASS(vec) *)(carry + c * RELAX_LANES + k * PASS(vector)) = v[k];
    }
}

/* The second way. carry: s [n_cols][RELAX_LANES]. On the way up, bit lines' ends are the open ones
 * at the top, so what reaches the sinks is summed cell by cell: with K' = s g t of the way down. */
static inline __attribute__((always_inline)) void
PASS(words_backward)(struct relax_pass *p, size_t b, size_t lane, REAL *z, bool is_up,
                     PASS(vec) sink[RELAX_ROWS][WIDE])
{
    const REAL *coef = (const REAL *)p->coef.backward + b * p->n_cols * 2 * RELAX_ROWS;
    const REAL *down = (const REAL *)p->coef.forward + b * p->n_cols * 2 * RELAX_ROWS;
    REAL *carry = (REAL *)p->carry + (p->n_cols * RELAX_LANES) + lane;
    PASS(vec) u[RELAX_ROWS][WIDE];
    for (size_t r = 0; r < RELAX_ROWS; r++)
        for (size_t k = 0; k < WIDE; k++)
            u[r][k] = (PASS(vec)){};
    for (size_t c = 0; c < p->n_cols; c++) {
        const REAL *q = coef + c * 2 * RELAX_ROWS, *d = down + c * 2 * RELAX_ROWS;
        PASS(vec) sum[WIDE]; /* s */
        for (size_t k = 0; k < WIDE; k++)
            sum[k] = *(PASS(vec) *)(carry + c * RELAX_LANES + k * PASS(vector));
        for (size_t r = 0; r < RELAX_ROWS; r++) {
            REAL *zr = z + (ptrdiff_t)r * p->z_step + c * RELAX_LANES;
            PASS(vec) wire = PASS(splat)(q[r]), cell = PASS(splat)(q[RELAX_ROWS + r]);
            PASS(vec) to_sink = PASS(splat)(d[r]);
            for (size_t k = 0; k < WIDE; k++) {
                PASS(vec) *at = (PASS(vec) *)(zr + k * PASS(vector));
                u[r][k] += wire * *at;
                sum[k] += cell * u[r][k];
                if (is_up)
                    sink[r][k] += to_sink * u[r][k];
                *at = sum[k];
            }
        }
        for (size_t k = 0; k < WIDE; k++)
            *(PASS(vec) *)(carry + c * RELAX_LANES + k * PASS(vector)) = sum[k];
    }
}

/* Drivers' currents of this term of the series, added to all terms' and to the pass's sum. */
static inline __attribute__((always_inline)) void
PASS(keep_words)(struct relax_pass *p, size_t b, size_t lane, PASS(vec) w[RELAX_ROWS][WIDE])
{
    for (size_t k = 0; k < WIDE; k++) {
        PASS(sum) *all = (PASS(sum) *)(p->w_sum + lane + k * PASS(vector)), sum = *all;
        for (size_t r = 0; r < RELAX_ROWS; r++) {
            double *out = p->w + (ptrdiff_t)(b * RELAX_ROWS + r) * p->w_step + lane;
            PASS(sum) *at = (PASS(sum) *)(out + k * PASS(vector));
            PASS(sum) current = __builtin_convertvector(w[r][k], PASS(sum));
            *at += current;
            sum += current;
        }
        *all = sum;
    }
}

static void PASS(clear)(struct relax_pass *p)
{
    memset(p->carry, 0, 2 * p->n_cols * RELAX_LANES * sizeof(REAL));
    for (size_t x = 0; x < RELAX_LANES; x++)
        p->w_sum[x] = p->s_sum[x] = 0;
}

/* What has reached the bottom of the bit lines on the way down. */
static inline void PASS(sum_carry)(struct relax_pass *p)
{
    const REAL *carry = (const REAL *)p->carry + p->n_cols * RELAX_LANES;
    for (size_t c = 0; c < p->n_cols; c++)
        for (size_t x = 0; x < RELAX_LANES; x++)
            p->s_sum[x] += (double)carry[c * RELAX_LANES + x];
}

static inline __attribute__((always_inline)) void PASS(full)(struct relax_pass *p, bool is_up)
{
    PASS(clear)(p);
    for (size_t lane = 0; lane < RELAX_LANES; lane += STEP) {
        PASS(vec) sink[RELAX_ROWS][WIDE] = {};
        for (size_t b = 0; b < p->n_blocks; b++) {
            REAL *z = (REAL *)p->z + (ptrdiff_t)(b * RELAX_ROWS) * p->z_step + lane;
            PASS(vec) w[RELAX_ROWS][WIDE];
            PASS(words_forward)(p, b, lane, z, w);
            PASS(keep_words)(p, b, lane, w);
            PASS(words_backward)(p, b, lane, z, is_up, sink);
        }
        for (size_t r = 0; is_up && r < RELAX_ROWS; r++)
            for (size_t k = 0; k < WIDE; k++)
                for (size_t x = 0; x < PASS(vector); x++)
                    p->s_sum[lane + k * PASS(vector) + x] += (double)sink[r][k][x];
    }
    if (!is_up)
        PASS(sum_carry)(p);
}

static void PASS(down)(struct relax_pass *p)
{
    PASS(full)(p, false);
}

static void PASS(up)(struct relax_pass *p)
{
    PASS(full)(p, true);
}

/* The word lines' currents of one term more, which nothing follows: no second way. */
static void PASS(last)(struct relax_pass *p)
{
    PASS(clear)(p);
    for (size_t lane = 0; lane < RELAX_LANES; lane += STEP)
        for (size_t b = 0; b < p->n_blocks; b++) {
            REAL *z = (REAL *)p->z + (ptrdiff_t)(b * RELAX_ROWS) * p->z_step + lane;
            PASS(vec) w[RELAX_ROWS][WIDE];
            PASS(words_forward)(p, b, lane, z, w);
            PASS(keep_words)(p, b, lane, w);
        }
}
