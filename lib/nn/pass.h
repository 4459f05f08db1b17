/* One training step's forward and backward pass, with the memory that both need. */
#ifndef NAX_NN_PASS_H
#define NAX_NN_PASS_H

#include "nax/nn.h"

struct pass;

/* Memory that passes use one after another. A search makes one a step, and pages that the system
 * hands out anew are cleared by it each time: a quarter of a search's processor time. */
struct pass_memory {
    char *block; /* what is in it is the last pass's */
    size_t size; /* bytes */
};
void nax_pass_memory_release(struct pass_memory *memory);

/* For batches of exactly `batch` images, in memory that outlives the pass and is no other's
 * meanwhile. The model must outlive the pass. In bf16, activations and their gradients are stored
 * rounded, and so are the weights that convolutions multiply with; sums, batch norm's statistics,
 * linear layers, the loss and the gradients of parameters are float. */
int nax_pass_alloc(struct pass **pass, struct nax_model *model, size_t batch,
                   enum nax_arithmetic precision, struct pass_memory *memory,
                   struct nax_err *err) NAX_MUST_USE;
/* A pass whose convolutions' weights get no gradient. */
int nax_pass_alloc_gates(struct pass **pass, struct nax_model *model, size_t batch,
                         enum nax_arithmetic precision, struct pass_memory *memory,
                         struct nax_err *err) NAX_MUST_USE;
/* A pass that goes forward alone: outputs that nobody reads any more make room for others. */
int nax_pass_alloc_forward(struct pass **pass, struct nax_model *model, size_t batch,
                           enum nax_arithmetic precision, struct pass_memory *memory,
                           struct nax_err *err) NAX_MUST_USE;
void nax_pass_free(struct pass *pass);

/* Tells the pass that the model's weights have changed. */
void nax_pass_set_weights(struct pass *pass);
/* What the layers multiply by, see nax_trainer_set_linops. */
void nax_pass_set_linops(struct pass *pass, const struct nax_linop *linops);

/* Where a batch comes from: image(self, b, out) writes image b, out: [height][width][channels];
 * called from several threads. */
struct pass_batch {
    void (*image)(const void *self, size_t b, float *out);
    const void *self;
    const int32_t *labels; /* [batch] */
    /* [batch] of images that are mixed with others': labels of these, and how much of each is its
     * own; NULL: all */
    const int32_t *other_labels;
    const double *share;
    double label_smoothing;
    size_t first; /* image of the batch, counted since the start of training */
};

struct pass_result {
    double loss; /* mean over the batch, with smoothing, nats */
    size_t n_right;
};

/* What batch norm takes, and what becomes of the running statistics in the model. */
enum pass_statistics {
    STATISTICS_BATCH,  /* the batch's; the running ones move towards them: at first */
    STATISTICS_KEPT,   /* the batch's, which become the running ones */
    STATISTICS_RUNNING /* the running ones, which stay */
};
void nax_pass_set_statistics(struct pass *pass, enum pass_statistics statistics);
/* What the running statistics move by towards the batch's: 0.1 at first. */
#define PASS_RUNNING_STEP 0.1
void nax_pass_set_running_step(struct pass *pass, double step);

/* [n_layers]: where forward passes put the largest magnitude among the inputs of each layer with
 * weights, of the images of this rank; NULL: nowhere. */
void nax_pass_set_largest(struct pass *pass, double *largest);

int nax_pass_forward(struct pass *pass, const struct pass_batch *batch, struct pass_result *result,
                     struct nax_err *err) NAX_MUST_USE;
/* Gradients of the mean loss of the last forward pass, for every trained parameter. */
int nax_pass_backward(struct pass *pass, struct nax_err *err) NAX_MUST_USE;

/* Gradients in the layout of the model's values. They stay the pass's. */
const struct nax_params *nax_pass_gradient(const struct pass *pass, size_t l);

/* Mean and variance of the other convolutions of the gates, by their own weights (params.weight)
 * on the last forward pass's inputs, into params.mean and params.variance. */
int nax_pass_gate_statistics(struct pass *pass, struct nax_gate *gates, size_t n,
                             struct nax_err *err) NAX_MUST_USE;
/* Fills own and other of the gates, after nax_pass_backward. first: of the batch. With
 * STATISTICS_RUNNING, the others' statistics are those in params. */
int nax_pass_gates(struct pass *pass, size_t first, struct nax_gate *gates, size_t n,
                   struct nax_err *err) NAX_MUST_USE;

/* Pass memory in bytes. */
size_t nax_pass_size(const struct pass *pass);

#endif
