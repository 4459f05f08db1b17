/* Neural networks on the processor: parameters, forward and backward passes, training, evaluation.
 *
 * Activations are float or bf16, NHWC. A batch is cut into chunks of at most NAX_CHUNK images whose
 * number depends on batch, shapes and precision alone; chunks are computed in parallel and their
 * sums added in a fixed order, so results are the same bits for any number of threads. Nothing here
 * knows of crossbars: evaluation and training multiply through struct nax_linop, which the mapping
 * room fills in.
 */
#ifndef NAX_NN_H
#define NAX_NN_H

#include "nax/base.h"
#include "nax/identity.h"
#include "nax/network.h"
#include "nax/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { NAX_CHUNK = 16 };

/* --- parameters --- */

/* Parameters of one layer: pointers into the model's one block; NULL where the layer has none. */
struct nax_params {
    float *weight;   /* [kernel][kernel][c_in / groups][c_out] */
    float *gamma;    /* [c_out], batch norm's scale */
    float *beta;     /* [c_out], batch norm's shift, or the bias */
    float *mean;     /* [c_out], running mean of batch norm */
    float *variance; /* [c_out], running variance */
};

struct nax_model {
    const struct nax_network *net; /* not owned */
    size_t n_values;               /* floats in `values` */
    float *values;                 /* every parameter of every layer, then padding */
    struct nax_params *layer;      /* [net->n_layers] */
    double pixel_mean[NAX_MAX_CHANNELS],
        pixel_sd[NAX_MAX_CHANNELS]; /* [nax_pixel_n] of the training images, 0–1: inputs are
                                       normalised by them */
    bool has_pixels; /* from a file, whose weights expect them: training on other images keeps them
                      */
};

enum { NAX_PARAMS_MAX = 5 };

/* How many numbers of pixel_mean and pixel_sd files have and hashes are of: one a channel, three at
 * least. Networks of more channels than data sets have no statistics of the rest. */
size_t nax_pixel_n(const struct nax_network *net);

/* One of a layer's parameters, by its name in files. */
struct nax_param {
    const char *name; /* "weight", "gamma", "beta", "mean", "variance", "bias" */
    float *values;
    size_t n;
    size_t n_dims, dims[4];
    bool is_trained, is_decayed;
};

/* The parameters that a layer has, in the order of checkpoints; returns their number. */
size_t nax_params_list(const struct nax_layer *l, const struct nax_params *p,
                       struct nax_param out[NAX_PARAMS_MAX]);

/* Number of weights of a layer (0 for pools). */
size_t nax_layer_n_weights(const struct nax_layer *layer);

/* Weights are drawn from N(0, 2 / (k² c_in)) (He et al., ICCV 2015), those of a linear layer from
 * N(0, 1 / inputs); gamma and variance start at 1, the rest at 0. net must outlive the model. */
int nax_model_alloc(struct nax_model **model, const struct nax_network *net, uint64_t seed,
                    struct nax_err *err) NAX_MUST_USE;
/* Where a network's parameters lie in a block of values: fills layer [n_layers], and returns how
 * many floats it takes. values: 64-byte aligned, or NULL: only counts. */
size_t nax_params_lay_out(const struct nax_network *net, struct nax_params *layer, float *values);
/* The same parameters in a block of their own; from may be a part of another model. */
int nax_model_copy(struct nax_model **model, const struct nax_model *from,
                   struct nax_err *err) NAX_MUST_USE;
void nax_model_free(struct nax_model *model);

/* --- what a layer multiplies by --- */

/* The linear part of a layer, y = x ∗ weight, before batch norm and bias. All zero: by the layer's
 * own weights. forward and correct are called from several threads at once with n ≤ NAX_CHUNK
 * images, x: [n][h_in][w_in][c_in], y: [n][h_out][w_out][c_out]; image is the index of the first of
 * them, in the set or counted since the start of training, for draws of noise. forward and adjoint
 * return 0 or a negative status. */
