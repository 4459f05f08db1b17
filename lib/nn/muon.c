/* Muon (Jordan et al., 2024, kellerjordan.github.io/posts/muon): a step of a convolution's weights
 * is the momentum with all its singular values made alike, by Newton and Schulz's iteration.
 *
 * Weights before a batch norm act by their direction alone, so the step is measured by it: it has
 * `rate` times the weights' norm, and the weights keep their norm.
 *
 * The iteration multiplies X from one side by a polynomial of G = Xᵀ X (or X Xᵀ, whichever is the
 * smaller), again and again: X ← X Q, Q = a1 I + a3 G + a5 G². Since all these polynomials commute,
 * G and the product P of all Q follow by products of the smaller side alone, and X is multiplied
 * twice, for G and by P, in place of ten times:
 *
 *     G ← Q G Q,   P ← P Q;   at the end X P
 *
 * All are symmetric, so blocks on and above the diagonal are computed, and mirrored. Blocks of all
 * matrices are shared out among the threads; what a block holds does not depend on who makes it.
 */
#include "muon.h"
#include "../base/blas.h"
#include "tree.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

enum { N_ITERATIONS = 5, BLOCK = 128 };

/* Of the quintic polynomial that drives singular values s to 1, fast rather than exactly:
 * s ← a1 s + a3 s³ + a5 s⁵. */
static const float a1 = 3.4445F, a3 = -4.7750F, a5 = 2.0315F;

/* Square matrices: G, Q, G Q, P, and the next P. */
enum { GRAM, POLYNOMIAL, HALF, PRODUCT, NEXT, N_SQUARES };

struct matrix {
    const struct muon *muon;
    struct muon_matrix given;
    size_t n, side, n_spans;  /* elements; of the smaller side; BLOCK of the larger one each */
    bool is_tall;             /* G = Xᵀ X */
    float *x;                 /* [n_rows][n_cols] */
    float *square[N_SQUARES]; /* [side][side] */
    double *x_norm, *w_norm;  /* [n_spans] squares */
};

/* Block (i, j) of a square, j ≥ i; or span i. */
struct item {
    struct matrix *matrix;
    size_t i, j;
};

struct muon {
    struct matrix *matrix; /* [n] */
    struct item *block, *span;
    size_t n, n_blocks, n_spans;
    float *values;  /* behind x and square */
    double *norms;  /* behind x_norm and w_norm */
    float *scratch; /* [n_threads][scratch_size], of a span of X P */
    size_t scratch_size, n_threads;
    double rate, momentum;
};

static struct matrix matrix_of(const struct muon *muon, const struct muon_matrix *given)
{
    size_t side = NAX_MIN(given->n_rows, given->n_cols);
    return (struct matrix){.muon = muon,
                           .given = *given,
                           .n = given->n_rows * given->n_cols,
                           .side = side,
                           .n_spans = NAX_CEIL_DIV(NAX_MAX(given->n_rows, given->n_cols), BLOCK),
                           .is_tall = given->n_rows > given->n_cols};
}

/* Items of a matrix into the lists; with NULL they are only counted. */
static void list(struct muon *muon, struct matrix *matrix)
{
    size_t n_blocks = NAX_CEIL_DIV(matrix->side, BLOCK);
    for (size_t i = 0; i < n_blocks; i++)
        for (size_t j = i; j < n_blocks; j++, muon->n_blocks++)
            if (muon->block)
                muon->block[muon->n_blocks] = (struct item){matrix, i, j};
    for (size_t i = 0; i < matrix->n_spans; i++, muon->n_spans++)
        if (muon->span)
            muon->span[muon->n_spans] = (struct item){.matrix = matrix, .i = i};
}

int nax_muon_alloc(struct muon **out, const struct muon_matrix *matrices, size_t n,
                   struct nax_err *err)
{
    struct muon *muon = nax_calloc(1, sizeof *muon);
    size_t n_values = 0;
    if (!muon || !(muon->matrix = nax_calloc(n, sizeof *muon->matrix)))
        goto failed;
    muon->n = n;
    muon->n_threads = (size_t)nax_threads();
    for (size_t k = 0; k < n; k++) {
        struct matrix *m = &muon->matrix[k];
        *m = matrix_of(muon, &matrices[k]);
        list(muon, m);
        n_values += NAX_ROUND_UP(m->n, 16) + N_SQUARES * NAX_ROUND_UP(m->side * m->side, 16);
        muon->scratch_size = NAX_MAX(muon->scratch_size, BLOCK * m->side);
    }
    muon->block = nax_calloc(muon->n_blocks, sizeof *muon->block);
    muon->span = nax_calloc(muon->n_spans, sizeof *muon->span);
    muon->values = nax_aligned_calloc(n_values, sizeof *muon->values);
    muon->norms = nax_calloc(2 * muon->n_spans, sizeof *muon->norms);
    muon->scratch = nax_aligned_calloc(muon->n_threads * muon->scratch_size, sizeof(float));
    if (!muon->block || !muon->span || !muon->values || !muon->norms || !muon->scratch)
        goto failed;
    float *values = muon->values;
    double *norms = muon->norms;
    muon->n_blocks = muon->n_spans = 0;
    for (size_t k = n; k-- > 0;) { /* the large ones, which are the last, first */
        struct matrix *m = &muon->matrix[k];
        list(muon, m);
        m->x = values;
        values += NAX_ROUND_UP(m->n, 16);
        for (size_t i = 0; i < N_SQUARES; i++, values += NAX_ROUND_UP(m->side * m->side, 16))
            m->square[i] = values;
        m->x_norm = norms;
        m->w_norm = norms + m->n_spans;
        norms += 2 * m->n_spans;
    }
    *out = muon;
    return 0;
failed:
    nax_muon_free(muon);
    return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'steps of %zu matrices'", n);
}

