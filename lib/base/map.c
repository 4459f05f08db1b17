/* Files in memory, and which one an address is of. */
#include "nax/base.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

enum { MAPS_MAX = 64, PATH_SIZE = 256 };

/* For a handler of signals, which can wait for nobody: a row is true while its size is not 0. */
static struct map {
    atomic_uintptr_t address;
    atomic_size_t size;
    char path[PATH_SIZE];
} maps[MAPS_MAX];

static pthread_mutex_t changing = PTHREAD_MUTEX_INITIALIZER;

/* Without a free row the file goes unlisted. */
static void enlist(const char *path, const void *address, size_t size)
{
    pthread_mutex_lock(&changing);
    for (size_t i = 0; i < MAPS_MAX; i++)
        if (!maps[i].size) {
            snprintf(maps[i].path, PATH_SIZE, "%s", path);
            maps[i].address = (uintptr_t)address;
            maps[i].size = size;
            break;
        }
    pthread_mutex_unlock(&changing);
}

int nax_file_map(const char *path, void **address, size_t *size, struct nax_err *err)
{
    FILE *file;
    int status = nax_file_open(path, &file, size, err);
    if (status)
        return status;
    /* an empty file has no page to map; one byte past the end is never touched */
    *address = mmap(NULL, NAX_MAX(*size, (size_t)1), PROT_READ, MAP_SHARED, fileno(file), 0);
    if (*address == MAP_FAILED)
        status = nax_err_io(err, "cannot map: '%s'", path);
    else
        enlist(path, *address, NAX_MAX(*size, (size_t)1));
    fclose(file);
    return status;
}

void nax_file_unmap(void *address, size_t size)
{
    pthread_mutex_lock(&changing);
    for (size_t i = 0; i < MAPS_MAX; i++)
        if (maps[i].size && maps[i].address == (uintptr_t)address)
            maps[i].size = 0;
    pthread_mutex_unlock(&changing);
    munmap(address, NAX_MAX(size, (size_t)1));
}

int nax_file_checksum(const char *path, uint64_t *sum, struct nax_err *err)
{
    void *bytes;
    size_t size;
    /* without opening it: whoever writes to a FIFO would take that for its reader, and go */
    int status = nax_file_check_regular(path, err);
    if (!status)
        status = nax_file_map(path, &bytes, &size, err);
    if (status)
        return status;
    *sum = nax_checksum(0, bytes, size);
    nax_file_unmap(bytes, size);
    return 0;
}

const char *nax_file_mapped_at(const void *address)
{
    for (size_t i = 0; i < MAPS_MAX; i++)
        if ((uintptr_t)address - maps[i].address < maps[i].size)
            return maps[i].path;
    return NULL;
}
