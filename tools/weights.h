/* Weights by their name: a hash of what decides them. Designs that share them are trained once, in
 * a stream, side by side, and by several processes on one folder.
 *
 * In a folder NAME.safetensors are finished ones, which nothing ever replaces, and
 * NAME.part.safetensors those of a run that goes on; who works on them holds a lock on NAME.lock,
 * which ends with its process. Without a folder they lie in a file without a name, for the run.
 */
#ifndef NAX_TOOLS_WEIGHTS_H
#define NAX_TOOLS_WEIGHTS_H

#include "nax/nn.h"

enum { WEIGHTS_NAME_SIZE = 17, WEIGHTS_PATH_SIZE = 4096 };

struct weights_store;

/* folder: NULL for none. */
int weights_store_open(struct weights_store **store, const char *folder,
                       struct nax_err *err) NAX_MUST_USE;
void weights_store_close(struct weights_store *store);

/* Whether a text is the name of weights: 16 digits of a hash. */
bool weights_is_name(const char *text);

/* Paths of these weights: finished and not; "" without a folder. */
void weights_path(const struct weights_store *store, const char *name,
                  char path[WEIGHTS_PATH_SIZE]);
void weights_part_path(const struct weights_store *store, const char *name,
                       char path[WEIGHTS_PATH_SIZE]);

/* What there is of some weights. */
struct weights_state {
    bool is_finished, has_diverged;
    size_t epochs; /* where they diverged */
};

/* Waits until nobody else works on the weights, and takes them: the caller gives them back. Ends
 * early, with NAX_ERR_STOPPED, upon nax_stop. */
int weights_take(struct weights_store *store, const char *name, struct weights_state *state,
                 struct nax_err *err) NAX_MUST_USE;
/* state: what they came to in this process. */
void weights_give_back(struct weights_store *store, const char *name,
                       const struct weights_state *state);

/* Whether the folder's file system has so many bytes left. */
int weights_check_space(const struct weights_store *store, size_t size,
                        struct nax_err *err) NAX_MUST_USE;

/* Without a folder: keeps finished weights with their pixels' statistics, and fills a model with
 * those kept, before it gets a trainer, which takes the statistics from it. */
int weights_keep(struct weights_store *store, const char *name, const struct nax_model *model,
                 struct nax_err *err) NAX_MUST_USE;
int weights_fill(struct weights_store *store, const char *name, struct nax_model *model,
                 struct nax_err *err) NAX_MUST_USE;

#endif
