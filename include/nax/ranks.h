/* Processes that work on one network, started by mpirun: ranks, from 0 to nax_ranks() − 1.
 *
 * All of them run the same program on the same input and come to the same calls in the same order;
 * what only one needs to do, such as writing files, rank 0 does. Without MPI (make MPI=1 builds
 * with it), or started by itself, a process is rank 0 of 1, and nothing here does anything. Calls
 * come from one thread at a time. Whatever MPI cannot do ends all ranks: MPI says why. */
#ifndef NAX_RANKS_H
#define NAX_RANKS_H

#include "nax/base.h"

#ifdef __cplusplus
extern "C" {
#endif

int nax_ranks_own(void);
int nax_ranks(void);

/* For a program whose work can be dealt to ranks, before anything else; it ends with the program.
 * Error: ranks whose processors compute differently. */
int nax_ranks_start(struct nax_err *err) NAX_MUST_USE;
/* Ends all ranks, with this exit status; returns where there is but one. */
void nax_ranks_abort(int exit_status);

/* What this rank has sent so far, and how long it was in MPI for that and for waiting. */
struct nax_ranks_traffic {
    double bytes, seconds;
};
struct nax_ranks_traffic nax_ranks_traffic(void);

/* --- what all ranks call --- */

/* Rank 0's bytes are everybody's. */
void nax_ranks_broadcast(void *bytes, size_t n);
/* Whether it is so on any rank. */
bool nax_ranks_any(bool is_so);
/* Of ranks that fail each by itself: returns the status of the first that failed, or 0, and its
 * error, with the number of another rank than 0, is everybody's. status, err: the own. */
int nax_ranks_agree(int status, struct nax_err *err);
/* n: [nax_ranks()] bytes of each rank, which lie in `all` one behind the other; a rank's own are
 * there already. Up to 2 GiB. */
void nax_ranks_gather(void *all, const size_t *n);

/* --- what two ranks call --- Both return at once. What is sent must stay, what is received is not
 * there, until nax_ranks_wait of the same group, a number from 0 to 32767. Messages of a group from
 * one rank to another arrive in their order. */
void nax_ranks_send(int to, const void *bytes, size_t n, int group);
void nax_ranks_receive(int from, void *bytes, size_t n, int group);
void nax_ranks_wait(int group);

#ifdef __cplusplus
}
#endif

#endif
