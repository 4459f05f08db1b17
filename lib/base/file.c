/* Files that appear whole or not at all, the folders that they go into, and files to read. */
#include "nax/base.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

/* Hidden, so that no pattern of files meant takes one in; of one length, so that a name that is as
 * long as a file system allows has its temporary too. */
static const char before[] = ".nax-", after[] = ".tmp";
enum { DIGITS = 16, NAME_SIZE = sizeof before + DIGITS + sizeof after, ATTEMPTS = 64 };

static const size_t max_write = (size_t)1 << 30; /* Linux takes at most 2 GiB a call */

struct nax_file {
    char *path;
    char *temporary; /* NULL: a device or a FIFO, which is written straight to */
    int fd;          /* holds an flock while the temporary lives: whose is free has been left */
    int failure;     /* errno of the first write that failed, or 0 */
    FILE *stream;
    struct nax_file *next;
};

static pthread_mutex_t listing = PTHREAD_MUTEX_INITIALIZER;
static struct nax_file *files; /* that have a temporary */

static bool is_temporary(const char *name)
{
    size_t n = sizeof before - 1;
    return !strncmp(name, before, n) && strspn(name + n, "0123456789abcdef") == DIGITS &&
           !strcmp(name + n + DIGITS, after);
}

/* Removes what writers left who were killed. */
static void clear_folder(const char *folder)
{
    DIR *dir = opendir(folder);
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        if (!is_temporary(entry->d_name))
            continue;
        int fd = openat(dirfd(dir), entry->d_name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (fd >= 0 && !flock(fd, LOCK_EX | LOCK_NB))
            unlinkat(dirfd(dir), entry->d_name, 0);
        if (fd >= 0)
            close(fd);
    }
    if (dir)
        closedir(dir);
}

/* Bytes of the path up to its last name. */
static size_t folder_length(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? (size_t)(slash - path) + 1 : 0;
}

static char *folder_of(const char *path)
{
    size_t n = folder_length(path);
    return n ? strndup(path, n) : strdup(".");
}

