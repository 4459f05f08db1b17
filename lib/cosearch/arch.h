/* Architecture parameters: a weight alpha for every choice of every searched convolution, and the
 * probabilities, draws and gradients that follow from them.
 *
 * Choices are numbered as a policy's columns: kernels, with all crossbars of each, then the zero
 * op. Arrays over them are [n_slots][n_choices]. */
#ifndef NAX_COSEARCH_ARCH_H
#define NAX_COSEARCH_ARCH_H

#include "nax/search.h"

struct arch {
    const struct nax_space *space; /* bound */
    size_t n_slots, n_choices;
    double *alpha;  /* 0 where a choice is not allowed */
    double *square; /* Adam's mean of squared gradients, over the steps that met the choice */
    double *n_met;  /* these steps */
    double *p;      /* probabilities: softmax of alpha over what is allowed */
};

/* alpha 0: every choice is as likely. */
int nax_arch_alloc(struct arch *arch, const struct nax_space *space,
                   struct nax_err *err) NAX_MUST_USE;
void nax_arch_free(struct arch *arch);

/* The zero op is a choice of slots that can be skipped; but where all could be, and the space
 * leaves that design out, the first one stays. A slot that keeps its own kernel has the choices of
 * the first one, which are its crossbars. */
bool nax_arch_is_allowed(const struct arch *arch, size_t slot, size_t choice);
/* Kernel and crossbar of a choice; 0 and 0 of the zero op. */
int64_t nax_arch_kernel(const struct arch *arch, size_t slot, size_t choice);
int64_t nax_arch_crossbar(const struct arch *arch, size_t choice);

/* Whether the choice has at least a tenth of the probability that each has while all are as likely:
 * what is measured and solved for others may be old. */
bool nax_arch_is_likely(const struct arch *arch, size_t slot, size_t choice);

/* p from alpha. */
void nax_arch_update(struct arch *arch);
/* The choice in whose share of 0 … 1 u lies, and the most probable one. */
size_t nax_arch_draw(const struct arch *arch, size_t slot, double u);
size_t nax_arch_best(const struct arch *arch, size_t slot);
/* Two different choices, drawn one after the other, and which of them is active (0 or 1), with
 * their probabilities (Cai, Zhu, Han, ICLR 2019, section 3.2.1). q: of the two, summing to 1. False
 * where the slot has but one choice. u: [3]. */
bool nax_arch_draw_pair(const struct arch *arch, size_t slot, const double u[3], size_t pair[2],
                        double q[2], size_t *active);

/* What a step that met a pair of choices i, j goes by, where gap is the loss's derivative by p_i
 * less that by p_j: the pair's part of the gradient by alpha_i, p_i p_j · gap, by the probability
 * of being met, p_i p_j (1/(1 − p_i) + 1/(1 − p_j)); that by alpha_j is its negative. The mean over
 * draws is the gradient. */
double nax_arch_slope(const struct arch *arch, size_t slot, const size_t pair[2], double gap);
/* A step of a slot that met two choices: one of Adam (Kingma and Ba, ICLR 2015) with betas 0 and
 * 0.999 for each, slope being the loss's derivative by the first one's alpha and −slope that by the
 * other's. Then both alphas are shifted alike until all other choices are as likely as they were
 * (Cai, Zhu, Han, section 3.2.1). What a slot did not meet stays, and so do its means. For p to
 * follow call nax_arch_update. */
void nax_arch_descend(struct arch *arch, size_t slot, const size_t pair[2], double slope,
                      double rate);
/* Mean over slots of −Σ p ln p. */
double nax_arch_entropy(const struct arch *arch);

#endif
