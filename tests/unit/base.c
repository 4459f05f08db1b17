/* Unit tests of lib/base: errors, memory, random numbers, configuration files. */
#include "nax/base.h"
#include "nax/rng.h"

#include "../../lib/base/threads.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void error_is_one_line(void **state)
{
    (void)state;
    struct nax_err err;
    assert_int_equal(nax_err_set(&err, NAX_ERR_VALUE, "no such: '%s'", "a\nb"), NAX_ERR_VALUE);
    assert_string_equal(err.text, "no such: 'a?b'");
    nax_err_prefix(&err, "file: record %d", 7);
    assert_string_equal(err.text, "file: record 7: no such: 'a?b'");
    assert_int_equal(err.status, NAX_ERR_VALUE);
}

static void the_first_error_of_several_threads_stays(void **state)
{
    (void)state;
    struct nax_err err = {0};
    int status = 0;
    nax_err_keep_first(&status, &err, &(struct nax_err){0});
    assert_int_equal(status, 0);
#pragma omp parallel for num_threads(4)
    for (int i = 0; i < 1000; i++) {
        struct nax_err own = {0};
        if (i % 3 == 1)
            nax_err_set(&own, i % 2 ? NAX_ERR_VALUE : NAX_ERR_IO, "status %d", i % 2 ? -4 : -2);
        nax_err_keep_first(&status, &err, &own);
    }
    assert_int_equal(status, err.status); /* of one error, not of two */
    assert_int_equal(atoi(err.text + strlen("status ")), status);
    struct nax_err later = {.status = NAX_ERR_NUMERIC, .text = "later"};
    nax_err_keep_first(&status, &err, &later);
    assert_true(status == NAX_ERR_VALUE || status == NAX_ERR_IO);
    status = 0;
    nax_err_keep_first(&status, NULL, &later);
    assert_int_equal(status, NAX_ERR_NUMERIC);
}

static void division_rounds_up(void **state)
{
    (void)state;
    for (size_t n = 0; n < 100; n++) {
        size_t parts = NAX_CEIL_DIV(n, 7), all = NAX_ROUND_UP(n, 7);
        assert_true(parts * 7 >= n && (parts == 0 || (parts - 1) * 7 < n));
        assert_int_equal(all, parts * 7);
    }
    assert_int_equal(NAX_CEIL_DIV((int64_t)5 << 40, (int64_t)1 << 40), 5);
}

static void aligned_memory_is_zero_and_aligned(void **state)
{
    (void)state;
    size_t sizes[] = {1, 63, 4097, 5u << 20};
    for (size_t i = 0; i < 4; i++) {
        unsigned char *p = nax_aligned_calloc(sizes[i], 1);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % 64, 0);
        for (size_t k = 0; k < sizes[i]; k++)
            assert_int_equal(p[k], 0);
        nax_aligned_free(p);
    }
    assert_null(nax_aligned_calloc(SIZE_MAX / 2, 3));
    assert_null(nax_calloc(SIZE_MAX / 2, 3));
}

static void arrays_double_as_they_grow(void **state)
{
    (void)state;
    size_t *at = NULL, n_moves = 0;
    for (size_t n = 0; n < 1000; n++) {
        size_t *grown = nax_grow(at, n, sizeof *grown);
        assert_non_null(grown);
        if (n && n & (n - 1))
            assert_ptr_equal(grown, at);
        else
            n_moves++;
        at = grown;
        at[n] = n;
    }
    assert_int_equal(n_moves, 11); /* before 0, 1, 2, 4, …, 512 */
    for (size_t n = 0; n < 1000; n++)
        assert_int_equal(at[n], n);
    free(at);
    assert_null(nax_grow(NULL, SIZE_MAX / 8 + 1, 16)); /* a power of two, twice which has no size */
}

/* Known answer of philox4x64-10 for zero counter and key (Random123's kat_vectors). */
static void philox_known_answer(void **state)
{
    (void)state;
    uint64_t out[4];
    nax_rng_block(0, (enum nax_rng_what)0, 0, 0, 0, 0, out);
    assert_true(out[0] == 0x16554d9eca36314cu && out[1] == 0xdb20fe9d672d0fdcu &&
                out[2] == 0xd7e772cee186176bu && out[3] == 0x7e68b68aec7ba23bu);
}

