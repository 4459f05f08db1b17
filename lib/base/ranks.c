/* Ranks, by MPI where it is built in. */
#include "nax/ranks.h"

#include <stdlib.h>

#ifndef NAX_HAS_MPI

int nax_ranks_own(void)
{
    return 0;
}

int nax_ranks(void)
{
    return 1;
}

int nax_ranks_start(struct nax_err *err)
{
    (void)err;
    return 0;
}

void nax_ranks_abort(int exit_status)
{
    (void)exit_status;
}

struct nax_ranks_traffic nax_ranks_traffic(void)
{
    return (struct nax_ranks_traffic){0, 0};
}

void nax_ranks_broadcast(void *bytes, size_t n)
{
    (void)bytes;
    (void)n;
}

bool nax_ranks_any(bool is_so)
{
    return is_so;
}

int nax_ranks_agree(int status, struct nax_err *err)
{
    (void)err;
    return status;
}

void nax_ranks_gather(void *all, const size_t *n)
{
    (void)all;
    (void)n;
}

void nax_ranks_send(int to, const void *bytes, size_t n, int group)
{
    (void)to;
    (void)bytes;
    (void)n;
    (void)group;
}

void nax_ranks_receive(int from, void *bytes, size_t n, int group)
{
    (void)from;
    (void)bytes;
    (void)n;
    (void)group;
}

void nax_ranks_wait(int group)
{
    (void)group;
}

#else

#include <mpi.h>

static const size_t piece_size = (size_t)1 << 30; /* bytes: MPI counts in int */

static int rank, n_ranks = 1;
static int *counts, *places; /* [n_ranks] of nax_ranks_gather */

static struct message {
    MPI_Request request;
    int group;
} * messages;                 /* under way */
static MPI_Request *requests; /* of one group; as many as there is room for messages */
static size_t n_messages, n_room;
static struct nax_ranks_traffic traffic;

int nax_ranks_own(void)
{
    return rank;
}

int nax_ranks(void)
{
    return n_ranks;
}

/* Whoever starts ranks tells them so: Open MPI's mpirun, or srun, MPICH's mpirun. MPI itself would
 * start a daemon for a program that was started alone. */
static bool is_one_of_several(void)
{
    return getenv("OMPI_COMM_WORLD_SIZE") || getenv("PMIX_RANK") || getenv("PMI_RANK");
}

static void end(void)
{
    MPI_Finalize();
}

int nax_ranks_start(struct nax_err *err)
{
    int given;
    if (!is_one_of_several())
        return 0;
    if (MPI_Init_thread(NULL, NULL, MPI_THREAD_SERIALIZED, &given) || given < MPI_THREAD_SERIALIZED)
        return nax_err_set(err, NAX_ERR_IO, "MPI without support for threads");
    atexit(end);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &n_ranks);
    counts = nax_calloc((size_t)n_ranks, sizeof *counts);
    places = nax_calloc((size_t)n_ranks, sizeof *places);
    if (!counts || !places)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'ranks'");
    int first_isa = (int)nax_isa();
    nax_ranks_broadcast(&first_isa, sizeof first_isa);
    if (nax_ranks_any(first_isa != (int)nax_isa()))
        return nax_err_set(err, NAX_ERR_VALUE,
                           "processors of several kinds, %s on rank 0; NAX_ISA=avx2 or baseline, "
                           "exported to all, makes them alike",
                           nax_isa_name((enum nax_isa)first_isa));
    return 0;
}

void nax_ranks_abort(int exit_status)
{
    if (n_ranks > 1)
        MPI_Abort(MPI_COMM_WORLD, exit_status);
}

struct nax_ranks_traffic nax_ranks_traffic(void)
{
    return traffic;
}

/* A call that began then is over, and n bytes have been handed to others. */
static void count(double start, size_t n)
{
    traffic.seconds += nax_clock_seconds() - start;
    traffic.bytes += (double)n;
}

