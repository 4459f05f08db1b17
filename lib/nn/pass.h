/* One training step's forward and backward pass, with the memory that both need. */
#ifndef NAX_NN_PASS_H
#define NAX_NN_PASS_H

#include "nax/nn.h"

struct pass;

/* For batches of exactly `batch` images. The model must outlive the pass. In bf16, activations and
 * their gradients are stored rounded, and so are the weights that convolutions multiply with; sums,
 * batch norm's statistics, linear layers, the loss and the gradients of parameters are float. */
int pass_alloc(struct pass **pass, struct nax_model *model, size_t batch,
               enum nax_arithmetic precision, struct nax_err *err) NAX_MUST_USE;
/* A pass whose convolutions' weights get no gradient. */
int pass_alloc_gates(struct pass **pass, struct nax_model *model, size_t batch,
                     enum nax_arithmetic precision, struct nax_err *err) NAX_MUST_USE;
void pass_free(struct pass *pass);

/* Tells the pass that the model's weights have changed. */
void pass_set_weights(struct pass *pass);
/* What the layers multiply by, see nax_trainer_set_linops. */
void pass_set_linops(struct pass *pass, const struct nax_train_linop *ops);

/* Where a batch comes from: image(self, b, out) writes image b, out: [height][width][channels];
 * called from several threads. */
struct pass_batch {
    void (*image)(const void *self, size_t b, float *out);
    const void *self;
    const int32_t *labels; /* [batch] */
    double label_smoothing;
    size_t first; /* image of the batch, counted since the start of training */
};

struct pass_result {
    double loss; /* mean over the batch, with smoothing, nats */
    size_t n_right;
};

/* Batch norm takes the batch's statistics; the running ones in the model move towards them. */
int pass_forward(struct pass *pass, const struct pass_batch *batch, struct pass_result *result,
                 struct nax_err *err) NAX_MUST_USE;
/* Gradients of the mean loss of the last forward pass, for every trained parameter. */
int pass_backward(struct pass *pass, struct nax_err *err) NAX_MUST_USE;

/* Gradients in the layout of the model's values. They stay the pass's. */
const struct nax_params *pass_gradient(const struct pass *pass, size_t l);

/* Fills own and other of the gates, after pass_backward. first: of the batch. */
int pass_gates(struct pass *pass, size_t first, struct nax_gate *gates, size_t n,
               struct nax_err *err) NAX_MUST_USE;

/* Pass memory in bytes. */
size_t pass_size(const struct pass *pass);

#endif
