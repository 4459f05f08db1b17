/* What the processor can do, how many threads to use, and the clock. */
#include "nax/base.h"

#include <omp.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>

static const char *const isa_name[NAX_ISA_COUNT] = {"baseline", "avx2", "avx512"};

#if defined(__x86_64__)
enum { N_ISA = NAX_ISA_COUNT };
#else
enum { N_ISA = NAX_ISA_BASELINE + 1 };
#endif

static enum nax_isa isa_of_processor(void)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    bool is_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (is_avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        return NAX_ISA_AVX512;
    if (is_avx2)
        return NAX_ISA_AVX2;
#endif
    return NAX_ISA_BASELINE;
}

enum nax_isa nax_isa(void)
{
    static int chosen = -1; /* two threads that race here write the same value */
    int isa = __atomic_load_n(&chosen, __ATOMIC_RELAXED);
    if (isa >= 0)
        return (enum nax_isa)isa;
    isa = (int)isa_of_processor();
    size_t most;
    if (!nax_environment_word("NAX_ISA", isa_name, N_ISA, &most, NULL))
        isa = NAX_MIN(isa, (int)most);
    __atomic_store_n(&chosen, isa, __ATOMIC_RELAXED);
    return (enum nax_isa)isa;
}

int nax_isa_check(struct nax_err *err)
{
    size_t most;
    return nax_environment_word("NAX_ISA", isa_name, N_ISA, &most, err);
}

const char *nax_isa_name(enum nax_isa isa)
{
    return isa_name[isa];
}

bool nax_has_bf16(void)
{
#if defined(__x86_64__)
    /* CPUID leaf 7, subleaf 1, EAX bit 5: gcc 12 and clang 14 share no name for it */
    unsigned a = 7, b, c = 1, d;
    __asm__("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    return nax_isa() == NAX_ISA_AVX512 && (a >> 5 & 1);
#else
    return false;
#endif
}

static int threads_wanted; /* 0: the default */

void nax_threads_set(int n)
{
    threads_wanted = n < 1 ? 0 : n;
}

int nax_threads(void)
{
    if (threads_wanted)
        return threads_wanted;
    if (getenv("OMP_NUM_THREADS"))
        return omp_get_max_threads();
    cpu_set_t set;
    if (!sched_getaffinity(0, sizeof set, &set))
        return CPU_COUNT(&set);
    return omp_get_num_procs();
}

double nax_clock_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}
