/* Unit tests of files that appear whole: what a failure, a kill, a link and a crowd leave. */
#include "nax/base.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/nax-file-XXXXXX", path[64];

static int make(void **state)
{
    (void)state;
    snprintf(path, sizeof path, "%s/target", mkdtemp(folder));
    return 0;
}

static int leave(void **state)
{
    (void)state;
    unlink(path);
    int status = rmdir(folder); /* fails when a temporary was left behind */
    memcpy(folder + strlen(folder) - 6, "XXXXXX", 6);
    return status;
}

static size_t n_entries(void)
{
    size_t n = 0;
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    while (readdir(dir))
        n++;
    closedir(dir);
    return n - 2;
}

static void holds(const char *expected)
{
    char text[64] = "";
    FILE *f;
    size_t size;
    struct nax_err err;
    assert_int_equal(nax_file_open(path, &f, &size, &err), 0);
    assert_int_equal(fread(text, 1, sizeof text - 1, f), strlen(expected));
    assert_string_equal(text, expected);
    assert_int_equal(size, strlen(expected));
    fclose(f);
}

static void put(const char *text)
{
    struct nax_file *file;
    struct nax_err err;
    assert_int_equal(nax_file_begin(&file, path, &err), 0);
    assert_false(nax_file_is_device(file));
    fputs(text, nax_file_stream(file));
    assert_int_equal(nax_file_commit(file, &err), 0);
}

static void old_or_new_and_nothing_between(void **state)
{
    (void)state;
    struct nax_file *file;
    struct nax_err err;
    mode_t mask = umask(027);
    put("first");
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
    umask(mask);
    assert_int_equal(nax_file_begin(&file, path, &err), 0);
    fputs("second", nax_file_stream(file));
    fflush(nax_file_stream(file));
    holds("first");
    assert_int_equal(n_entries(), 2);
    nax_file_abandon(file);
    holds("first");
    assert_int_equal(n_entries(), 1);
    put("third");
    holds("third");
    assert_int_equal(nax_file_check(path, &err), 0);
    holds("third");
    nax_file_abandon(NULL);
}

static void a_link_is_replaced_and_not_followed(void **state)
{
    (void)state;
    char other[80];
    snprintf(other, sizeof other, "%s/other", folder);
    int fd = open(other, O_CREAT | O_WRONLY, 0600);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(symlink(other, path), 0);
    put("new");
    struct stat st;
    assert_int_equal(lstat(path, &st), 0);
    assert_true(S_ISREG(st.st_mode));
    assert_int_equal(stat(other, &st), 0);
    assert_int_equal(st.st_size, 0);
    assert_int_equal(unlink(other), 0);
}

/* The first failure is told, though later writes find another or none. */
static void a_failed_write_is_told(void **state)
{
    (void)state;
    struct nax_file *file;
    struct nax_err err;
    static char big[1 << 18];
    memset(big, 'x', sizeof big);
    put("old");
    struct rlimit limit, small;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    small = limit;
    small.rlim_cur = 4096;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(nax_file_begin(&file, path, &err), 0);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    fwrite(big, 1, sizeof big, nax_file_stream(file));
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    fputs("more", nax_file_stream(file));
    assert_int_equal(nax_file_commit(file, &err), NAX_ERR_IO);
    assert_non_null(strstr(err.text, "cannot write: '"));
    assert_non_null(strstr(err.text, "target': File too large"));
    holds("old");
    assert_int_equal(n_entries(), 1);
}

static void devices_are_written_straight(void **state)
{
    (void)state;
    struct nax_file *file;
    struct nax_err err;
    assert_int_equal(nax_file_begin(&file, "/dev/null", &err), 0);
    assert_true(nax_file_is_device(file));
    fputs("gone", nax_file_stream(file));
    assert_int_equal(nax_file_commit(file, &err), 0);
    assert_int_equal(nax_file_begin(&file, "/dev/full", &err), 0);
    fputs("lost", nax_file_stream(file));
    assert_int_equal(nax_file_commit(file, &err), NAX_ERR_IO);
    assert_string_equal(err.text, "cannot write: '/dev/full': No space left on device");
    put("as it was, ");
    int fd = open(path, O_WRONLY | O_APPEND);
    char descriptor[32];
    snprintf(descriptor, sizeof descriptor, "/dev/fd/%d", fd);
    assert_int_equal(nax_file_begin(&file, descriptor, &err), 0);
    assert_true(nax_file_is_device(file));
    fputs("and more", nax_file_stream(file));
    assert_int_equal(nax_file_commit(file, &err), 0);
    close(fd);
    holds("as it was, and more");
    assert_int_equal(nax_file_begin(&file, folder, &err), NAX_ERR_IO);
    assert_non_null(strstr(err.text, "Is a directory"));
    assert_int_equal(nax_file_begin(&file, "/no/such/place", &err), NAX_ERR_IO);
    assert_string_equal(err.text, "cannot write: '/no/such/place': No such file or directory");
}

