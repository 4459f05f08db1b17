/* The LSB of a layer's ADCs, by its row of adc.range. */
#ifndef NAX_MAPPING_RANGE_H
#define NAX_MAPPING_RANGE_H

#include "solved.h"
#include "vectors.h"

/* Sets the LSB of the layer, which is the unit's. solved: its arrays, NULL: ideal ones. vectors: of
 * training images, for ranges that are measured.
 *
 * percentile: the full scale F is the quantile range_frac of the currents of all conversions whose
 * stream carries anything, magnitudes where the ADC is signed.
 *
 * least-error: the LSB q, of those of full scales from the largest current of ideal cells down to
 * its 256th in steps of 2^(1/4), and of the one of a level, by which
 *
 *     E(q) = Σ (q/g Σ ± 2^(slice · slice_bits) 2^(stream · stream_bits) code_q(I) − Σ w x)²
 *
 * is least: the outer sum over vectors and columns, the inner ones over all conversions that make
 * up a product, of currents I, and over the integers of weights and inputs; g is what wires leave
 * of a level. Errors add up with their signs, since those of small currents, which all become 0, do
 * not cancel; and against the integers, since codes of whole levels bring back what wires took.
 *
 * Taken of as many vectors, evenly spaced, as have 2^23 conversions, and of 16 at least. */
int nax_range_set(struct fixed_layer *layer, struct solved_unit *solved,
                  const struct layer_vectors *vectors, struct nax_err *err) NAX_MUST_USE;

#endif
