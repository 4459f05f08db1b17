/* Weights by their name, in a folder or for the run. */
#include "weights.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

/* What this process knows of some weights. */
struct entry {
    char name[WEIGHTS_NAME_SIZE];
    bool is_taken;
    struct weights_state state;
    int lock; /* descriptor of the lock file while they are taken, or -1 */
    off_t at; /* of the values, without a folder */
};

struct weights_store {
    const char *folder;
    pthread_mutex_t mutex;
    struct entry *entries;
    size_t n;
    FILE *values; /* without a folder, once there are some */
};

int weights_store_open(struct weights_store **store, const char *folder, struct nax_err *err)
{
    struct weights_store *s = nax_calloc(1, sizeof *s);
    if (!s)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'weights'");
    s->folder = folder;
    pthread_mutex_init(&s->mutex, NULL);
    *store = s;
    return 0;
}

void weights_store_close(struct weights_store *store)
{
    if (!store)
        return;
    if (store->values)
        fclose(store->values);
    pthread_mutex_destroy(&store->mutex);
    free(store->entries);
    free(store);
}

bool weights_is_name(const char *text)
{
    return strlen(text) == WEIGHTS_NAME_SIZE - 1 &&
           strspn(text, "0123456789abcdef") == WEIGHTS_NAME_SIZE - 1;
}

static void path_of(const struct weights_store *store, const char *name, const char *ending,
                    char path[WEIGHTS_PATH_SIZE])
{
    *path = 0;
    if (store->folder)
        snprintf(path, WEIGHTS_PATH_SIZE, "%s/%s%s", store->folder, name, ending);
}

void weights_path(const struct weights_store *store, const char *name, char path[WEIGHTS_PATH_SIZE])
{
    path_of(store, name, ".safetensors", path);
}

void weights_part_path(const struct weights_store *store, const char *name,
                       char path[WEIGHTS_PATH_SIZE])
{
    path_of(store, name, ".part.safetensors", path);
}

/* The store's lock is held. NULL: out of memory. */
static struct entry *find(struct weights_store *store, const char *name)
{
    for (size_t i = 0; i < store->n; i++)
        if (!strcmp(store->entries[i].name, name))
            return &store->entries[i];
    struct entry *entries = nax_grow(store->entries, store->n, sizeof *entries);
    if (!entries)
        return NULL;
    store->entries = entries;
    entries[store->n] = (struct entry){.lock = -1};
    snprintf(entries[store->n].name, sizeof entries->name, "%s", name);
    return &entries[store->n++];
}

/* 1: the file is locked, and *lock holds it; 0: somebody else does; or an error. A file that was
 * removed between its opening and its locking is none; NFS keeps it under another name while it is
 * open here, and calls it stale where it was removed elsewhere. */
static int try_lock(const char *path, int *lock, struct nax_err *err)
{
    struct stat own, named;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (fd < 0)
        return nax_err_io(err, "cannot create: '%s'", path);
    if (flock(fd, LOCK_EX | LOCK_NB)) {
        bool is_held = errno == EWOULDBLOCK || errno == EINTR || errno == ESTALE;
        int status = is_held ? 0 : nax_err_io(err, "cannot lock: '%s'", path);
        close(fd);
        return status;
    }
    if (fstat(fd, &own) || stat(path, &named) || own.st_ino != named.st_ino) {
        close(fd);
        return 0;
    }
    *lock = fd;
    return 1;
}

/* 1: taken; 0: somebody else has them; or an error. */
static int try_take(struct weights_store *store, const char *name, struct nax_err *err)
{
    char path[WEIGHTS_PATH_SIZE];
    struct entry *e = find(store, name);
    if (!e)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'weights'");
    if (e->is_taken)
        return 0;
    path_of(store, name, ".lock", path);
    int status = *path ? try_lock(path, &e->lock, err) : 1;
    e->is_taken = status == 1;
    return status;
}