/* Whether it is locked, and nobody who clears up was faster than the lock. */
static bool own(int fd)
{
    struct stat st;
    bool is_taken = flock(fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK;
    return !is_taken && !fstat(fd, &st) && st.st_nlink;
}

/* A new file of a name that nobody can foresee; false: errno tells why. */
static bool make_temporary(struct nax_file *file)
{
    size_t n = folder_length(file->path);
    for (int i = 0; i < ATTEMPTS; i++) {
        uint64_t digits;
        if (getrandom(&digits, sizeof digits, 0) != sizeof digits)
            return false;
        snprintf(file->temporary, n + NAME_SIZE, "%.*s%s%016" PRIx64 "%s", (int)n, file->path,
                 before, digits, after);
        file->fd =
            open(file->temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
        if (file->fd >= 0 && own(file->fd))
            return true;
        if (file->fd >= 0)
            close(file->fd);
        else if (errno != EEXIST)
            return false;
    }
    errno = EEXIST;
    return false;
}

/* Keeps the first failure: of a stream only whether there was one would be known. */
static ssize_t write_bytes(void *self, const char *bytes, size_t size)
{
    struct nax_file *file = self;
    for (size_t done = 0; done < size && !file->failure;) {
        ssize_t n = write(file->fd, bytes + done, NAX_MIN(size - done, max_write));
        if (n >= 0)
            done += (size_t)n;
        else if (errno != EINTR)
            file->failure = errno;
    }
    if (!file->failure)
        return (ssize_t)size;
    errno = file->failure;
    return 0;
}

static void enlist(struct nax_file *file)
{
    pthread_mutex_lock(&listing);
    file->next = files;
    files = file;
    pthread_mutex_unlock(&listing);
}

static void strike(const struct nax_file *file)
{
    pthread_mutex_lock(&listing);
    for (struct nax_file **at = &files; *at; at = &(*at)->next)
        if (*at == file) {
            *at = file->next;
            break;
        }
    pthread_mutex_unlock(&listing);
}

static void release(struct nax_file *file)
{
    if (file->temporary)
        strike(file);
    if (file->stream)
        fclose(file->stream); /* what its buffer holds goes nowhere: see write_bytes */
    if (file->fd >= 0)
        close(file->fd);
    free(file->path);
    free(file->temporary);
    free(file);
}

/* Whether the path names a descriptor of a process: "/dev/stderr", "/dev/fd/3". Whatever that is, a
 * regular file or not, its place is not in that folder. */
static bool is_descriptor(const char *path, const char *folder)
{
    static const char proc[] = "/proc/";
    char text[PATH_MAX] = "";
    bool is_link_to = readlink(path, text, sizeof text - 1) > 0 && !strncmp(text, proc, 6);
    return is_link_to || (realpath(folder, text) && !strncmp(text, proc, 6));
}

static bool open_straight(struct nax_file *file)
{
    file->fd = open(file->path, O_WRONLY | O_NOCTTY | O_CLOEXEC | O_APPEND);
    return file->fd >= 0;
}

/* Opens a device, or makes a temporary; false: errno tells why. */
static bool open_target(struct nax_file *file)
{
    struct stat st;
    char *folder = folder_of(file->path);
    bool is_there = !stat(file->path, &st);
    if (folder && is_there && (!S_ISREG(st.st_mode) || is_descriptor(file->path, folder))) {
        free(folder);
        return open_straight(file);
    }
    file->temporary = nax_calloc(folder_length(file->path) + NAME_SIZE, 1);
    if (folder)
        clear_folder(folder);
    free(folder);
    bool is_made = file->temporary && make_temporary(file);
    if (is_made) {
        enlist(file);
    } else { /* nothing to remove */
        free(file->temporary);
        file->temporary = NULL;
        file->fd = -1;
    }
    return is_made;
}

int nax_file_begin(struct nax_file **out, const char *path, struct nax_err *err)
{
    const cookie_io_functions_t functions = {.write = write_bytes};
    struct nax_file *file = nax_calloc(1, sizeof *file);
    if (!file || !(file->path = nax_strdup(path))) {
        free(file);
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", path);
    }
    file->fd = -1;
    if (!open_target(file) || !(file->stream = fopencookie(file, "w", functions))) {
        int status = nax_err_io(err, "cannot write: '%s'", path);
        nax_file_abandon(file);
        return status;
    }
    *out = file;
    return 0;
}

FILE *nax_file_stream(struct nax_file *file)
{
    return file->stream;
}

bool nax_file_is_device(const struct nax_file *file)
{
    return !file->temporary;
}

/* The folder's entry for path reaches the disk too. */
static bool sync_folder(const char *path)
{
    char *folder = folder_of(path);
    int fd = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    free(folder);
    if (fd < 0)
        return false;
    bool is_done = fsync(fd) == 0 || errno == EINVAL; /* some file systems cannot */
    close(fd);
    return is_done;
}

int nax_file_commit(struct nax_file *file, struct nax_err *err)
{
    bool is_done = !fflush(file->stream);
    if (file->failure) {
        errno = file->failure;
        is_done = false;
    }
    if (file->temporary)
        is_done = is_done && !fsync(file->fd) && !rename(file->temporary, file->path);
    if (!is_done) {
        int status = nax_err_io(err, "cannot write: '%s'", file->path);
        nax_file_abandon(file);
        return status;
    }
    int status = !file->temporary || sync_folder(file->path)
                     ? 0
                     : nax_err_io(err, "cannot write: '%s'", file->path);
    release(file);
    return status;
}

void nax_file_abandon(struct nax_file *file)
{
    if (!file)
        return;
    file->failure = ECANCELED;
    if (file->temporary)
        unlink(file->temporary);
    release(file);
}

void nax_file_abandon_all(void)
{
    pthread_mutex_lock(&listing);
    for (const struct nax_file *file = files; file; file = file->next)
        unlink(file->temporary);
    pthread_mutex_unlock(&listing);
}

int nax_file_check(const char *path, struct nax_err *err)
{
    struct nax_file *file;
    int status = nax_file_begin(&file, path, err);
    if (!status)
        nax_file_abandon(file);
    return status;
}

/* Every folder on the way that is missing. */
static bool make_folders(char *path)
{
    for (char *end = path + strspn(path, "/"); (end = strchr(end, '/')); end++) {
        *end = 0;
        bool is_made = !mkdir(path, 0777) || errno == EEXIST;
        *end = '/';
        if (!is_made)
            return false;
    }
    return !mkdir(path, 0777) || errno == EEXIST;
}

int nax_folder_make(const char *path, struct nax_err *err)
{
    struct stat st;
    char *copy = nax_strdup(path);
    if (!copy)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", path);
    bool is_made = make_folders(copy) && !stat(path, &st);
    if (is_made && !S_ISDIR(st.st_mode)) {
        errno = ENOTDIR;
        is_made = false;
    }
    free(copy);
    if (!is_made)
        return nax_err_io(err, "cannot make folder: '%s'", path);
    clear_folder(path);
    return 0;
}

/* --- files to read --- */

enum { GUARDED_MAX = 8 };
static struct stat guarded[GUARDED_MAX];
static size_t n_guarded;

void nax_file_guard(const char *path)
{
    struct stat *st = &guarded[n_guarded];
    if (path && n_guarded < GUARDED_MAX)
        n_guarded += !stat(path, st) && S_ISREG(st->st_mode);
}

int nax_file_check_guard(int fd, const char *path, struct nax_err *err)
{
    struct stat st;
    for (size_t i = 0; i < n_guarded && !fstat(fd, &st); i++)
        if (st.st_dev == guarded[i].st_dev && st.st_ino == guarded[i].st_ino)
            return nax_err_set(err, NAX_ERR_VALUE,
                               "this file is written and needed besides; write to another: '%s'",
                               path);
    return 0;
}

static int fail_irregular(const struct stat *st, const char *path, struct nax_err *err)
{
    return nax_err_set(err, NAX_ERR_IO, "%snot a regular file: '%s'",
                       S_ISFIFO(st->st_mode) ? "a pipe, to be written to a file first, is " : "",
                       path);
}

int nax_file_check_regular(const char *path, struct nax_err *err)
{
    struct stat st;
    return !stat(path, &st) && !S_ISREG(st.st_mode) ? fail_irregular(&st, path, err) : 0;
}

int nax_file_open(const char *path, FILE **file, size_t *size, struct nax_err *err)
{
    struct stat st;
    int status = 0, fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return nax_err_io(err, "cannot open: '%s'", path);
    if (fstat(fd, &st))
        status = nax_err_io(err, "cannot read: '%s'", path);
    else if (!S_ISREG(st.st_mode))
        status = fail_irregular(&st, path, err);
    else if (!(status = nax_file_check_guard(fd, path, err)) && !(*file = fdopen(fd, "r")))
        status = nax_err_io(err, "cannot open: '%s'", path);
    if (status)
        close(fd);
    else
        *size = (size_t)st.st_size;
    return status;
}
