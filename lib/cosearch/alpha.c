/* One step of the architecture parameters (Cai, Zhu, Han: ProxylessNAS, ICLR 2019, section 3.2.1).
 *
 * 1. Two choices i, j of each searched convolution are drawn from p = softmax(alpha), and one of
 *    them, the active one, from q = softmax of the two's alphas: q_i = p_i / (p_i + p_j).
 * 2. The active ones make a path, which goes forward and backward on a batch of validation images,
 *    by what crossbars make of its weights; nax_trainer_gates gives the loss's derivatives by the
 *    gates of both choices, the other one computed only as far as these need.
 * 3. With dL/dq_i = dL/dgate_i, as if the gates were q itself, and dq_i/dalpha_i = q_i q_j,
 *    dq_i/dalpha_j = -q_i q_j (since q_i + q_j = 1):
 *
 *        dL/dalpha_i = q_i q_j (dL/dgate_i - dL/dgate_j) = -dL/dalpha_j
 *
 * 4. The terms of cost C are functions of expected costs, which price.h has with their derivatives
 *    by p: dC/dalpha_i = p_i (dC/dp_i - Σ_k p_k dC/dp_k), over all choices.
 * 5. Adam moves alpha down the sum of both.
 */
#include "search.h"

#include "nax/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { N_DESIGNS = 8 }; /* that a step's expected costs are means over */

/* What was drawn for a convolution. */
struct pair {
    bool is_pair;     /* else there is but one choice, the first */
    size_t choice[2]; /* both i and j */
    size_t active;    /* which of them: 0 or 1 */
    double q[2];
};

/* C = a E[latency · area] / u_la + b E[energy] / u_e + c log(E[EDAP] / u_edap): a, b, c are the
 * options' weights, u what is expected while every choice is as likely. As dE/dp_i is prices[i]:
 * dC/dp_i = Σ over the three of dC/dE · dE/dp_i. */
double nax_search_cost(const struct nax_cosearch *s, const double mean[NAX_EXPECTED_COUNT],
                       const double *prices, double *by_p)
{
    const struct nax_cosearch_options *o = &s->options;
    double scale[NAX_EXPECTED_COUNT] = {0};
    scale[NAX_EXPECTED_LATENCY_AREA] = o->latency_area / s->uniform[NAX_EXPECTED_LATENCY_AREA];
    scale[NAX_EXPECTED_ENERGY] = o->energy / s->uniform[NAX_EXPECTED_ENERGY];
    double cost = scale[NAX_EXPECTED_LATENCY_AREA] * mean[NAX_EXPECTED_LATENCY_AREA] +
                  scale[NAX_EXPECTED_ENERGY] * mean[NAX_EXPECTED_ENERGY] +
                  o->edap * log(mean[NAX_EXPECTED_EDAP] / s->uniform[NAX_EXPECTED_EDAP]);
    scale[NAX_EXPECTED_EDAP] = o->edap / mean[NAX_EXPECTED_EDAP];
    for (size_t i = 0; by_p && i < s->arch.n_slots * s->arch.n_choices; i++) {
        by_p[i] = 0;
        for (size_t k = 0; k < NAX_EXPECTED_COUNT; k++)
            by_p[i] += scale[k] * prices[i * NAX_EXPECTED_COUNT + k];
    }
    return cost;
}

static int add_cost(struct nax_cosearch *s, struct nax_err *err)
{
    const struct nax_cosearch_options *o = &s->options;
    double mean[NAX_EXPECTED_COUNT];
    if (o->latency_area == 0 && o->energy == 0 && o->edap == 0)
        return 0;
    int status = nax_price_expect(&s->price, &s->arch, N_DESIGNS, o->seed, 1 + s->n_alpha, mean,
                                  s->prices, err);
    if (status)
        return status;
    nax_search_cost(s, mean, s->prices, s->by_p);
    nax_arch_add_softmax(&s->arch, s->by_p, s->gradient);
    return 0;
}

static void draw(const struct nax_cosearch *s, size_t slot, struct pair *pair)
{
    struct nax_rng rng = nax_rng_at(s->options.seed, NAX_RNG_GATE, s->n_alpha, slot, 1);
    double u[3];
    for (int i = 0; i < 3; i++)
        u[i] = nax_rng_uniform(&rng);
    *pair = (struct pair){.active = 0};
    pair->is_pair = nax_arch_draw_pair(&s->arch, slot, u, pair->choice, pair->q, &pair->active);
}

/* What a choice multiplies by; source: where its noise comes from. */
static struct nax_linop op_of(const struct nax_cosearch *s, size_t slot, size_t choice,
                              struct noise_source *source)
{
    struct nax_linop op = {.weight = NULL};
    size_t place = nax_supernet_place(&s->net, slot, nax_arch_kernel(&s->arch, choice));
    const struct nax_layer *shape = &s->net.all->layers[place];
    if (s->options.fidelity != NAX_FIDELITY_IDEAL)
        op.weight = nax_wires_weight(&s->wires, slot, choice);
    if (s->options.fidelity == NAX_FIDELITY_ADC) {
        *source = (struct noise_source){.noise = &s->noise,
                                        .slot = slot,
                                        .choice = choice,
                                        .n_positions = shape->h_out * shape->w_out,
                                        .n_channels = shape->c_out,
                                        .variance = s->net.model->layer[place].variance};
        op.correct = nax_noise_correct;
        op.self = source;
    }
    return op;
}

