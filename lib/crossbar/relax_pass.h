/* One precision of the relaxation passes: included by relax.simd.c with REAL and PASS(name) set.
 *
 * Along a word line, from the far end: w += K v; then from the driver: u += E w. Down or up the bit
 * lines, in the same sweep: v += F z before, z += K u after. The products w and z take the place of
 * what they were made from, so z is the only state.
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

/* v of this row from z, then w along the four word lines; w replaces z. */
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

/* u along the word lines from the driver, and z of the bit lines, which replaces w. */
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
        PASS(vec) sum[WIDE];
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
