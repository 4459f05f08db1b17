/* What the unit tests of lib/record share: streams in memory, and records with every type. */
#ifndef NAX_TEST_RECORD_H
#define NAX_TEST_RECORD_H

#include "nax/record.h"
#include "nax/rng.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

struct text {
    char *p;
    size_t n;
};

/* A file in memory with these bytes, as a path. */
struct file {
    int fd;
    char path[32];
};

static inline struct file file_of(const void *bytes, size_t n)
{
    struct file f = {.fd = memfd_create("stream", 0)};
    assert_true(f.fd >= 0);
    assert_int_equal(write(f.fd, bytes, n), n);
    snprintf(f.path, sizeof f.path, "/proc/self/fd/%d", f.fd);
    return f;
}

static inline bool record_equal(const struct nax_record *a, const struct nax_record *b)
{
    if (nax_record_n(a) != nax_record_n(b))
        return false;
    for (size_t i = 0; i < nax_record_n(a); i++)
        if (strcmp(nax_record_name(a, i), nax_record_name(b, i)) ||
            !nax_value_is_equal(nax_record_value(a, i), nax_record_value(b, i)))
            return false;
    return true;
}

/* Writes the records [n] as one segment. */
static inline struct text write_all(struct nax_record *const *r, size_t n, enum nax_format format)
{
    struct text out;
    FILE *f = open_memstream(&out.p, &out.n);
    struct nax_writer *w;
    struct nax_err err;
    struct nax_prog prog = {"nax-test", "0.1", "nax-test 'a b'", UINT64_MAX, "- -"};
    assert_int_equal(nax_writer_open(&w, f, "memory", format, "candidate", &err), 0);
    assert_int_equal(nax_writer_add_prog(w, &prog, &err), 0);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(nax_writer_put(w, r[i], &err), 0);
    assert_int_equal(nax_writer_close(w, false, &err), 0);
    fclose(f);
    return out;
}

/* Reads bytes to their end: the number of records, and the error (status 0: none). Records are
 * printed as JSON into *json when it is given. */
static inline size_t read_all(const void *bytes, size_t n, size_t max_record, struct nax_err *err,
                              struct text *json)
{
    struct file file = file_of(bytes, n);
    const char *paths[] = {file.path};
    struct nax_reader *reader;
    struct nax_writer *w = NULL;
    struct nax_record *r = nax_record_alloc();
    FILE *f = json ? open_memstream(&json->p, &json->n) : NULL;
    size_t count = 0;
    int status;
    *err = (struct nax_err){.status = NAX_OK};
    if (f)
        assert_int_equal(nax_writer_open(&w, f, "memory", NAX_FORMAT_JSON, "", err), 0);
    assert_int_equal(nax_reader_open(&reader, paths, 1, max_record, err), 0);
    while ((status = nax_reader_next(reader, r, err)) > 0) {
        count++;
        if (w)
            assert_int_equal(nax_writer_put(w, r, err), 0);
    }
    assert_int_equal(status, err->status);
    assert_int_equal(nax_record_n(r), 0);
    struct nax_err again = {.status = NAX_OK};
    assert_int_equal(nax_reader_next(reader, r, &again), status); /* it stays there */
    assert_string_equal(again.text, err->text);
    nax_reader_close(reader);
    assert_int_equal(nax_writer_close(w, false, err), 0);
    if (f)
        fclose(f);
    nax_record_free(r);
    close(file.fd);
    return count;
}

/* The error's text without the path before ": record". */
static inline const char *place(const struct nax_err *err)
{
    const char *p = strstr(err->text, "record ");
    return p ? p : err->text;
}

/* A record with every type, of fields that CSV knows. */
static inline void fill_known(struct nax_record *r, int i)
{
    int64_t kernel[] = {3, 0, 7}, one[] = {128};
    double g[] = {1.0 / 3 + i, 2, 5e-324}, one_g[] = {2.385};
    char id[20];
    snprintf(id, sizeof id, "%d", 12345678 + i);
    nax_record_clear(r);
    int status = nax_record_set_string(r, "id", id); /* looks like a number, is none */
    status |= nax_record_set_string(r, "space", i & 1 ? "true" : "");
    status |= nax_record_set_string(r, "network", "a, \"b\"\r\nc ");
    status |= nax_record_set_string(r, "status", " \xc3\xa4 ");
    status |= i & 1 ? nax_record_set_ints(r, "kernel", kernel, 3)
                    : nax_record_set_ints(r, "kernel", one, 1);
    status |= nax_record_set_ints(r, "crossbar", NULL, 0);
    status |= nax_record_set_int(r, "seed", INT64_MIN + i);
    status |= nax_record_set_float(r, "accuracy", i);
    status |= nax_record_set_float(r, "energy_pj", DBL_MAX / (i + 1));
    status |= nax_record_set_float(r, "crowding", i & 1 ? -INFINITY : (double)NAN);
    status |= nax_record_set_float(r, "latency_ns", -0.0);
    status |= i & 1 ? nax_record_set_floats(r, "g_siemens", g, 3)
                    : nax_record_set_floats(r, "g_siemens", one_g, 1);
    status |= nax_record_set_null(r, "checkpoint");
    assert_int_equal(status, 0);
}

#endif