/* Effective weights of all choices that were drawn. */
static int prepare_wires(struct nax_cosearch *s, const struct pair *pairs, struct nax_err *err)
{
    struct wires_use uses[2 * NAX_SLOTS_MAX];
    size_t n = 0;
    if (s->options.fidelity == NAX_FIDELITY_IDEAL)
        return 0;
    if (s->n_alpha % s->options.refresh == 0)
        nax_wires_refresh(&s->wires, false);
    for (size_t slot = 0; slot < s->arch.n_slots; slot++)
        for (size_t i = 0; i < (pairs[slot].is_pair ? 2 : 1); i++)
            if (nax_arch_kernel(&s->arch, pairs[slot].choice[i]))
                uses[n++] = (struct wires_use){slot, pairs[slot].choice[i]};
    return nax_wires_prepare(&s->wires, uses, n, err);
}

/* Running statistics move aside from the supernet's, to memory. */
static void set_aside(struct nax_params *p, size_t n, float **memory)
{
    if (!p->mean)
        return;
    p->mean = memcpy(*memory, p->mean, n * sizeof **memory);
    p->variance = memcpy(*memory + n, p->variance, n * sizeof **memory);
    *memory += 2 * n;
}

/* What the path multiplies by, and the gates of the convolutions with two choices that the path
 * has; their number. */
static size_t list_gates(struct nax_cosearch *s, const struct path *path, const struct pair *pairs,
                         struct nax_linop *ops)
{
    size_t n = 0;
    for (size_t l = 0; l < path->net->n_layers; l++) {
        size_t slot = (size_t)path->net->layers[l].slot;
        if (path->net->layers[l].slot < 0)
            continue;
        const struct pair *pair = &pairs[slot];
        ops[l] = op_of(s, slot, pair->choice[pair->active], &s->sources[2 * slot]);
        if (!pair->is_pair)
            continue;
        size_t other = pair->choice[!pair->active];
        struct nax_gate gate = {.layer = l, .kernel = (size_t)nax_arch_kernel(&s->arch, other)};
        if (gate.kernel) {
            size_t place = nax_supernet_place(&s->net, slot, (int64_t)gate.kernel);
            gate.params = s->net.model->layer[place];
            gate.linop = op_of(s, slot, other, &s->sources[2 * slot + 1]);
        }
        s->gates[n++] = gate;
    }
    return n;
}

/* The third step for one convolution. Where the zero op is the active one, the layer is left out of
 * the path and there is nothing to weigh: such pairs have no gate, so that of all draws of a pair
 * with the zero op only a part, the probability q of the convolution being active, gives a slope.
 * Divided by it, the mean over draws is right. */
static void add_gate(struct nax_cosearch *s, const struct nax_gate *gate, size_t slot,
                     const struct pair *pair)
{
    size_t own = pair->choice[pair->active], other = pair->choice[!pair->active];
    double *gradient = s->gradient + slot * s->arch.n_choices;
    double slope = pair->q[0] * pair->q[1] * (gate->own - gate->other);
    if (!gate->kernel)
        slope /= pair->q[pair->active];
    gradient[own] += slope;
    gradient[other] -= slope;
}

/* The second and third steps. */
static int add_gates(struct nax_cosearch *s, struct path *path, const struct pair *pairs,
                     struct nax_err *err)
{
    size_t n_channels = 0;
    for (size_t l = 0; l < path->net->n_layers; l++)
        n_channels += path->net->layers[l].c_out;
    float *memory = nax_calloc(4 * n_channels, sizeof *memory), *free_memory = memory;
    struct nax_linop *ops = nax_calloc(path->net->n_layers, sizeof *ops);
    struct nax_gate_batch batch = {.number = s->n_alpha,
                                   .linops = ops,
                                   .has_own_statistics = !s->options.is_calibrated &&
                                                         s->options.fidelity != NAX_FIDELITY_IDEAL};
    size_t n = 0;
    int status = 0;
    if (memory && ops) {
        n = list_gates(s, path, pairs, ops);
        for (size_t l = 0; l < path->net->n_layers; l++)
            set_aside(&path->model.layer[l], path->net->layers[l].c_out, &free_memory);
        for (size_t i = 0; i < n; i++)
            set_aside(&s->gates[i].params, path->net->layers[s->gates[i].layer].c_out,
                      &free_memory);
        status = nax_trainer_gates(s->trainer, &path->model, &batch, s->gates, n, err);
    } else {
        status = nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'path'");
    }
    if (!status && !isfinite(batch.loss))
        status = nax_err_set(err, NAX_ERR_NUMERIC, "the loss is not finite: 'network %s'",
                             path->net->name);
    for (size_t i = 0; !status && i < n; i++) {
        size_t slot = (size_t)path->net->layers[s->gates[i].layer].slot;
        add_gate(s, &s->gates[i], slot, &pairs[slot]);
    }
    s->loss += batch.loss;
    s->n_losses++;
    free(memory);
    free(ops);
    return status;
}

int nax_search_alpha(struct nax_cosearch *s, struct nax_err *err)
{
    struct pair pairs[NAX_SLOTS_MAX];
    int64_t kernel[NAX_SLOTS_MAX];
    struct path *path = NULL;
    memset(s->gradient, 0, s->arch.n_slots * s->arch.n_choices * sizeof *s->gradient);
    for (size_t slot = 0; slot < s->arch.n_slots; slot++) {
        draw(s, slot, &pairs[slot]);
        kernel[slot] = nax_arch_kernel(&s->arch, pairs[slot].choice[pairs[slot].active]);
    }
    int status = prepare_wires(s, pairs, err);
    if (!status)
        status = nax_path_alloc(&path, &s->net, kernel, err);
    if (!status)
        status = add_gates(s, path, pairs, err);
    if (!status)
        status = add_cost(s, err);
    nax_path_free(path);
    if (status)
        return status;
    nax_arch_descend(&s->arch, s->gradient, s->options.alpha_rate);
    s->n_alpha++;
    return 0;
}