void nax_ranks_broadcast(void *bytes, size_t n)
{
    const double start = nax_clock_seconds();
    for (size_t at = 0; n_ranks > 1 && at < n; at += piece_size)
        MPI_Bcast((char *)bytes + at, (int)NAX_MIN(n - at, piece_size), MPI_BYTE, 0,
                  MPI_COMM_WORLD);
    count(start, rank ? 0 : n * (size_t)(n_ranks - 1));
}

bool nax_ranks_any(bool is_so)
{
    const double start = nax_clock_seconds();
    int any = is_so;
    if (n_ranks > 1)
        MPI_Allreduce(MPI_IN_PLACE, &any, 1, MPI_INT, MPI_LOR, MPI_COMM_WORLD);
    count(start, sizeof any);
    return any;
}

int nax_ranks_agree(int status, struct nax_err *err)
{
    const double start = nax_clock_seconds();
    struct nax_err first = {0};
    int failed = status ? rank : n_ranks;
    if (n_ranks == 1)
        return status;
    MPI_Allreduce(MPI_IN_PLACE, &failed, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD);
    count(start, sizeof failed);
    if (failed == n_ranks)
        return 0;
    if (failed == rank) {
        if (err)
            first = *err;
        first.status = (enum nax_status)status;
        if (rank)
            nax_err_prefix(&first, "rank %d", rank);
    }
    MPI_Bcast(&first, (int)sizeof first, MPI_BYTE, failed, MPI_COMM_WORLD);
    if (err)
        *err = first;
    return first.status;
}

void nax_ranks_gather(void *all, const size_t *n)
{
    const double start = nax_clock_seconds();
    size_t at = 0;
    if (n_ranks == 1)
        return;
    for (int r = 0; r < n_ranks; r++) {
        counts[r] = (int)n[r];
        places[r] = (int)at;
        at += n[r];
    }
    MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, all, counts, places, MPI_BYTE,
                   MPI_COMM_WORLD);
    count(start, n[rank] * (size_t)(n_ranks - 1));
}

/* Room for one message more, in which its request goes. */
static MPI_Request *add(int group)
{
    if (n_messages == n_room) {
        size_t n = n_room ? 2 * n_room : 64;
        struct message *more = nax_realloc(messages, n, sizeof *messages);
        messages = more ? more : messages;
        MPI_Request *requests_more = nax_realloc(requests, n, sizeof *requests);
        requests = requests_more ? requests_more : requests;
        if (!more || !requests_more) /* as MPI does that lacks memory */
            MPI_Abort(MPI_COMM_WORLD, 1);
        n_room = n;
    }
    messages[n_messages].group = group;
    return &messages[n_messages++].request;
}

void nax_ranks_send(int to, const void *bytes, size_t n, int group)
{
    const double start = nax_clock_seconds();
    for (size_t at = 0; at < n; at += piece_size)
        MPI_Isend((const char *)bytes + at, (int)NAX_MIN(n - at, piece_size), MPI_BYTE, to, group,
                  MPI_COMM_WORLD, add(group));
    count(start, n);
}

void nax_ranks_receive(int from, void *bytes, size_t n, int group)
{
    for (size_t at = 0; at < n; at += piece_size)
        MPI_Irecv((char *)bytes + at, (int)NAX_MIN(n - at, piece_size), MPI_BYTE, from, group,
                  MPI_COMM_WORLD, add(group));
}

void nax_ranks_wait(int group)
{
    const double start = nax_clock_seconds();
    size_t n = 0, n_left = 0;
    for (size_t i = 0; i < n_messages; i++)
        if (messages[i].group == group)
            requests[n++] = messages[i].request;
        else
            messages[n_left++] = messages[i];
    n_messages = n_left;
    MPI_Waitall((int)n, requests, MPI_STATUSES_IGNORE);
    count(start, 0);
}

#endif
