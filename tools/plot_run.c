/* Runs gnuplot: in a locale of UTF-8, its picture into a file, its warnings to people. */
#include "plot.h"

#include <errno.h>
#include <locale.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* gnuplot complains of every locale whose characters are not UTF-8, such as that of an empty
 * environment. Where the system has none of these, the user's own may be one. */
static void choose_locale(void)
{
    static const char *const names[] = {"C.UTF-8", "en_US.UTF-8"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        locale_t locale = newlocale(LC_ALL_MASK, names[i], NULL);
        if (!locale)
            continue;
        freelocale(locale);
        setenv("LC_ALL", names[i], 1);
        return;
    }
}

/* Starts gnuplot and waits for its end; 0, or an errno. status: of waitpid. */
static int run(FILE *script, int out, FILE *said, int *status)
{
    char program[] = "gnuplot", *argv[] = {program, NULL};
    posix_spawn_file_actions_t actions;
    pid_t pid;
    if (fflush(script) || lseek(fileno(script), 0, SEEK_SET) < 0)
        return errno;
    int code = posix_spawn_file_actions_init(&actions);
    if (code)
        return code;
    choose_locale();
    if (!(code = posix_spawn_file_actions_adddup2(&actions, fileno(script), STDIN_FILENO)) &&
        !(code = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO)) &&
        !(code = posix_spawn_file_actions_adddup2(&actions, fileno(said), STDERR_FILENO)))
        code = posix_spawnp(&pid, program, &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    return code ? code : waitpid(pid, status, 0) < 0 ? errno : 0;
}

/* The next line with something in it, without its margins; NULL at the end. */
static char *next_line(FILE *said, char *line, int size)
{
    while (fgets(line, size, said)) {
        char *start = line + strspn(line, " \t\n");
        size_t n = strlen(start);
        while (n && strchr(" \t\n", start[n - 1]))
            start[--n] = 0;
        if (n)
            return start;
    }
    return NULL;
}

/* gnuplot goes on past a command that failed: the first "line 3: reason" is why. */
static int failure(FILE *said, const char *path, struct nax_err *err)
{
    char line[512];
    for (const char *s; (s = next_line(said, line, sizeof line));)
        if (!strncmp(s, "line ", 5) && strstr(s, ": ") && !strstr(s, "warning:"))
            return nax_err_set(err, NAX_ERR_IO, "gnuplot failed: '%s'%s", path, strchr(s, ':'));
    return nax_err_set(err, NAX_ERR_IO, "gnuplot failed: '%s'", path);
}

/* The picture, from memory into its file. */
static int keep(FILE *picture, const char *path, struct nax_err *err)
{
    char block[1 << 16];
    struct nax_file *file;
    int status = nax_file_begin(&file, path, err);
    if (status)
        return status;
    rewind(picture);
    for (size_t n; (n = fread(block, 1, sizeof block, picture));)
        fwrite(block, 1, n, nax_file_stream(file));
    if (!ferror(picture))
        return nax_file_commit(file, err);
    status = nax_err_io(err, "cannot read: 'picture of gnuplot'");
    nax_file_abandon(file);
    return status;
}

FILE *plot_memory(void)
{
    int fd = memfd_create("nax-plot", MFD_CLOEXEC);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w+");
    if (!file && fd >= 0)
        close(fd);
    return file;
}

int plot_run(const struct plot *plot, const char *path, struct nax_err *err)
{
    char line[512];
    int code, ended = 0, status = 0;
    FILE *picture = plot_memory(), *said = plot_memory();
    if (!picture || !said) {
        status = nax_err_io(err, "out of memory: '%s'", path);
        goto out;
    }
    if ((code = run(plot->script, fileno(picture), said, &ended))) {
        errno = code;
        status = nax_err_io(err, "cannot run: 'gnuplot'");
        goto out;
    }
    rewind(said);
    if (ended || lseek(fileno(picture), 0, SEEK_END) <= 0)
        status = failure(said, path, err);
    if (!status)
        status = keep(picture, path, err);
    for (const char *s; !status && (s = next_line(said, line, sizeof line));)
        tool_say(plot->tool, "gnuplot: %s", s);
out:
    if (picture)
        fclose(picture);
    if (said)
        fclose(said);
    return status;
}
