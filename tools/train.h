/* How nax-train trains one candidate, from its network to the fields of its record. */
#ifndef NAX_TOOLS_TRAIN_H
#define NAX_TOOLS_TRAIN_H

#include "data.h"
#include "hardware.h"
#include "nax/mapping.h"
#include "nax/ranks.h"
#include "nax/search.h"
#include "progress.h"
#include "split.h"
#include "tool.h"
#include "weights.h"

enum {
    TRAIN_PATH_SIZE = 4096,
    TRAIN_HURDLES_MAX = 16,
    TRAIN_STATISTICS = 64 /* batches that batch norm of weights is of which are not trained */
};

/* Of the last epochs, which are trained on hardware. */
struct noise_options {
    size_t n_epochs, n_refresh; /* n_refresh: steps until it is programmed anew */
    enum nax_gradient gradient;
};

/* Of what is measured on the trained network. */
struct measure_options {
    enum nax_fidelity fidelity;
    enum split split;
    size_t n_images; /* of the split; 0: all */
};

extern const struct nax_option measure_rows[];

/* What all candidates of a run have in common. */
struct training {
    struct tool tool;
    struct nax_recipe recipe;
    struct data_options data;
    struct hardware_options hardware_options;
    const char *folder; /* of the checkpoints, or NULL */
    const char *init;   /* a checkpoint to start from, or a folder of them, or NULL */
    const char *cache;  /* folder of finished results, or NULL */
    const char *log_path;
    const char *halving_text;                     /* or NULL */
    size_t n_hurdles, hurdles[TRAIN_HURDLES_MAX]; /* epochs after which only the best go on */
    struct noise_options noise;
    struct measure_options measure;
    double save_minutes; /* at most, between checkpoints */
    bool is_resumed, is_extended, is_explained;
    size_t n_parallel;
    struct nax_dataset *set;
    struct nax_hardware *hardware;
    struct train_log *log; /* or NULL */
    struct weights_store *store;
};

/* One candidate at work. */
struct candidate_run {
    struct training *t;
    struct nax_candidate candidate;
    char title[PROGRESS_TITLE_SIZE]; /* that its lines begin with */
    int64_t crossbars[NAX_NETWORK_LAYERS_MAX];
    struct nax_network *net;
    struct nax_hardware *own; /* with converters of the candidate's, or NULL */
    struct nax_model *model;
    struct nax_trainer *trainer;
    struct nax_identity *identity;     /* of the weights, besides what decides any training run */
    char weights[WEIGHTS_NAME_SIZE];   /* their name */
    struct noise_epochs *noise_epochs; /* of epochs on hardware, or NULL */
    char start_path[TRAIN_PATH_SIZE];  /* of the weights that training begins with, or "" */
    char checkpoint[TRAIN_PATH_SIZE];  /* path of the finished weights, or "" */
    char part[TRAIN_PATH_SIZE];        /* of those that are trained, or "" */
    size_t epochs_before;              /* of this run: those resumed from */
    double start, saved; /* when training and when the last checkpoint was, in seconds */
    struct nax_ranks_traffic traffic; /* at the start */
    size_t target;                    /* epochs to train to: all, or those of a hurdle */
    bool is_stopped;     /* there it ends, and is measured; else, before the last epoch, pauses */
    bool is_paused;      /* it has come to a hurdle: */
    double validation;   /* its accuracy there */
    size_t epochs;       /* trained so far */
    double seconds;      /* that they took, with those that the caller has counted before */
    bool has_record;     /* which is complete, even if the run fails after */
    int step_status;     /* of what is done between steps */
    struct nax_err *err; /* where it tells why */
};

/* Opens data, hardware, folders, log; a failure ends the tool. */
void train_open(struct training *t);
void train_close(struct training *t);

/* What the candidate is measured on. */
const struct nax_hardware *train_hardware(const struct candidate_run *run);

/* Trains run->candidate, whose net, crossbars and own hardware the caller has built, up to
 * run->target, and adds the results to its record, unless it pauses there. Several may run at once,
 * on threads of their own. Releases what the run holds. */
int train_run(struct candidate_run *run, struct nax_record *record,
              struct nax_err *err) NAX_MUST_USE;

#endif
