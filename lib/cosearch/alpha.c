/* One step of the architecture parameters (Cai, Zhu, Han: ProxylessNAS, ICLR 2019, section 3.2.1).
 *
 * 1. Two choices i, j of each searched convolution are drawn from p = softmax(alpha), and one of
 *    them, the active one, from q = softmax of the two's alphas: q_i = p_i / (p_i + p_j).
 * 2. The active ones make a path, which goes forward and backward on a batch of validation images,
 *    by what crossbars make of its weights; nax_trainer_gates gives the loss's derivatives by the
 *    gates of both choices, the other one computed only as far as these need.
 * 3. With dL/dp_i = dL/dgate_i, as if the gates were p itself, dp_i/dalpha_j = -p_i p_j:
 *
 *        dL/dalpha_i = Σ_j p_i p_j (dL/dgate_i - dL/dgate_j)
 *
 *    of which the pair is one term, that counts as often as the pair is met (nax_arch_slope).
 *    The zero op is judged by what it does, as its derivative at a network that has the convolution
 *    says little of the one that lacks it: the loss L of the path is computed with the one choice
 *    and with the other, on the same images, and L_i - L_j takes the place of the difference of
 *    the gates. That is a path more; of a step's pairs with the zero op one, drawn, is judged, and
 *    the others teach nothing.
 * 4. The terms of cost C are functions of expected costs, which price.h has with their derivatives
 *    by p: dC/dp_i is added to dL/dgate_i.
 * 5. Adam moves the two alphas, and all other choices stay as likely as they were (arch.h).
 */
#include "search.h"

#include "nax/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { N_DESIGNS = 8 }; /* that a step's expected costs are means over */