struct nax_linop {
    /* Other weights, of the layer's shape. In training the gradient by them is applied to the
     * layer's own (straight through; Bengio, Léonard, Courville, 2013), unless adjoint, where not
     * NULL, first turns it in place into one by the layer's own. */
    const float *weight;
    int (*adjoint)(const void *self, float *gradient, struct nax_err *err);
    /* Or makes y another way, in evaluation alone; scratch: scratch_size bytes, 64-byte aligned,
     * the thread's own. */
    int (*forward)(const void *self, size_t n, const float *x, float *y, size_t image,
                   void *scratch);
    size_t scratch_size;
    /* Then changes y; a gradient passes it unchanged. */
    void (*correct)(const void *self, size_t n, float *y, size_t image);
    const void *self; /* of all three */
};

/* --- evaluation --- */

/* Called after each layer of each chunk of an evaluation, from several threads at once. */
struct nax_tap {
    void (*layer)(void *self, size_t l, size_t image, size_t n, const float *x, const float *z);
    void *self; /* x: the layer's input; z: its linear part's output, before batch norm */
};

/* Of n values, as a tap sees them; NaN where one is. */
float nax_largest_magnitude(size_t n, const float *values);

struct nax_eval {
    const struct nax_linop *linops; /* [n_layers], zeros for pools; or NULL: own weights */
    const struct nax_tap *tap;      /* or NULL */
    /* How many images, 0: all; evenly spread over the set, whose classes may lie one after another,
     * or which: [n_images]. */
    size_t n_images;
    const uint32_t *index; /* or NULL */
    /* Activations and factors of products as in training with NAX_ARITHMETIC_BF16. Not with linops
     * or a tap, which see floats. */
    bool is_bf16;
    float *logits; /* [images][n_classes] get what the network puts out; or NULL */
};

struct nax_score {
    double accuracy; /* fraction of the images classified right */
    double loss;     /* mean cross-entropy, nats */
    size_t n_images;
};

/* Normalised by the running statistics; deterministic for any number of threads. */
int nax_model_eval(const struct nax_model *model, const struct nax_images *images,
                   const struct nax_eval *options, struct nax_score *score,
                   struct nax_err *err) NAX_MUST_USE;

/* --- training --- */

/* Copies of the images that a split holds out, the caller's, to free by nax_images_free; none are
 * NAX_ERR_VALUE. */
int nax_held_out(struct nax_images *images, const struct nax_images *train, double fraction,
                 uint64_t seed, struct nax_err *err) NAX_MUST_USE;
/* The same of the run that made a checkpoint, by seed and fraction that it names. One that names
 * none, or another data set, is NAX_ERR_VALUE. */
int nax_held_out_by(struct nax_images *images, const char *path, const struct nax_dataset *set,
                    struct nax_err *err) NAX_MUST_USE;

/* What activations, their gradients and the factors of products are stored in while training;
 * products are summed in float, and the parameters are float, either way. bf16 runs on every
 * machine, fast on those of nax_has_bf16. */
enum nax_arithmetic {
    NAX_ARITHMETIC_AUTO,
    NAX_ARITHMETIC_FP32,
    NAX_ARITHMETIC_BF16,
    NAX_ARITHMETIC_COUNT
};

/* AUTO becomes bf16 on machines of nax_has_bf16, and fp32 elsewhere. */
enum nax_arithmetic nax_arithmetic_of(enum nax_arithmetic wanted);
const char *nax_arithmetic_name(enum nax_arithmetic wanted); /* of what it becomes */

/* By what a convolution's products are made while training: "winograd", "onednn" or "blas", chosen
 * by a table of processors, or by the environment variable NAX_CONV. */
struct nax_conv_engines {
    const char *forward, *backward_data, *backward_weights; /* NULL: not made */
};

/* A layer that is no convolution has none; the first one's backward_data nobody needs. Error: a
 * word in NAX_CONV that is none, or that this build lacks. */
int nax_conv_engines(const struct nax_layer *layer, enum nax_arithmetic precision,
                     struct nax_conv_engines *engines, struct nax_err *err) NAX_MUST_USE;

