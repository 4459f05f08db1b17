/* The arrays of a unit solved: what a digit on a row adds to every column. */
#ifndef NAX_MAPPING_SOLVED_H
#define NAX_MAPPING_SOLVED_H

#include "arrays.h"

/* What is kept between the submatrices of a layer. */
struct solved_unit {
    const struct fixed_layer *layer;
    struct chip chip;
    double *g_siemens;                  /* [n_arrays][N][array_cols], of the one that is solved */
    double *w_siemens;                  /* the same, effective, of one that is not kept */
    double *off_siemens;                /* [N][array_cols] effective, of an array without levels */
    struct nax_submatrix off_submatrix; /* that it was solved for; n_rows 0: none yet */
    /* Effective conductances depend on no LSB: those of the first n_kept submatrices are solved
     * once; others, beyond 64 MiB a layer, whenever they are asked for. */
    size_t n_kept;
    double **kept;                       /* [n_units], each NULL or [n_arrays][N][array_cols] */
    const double *effective[ARRAYS_MAX]; /* [N][array_cols] effective, of the submatrix asked for
                                            last: of the cells that it uses, and of the reference */
};

int nax_solved_unit_alloc(struct solved_unit *solved, const struct fixed_layer *layer,
                          const struct chip *chip, struct nax_err *err) NAX_MUST_USE;
void nax_solved_unit_free(struct solved_unit *solved);
/* From here on: the layer is gone through more than once. */
void nax_solved_unit_keep(struct solved_unit *solved);

/* The ADC's LSB, by the voltage of a digit 1. */
double nax_lsb_siemens(const struct fixed_layer *layer);

/* cells [n_planes][n_rows][n_cols] of the submatrix: LSBs of the ADC that a digit 1 on the row adds
 * to the column's current, what stands for zero subtracted. Of ideal arrays: the levels, where
 * the LSB is one's. */
void nax_submatrix_cells_ideal(const struct fixed_layer *layer,
                               const struct nax_submatrix *submatrix, double *cells);
/* Of programmed arrays with wires: every array solved, those that are alike (no levels) once. */
int nax_submatrix_cells(struct solved_unit *solved, const struct nax_submatrix *submatrix,
                        double *cells, struct nax_err *err) NAX_MUST_USE;
/* What wires leave of a level: by how much the layer's cells are as their levels, by least squares
 * over all of them; 1 where all levels are 0. The layer's LSB is one level's. */
int nax_solved_gain(const struct fixed_layer *layer, struct solved_unit *solved, double *gain,
                    struct nax_err *err) NAX_MUST_USE;

#endif