void nax_muon_free(struct muon *muon)
{
    if (!muon)
        return;
    free(muon->matrix);
    free(muon->block);
    free(muon->span);
    free(muon->norms);
    nax_aligned_free(muon->values);
    nax_aligned_free(muon->scratch);
    free(muon);
}

/* --- work on a block of a square --- */

/* Rows and columns of a block. */
struct place {
    size_t row, n_rows, column, n_columns;
    float *to; /* its first element */
};

static struct place place_of(const struct item *item, int square)
{
    const struct matrix *m = item->matrix;
    struct place p = {.row = item->i * BLOCK, .column = item->j * BLOCK};
    p.n_rows = NAX_MIN(m->side - p.row, (size_t)BLOCK);
    p.n_columns = NAX_MIN(m->side - p.column, (size_t)BLOCK);
    p.to = m->square[square] + p.row * m->side + p.column;
    return p;
}

static void mirror(const struct item *item, const struct place *p)
{
    size_t side = item->matrix->side;
    float *to = p->to - (p->row * side + p->column) + p->column * side + p->row;
    for (size_t r = 0; item->i != item->j && r < p->n_rows; r++)
        for (size_t c = 0; c < p->n_columns; c++)
            to[c * side + r] = p->to[r * side + c];
}

/* A block of to = a · b, before it is mirrored */
static struct place multiply(const struct item *item, int a, int b, int to)
{
    const struct matrix *m = item->matrix;
    struct place p = place_of(item, to);
    nax_sgemm(false, false, p.n_rows, p.n_columns, m->side, m->square[a] + p.row * m->side, m->side,
              m->square[b] + p.column, m->side, 0, p.to, m->side);
    return p;
}

static void make_gram(const struct item *item)
{
    const struct matrix *m = item->matrix;
    struct place p = place_of(item, GRAM);
    size_t n_cols = m->given.n_cols, step = m->is_tall ? 1 : n_cols;
    nax_sgemm(m->is_tall, !m->is_tall, p.n_rows, p.n_columns, m->n / m->side, m->x + p.row * step,
              n_cols, m->x + p.column * step, n_cols, 0, p.to, m->side);
    mirror(item, &p);
}

static void make_polynomial(const struct item *item)
{
    size_t side = item->matrix->side;
    struct place p = multiply(item, GRAM, GRAM, POLYNOMIAL), gram = place_of(item, GRAM);
    for (size_t r = 0; r < p.n_rows; r++) {
        for (size_t c = 0; c < p.n_columns; c++)
            p.to[r * side + c] = a3 * gram.to[r * side + c] + a5 * p.to[r * side + c];
        if (item->i == item->j)
            p.to[r * side + r] += a1;
    }
    mirror(item, &p);
}

static void make_half(const struct item *item)
{
    struct place p = multiply(item, GRAM, POLYNOMIAL, HALF);
    mirror(item, &p);
}

static void make_next(const struct item *item)
{
    struct place p = multiply(item, PRODUCT, POLYNOMIAL, NEXT);
    mirror(item, &p);
}

static void renew_gram(const struct item *item)
{
    struct place p = multiply(item, HALF, POLYNOMIAL, GRAM);
    mirror(item, &p);
}

/* --- work on a span --- */

/* Elements of the matrix as they lie, BLOCK times the smaller side of them. */
static size_t elements_of(const struct item *item, size_t *first)
{
    *first = item->i * BLOCK * item->matrix->side;
    return NAX_MIN(item->matrix->n - *first, BLOCK * item->matrix->side);
}

static double norm_of(const struct item *item, const float *values)
{
    size_t first, n = elements_of(item, &first);
    double sum = 0;
    for (size_t i = first; i < first + n; i++)
        sum += (double)values[i] * (double)values[i];
    return sum;
}