/* How the rate falls behind its peak: in a line to 0, or along half a period of the cosine. */
enum nax_schedule { NAX_SCHEDULE_ONECYCLE, NAX_SCHEDULE_COSINE, NAX_SCHEDULE_COUNT };

/* How a network is trained. Every field that decides what comes out has its row in
 * nax_recipe_options, with its default and range. */
struct nax_recipe {
    size_t epochs, batch;
    enum nax_schedule schedule;
    double learning_rate;          /* at its peak */
    double warmup;                 /* fraction of all steps in which it rises, linearly */
    double momentum, weight_decay; /* Nesterov; decay spares batch norm and biases */
    double muon; /* > 0: convolutions' weights move by Muon, each step's singular values made alike,
                    and its norm muon · rate · that of the weights; 0: as all others */
    double label_smoothing;
    size_t crop; /* pixels of padding for random crops; 0: none */
    bool flip;
    size_t cutout;        /* side in pixels of the square that is blanked in every image; 0: none */
    bool trivial;         /* every image goes through an operation of TrivialAugment */
    double mixup, cutmix; /* > 0: images are mixed with others of the batch, by shares of
                             Beta(x, x): added, or in a rectangle; both: either */
    double average; /* > 0: what is validated and saved are the values' exponential mean over steps,
                       which keeps this much of itself a step (at first less) */
    double validation; /* fraction of the training images held out */
    enum nax_arithmetic precision;
};

extern const struct nax_option nax_recipe_options[];
struct nax_recipe nax_recipe_default(void);

/* Adds the layers that the network consists of. */
void nax_layers_identify(struct nax_identity *identity, const struct nax_network *net);
/* Weights of the same shapes mean nothing in a network whose layers do something else: compares it
 * with the lines of nax_layers_identify that the file at path has. Where they differ, NAX_ERR_VALUE
 * with the file and the first difference. */
int nax_layers_check(const struct nax_network *net, const char *lines, const char *path,
                     struct nax_err *err) NAX_MUST_USE;
/* Adds what decides a run: seed, data, recipe, layers. The processor is not among it, though
 * another one rounds otherwise. */
void nax_training_identify(struct nax_identity *identity, const struct nax_network *net,
                           const struct nax_dataset *set, const struct nax_recipe *recipe,
                           uint64_t seed);

/* What an epoch came to. */
struct nax_epoch {
    size_t epoch;                                /* from 1 */
    double train_loss, train_accuracy;           /* over the augmented batches, while learning */
    double validation_loss, validation_accuracy; /* NaN without validation images */
    double learning_rate, seconds, images_per_second;
};

/* A run of training: model, momentum, workspace, position. */
struct nax_trainer;

/* Trains model (not owned) on set->train. seed decides split, order and augmentation. */
int nax_trainer_alloc(struct nax_trainer **trainer, struct nax_model *model,
                      const struct nax_dataset *set, const struct nax_recipe *recipe, uint64_t seed,
                      struct nax_err *err) NAX_MUST_USE;
void nax_trainer_free(struct nax_trainer *trainer);

/* What decides the run besides what nax_training_identify names: hardware that it is trained on,
 * weights that it starts from. Not owned; NULL: nothing. */
void nax_trainer_set_identity(struct nax_trainer *trainer, const struct nax_identity *more);

size_t nax_trainer_n_steps(const struct nax_trainer *trainer);      /* of one epoch */
size_t nax_trainer_n_validation(const struct nax_trainer *trainer); /* images held out */

/* Trains one epoch, or what is left of one. step, when not NULL, is called after every step with
 * its number from 1 in the epoch and the batch's mean loss, and may save the trainer; a non-zero
 * return stops there with NAX_OK and epoch->epoch 0. A loss that is not finite ends the run with
 * NAX_ERR_NUMERIC. */
int nax_trainer_epoch(struct nax_trainer *trainer,
                      int (*step)(void *self, size_t step, double loss), void *self,
                      struct nax_epoch *epoch, struct nax_err *err) NAX_MUST_USE;
