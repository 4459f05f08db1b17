/* The arrays of a matrix-vector unit: which slice and sign each holds, and its conductances. */
#ifndef NAX_MAPPING_ARRAYS_H
#define NAX_MAPPING_ARRAYS_H

#include "fixed.h"
#include "nax/crossbar.h"

/* Which cells a layer is programmed into. */
struct chip {
    uint64_t seed, chip, layer;
};

/* Of a unit: 24 slices of one bit, twice. */
enum { ARRAYS_MAX = 48 };

/* What array `a` of a unit holds: a slice, of W+ (0) or W− (1). */
static inline int nax_array_slice(const struct nax_unit *unit, size_t a)
{
    return (int)(a / unit->n_signs);
}

static inline int nax_array_sign(const struct nax_unit *unit, size_t a)
{
    return (int)(a % unit->n_signs);
}

/* A plane is what one conversion per column and stream is made of: a slice of W+, of W−, of their
 * difference (differential-analog), or of the weights with their offset. Array `a` is a part of
 * plane a / arrays_per_plane, with this sign. */
static inline int nax_array_plane_sign(const struct nax_unit *unit, size_t a)
{
    return a % unit->arrays_per_plane ? -1 : 1;
}

/* What a code of the plane counts for: ±2^(slice · slice_bits). */
double nax_plane_weight(const struct fixed_layer *layer, size_t plane);

/* Conductance between two levels. */
double nax_level_step_siemens(const struct nax_hardware *hardware);

/* Fills g [N][array_cols] with what array `a` of a submatrix is to hold, as near as cells can be
 * programmed. */
void nax_array_targets(const struct fixed_layer *layer, const struct nax_submatrix *submatrix,
                       size_t a, double *g_siemens);
/* Fills g [N][array_cols] with what the chip holds in array `a` of a submatrix: levels, and unused
 * cells beside and below. Returns whether it is without levels and without errors, so like all
 * others that are. */
bool nax_array_program(const struct fixed_layer *layer, const struct chip *chip,
                       const struct nax_submatrix *submatrix, size_t a, double *g_siemens);

#endif