/* What was drawn for a convolution. */
struct pair {
    bool is_pair;      /* else there is but one choice, the first */
    size_t choice[2];  /* both i and j */
    size_t active;     /* which of them: 0 or 1 */
    bool has_gap;      /* what the step learned: dL/dp of the first one less that of the other */
    double gap, share; /* of how many pairs it stands for */
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

/* The fourth step: dC/dp. */
static int price(struct nax_cosearch *s, struct nax_err *err)
{
    const struct nax_cosearch_options *o = &s->options;
    double mean[NAX_EXPECTED_COUNT];
    if (o->latency_area == 0 && o->energy == 0 && o->edap == 0)
        return 0; /* by_p is 0 */
    int status = nax_price_expect(&s->price, &s->arch, N_DESIGNS, s->draws, 1 + s->n_alpha, mean,
                                  s->prices, err);
    if (!status)
        nax_search_cost(s, mean, s->prices, s->by_p);
    return status;
}

static void draw(const struct nax_cosearch *s, size_t slot, struct pair *pair)
{
    struct nax_rng rng = nax_rng_at(s->draws, NAX_RNG_GATE, s->n_alpha, slot, 1);
    double u[3], q[2];
    for (int i = 0; i < 3; i++)
        u[i] = nax_rng_uniform(&rng);
    *pair = (struct pair){.share = 1};
    pair->is_pair = nax_arch_draw_pair(&s->arch, slot, u, pair->choice, q, &pair->active);
}

/* What a choice multiplies by; source: where its noise comes from. */
static struct nax_linop op_of(const struct nax_cosearch *s, size_t slot, size_t choice,
                              struct noise_source *source)
{
    struct nax_linop op = {.weight = NULL};
    size_t place = nax_supernet_place(&s->net, slot, nax_arch_kernel(&s->arch, slot, choice));
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
            if (nax_arch_kernel(&s->arch, slot, pairs[slot].choice[i]))
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

static size_t active_of(const struct pair *pair)
{
    return pair->choice[pair->active];
}

static bool has_zero_op(const struct nax_cosearch *s, const struct pair *pair)
{
    const size_t zero_op = s->arch.n_choices - 1;
    return pair->is_pair && (pair->choice[0] == zero_op || pair->choice[1] == zero_op);
}

/* What the path multiplies by. */
static void list_ops(struct nax_cosearch *s, const struct path *path, const struct pair *pairs,
                     struct nax_linop *ops)
{
    for (size_t l = 0; l < path->net->n_layers; l++) {
        size_t slot = (size_t)path->net->layers[l].slot;
        if (path->net->layers[l].slot >= 0)
            ops[l] = op_of(s, slot, active_of(&pairs[slot]), &s->sources[2 * slot]);
    }
}

/* The gates of convolutions with two choices, neither the zero op; their number. */
static size_t list_gates(struct nax_cosearch *s, const struct path *path, const struct pair *pairs)
{
    size_t n = 0;
    for (size_t l = 0; l < path->net->n_layers; l++) {
        size_t slot = (size_t)path->net->layers[l].slot;
        if (path->net->layers[l].slot < 0)
            continue;
        if (!pairs[slot].is_pair || has_zero_op(s, &pairs[slot]))
            continue;
        size_t other = pairs[slot].choice[!pairs[slot].active];
        int64_t kernel = nax_arch_kernel(&s->arch, slot, other);
        s->gates[n++] = (struct nax_gate){
            .layer = l,
            .kernel = s->arch.space->is_kernel_own[slot] ? 0 : (size_t)kernel,
            .params = s->net.model->layer[nax_supernet_place(&s->net, slot, kernel)],
            .linop = op_of(s, slot, other, &s->sources[2 * slot + 1])};
    }
    return n;
}

/* The second step: the loss of the path of the active choices and, where has_gates, what its gates
 * tell of their pairs. */
static int look(struct nax_cosearch *s, struct pair *pairs, bool has_gates, double *loss,
                struct nax_err *err)
{
    int64_t kernel[NAX_SLOTS_MAX];
    struct path *path;
    for (size_t slot = 0; slot < s->arch.n_slots; slot++)
        kernel[slot] = nax_arch_kernel(&s->arch, slot, active_of(&pairs[slot]));
    int status = nax_path_alloc(&path, &s->net, kernel, err);
    if (status)
        return status;
    size_t n_channels = 0, n = 0;
    for (size_t l = 0; l < path->net->n_layers; l++)
        n_channels += path->net->layers[l].c_out;
    float *memory = nax_calloc(4 * n_channels, sizeof *memory), *free_memory = memory;
    struct nax_linop *ops = nax_calloc(path->net->n_layers, sizeof *ops);
    struct nax_gate_batch batch = {.number = s->n_alpha,
                                   .linops = ops,
                                   .has_own_statistics = !s->options.is_calibrated &&
                                                         s->options.fidelity != NAX_FIDELITY_IDEAL};
    if (memory && ops) {
        list_ops(s, path, pairs, ops);
        n = has_gates ? list_gates(s, path, pairs) : 0;
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
        const struct nax_gate *gate = &s->gates[i];
        struct pair *pair = &pairs[path->net->layers[gate->layer].slot];
        pair->gap = pair->active ? gate->other - gate->own : gate->own - gate->other;
        pair->has_gap = true;
    }
    *loss = batch.loss;
    free(memory);
    free(ops);
    nax_path_free(path);
    return status;
}

/* Of the n pairs with the zero op the one that the step judges, or NULL. */
static struct pair *draw_judged(const struct nax_cosearch *s, struct pair *pairs, size_t *n)
{
    struct nax_rng rng = nax_rng_at(s->draws, NAX_RNG_GATE, s->n_alpha, 0, 3);
    struct pair *judged = NULL;
    *n = 0;
    for (size_t slot = 0; slot < s->arch.n_slots; slot++) /* the n-th of them, one time in n */
        if (has_zero_op(s, &pairs[slot]) && !nax_rng_below(&rng, ++*n))
            judged = &pairs[slot];
    return judged;
}

/* The third step where the zero op is one of the two: loss is that of the active choice. One of n
 * such pairs is judged, so that it counts n times. */
static int judge(struct nax_cosearch *s, struct pair *pairs, double loss, struct nax_err *err)
{
    size_t n;
    struct pair *pair = draw_judged(s, pairs, &n);
    double other;
    if (!pair)
        return 0;
    pair->active = !pair->active;
    int status = look(s, pairs, false, &other, err);
    pair->active = !pair->active;
    pair->gap = pair->active ? other - loss : loss - other;
    pair->has_gap = !status;
    pair->share = (double)n;
    return status;
}

/* The fifth step. */
static void descend(struct nax_cosearch *s, const struct pair *pairs)
{
    for (size_t slot = 0; slot < s->arch.n_slots; slot++) {
        const size_t *choice = pairs[slot].choice;
        const double *by_p = s->by_p + slot * s->arch.n_choices;
        double gap = pairs[slot].share * (pairs[slot].gap + by_p[choice[0]] - by_p[choice[1]]);
        if (pairs[slot].has_gap)
            nax_arch_descend(&s->arch, slot, choice, nax_arch_slope(&s->arch, slot, choice, gap),
                             s->options.alpha_rate);
    }
    nax_arch_update(&s->arch);
    s->n_alpha++;
}

int nax_search_alpha(struct nax_cosearch *s, struct nax_err *err)
{
    struct pair pairs[NAX_SLOTS_MAX];
    double loss;
    for (size_t slot = 0; slot < s->arch.n_slots; slot++)
        draw(s, slot, &pairs[slot]);
    int status = prepare_wires(s, pairs, err);
    if (!status)
        status = look(s, pairs, true, &loss, err);
    if (!status)
        status = judge(s, pairs, loss, err);
    if (!status)
        status = price(s, err);
    if (status)
        return status;
    s->loss += loss;
    s->n_losses++;
    descend(s, pairs);
    return 0;
}