/* Batch norm's running statistics become the mean of those of n batches of training images: for
 * weights that come from elsewhere and are not trained, or that serve other chips than the last
 * one. Where weights are averaged, it is the average's that do, and the model has its weights
 * meanwhile. before, when not NULL, is called before each batch with its number, and may set other
 * linops; its error ends this, as its own. A loss or a statistic that is not finite is
 * NAX_ERR_NUMERIC. */
int nax_trainer_renew_statistics(struct nax_trainer *trainer, size_t n,
                                 int (*before)(void *self, size_t batch, struct nax_err *err),
                                 void *self, struct nax_err *err) NAX_MUST_USE;
size_t nax_trainer_epochs_done(const struct nax_trainer *trainer);
size_t nax_trainer_steps_done(const struct nax_trainer *trainer); /* of the epoch under way */

/* linops: [n_layers] of the trained part, not owned, zeros for pools, without forward; NULL: every
 * layer its own weights. Call it again when the weights behind it have changed;
 * nax_trainer_set_part and nax_trainer_resume forget it. Validation goes through the layers' own
 * weights. */
void nax_trainer_set_linops(struct nax_trainer *trainer, const struct nax_linop *linops);

/* The same for any models, one after another: n images, images[index[…]], as they are, and the
 * memory that passes of them take. Neither images nor index are copied. */
struct nax_statistics;
int nax_statistics_alloc(struct nax_statistics **statistics, const struct nax_images *images,
                         const uint32_t *index, size_t n, enum nax_arithmetic precision,
                         struct nax_err *err) NAX_MUST_USE;
void nax_statistics_free(struct nax_statistics *statistics);
/* A forward pass. is_renewed: the model's running statistics become those of these images; else
 * they are what batch norm takes. largest: NULL, or [n_layers] for the largest magnitude among the
 * inputs of each layer with weights; others' stay. */
int nax_statistics_take(struct nax_statistics *statistics, struct nax_model *model, bool is_renewed,
                        double *largest, struct nax_err *err) NAX_MUST_USE;

/* A run that ends here, before its last epoch: where the recipe keeps a mean of the weights, that
 * is the model's, as it is after the last epoch. */
void nax_trainer_settle(struct nax_trainer *trainer);

/* Fraction right and loss on the validation images. */
int nax_trainer_validate(const struct nax_trainer *trainer, struct nax_score *score,
                         struct nax_err *err) NAX_MUST_USE;

/* --- a part at a time --- A supernet's model lists every alternative of every layer; what a step
 * trains is a part of it, another network whose parameters lie in the same block of values (and
 * whose n_values are the model's). Checkpoints hold the whole model. part is not owned; it gets the
 * model's pixel statistics. */
int nax_trainer_alloc_part(struct nax_trainer **trainer, struct nax_model *model,
                           struct nax_model *part, const struct nax_dataset *set,
                           const struct nax_recipe *recipe, uint64_t seed,
                           struct nax_err *err) NAX_MUST_USE;
/* What the next step trains; also from within nax_trainer_epoch's callback. After the last step of
 * an epoch: what it validates. */
int nax_trainer_set_part(struct nax_trainer *trainer, struct nax_model *part,
                         struct nax_err *err) NAX_MUST_USE;

/* Two choices of one convolution or linear layer of a part: its own, which the part has there, and
 * another. Were both computed and weighed by gates, the output would be
 *
 *     gate_own · o_own + gate_other · o_other
 *
 * with o the layer's output, batch norm or bias included, residual and ReLU not. Only the own one
 * goes on, the gates being 1 and 0, but the loss has a derivative by either of them, the sum over
 * images, pixels and channels of o times the loss's gradient by that output (Cai, Zhu, Han:
 * ProxylessNAS, ICLR 2019, equation 4). */