/* A child that is killed while it writes, and one that still lives. */
static void what_the_dead_left_is_cleared(void **state)
{
    (void)state;
    struct nax_err err;
    struct nax_file *file;
    int ready[2];
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    if (!child) {
        if (nax_file_begin(&file, path, &err) || write(ready[1], "", 1) != 1)
            _exit(1);
        pause();
    }
    char byte;
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(nax_file_begin(&file, path, &err), 0);
    assert_int_equal(n_entries(), 2); /* the living one's stays */
    nax_file_abandon(file);
    assert_int_equal(n_entries(), 1);
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
    close(ready[0]);
    close(ready[1]);
    char mine[96];
    snprintf(mine, sizeof mine, "%s/.nax-0123456789abcdeX.tmp", folder); /* no temporary's name */
    int fd = open(mine, O_CREAT | O_WRONLY, 0600);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(nax_folder_make(folder, &err), 0);
    assert_int_equal(n_entries(), 1);
    assert_int_equal(unlink(mine), 0);
}

static void an_end_takes_all_temporaries(void **state)
{
    (void)state;
    struct nax_err err;
    struct nax_file *a, *b;
    assert_int_equal(nax_file_begin(&a, path, &err), 0);
    assert_int_equal(nax_file_begin(&b, path, &err), 0);
    assert_int_equal(n_entries(), 2);
    nax_file_abandon_all();
    assert_int_equal(n_entries(), 0);
    nax_file_abandon(a);
    nax_file_abandon(b);
}

/* Processes that clear up while others begin lose nobody's file. */
static void a_crowd_in_one_folder(void **state)
{
    (void)state;
    enum { N = 6, TIMES = 60 };
    pid_t child[N];
    struct nax_err err;
    for (int k = 0; k < N; k++)
        if (!(child[k] = fork())) {
            struct nax_file *file;
            for (int i = 0; i < TIMES; i++) {
                if (nax_file_begin(&file, path, &err))
                    _exit(1);
                fputs("whole", nax_file_stream(file));
                if (nax_file_commit(file, &err))
                    _exit(2);
            }
            _exit(0);
        }
    for (int k = 0; k < N; k++) {
        int status;
        assert_int_equal(waitpid(child[k], &status, 0), child[k]);
        assert_int_equal(status, 0);
    }
    holds("whole");
    assert_int_equal(n_entries(), 1);
}

static void folders_on_the_way_are_made(void **state)
{
    (void)state;
    struct nax_err err;
    char deep[96], file[80];
    snprintf(deep, sizeof deep, "%s/a//b/c/", folder);
    assert_int_equal(nax_folder_make(deep, &err), 0);
    assert_int_equal(nax_folder_make(deep, &err), 0);
    put("");
    assert_int_equal(nax_folder_make(path, &err), NAX_ERR_IO);
    assert_non_null(strstr(err.text, "cannot make folder: '"));
    assert_non_null(strstr(err.text, "': Not a directory"));
    for (const char *const *part = (const char *const[]){"a/b/c", "a/b", "a", NULL}; *part;
         part++) {
        snprintf(file, sizeof file, "%s/%s", folder, *part);
        assert_int_equal(rmdir(file), 0);
    }
}

static void only_regular_files_are_read(void **state)
{
    (void)state;
    struct nax_err err;
    FILE *f;
    size_t size;
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(nax_file_open(path, &f, &size, &err), NAX_ERR_IO); /* and does not wait */
    assert_non_null(strstr(err.text, "not a regular file: '"));
    assert_int_equal(nax_file_open("/dev/zero", &f, &size, &err), NAX_ERR_IO);
    assert_string_equal(err.text, "not a regular file: '/dev/zero'");
    assert_int_equal(nax_file_open("/no/such", &f, &size, &err), NAX_ERR_IO);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(old_or_new_and_nothing_between), TEST(a_link_is_replaced_and_not_followed),
        TEST(a_failed_write_is_told),         TEST(devices_are_written_straight),
        TEST(what_the_dead_left_is_cleared),  TEST(an_end_takes_all_temporaries),
        TEST(a_crowd_in_one_folder),          TEST(folders_on_the_way_are_made),
        TEST(only_regular_files_are_read),
    };
    return cmocka_run_group_tests_name("file", tests, NULL, NULL);
}