/* Nesterov: v ← μ v + g, x = g + μ v */
static void begin(const struct item *item)
{
    struct matrix *m = item->matrix;
    const float *gradient = m->given.gradient, momentum = (float)m->muon->momentum;
    float *v = m->given.v;
    size_t first, n = elements_of(item, &first);
    for (size_t i = first; i < first + n; i++) {
        v[i] = momentum * v[i] + gradient[i];
        m->x[i] = gradient[i] + momentum * v[i];
    }
    m->x_norm[item->i] = norm_of(item, m->x);
    m->w_norm[item->i] = norm_of(item, m->given.w);
}

static void scale(const struct item *item)
{
    struct matrix *m = item->matrix;
    /* no singular value is above the norm */
    float by = (float)(1 / (sqrt(tree_doubles(m->n_spans, m->x_norm)) + 1e-30));
    size_t first, n = elements_of(item, &first);
    for (size_t i = first; i < first + n; i++)
        m->x[i] *= by;
}

/* X P of BLOCK rows, or P X of BLOCK columns where X is wide */
static void finish(const struct item *item)
{
    struct matrix *m = item->matrix;
    const float *product = m->square[PRODUCT];
    float *made = m->muon->scratch + (size_t)omp_get_thread_num() * m->muon->scratch_size;
    size_t n_cols = m->given.n_cols, first = item->i * BLOCK;
    size_t n = NAX_MIN(m->n / m->side - first, (size_t)BLOCK);
    if (m->is_tall) {
        float *x = m->x + first * n_cols;
        nax_sgemm(false, false, n, n_cols, n_cols, x, n_cols, product, n_cols, 0, made, n_cols);
        memcpy(x, made, n * n_cols * sizeof *x);
        return;
    }
    nax_sgemm(false, false, m->side, n, m->side, product, m->side, m->x + first, n_cols, 0, made,
              n);
    for (size_t r = 0; r < m->side; r++)
        memcpy(m->x + r * n_cols + first, made + r * n, n * sizeof *made);
}

static void measure(const struct item *item)
{
    item->matrix->x_norm[item->i] = norm_of(item, item->matrix->x);
}

/* x ← w − rate ‖w‖ x / ‖x‖ */
static void descend(const struct item *item)
{
    struct matrix *m = item->matrix;
    double before = sqrt(tree_doubles(m->n_spans, m->w_norm));
    double step = sqrt(tree_doubles(m->n_spans, m->x_norm));
    float part = (float)(step > 0 ? m->muon->rate * before / step : 0);
    size_t first, n = elements_of(item, &first);
    for (size_t i = first; i < first + n; i++)
        m->x[i] = m->given.w[i] - part * m->x[i];
}

/* and back to the norm that w had */
static void end(const struct item *item)
{
    struct matrix *m = item->matrix;
    double before = sqrt(tree_doubles(m->n_spans, m->w_norm));
    double after = sqrt(tree_doubles(m->n_spans, m->x_norm));
    float back = (float)(after > 0 ? before / after : 1);
    size_t first, n = elements_of(item, &first);
    for (size_t i = first; i < first + n; i++)
        m->given.w[i] = back * m->x[i];
}

typedef void item_work(const struct item *item);

static void on_items(const struct muon *muon, const struct item *items, size_t n, item_work *work)
{
#pragma omp parallel for num_threads((int)muon->n_threads) schedule(dynamic)
    for (size_t i = 0; i < n; i++)
        work(&items[i]);
}

static void on_blocks(const struct muon *muon, item_work *work)
{
    on_items(muon, muon->block, muon->n_blocks, work);
}

static void on_spans(const struct muon *muon, item_work *work)
{
    on_items(muon, muon->span, muon->n_spans, work);
}

static void exchange(struct muon *muon, int a, int b)
{
    for (size_t k = 0; k < muon->n; k++) {
        float **square = muon->matrix[k].square, *exchanged = square[a];
        square[a] = square[b];
        square[b] = exchanged;
    }
}

/* The product of all polynomials, from G. */
static void iterate(struct muon *muon)
{
    for (int k = 0; k < N_ITERATIONS; k++) {
        bool is_first = k == 0, is_last = k + 1 == N_ITERATIONS;
        on_blocks(muon, make_polynomial);
        if (!is_first)
            on_blocks(muon, make_next);
        if (!is_last) {
            on_blocks(muon, make_half);
            on_blocks(muon, renew_gram);
        }
        exchange(muon, PRODUCT, is_first ? POLYNOMIAL : NEXT);
    }
}

void nax_muon_step(struct muon *muon, double rate, double momentum)
{
    if (!muon->n)
        return;
    muon->rate = rate;
    muon->momentum = momentum;
    on_spans(muon, begin);
    on_spans(muon, scale);
    on_blocks(muon, make_gram);
    iterate(muon);
    on_spans(muon, finish);
    on_spans(muon, measure);
    on_spans(muon, descend);
    on_spans(muon, measure);
    on_spans(muon, end);
}
