/* How many threads to use: of all that the machine has, what this process was given. */
#include "threads.h"
#include "nax/base.h"

#include <omp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_SIZE = 4096 };

static int threads_wanted; /* 0: the default */

/* Numbers of processors, of which the least counts; 0: not known. */
static int least(int a, int b)
{
    return !a ? b : !b ? a : NAX_MIN(a, b);
}

/* A quota of microseconds a period as processors, of which a part counts as one. */
static int processors(double quota, double period)
{
    return quota > 0 && period > 0 ? (int)((quota + period - 1) / period) : 0;
}

/* Up to two numbers of a file; one that is "max", or not there, is 0. */
static void read_numbers(const char *path, double n[2])
{
    char line[128] = "", *rest = line;
    FILE *file = fopen(path, "re");
    if (file && !fgets(line, sizeof line, file))
        *line = 0;
    if (file)
        fclose(file);
    if (!strncmp(line, "max", strlen("max")))
        rest += strlen("max");
    else
        n[0] = strtod(rest, &rest);
    n[1] = strtod(rest, NULL);
}

static int quota_of(const char *folder, bool is_v1)
{
    char path[2 * LINE_SIZE + 32];
    double quota[2] = {0, 0}, period[2] = {0, 0};
    snprintf(path, sizeof path, "%s/%s", folder, is_v1 ? "cpu.cfs_quota_us" : "cpu.max");
    read_numbers(path, quota);
    if (!is_v1)
        return processors(quota[0], quota[1]);
    snprintf(path, sizeof path, "%s/cpu.cfs_period_us", folder);
    read_numbers(path, period);
    return processors(quota[0], period[0]);
}

/* Of a group and of all above it. */
static int quota_along(const char *mount, const char *group, bool is_v1)
{
    char folder[2 * LINE_SIZE];
    int n = snprintf(folder, sizeof folder, "%s%s", mount, group), found = 0;
    const size_t n_mount = strlen(mount);
    for (size_t end = (size_t)NAX_MAX(n, 0); end >= n_mount && end < sizeof folder; end--)
        if (!folder[end] || folder[end] == '/') {
            folder[end] = 0;
            found = least(found, quota_of(folder, is_v1));
        }
    return found;
}

/* A line of /proc/self/cgroup is NUMBER:CONTROLLERS:GROUP, without controllers in version 2. */
int nax_cgroup_processors(const char *root)
{
    char path[LINE_SIZE], line[LINE_SIZE], mount[LINE_SIZE];
    int found = 0;
    snprintf(path, sizeof path, "%s/proc/self/cgroup", root);
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof line, file)) {
        char *controllers = strchr(line, ':'),
             *group = controllers ? strchr(controllers + 1, ':') : NULL;
        if (!group)
            continue;
        *group++ = 0;
        controllers++;
        group[strcspn(group, "\n")] = 0;
        bool is_v2 = !*controllers;
        bool is_cpu = false;
        for (char *rest = controllers, *word; (word = strsep(&rest, ","));)
            is_cpu |= !strcmp(word, "cpu");
        if (!is_v2 && !is_cpu)
            continue;
        snprintf(mount, sizeof mount, "%s/sys/fs/cgroup%s", root, is_v2 ? "" : "/cpu");
        found = least(found, quota_along(mount, group, !is_v2));
    }
    if (file)
        fclose(file);
    return found;
}

int nax_slurm_processors(void)
{
    const char *text = getenv("SLURM_CPUS_PER_TASK");
    long n = text ? strtol(text, NULL, 10) : 0;
    return n > 0 && n <= INT16_MAX ? (int)n : 0;
}

static int threads_given(void)
{
    cpu_set_t set;
    int n = sched_getaffinity(0, sizeof set, &set) ? omp_get_num_procs() : CPU_COUNT(&set);
    return least(least(n, nax_slurm_processors()), nax_cgroup_processors(""));
}

void nax_threads_set(int n)
{
    threads_wanted = n < 1 ? 0 : n;
}

int nax_threads(void)
{
    static int given; /* two threads that race here write the same value */
    if (threads_wanted)
        return threads_wanted;
    if (getenv("OMP_NUM_THREADS"))
        return omp_get_max_threads();
    int n = __atomic_load_n(&given, __ATOMIC_RELAXED);
    if (!n)
        __atomic_store_n(&given, n = threads_given(), __ATOMIC_RELAXED);
    return n;
}
