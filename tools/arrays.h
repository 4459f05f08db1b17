/* Arrays as records: the fields of nax-xbar. */
#ifndef NAX_ARRAYS_H
#define NAX_ARRAYS_H

#include "nax/crossbar.h"
#include "nax/record.h"

/* The array of a record, checked; resistances that it lacks are the device's. *v_v is NULL where
 * there is none. Pointers are into the record. */
int array_read(const struct nax_record *r, const struct nax_device *device, struct nax_xbar *x,
               const double **v_v, struct nax_err *err) NAX_MUST_USE;

/* The fields that array_read reads; v_v or NULL. NAX_ERR_MEMORY. */
int array_set(struct nax_record *r, const struct nax_xbar *x, const double *v_v) NAX_MUST_USE;

/* Adds mean, deviation and extremes of 1 - I/I_ideal over the columns that should carry current. */
int array_set_nf(struct nax_record *r, const struct nax_xbar *x, const double *v_v,
                 const double *i_a, struct nax_err *err) NAX_MUST_USE;

/* Writes the picture of nax_xbar_heatmap to a file. */
int array_draw(const char *path, const struct nax_xbar *x, const double *v_v,
               const struct nax_xbar_nodes *nodes, struct nax_err *err) NAX_MUST_USE;

/* Array `index` of random levels, programmed on the device, with inputs of 0 or v_read. workspace:
 * [n_rows*n_cols + n_rows]. */
int array_random(struct nax_record *r, const struct nax_hardware *hardware, uint64_t seed,
                 uint64_t index, size_t n_rows, size_t n_cols, double *workspace,
                 struct nax_err *err) NAX_MUST_USE;

#endif