static void random_moments(void **state)
{
    (void)state;
    enum { n = 1000000 };
    struct nax_rng rng = nax_rng_at(11, NAX_RNG_TEST, 1, 2, 3);
    double sum = 0, square = 0, uniform = 0;
    size_t below[7] = {0};
    for (int i = 0; i < n; i++) {
        double x = nax_rng_normal(&rng);
        sum += x;
        square += x * x;
        uniform += nax_rng_uniform(&rng);
        below[nax_rng_below(&rng, 7)]++;
    }
    assert_true(fabs(sum / n) < 4 / sqrt(n));
    assert_true(fabs(square / n - 1) < 4 * sqrt(2.0 / n));
    assert_true(fabs(uniform / n - 0.5) < 4 * sqrt(1.0 / 12 / n));
    for (int k = 0; k < 7; k++)
        assert_true(fabs((double)below[k] - n / 7.0) < 4 * sqrt(n / 7.0));
}

static void streams_differ_by_every_key(void **state)
{
    (void)state;
    struct nax_rng a[] = {
        nax_rng_at(1, NAX_RNG_TEST, 0, 0, 0), nax_rng_at(2, NAX_RNG_TEST, 0, 0, 0),
        nax_rng_at(1, NAX_RNG_INIT, 0, 0, 0), nax_rng_at(1, NAX_RNG_TEST, 1, 0, 0),
        nax_rng_at(1, NAX_RNG_TEST, 0, 1, 0), nax_rng_at(1, NAX_RNG_TEST, 0, 0, 1)};
    uint64_t first[6];
    for (int i = 0; i < 6; i++) {
        first[i] = nax_rng_u64(&a[i]);
        for (int k = 0; k < i; k++)
            assert_true(first[i] != first[k]);
    }
}

static void config_files_are_found(void **state)
{
    (void)state;
    struct nax_err err;
    char *text, path[256];
    size_t size;
    assert_int_equal(nax_config_read("networks", "resnet20", &text, &size, path, &err), 0);
    assert_int_equal(strlen(text), size);
    assert_string_equal(path, "networks/resnet20.yaml");
    free(text);
    assert_int_equal(nax_config_read("networks", "none", &text, &size, path, &err), NAX_ERR_VALUE);
    static const char begin[] = "no such file among networks: 'none'; there are ";
    assert_memory_equal(err.text, begin, sizeof begin - 1);
    assert_int_equal(nax_config_read("networks", "/none.yaml", &text, &size, path, &err),
                     NAX_ERR_IO);
    assert_non_null(nax_config_builtin("networks", 0));
    assert_null(nax_config_builtin("networks", 1000));
}

/* The definition, byte by byte: FNV-1a (Fowler, Noll, Vo), and the finaliser of splitmix64. */
static uint64_t hash_bytes(uint64_t seed, const unsigned char *bytes, size_t n)
{
    uint64_t h = 0xcbf29ce484222325u ^ seed;
    for (size_t i = 0; i < n; i++)
        h = (h ^ bytes[i]) * 0x100000001b3u;
    h = (h ^ h >> 30) * 0xbf58476d1ce4e5b9u;
    h = (h ^ h >> 27) * 0x94d049bb133111ebu;
    return h ^ h >> 31;
}

static void hashes_are_those_of_the_bytes(void **state)
{
    (void)state;
    unsigned char bytes[64] = {0};
    for (size_t place = 0; place <= 32; place++) { /* small integers, but for one byte */
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = (unsigned char)(i == place ? 167 : i % 8 ? 0 : 13 * i);
        for (size_t start = 0; start < 3; start++)
            for (size_t n = 0; n <= sizeof bytes - start; n++)
                assert_true(nax_hash(n, bytes + start, n) == hash_bytes(n, bytes + start, n));
    }
}

/* Whatever bit is turned over, and wherever the content ends. */
static void checksums_see_every_bit(void **state)
{
    (void)state;
    unsigned char bytes[200];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(i * 37);
    for (size_t n = 0; n < sizeof bytes; n++) {
        uint64_t sum = nax_checksum(7, bytes, n);
        assert_true(sum != nax_checksum(8, bytes, n));
        assert_true(sum != nax_checksum(7, bytes, n + 1));
        for (size_t bit = 0; bit < 8 * n; bit++) {
            bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
            assert_true(sum != nax_checksum(7, bytes, n));
            bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
        }
        assert_true(sum == nax_checksum(7, bytes, n));
    }
    /* files are exchanged: it stays what it is */
    assert_true(nax_checksum(7, bytes, 0) != nax_checksum(7, "\0", 1));
}

/* What a process takes that has the word in its environment: it decides once, so that nobody may
 * have asked before. */