struct nax_gate {
    size_t layer;  /* of the part */
    size_t kernel; /* of the other, which reads the same input; 0: the layer's own */
    /* Of the other. Its mean need only be near the batch's; with
     * has_own_statistics mean and variance become the batch's. */
    struct nax_params params;
    struct nax_linop linop; /* what the other multiplies by, as for nax_trainer_set_linops */
    double own, other;      /* results: derivatives of the batch's mean loss by the gates */
};

/* A batch of validation images that gates are looked at on. */
struct nax_gate_batch {
    size_t number; /* from 0 on without end; images come in an order drawn anew after all of them */
    const struct nax_linop *linops; /* [n_layers] what the part multiplies by, or NULL, as for
                                       nax_trainer_set_linops */
    /* Whose statistics batch norm takes. True: the ideal network's, those that the batch has where
     * the part and the others multiply by their own weights, as a chip has them that was given a
     * trained network; a forward pass more. False: those of what linops make, as a calibrated
     * chip has them. */
    bool has_own_statistics;
    double loss; /* result: mean over the batch */
};

/* Derivatives of the mean loss of a batch of validation images, without smoothing, by the gates of
 * n layers of a part, whose running statistics move; n 0: its loss alone. Error: fewer validation
 * images than a batch takes. */
int nax_trainer_gates(struct nax_trainer *trainer, struct nax_model *part,
                      struct nax_gate_batch *batch, struct nax_gate *gates, size_t n,
                      struct nax_err *err) NAX_MUST_USE;

/* Momentum, in the layout of the model's values: for who moves a part's values about in it. */
float *nax_trainer_momentum(struct nax_trainer *trainer);

/* --- checkpoints --- */

/* Fills the parameters from a checkpoint; every tensor must be there with the shape of the network,
 * and none besides. Of a supernet's, "s1b2c1.k5.weight" is the weight of layer s1b2c1 when its
 * kernel is 5. The file must be of a network of the same layers, and whole: errors. */
int nax_model_load(struct nax_model *model, const char *path, struct nax_err *err) NAX_MUST_USE;
/* The same for weights to start from: layers of the same shapes may do something else. */
int nax_model_start(struct nax_model *model, const char *path, struct nax_err *err) NAX_MUST_USE;
/* Of all parameters and the pixel statistics: the same for the same weights, wherever they lie. */
uint64_t nax_model_hash(const struct nax_model *model);
/* Writes the parameters, pixel statistics and layers, without a run that could be resumed: what
 * nax_model_load and nax_model_start take. */
int nax_model_save(const struct nax_model *model, const char *path, const struct nax_meta *meta,
                   size_t n_meta, struct nax_err *err) NAX_MUST_USE;

/* A checkpoint is a safetensors file: "<layer>.weight", ".gamma", ".beta", ".mean", ".variance" and
 * "momentum.<…>" as F32; metadata: network and its layers, pixel statistics, position, what decides
 * the run, the processor that it was written on, and the caller's own. Weights that are no numbers
 * are NAX_ERR_NUMERIC, and the file stays what it was. */
int nax_trainer_save(const struct nax_trainer *trainer, const char *path,
                     const struct nax_meta *meta, size_t n_meta, struct nax_err *err) NAX_MUST_USE;
/* Continues where the checkpoint was written, to the same bits as a run that was never stopped. A
 * checkpoint of another run is NAX_ERR_VALUE, which names what differs. */
int nax_trainer_resume(struct nax_trainer *trainer, const char *path,
                       struct nax_err *err) NAX_MUST_USE;
/* Goes on from the checkpoint of a finished run of any recipe: with its weights, its momentum, and
 * the rest of this recipe's epochs, which must be more. */
int nax_trainer_extend(struct nax_trainer *trainer, const char *path,
                       struct nax_err *err) NAX_MUST_USE;
/* Rank 0's weights, momentum and position are all ranks' (nax/ranks.h): it alone need have the
 * checkpoint. */
int nax_trainer_share(struct nax_trainer *trainer, struct nax_err *err) NAX_MUST_USE;

#ifdef __cplusplus
}
#endif

#endif
