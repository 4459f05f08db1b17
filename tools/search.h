/* A run of nax-search, by gradients or by evolution. */
#ifndef NAX_TOOLS_SEARCH_H
#define NAX_TOOLS_SEARCH_H

#include "data.h"
#include "hardware.h"
#include "log.h"
#include "nax/cosearch.h"
#include "progress.h"
#include "space.h"
#include "tool.h"
#include "weights.h"

struct searching {
    struct tool tool;
    struct space_options space_options;
    struct data_options data;
    struct hardware_options hardware_options;
    struct nax_cosearch_options options;
    struct nax_evolution_options evolution_options;
    const char *folder, *inherit;
    size_t epochs_before; /* of this run: those resumed from */
    bool is_ideal, is_resumed, is_evolved, is_judging;
    struct nax_space space;
    struct nax_network_file *file;
    struct nax_dataset *set;
    struct nax_hardware *hardware;
    struct nax_cosearch *search;
    struct nax_evolution *evolution;
    struct log log;
    struct weights_store *store; /* of the folder */
    char checkpoint[4096];       /* path, or "" */
    char id[20];                 /* of the run, in the log */
    double start;                /* of this run, in seconds */
    char left[PROGRESS_TIME_SIZE];
    size_t n_before; /* designs that were resumed */
    struct nax_record *record;
};

/* Until the last epoch, as those of this run went so far. */
const char *search_time_left(struct searching *s, double epochs_done);

/* The folder is this search's alone, and what another one left there is not replaced. */
int search_take_folder(struct searching *s, struct nax_err *err) NAX_MUST_USE;
void search_leave_folder(struct searching *s);
/* Whether there is a checkpoint to continue from. */
bool search_has_checkpoint(const struct searching *s);
/* What to do where the checkpoint is of another run. */
void search_hint_init(const struct searching *s, struct nax_err *err);
/* That files can be made there, before the epochs that come before the first of them. */
int search_check_noise_folder(const char *folder, struct nax_err *err) NAX_MUST_USE;

/* Misuse of options that belong to the other search. */
void search_evolve_check(struct searching *s);
/* Begins the evolution, of a checkpoint what is there. */
int search_evolve_open(struct searching *s, struct nax_err *err) NAX_MUST_USE;
/* Trains the supernet, evolves designs, and writes the front, or judges those of the input. */
int search_evolve(struct searching *s, struct nax_err *err) NAX_MUST_USE;

#endif
