/* Runs gnuplot: in a locale of UTF-8, its picture into a file, its warnings to people. */
#include "plot.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
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

int plot_run(const struct plot *plot, const char *path, struct nax_err *err)
{
    char temporary[4096], line[512];
    int code, ended = 0, status = 0;
    if (snprintf(temporary, sizeof temporary, "%s.tmp.%ld", path, (long)getpid()) >=
        (int)sizeof temporary)
        return nax_err_set(err, NAX_ERR_VALUE, "path too long: '%s'", path);
    FILE *said = tmpfile();
    if (!said)
        return nax_err_io(err, "cannot write: 'temporary file'");
    int out = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (out < 0) {
        status = nax_err_io(err, "cannot write: '%s'", path);
        fclose(said);
        return status;
    }
    if ((code = run(plot->script, out, said, &ended))) {
        errno = code;
        status = nax_err_io(err, "cannot run: 'gnuplot'");
    }
    rewind(said);
    if (!status && ended)
        status = failure(said, path, err);
    else if (!status && (lseek(out, 0, SEEK_END) <= 0 || fsync(out) || rename(temporary, path)))
        status = nax_err_io(err, "cannot write: '%s'", path);
    if (status)
        unlink(temporary);
    for (const char *s; !status && (s = next_line(said, line, sizeof line));)
        tool_say(plot->tool, "gnuplot: %s", s);
    close(out);
    fclose(said);
    return status;
}
