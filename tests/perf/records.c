/* Processor time per record of reading, and of reading and writing, candidates as msgpack and CSV;
 * and of msgpack-c, which makes its own trees of objects of the same bytes.
 *
 * Usage: records FILE N; prints samples, and leaves the N records as FILE.csv. */
#include "nax/record.h"

#include <msgpack.h>
#include <stdlib.h>
#include <time.h>

enum { n_slots = 18 };
static int n_records;

/* Of this process: what else runs on the machine counts less. */
static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static _Noreturn void die(const struct nax_err *err)
{
    fprintf(stderr, "%s\n", err->text);
    exit(1);
}

static void make(const char *path, enum nax_format format)
{
    struct nax_err err;
    struct nax_writer *w;
    FILE *file = fopen(path, "w");
    struct nax_record *r = nax_record_alloc();
    if (!file || !r || nax_writer_open(&w, file, path, format, "candidate", &err))
        exit(1);
    for (int i = 0; i < n_records; i++) {
        int64_t kernel[n_slots], crossbar[n_slots];
        char id[20];
        for (int k = 0; k < n_slots; k++) {
            kernel[k] = 3 + 2 * (i >> k & 1);
            crossbar[k] = 16 << (i * 7 + k) % 4;
        }
        snprintf(id, sizeof id, "%016llx", (unsigned long long)i * 0x9e3779b97f4a7c15u);
        nax_record_clear(r);
        if (nax_record_set_string(r, "id", id) || nax_record_set_string(r, "space", "cifar10") ||
            nax_record_set_string(r, "network", "resnet20") ||
            nax_record_set_ints(r, "kernel", kernel, n_slots) ||
            nax_record_set_ints(r, "crossbar", crossbar, n_slots) ||
            nax_record_set_int(r, "seed", i) || nax_record_set_float(r, "energy_pj", i * 1.1) ||
            nax_record_set_float(r, "latency_ns", i / 3.0) ||
            nax_record_set_float(r, "area_mm2", 1.0 / (i + 3)) ||
            nax_record_set_float(r, "edap_pj_ns_mm2", i * 0.7e9))
            exit(1);
        if (nax_writer_put(w, r, &err))
            die(&err);
    }
    if (nax_writer_close(w, false, &err))
        die(&err);
    fclose(file);
    nax_record_free(r);
}

/* Microseconds a record. */
static double measure(const char *path, enum nax_format format)
{
    struct nax_err err;
    struct nax_reader *reader;
    struct nax_writer *w;
    struct nax_record *r = nax_record_alloc();
    FILE *null = fopen("/dev/null", "w");
    double start = cpu_seconds();
    if (!r || !null || nax_reader_open(&reader, &path, 1, 0, &err) ||
        nax_writer_open(&w, null, "null", format, "candidate", &err))
        die(&err);
    int status;
    while ((status = nax_reader_next(reader, r, &err)) > 0)
        if (format != NAX_FORMAT_AUTO && nax_writer_put(w, r, &err))
            die(&err);
    if (status || nax_writer_close(w, false, &err))
        die(&err);
    double seconds = cpu_seconds() - start;
    nax_reader_close(reader);
    nax_record_free(r);
    fclose(null);
    return 1e6 * seconds / n_records;
}

static double measure_objects(const char *path)
{
    enum { block = 1 << 17 };
    FILE *file = fopen(path, "r");
    msgpack_unpacker unpacker;
    msgpack_unpacked object;
    msgpack_unpacked_init(&object);
    double start = cpu_seconds();
    if (!file || !msgpack_unpacker_init(&unpacker, block))
        exit(1);
    size_t n, n_objects = 0;
    do {
        if (!msgpack_unpacker_reserve_buffer(&unpacker, block))
            exit(1);
        n = fread(msgpack_unpacker_buffer(&unpacker), 1, block, file);
        msgpack_unpacker_buffer_consumed(&unpacker, n);
        while (msgpack_unpacker_next(&unpacker, &object) == MSGPACK_UNPACK_SUCCESS)
            n_objects++;
    } while (n);
    double seconds = cpu_seconds() - start;
    msgpack_unpacked_destroy(&object);
    msgpack_unpacker_destroy(&unpacker);
    fclose(file);
    if (n_objects != (size_t)n_records + 2)
        exit(1);
    return 1e6 * seconds / n_records;
}

int main(int argc, char **argv)
{
    char csv[4096];
    if (argc != 3 || (n_records = atoi(argv[2])) < 1 ||
        (size_t)snprintf(csv, sizeof csv, "%s.csv", argv[1]) >= sizeof csv)
        return 2;
    make(argv[1], NAX_FORMAT_MSGPACK);
    make(csv, NAX_FORMAT_CSV);
    printf("read msgpack-c %.3f\n", measure_objects(argv[1]));
    printf("read nax %.3f\n", measure(argv[1], NAX_FORMAT_AUTO));
    printf("read_write nax %.3f\n", measure(argv[1], NAX_FORMAT_MSGPACK));
    printf("csv nax %.3f\n", measure(csv, NAX_FORMAT_CSV));
}
