/* Networks on crossbars: products on what nax/tiling.h cuts a layer's weights into. */
#ifndef NAX_MAPPING_H
#define NAX_MAPPING_H

#include "nax/base.h"
#include "nax/crossbar.h"
#include "nax/hardware.h"
#include "nax/network.h"
#include "nax/nn.h"
#include "nax/tiling.h"

#ifdef __cplusplus
extern "C" {
#endif

/* --- the mapped network: convolutions and linear layers multiplied on crossbars ---
 *
 * Weights of a layer are rounded to fixed point, its largest magnitude on the largest number of
 * weight_bits (offset signs: of weight_bits − 1). Inputs are rounded to input_bits: the largest
 * magnitude that the layer reads on some training images becomes the largest number, what lies
 * beyond it is clamped. (Measured ranges, not fixed fraction bits: activations of residual networks
 * grow past any fixed range of 2 or 3 integer bits, and small ones would leave high streams empty.)
 * What follows a ReLU is unsigned. Other inputs (the image) go by input_signs: two's complement,
 * whose sign bit is the top stream, alone, and is subtracted, and with stream_bits above 1 the
 * streams below it carry what fits, so that the number of streams is the same (but at least 2); or
 * two passes, of the positive parts and of the negative ones, each with all bits and streams.
 * Padding is zero, no voltage.
 */
enum nax_fidelity {
    NAX_FIDELITY_IDEAL,     /* float, no hardware */
    NAX_FIDELITY_QUANTIZED, /* fixed point, slices, streams, ADCs that clamp; ideal arrays */
    NAX_FIDELITY_LINEAR,    /* solved arrays folded into effective weights: wires, no ADCs */
    NAX_FIDELITY_ADC,       /* linear, and what conversions add: gain, offset and noise of every
                               column, measured through full on some images */
    NAX_FIDELITY_FULL,      /* solved arrays, every conversion rounded and clamped */
    NAX_FIDELITY_COUNT
};

extern const struct nax_words nax_fidelity_words;
const char *nax_fidelity_name(enum nax_fidelity fidelity);
unsigned nax_fidelity_parts(enum nax_fidelity fidelity); /* of the hardware, NAX_PART_…, that it
                                                            looks at */

struct nax_mapping {
    const struct nax_hardware *hardware;
    const int64_t *crossbars; /* [n_layers] of nax_network_crossbars */
    enum nax_fidelity fidelity;
    uint64_t seed, chip; /* of fidelities above quantized: which chip holds the weights */
    size_t n_images;     /* that the fidelity adc measures conversions on; 0: 128 */
};

/* One array as a chip holds it: cells of one slice of one submatrix. */
struct nax_array {
    size_t layer;     /* of the network */
    size_t row, col;  /* of the layer's matrix, where the submatrix begins */
    int slice;        /* 0: the least significant */
    bool is_negative; /* of W−; offset signs: never */
    struct nax_xbar
        xbar; /* what the fidelities from linear on solve: N rows, N columns and with adc.zero
                 reference one more of zeros; cells linear, as at the read voltage */
};

/* Hands every array of the network to `take`, by layer, submatrix (columns fastest), slice and
 * sign; array and conductances are only valid within the call. A status that it returns ends the
 * list. mapping->fidelity is not looked at. Errors: as nax_mapped_alloc. */
int nax_arrays_list(const struct nax_model *model, const struct nax_mapping *mapping,
                    int (*take)(void *self, const struct nax_array *array, struct nax_err *err),
                    void *self, struct nax_err *err) NAX_MUST_USE;

/* Whether the network can lie on the mapping's crossbars: errors as nax_mapped_alloc's that do not
 * depend on weights, before there are any. */
int nax_mapping_check(const struct nax_mapping *mapping, const struct nax_network *net,
                      struct nax_err *err) NAX_MUST_USE;

struct nax_mapped;

/* Puts a model's weights onto crossbars. model, its network, and hardware must outlive it; later
 * changes of the weights are not seen, those of batch norm are. ranges: images, of the training
 * set, that input ranges are measured on (256 of them, evenly spaced, or all). Errors: crossbar
 * sizes out of range, images that do not fit the network. */
int nax_mapped_alloc(struct nax_mapped **mapped, const struct nax_model *model,
                     const struct nax_mapping *mapping, const struct nax_images *ranges,
                     struct nax_err *err) NAX_MUST_USE;
void nax_mapped_free(struct nax_mapped *mapped);

/* As nax_model_eval; options->linops is not looked at. */
int nax_mapped_eval(const struct nax_mapped *mapped, const struct nax_images *images,
                    const struct nax_eval *options, struct nax_score *score,
                    struct nax_err *err) NAX_MUST_USE;

/* The matrix that one layer's arrays multiply by, wires and all: weights of the fidelity linear.
 * crossbar: N; layer: number that the cells' draws are keyed by; weight, effective:
 * [k][k][c_in][c_out] of the shape. mapping's crossbars and fidelity are not looked at. */
int nax_effective_weights(const struct nax_mapping *mapping, const struct nax_layer *shape,
                          size_t layer, int64_t crossbar, const float *weight, float *effective,
                          struct nax_err *err) NAX_MUST_USE;

/* Sets a gain and an offset of every column, digitally, so that on n_images of the images (evenly
 * spaced, of the training set) each layer's output is again what the model's own weights make of
 * the same inputs, by least squares. Twice, since what a layer reads changes with the layers before
 * it. */
int nax_mapped_calibrate(struct nax_mapped *mapped, const struct nax_images *images,
                         size_t n_images, struct nax_err *err) NAX_MUST_USE;

/* A layer's output on the hardware, before batch norm, against what the model's own weights make of
 * the same inputs. */
struct nax_layer_noise {
    double signal, error;     /* variance of the latter; mean square of the difference */
    double gain;              /* of all columns */
    double error_after_gains; /* with a gain and an offset of every column taken out */
};

/* noise: [n_layers], zeros for pools. On n_images of the images, evenly spaced. */
int nax_mapped_noise(const struct nax_mapped *mapped, const struct nax_images *images,
                     size_t n_images, struct nax_layer_noise *noise,
                     struct nax_err *err) NAX_MUST_USE;
/* The same on the fidelity linear, without conversions and what their range gives back, by the
 * effective weights of a network on linear or adc. */
int nax_mapped_noise_of_wires(const struct nax_mapped *mapped, const struct nax_images *images,
                              size_t n_images, struct nax_layer_noise *noise,
                              struct nax_err *err) NAX_MUST_USE;

/* What a layer's converters and its range of inputs cut off; NaN: it makes no conversions. */
struct nax_layer_clamped {
    double conversions; /* part of those of streams that carry anything: beyond the last code, or
                           below the first */
    double inputs;      /* part of the numbers read: beyond the range of the training images */
};

/* clamped: [n_layers], zeros for pools. On n_images of the images, evenly spaced: of all inputs,
 * and of the conversions of one output position, drawn of each image. (Counted in the kernels, all
 * conversions made them 4 % slower.) Read noise is left out. */
int nax_mapped_clamped(const struct nax_mapped *mapped, const struct nax_images *images,
                       size_t n_images, struct nax_layer_clamped *clamped,
                       struct nax_err *err) NAX_MUST_USE;

/* The fidelity above full, vector by vector: every array's circuit solved with cells I = G v0
 * sinh(V/v0) for every stream of an input vector, and every conversion made. Cells are programmed
 * and verified at the read voltage, where they conduct as full has them; below it they conduct
 * less. For device.v0_v 0 it differs from full only where a current falls on a code's edge. */
struct nax_layer_circuit {
    double signal, error; /* variance of the circuits' outputs; mean square of full's less them */
    double gain;          /* of the circuits, full's being 1 */
    double read_power_mw; /* of an array at a read, those of streams that are all zeros included */
    double level_frac, input_frac; /* what nax_hardware's keys of these names say on the average */
};

/* results: [n_layers], zeros for pools. One vector of each of n_vectors images, evenly spaced, as
 * every layer reads it where all products are full ones; mapping->fidelity is not looked at, nor is
 * read noise. Costs a circuit for each array and stream that is not all zeros: for a vector of
 * every layer of ResNet-20 at N = 64, up to 25,000. */
int nax_mapped_circuits(const struct nax_model *model, const struct nax_mapping *mapping,
                        const struct nax_images *images, size_t n_vectors,
                        struct nax_layer_circuit *results, struct nax_err *err) NAX_MUST_USE;

/* --- training on the hardware --- fidelities linear and adc. (NAX_ERR_VALUE on others.) */
enum nax_gradient {
    NAX_GRADIENT_STRAIGHT, /* of an effective weight: the weight's own (straight through) */
    NAX_GRADIENT_ADJOINT,  /* through the wires of the arrays that hold the top slice, taken for
                              those of all slices: what a cell does to every current. Circuits are
                              solved at every step */
};

/* What each layer multiplies by while the network is trained (nax_trainer_set_linops): its
 * effective weights with the columns' gains in them; offsets and noise, new in every image, come
 * after. The first call comes before training moves the weights; after each step another one moves
 * the effective weights as much as the weights have moved since they were programmed. linops:
 * [n_layers], good until the next call of nax_mapped_reprogram or nax_mapped_free. */
int nax_mapped_train_linops(struct nax_mapped *mapped, enum nax_gradient gradient,
                            struct nax_linop *linops, struct nax_err *err) NAX_MUST_USE;

/* Programs the model's weights, as training has moved them, into the chip that
 * mapping names, and solves its arrays. Input ranges and what conversions add stay as they were
 * measured: evaluate on a new mapping. */
int nax_mapped_reprogram(struct nax_mapped *mapped, const struct nax_mapping *mapping,
                         struct nax_err *err) NAX_MUST_USE;

/* --- many networks of common layers --- fidelities ideal, linear and adc. What a layer is on its
 * crossbars is made once, by all that decides it: its weights and shape, its number, its crossbar,
 * and on adc its ADCs and the range of its inputs, which is rounded up to the next power of √2.
 * Conversions are measured in the first network that has the layer: where the part of their noise
 * is found, at all positions, and the other layers that are new make them, too; else at 1,024
 * positions of each column or all, and the other new ones multiply by effective weights. Layers
 * that are not new have theirs as the fidelity adc has them. */
struct nax_kept;

/* images: of the training set, which input ranges are measured on where they are not told, and
 * conversions on n_images of them, evenly spaced. All mappings have one hardware but for its ADCs
 * and bits, one seed and chip.
 */
int nax_kept_alloc(struct nax_kept **kept, enum nax_fidelity fidelity,
                   const struct nax_images *images, size_t n_images, uint64_t seed,
                   struct nax_err *err) NAX_MUST_USE;
void nax_kept_free(struct nax_kept *kept);
/* How many effective weights are kept between networks, NAX_KEPT_WEIGHTS at first: beyond these the
 * layers that were used least recently are let go, and made again, the same, when they are met. */
enum { NAX_KEPT_WEIGHTS = 1 << 27 };
void nax_kept_limit(struct nax_kept *kept, size_t n_weights);

struct nax_kept_use {
    const struct nax_mapping *mapping; /* its fidelity and n_images are not looked at */
    const size_t
        *number; /* [n_layers] that draws of cells are keyed by: in all networks the same */
    /* [n_layers] the largest magnitude among each layer's inputs, which its range follows; or NULL:
     * measured on the images. */
    const double *largest;
    /* [n_layers] what part of a new layer's variance its noise has; or NULL: one part for all new
     * ones is found by the network's loss, and goes into *found. */
    const double *noise;
    double *found;
};
/* linops: [n_layers] to evaluate the model by, good until the next one is mapped. After a failure
 * kept is good for nothing but to be freed. */
int nax_kept_map(struct nax_kept *kept, const struct nax_model *model,
                 const struct nax_kept_use *use, struct nax_linop *linops,
                 struct nax_err *err) NAX_MUST_USE;

/* What was measured of a layer, which cannot be had again without the network that it was measured
 * in: to be saved, and added to a new table before it is used. */
struct nax_kept_layer {
    uint64_t key;
    double adc_lsb, adc_unit, noise;
    size_t n_cols;  /* 0: nothing */
    float *columns; /* [3][n_cols] gain, offset, deviation */
};
size_t nax_kept_n(const struct nax_kept *kept);
const struct nax_kept_layer *nax_kept_at(const struct nax_kept *kept, size_t i);
int nax_kept_add(struct nax_kept *kept, const struct nax_kept_layer *saved,
                 struct nax_err *err) NAX_MUST_USE;

/* Alloc, eval and free in one: accuracy on n_images of the images, evenly spread (0: all). */
int nax_mapped_score(const struct nax_model *model, const struct nax_mapping *mapping,
                     const struct nax_images *ranges, const struct nax_images *images,
                     size_t n_images, struct nax_score *score, struct nax_err *err) NAX_MUST_USE;

#ifdef __cplusplus
}
#endif

#endif
