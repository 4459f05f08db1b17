/* What the processor can do, and the clock. */
#include "nax/base.h"

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const char *const isa_name[NAX_ISA_COUNT] = {"baseline", "avx2", "avx512", "avx512-bf16",
                                                    "amx"};

#if defined(__x86_64__)
enum { N_ISA = NAX_ISA_COUNT };
#else
enum { N_ISA = NAX_ISA_BASELINE + 1 };
#endif

#if defined(__x86_64__)
/* CPUID's leaf 7, whose bits here gcc 12 and clang 14 share no names for. The processor has
 * AVX-512, and so has the leaf. */
static bool has_avx512_bf16(void)
{
    unsigned a = 7, b, c = 1, d; /* subleaf 1 */
    __asm__("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    return a >> 5 & 1;
}

/* Tiles, their products of bf16 and of bytes, and a kernel that lets programs have tiles. */
static bool has_amx(void)
{
    enum { GET_XCOMP_SUPP = 0x1021, TILE_DATA = 18 }; /* of arch_prctl(2) */
    unsigned a = 7, b, c = 0, d;
    uint64_t states = 0;
    __asm__("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    return (d >> 22 & 1) && (d >> 24 & 1) && (d >> 25 & 1) &&
           !syscall(SYS_arch_prctl, GET_XCOMP_SUPP, &states) && (states >> TILE_DATA & 1);
}
#endif

static enum nax_isa isa_of_processor(void)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    bool is_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (is_avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        return !has_avx512_bf16() ? NAX_ISA_AVX512 : has_amx() ? NAX_ISA_AMX : NAX_ISA_AVX512_BF16;
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
    return nax_isa() >= NAX_ISA_AVX512_BF16;
}

double nax_clock_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}
