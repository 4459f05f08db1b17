/* What conversions do to the outputs of (slot, kernel, crossbar): a gain, and noise of a part of
 * their variance.
 */
#ifndef NAX_COSEARCH_NOISE_H
#define NAX_COSEARCH_NOISE_H

#include "arch.h"
#include "nax/mapping.h"
#include "supernet.h"

/* Measured with every convolution on that kernel and crossbar, on NOISE_IMAGES images, one of each
 * of as many parts of the training set. Gain: of the fidelity adc, by that of the fidelity linear.
 * Noise: the error that adc leaves after a gain and an offset of each column, by the variance of
 * the ideal output; effective weights have a part of it already, the smaller one by far. Offsets
 * are left out. Effective weights take the gains, nax_noise_correct the noise. */
struct noise {
    const struct supernet *net;
    const struct arch *arch;
    struct nax_mapping mapping; /* the chip */
    /* [n_slots][n_choices] each, in one piece. Without batch norm nobody keeps the outputs'
     * variance, and the part is the noise's own variance, the same in every channel. */
    double *part, *gain;
    float *normals;     /* a table of normal numbers */
    const char *folder; /* that measurements are kept in, or NULL; not owned */
};

enum {
    NOISE_MODEL = 2, /* raised when other numbers come out */
    NOISE_IMAGES = 32
};

int nax_noise_alloc(struct noise *noise, const struct supernet *net, const struct arch *arch,
                    const struct nax_hardware *hardware, uint64_t seed,
                    struct nax_err *err) NAX_MUST_USE;
void nax_noise_free(struct noise *noise);

/* Anew, with the weights of the moment, on a few of the training images: choices that are likely in
 * a convolution at least. Others keep what they have. */
int nax_noise_measure(struct noise *noise, const struct nax_dataset *set,
                      struct nax_err *err) NAX_MUST_USE;

/* One choice's noise, as a training linop adds it: self of nax_noise_correct. */
struct noise_source {
    const struct noise *noise;
    size_t slot, choice, n_positions;
    size_t n_channels;
    const float *variance; /* [n_channels] of the output, or NULL: no batch norm */
};
void nax_noise_correct(const void *self, size_t n, float *y, size_t image);

#endif
