/* Differentiable co-search of kernels and crossbar sizes over a supernet (Negi et al., DAC 2022;
 * Cai, Zhu, Han: ProxylessNAS, ICLR 2019).
 *
 * Every searched convolution is a mixed op over the space's pairs of kernel and crossbar size, and
 * the zero op where it may be left out. A choice i has an architecture parameter alpha_i and the
 * probability p = softmax(alpha). Crossbar sizes share a kernel's weights. Only one path is
 * computed at a time: steps on training images draw one from p and train its weights on ideal
 * crossbars; steps on validation images draw two choices a convolution, run one of them on
 * crossbars with wires, and move alpha down the gradient of
 *
 *     cross-entropy + latency_area · E[latency · area] + energy · E[energy] + edap · log E[EDAP],
 *
 * expectations over p, each in units of what it is while every choice is as likely.
 */
#ifndef NAX_COSEARCH_H
#define NAX_COSEARCH_H

#include "nax/cost.h"
#include "nax/hardware.h"
#include "nax/mapping.h"
#include "nax/nn.h"
#include "nax/search.h"

#ifdef __cplusplus
extern "C" {
#endif

struct nax_cosearch_options {
    const struct nax_space *space;       /* bound to the file's network */
    const struct nax_network_file *file; /* these four are not owned */
    const struct nax_dataset *set;
    const struct nax_hardware *hardware;
    struct nax_recipe recipe; /* of the steps that train weights */
    uint64_t seed;            /* of weights, paths, and the chip */
    size_t
        draws; /* 0: paths and choices are drawn from the seed; others: otherwise, the rest alike */
    /* NULL, or a checkpoint whose weights this search starts from: another search's, or one of the
     * network itself, whose kernels stand in the middle of larger ones and have smaller ones in
     * theirs. */
    const char *init;
    /* NULL, or a folder that measurements of conversions are kept in: searches from the same
     * weights make them once. */
    const char *noise_folder;
    size_t warmup_epochs; /* in which alpha rests */
    size_t alpha_every;   /* steps that train weights, to one that moves alpha */
    double alpha_rate;    /* Adam's */
    size_t refresh;       /* steps of alpha between solutions of the crossbars */
    /* What alpha sees: ideal; linear, the wires of solved arrays; adc, conversions too. The
     * fidelity adc is measured on homogeneous networks, and its noise is normal. */
    enum nax_fidelity fidelity;
    /* The chip is calibrated: batch norm takes the statistics of what it computes. Else those of
     * the ideal network, as a chip has them that is used as it is: lost gain is lost. */
    bool is_calibrated;
    /* Smaller kernels are the middles of larger ones: they share weights (Stamoulis et al., ECML
     * PKDD 2019), though neither batch norm nor momentum. */
    bool is_nested;
    double latency_area, energy, edap;
};

/* Every field that decides what comes out, but for those of the recipe, which has rows of its own,
 * and what is pointed to. */
extern const struct nax_option nax_cosearch_rows[];
/* Recipe and rows with their defaults, the rest 0. */
struct nax_cosearch_options nax_cosearch_default(void);

/* A policy of at most this entropy has settled: a convolution's best choice then has 19 parts in 20
 * of two. */
#define NAX_SETTLED_NATS 0.2

struct nax_cosearch_epoch {
    struct nax_epoch weights; /* validated: the path of the most probable choices */
    double search_loss;       /* mean cross-entropy of the steps of alpha; NaN without any */
    double cost;              /* the loss's terms of cost at the end */
    /* expected at the end */
    double energy_pj, latency_ns, area_mm2, edap_pj_ns_mm2;
    double entropy; /* of the probabilities, nats, mean over convolutions */
};

struct nax_cosearch;

int nax_cosearch_alloc(struct nax_cosearch **search, const struct nax_cosearch_options *options,
                       struct nax_err *err) NAX_MUST_USE;
void nax_cosearch_free(struct nax_cosearch *search);

size_t nax_cosearch_n_steps(const struct nax_cosearch *search); /* of weights, in an epoch */
size_t nax_cosearch_epochs_done(const struct nax_cosearch *search);

/* One epoch. step, unless NULL, is called after every step of weights, as by nax_trainer_epoch; a
 * non-zero return stops there with 0 and epoch->weights.epoch 0, and what was done of the epoch is
 * lost: the search goes on from a checkpoint. */
int nax_cosearch_epoch(struct nax_cosearch *search,
                       int (*step)(void *self, size_t step, double loss), void *self,
                       struct nax_cosearch_epoch *epoch, struct nax_err *err) NAX_MUST_USE;

/* Of the probabilities, nats, mean over convolutions. */
double nax_cosearch_entropy(const struct nax_cosearch *search);

/* Probabilities [n_slots][n_kernels · n_crossbars + 1]: kernels, with all crossbars of each, then
 * the zero op; 0 for what the space does not allow. They are the search's. */
const double *nax_cosearch_policy(const struct nax_cosearch *search);

/* Between epochs: all of the search's state, as a safetensors file. Parameters are named as a
 * network's checkpoint names them, a searched convolution's "s1b2c1.k5.weight". */
int nax_cosearch_save(const struct nax_cosearch *search, const char *path,
                      struct nax_err *err) NAX_MUST_USE;
/* Continues to the same bits as a search that was never stopped. A checkpoint of another one is
 * NAX_ERR_VALUE. */
int nax_cosearch_resume(struct nax_cosearch *search, const char *path,
                        struct nax_err *err) NAX_MUST_USE;

/* *own: the hardware with the bits that the candidate asks for, and the converters in the layers of
 * its network, or NULL where it asks for none. To free with nax_hardware_convert_free, before the
 * hardware. */
int nax_hardware_of(struct nax_hardware **own, const struct nax_candidate *candidate,
                    const struct nax_network *net, const struct nax_hardware *hardware,
                    struct nax_err *err) NAX_MUST_USE;
/* The bits alone, as nax_hardware_convert takes them. */
struct nax_precision nax_bits_of(const struct nax_candidate *candidate);

/* --- one-shot evolution --- Every design of a space, whatever it leaves open, is a part of one
 * supernet: smaller kernels are the middles of larger ones, narrower stages the first channels of
 * wider ones, skipped convolutions absent (Guo et al.: single path one-shot, ECCV 2020; Cai et al.:
 * once for all, ICLR 2020). A step of training draws kernels, skips and widths, all alike likely,
 * and trains that network. Then designs evolve by accuracy on the hardware and by EDAP (NSGA-II,
 * Deb et al. 2002), every other one descending in EDAP by crossbars and converters before it is
 * looked at, with the weights that they inherit: batch norm takes the statistics of a few
 * training images, and validation images are counted. What a convolution is on its crossbars is
 * made once (nax_kept_map), and the noise of its conversions has the part of their variance that
 * was found in a network with the same crossbars and converters everywhere. */
struct nax_evolution_options {
    const struct nax_space *space;       /* bound to the file's network */
    const struct nax_network_file *file; /* these four are not owned */
    const struct nax_dataset *set;
    const struct nax_hardware *hardware;
    struct nax_recipe recipe; /* of the supernet; 0 epochs: its weights are those of init */
    uint64_t seed;            /* of weights, networks, designs, and the chip */
    /* NULL, or a checkpoint that it starts from: of a supernet, or of the network itself, whose
     * weights are a part then that larger designs compute the same with. */
    const char *init;
    enum nax_fidelity fidelity;
    size_t n_designs;    /* looked at in all */
    size_t population;   /* designs a generation, and parents of the next one */
    size_t n_images;     /* of validation, evenly spread; 0: all */
    size_t n_statistics; /* training images that batch norm's statistics are of */
    /* A third objective: channel products (nax_layer_channel_products), the more the better.
     * Weights that are inherited from a supernet trained briefly put large networks too low; with
     * it they are on the front. */
    bool with_channels;
};

/* The fields that decide what comes out, but for those of the recipe, the fidelity, and what is
 * pointed to. */
extern const struct nax_option nax_evolution_rows[];
struct nax_evolution_options nax_evolution_default(void);

/* A design that was looked at. */
struct nax_evolved {
    struct nax_candidate candidate;
    double accuracy; /* on the hardware */
    size_t n_images; /* of validation */
    struct nax_cost cost;
};

struct nax_evolution;

int nax_evolution_alloc(struct nax_evolution **evolution,
                        const struct nax_evolution_options *options,
                        struct nax_err *err) NAX_MUST_USE;
void nax_evolution_free(struct nax_evolution *evolution);

/* The supernet's epochs, as nax_trainer_epoch; validated: the widest network with the largest
 * kernels. What was done of an epoch that is stopped is lost. */
size_t nax_evolution_n_steps(const struct nax_evolution *evolution); /* of an epoch */
size_t nax_evolution_epochs_done(const struct nax_evolution *evolution);
int nax_evolution_epoch(struct nax_evolution *evolution,
                        int (*step)(void *self, size_t step, double loss), void *self,
                        struct nax_epoch *epoch, struct nax_err *err) NAX_MUST_USE;
/* Between epochs: the supernet, a checkpoint of its whole network. */
int nax_evolution_save(const struct nax_evolution *evolution, const char *path,
                       struct nax_err *err) NAX_MUST_USE;
int nax_evolution_resume(struct nax_evolution *evolution, const char *path,
                         struct nax_err *err) NAX_MUST_USE;

/* Looks at one generation more, once the supernet is trained; tell, unless NULL, is called after
 * each design. 1, or 0 where n_designs are done or there are no new ones, or an error. */
int nax_evolution_generation(struct nax_evolution *evolution,
                             void (*tell)(void *self, const struct nax_evolved *design), void *self,
                             struct nax_err *err) NAX_MUST_USE;
/* All designs so far, in the order in which they came. */
size_t nax_evolution_n(const struct nax_evolution *evolution);
const struct nax_evolved *nax_evolution_at(const struct nax_evolution *evolution, size_t i);
/* Places of those that none dominates, by rising EDAP: front [nax_evolution_n]. */
int nax_evolution_front(const struct nax_evolution *evolution, size_t *front, size_t *n,
                        struct nax_err *err) NAX_MUST_USE;
/* That the supernet has a design of the caller's: kernels, crossbars, widths and bits are the
 * space's (else NAX_ERR_VALUE), converters any. */
int nax_evolution_check(const struct nax_evolution *evolution,
                        const struct nax_candidate *candidate, struct nax_err *err) NAX_MUST_USE;
/* Looks at such a design, once the supernet is trained, as at those that evolve, and does not add
 * it. */
int nax_evolution_judge(struct nax_evolution *evolution, const struct nax_candidate *candidate,
                        struct nax_evolved *design, struct nax_err *err) NAX_MUST_USE;
/* Between generations: designs, and what was measured of their layers. The file is of this very
 * supernet, hardware and set: else NAX_ERR_VALUE. */
int nax_evolution_save_designs(const struct nax_evolution *evolution, const char *path,
                               struct nax_err *err) NAX_MUST_USE;
int nax_evolution_resume_designs(struct nax_evolution *evolution, const char *path,
                                 struct nax_err *err) NAX_MUST_USE;

/* The design's network with the weights that it inherits and the statistics that it was looked at
 * with: the caller's, to free before its network. */
int nax_evolution_cut(const struct nax_evolution *evolution, const struct nax_candidate *candidate,
                      struct nax_network **net, struct nax_model **model,
                      struct nax_err *err) NAX_MUST_USE;

#ifdef __cplusplus
}
#endif

#endif
