/* What a process was given of a machine's processors, each 0 where nothing says. */
#ifndef NAX_BASE_THREADS_H
#define NAX_BASE_THREADS_H

/* By the quotas of its control groups, of version 1 and 2; root: "", or a folder that holds proc
 * and sys of a test. A part of a processor counts as one. */
int nax_cgroup_processors(const char *root);
/* By SLURM_CPUS_PER_TASK, where Slurm does not bind tasks to processors. */
int nax_slurm_processors(void);

#endif