static int isa_by(const char *word)
{
    int status;
    pid_t child = fork();
    if (!child) {
        setenv("NAX_ISA", word, 1);
        _exit((int)nax_isa());
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void words_only_lower_the_instruction_set(void **state)
{
    (void)state;
    int own = isa_by("");
    assert_true(own < NAX_ISA_COUNT);
    for (int isa = 0; isa < NAX_ISA_COUNT; isa++)
        assert_int_equal(isa_by(nax_isa_name((enum nax_isa)isa)), NAX_MIN(isa, own));
    assert_int_equal(isa_by("avx3"), own);
}

/* root/path holds this; folders on the way are made. */
static void write_below(const char *root, const char *path, const char *text)
{
    char whole[512], folder[512];
    struct nax_err err;
    snprintf(whole, sizeof whole, "%s/%s", root, path);
    snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(whole, '/') - whole), whole);
    assert_int_equal(nax_folder_make(folder, &err), 0);
    FILE *file = fopen(whole, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void quotas_of_control_groups_count_processors(void **state)
{
    (void)state;
    char root[] = "/tmp/nax-cgroup-XXXXXX", command[64];
    assert_non_null(mkdtemp(root));
    assert_int_equal(nax_cgroup_processors(root), 0); /* there are none */
    write_below(root, "proc/self/cgroup", "0::/job_7/step_0\n");
    assert_int_equal(nax_cgroup_processors(root), 0); /* nor quotas */
    write_below(root, "sys/fs/cgroup/job_7/step_0/cpu.max", "max 100000\n");
    assert_int_equal(nax_cgroup_processors(root), 0);
    write_below(root, "sys/fs/cgroup/job_7/cpu.max", "250000 100000\n"); /* of one above it */
    assert_int_equal(nax_cgroup_processors(root), 3);
    write_below(root, "sys/fs/cgroup/job_7/step_0/cpu.max", "20000 100000\n");
    assert_int_equal(nax_cgroup_processors(root), 1);
    write_below(root, "sys/fs/cgroup/job_7/step_0/cpu.max", "800000 100000\n");
    assert_int_equal(nax_cgroup_processors(root), 3);
    /* version 1, beside a controller whose name begins so */
    write_below(root, "proc/self/cgroup",
                "3:cpuset:/other\n2:cpuacct,cpu:/job\n1:name=systemd:/\n");
    write_below(root, "sys/fs/cgroup/cpu/job/cpu.cfs_period_us", "50000\n");
    write_below(root, "sys/fs/cgroup/cpu/job/cpu.cfs_quota_us", "-1\n");
    assert_int_equal(nax_cgroup_processors(root), 0);
    write_below(root, "sys/fs/cgroup/cpu/job/cpu.cfs_quota_us", "200000\n");
    assert_int_equal(nax_cgroup_processors(root), 4);
    snprintf(command, sizeof command, "rm -r %s", root);
    assert_int_equal(system(command), 0);
}

static void slurm_says_how_many_processors(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int n;
    } cases[] = {{"3", 3}, {"", 0}, {"-2", 0}, {"none", 0}, {"99999999", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        setenv("SLURM_CPUS_PER_TASK", cases[i].text, 1);
        assert_int_equal(nax_slurm_processors(), cases[i].n);
    }
    /* at the first call of the process: one, unless OpenMP is told */
    setenv("SLURM_CPUS_PER_TASK", "1", 1);
    unsetenv("OMP_NUM_THREADS");
    nax_threads_set(0);
    assert_int_equal(nax_threads(), 1);
    nax_threads_set(5);
    assert_int_equal(nax_threads(), 5);
    nax_threads_set(0);
    unsetenv("SLURM_CPUS_PER_TASK");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_only_lower_the_instruction_set), /* before all that asks for it */
        cmocka_unit_test(slurm_says_how_many_processors), /* before all that asks for threads */
        cmocka_unit_test(quotas_of_control_groups_count_processors),
        cmocka_unit_test(error_is_one_line),
        cmocka_unit_test(the_first_error_of_several_threads_stays),
        cmocka_unit_test(division_rounds_up),
        cmocka_unit_test(aligned_memory_is_zero_and_aligned),
        cmocka_unit_test(arrays_double_as_they_grow),
        cmocka_unit_test(philox_known_answer),
        cmocka_unit_test(random_moments),
        cmocka_unit_test(streams_differ_by_every_key),
        cmocka_unit_test(config_files_are_found),
        cmocka_unit_test(hashes_are_those_of_the_bytes),
        cmocka_unit_test(checksums_see_every_bit),
    };
    return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
