/* Runs a command; then its processor seconds, those that passed, and the most MiB that it had
 * resident go into a file.
 *
 * Usage: used FILE COMMAND [ARGUMENT ...] */
#include "nax/base.h"

#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static double seconds_of(struct timeval t)
{
    return (double)t.tv_sec + 1e-6 * (double)t.tv_usec;
}

int main(int argc, char **argv)
{
    struct rusage used;
    int status;
    if (argc < 3)
        return 2;
    double start = nax_clock_seconds();
    pid_t pid = fork();
    if (!pid)
        execvp(argv[2], argv + 2);
    if (pid <= 0 || wait4(pid, &status, 0, &used) != pid) {
        perror(argv[2]);
        return 1;
    }
    double passed = nax_clock_seconds() - start;
    FILE *file = fopen(argv[1], "w");
    if (!file ||
        fprintf(file, "%.4f %.4f %.1f\n", seconds_of(used.ru_utime) + seconds_of(used.ru_stime),
                passed, (double)used.ru_maxrss / 1024) < 0 ||
        fclose(file))
        return 1;
    return status != 0;
}