int weights_take(struct weights_store *store, const char *name, struct weights_state *state,
                 struct nax_err *err)
{
    static const struct timespec pause = {.tv_nsec = 50 * 1000 * 1000};
    char path[WEIGHTS_PATH_SIZE];
    int status = 0;
    while (!status) {
        if (nax_is_stopped())
            return nax_err_set(err, NAX_ERR_STOPPED, "interrupted while others train: 'weights %s'",
                               name);
        pthread_mutex_lock(&store->mutex);
        status = try_take(store, name, err);
        pthread_mutex_unlock(&store->mutex);
        if (!status)
            nanosleep(&pause, NULL);
    }
    if (status < 0)
        return status;
    pthread_mutex_lock(&store->mutex);
    *state = find(store, name)->state;
    pthread_mutex_unlock(&store->mutex);
    weights_path(store, name, path);
    if (*path)
        state->is_finished = !access(path, F_OK);
    return 0;
}

void weights_give_back(struct weights_store *store, const char *name,
                       const struct weights_state *state)
{
    char path[WEIGHTS_PATH_SIZE];
    path_of(store, name, ".lock", path);
    pthread_mutex_lock(&store->mutex);
    struct entry *e = find(store, name);
    e->is_taken = false;
    e->state = *state;
    if (e->lock >= 0) {
        unlink(path);
        close(e->lock);
    }
    e->lock = -1;
    pthread_mutex_unlock(&store->mutex);
}

int weights_check_space(const struct weights_store *store, size_t size, struct nax_err *err)
{
    struct statvfs info;
    if (!store->folder || statvfs(store->folder, &info) || !info.f_blocks)
        return 0; /* some file systems do not say */
    double left = (double)info.f_bavail * (double)info.f_frsize;
    if ((double)size <= left)
        return 0;
    return nax_err_set(err, NAX_ERR_IO, "weights take %.1f MiB, and %.1f are left: '%s'",
                       (double)size / 0x1p20, left / 0x1p20, store->folder);
}

/* --- without a folder --- */

static int open_values(struct weights_store *store, struct nax_err *err)
{
    const char *folder = getenv("TMPDIR");
    char path[WEIGHTS_PATH_SIZE];
    snprintf(path, sizeof path, "%s/nax-weights-XXXXXX", folder && *folder ? folder : "/tmp");
    int fd = mkostemp(path, O_CLOEXEC);
    if (fd < 0)
        return nax_err_io(err, "cannot create: '%s'", path);
    unlink(path);
    store->values = fdopen(fd, "w+");
    return store->values ? 0 : nax_err_io(err, "cannot open: '%s'", path);
}

int weights_keep(struct weights_store *store, const char *name, const struct nax_model *model,
                 struct nax_err *err)
{
    size_t n = model->n_values;
    pthread_mutex_lock(&store->mutex);
    int status = store->values ? 0 : open_values(store, err);
    if (!status && (fseeko(store->values, 0, SEEK_END) ||
                    (find(store, name)->at = ftello(store->values)) < 0 ||
                    fwrite(model->values, sizeof *model->values, n, store->values) != n ||
                    fwrite(model->pixel_mean, sizeof model->pixel_mean, 1, store->values) != 1 ||
                    fwrite(model->pixel_sd, sizeof model->pixel_sd, 1, store->values) != 1 ||
                    fflush(store->values)))
        status = nax_err_io(err, "cannot write: 'weights %s'", name);
    pthread_mutex_unlock(&store->mutex);
    return status;
}

int weights_fill(struct weights_store *store, const char *name, struct nax_model *model,
                 struct nax_err *err)
{
    size_t n = model->n_values;
    pthread_mutex_lock(&store->mutex);
    int status = 0;
    if (fseeko(store->values, find(store, name)->at, SEEK_SET) ||
        fread(model->values, sizeof *model->values, n, store->values) != n ||
        fread(model->pixel_mean, sizeof model->pixel_mean, 1, store->values) != 1 ||
        fread(model->pixel_sd, sizeof model->pixel_sd, 1, store->values) != 1)
        status = nax_err_io(err, "cannot read: 'weights %s'", name);
    model->has_pixels = !status;
    pthread_mutex_unlock(&store->mutex);
    return status;
}
