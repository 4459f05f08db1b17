/* Unit tests of lib/record: tables. */
#include "record.h"

/* The records of these lines of JSON, written as this format for a terminal of this width. */
static struct text show(const char *json, enum nax_format format, size_t width)
{
    struct file file = file_of(json, strlen(json));
    const char *paths[] = {file.path};
    struct nax_reader *reader;
    struct nax_writer *writer;
    struct nax_record *r = nax_record_alloc();
    struct nax_err err;
    struct text out;
    FILE *f = open_memstream(&out.p, &out.n);
    assert_int_equal(nax_reader_open(&reader, paths, 1, 0, &err), 0);
    assert_int_equal(nax_writer_open(&writer, f, "memory", format, "", &err), 0);
    nax_writer_set_width(writer, width);
    while (nax_reader_next(reader, r, &err) > 0)
        assert_int_equal(nax_writer_put(writer, r, &err), 0);
    assert_int_equal(nax_writer_close(writer, false, &err), 0);
    nax_reader_close(reader);
    nax_record_free(r);
    fclose(f);
    close(file.fd);
    return out;
}

static void tables_are_laid_out(void **state)
{
    (void)state;
    static const char designs[] =
        "{\"id\":\"ab\",\"kernel\":[3,5,7,3,5,7,3,5],\"energy_pj\":92810000.5,\"area_mm2\":7.1262,"
        "\"accuracy\":0.9}\n"
        "{\"id\":\"c\",\"kernel\":[3,3,3,3,3,3,3,3],\"energy_pj\":5600000,\"area_mm2\":12.5}\n";
    static const struct {
        const char *json;
        enum nax_format format;
        size_t width;
        const char *table;
    } cases[] = {
        {designs, NAX_FORMAT_TABLE, 0,
         "id  kernel           energy    area  accuracy\n"
         "    pixels               uJ     mm2\n"
         "--  ---------------  ------  ------  --------\n"
         "ab  3 5 7 3 5 7 3 5   92.81   7.126    0.9000\n"
         "c   3 3 3 3 3 3 3 3   5.600   12.50         -\n"},
        {designs, NAX_FORMAT_TABLE, 44,
         "id  kernel          energy    area  accuracy\n"
         "    pixels              uJ     mm2\n"
         "--  --------------  ------  ------  --------\n"
         "ab  3 5 7 3 .. [8]   92.81   7.126    0.9000\n"
         "c   3 3 3 3 .. [8]   5.600   12.50         -\n"},
        {designs, NAX_FORMAT_TABLE, 40,
         "id  energy    area  accuracy\n"
         "        uJ     mm2\n"
         "--  ------  ------  --------\n"
         "ab   92.81   7.126    0.9000\n"
         "c    5.600   12.50         -\n"
         "not shown: kernel (-f chooses)\n"},
        {designs, NAX_FORMAT_MD, 30,
         "| id  | kernel (pixels) | energy (uJ) | area (mm2) | accuracy |\n"
         "| --- | --------------- | ----------: | ---------: | -------: |\n"
         "| ab  | 3 5 7 3 5 7 3 5 |       92.81 |      7.126 |   0.9000 |\n"
         "| c   | 3 3 3 3 3 3 3 3 |       5.600 |      12.50 |          |\n"},
        {designs, NAX_FORMAT_TSV, 30,
         "id\tkernel\tenergy_pj\tarea_mm2\taccuracy\n"
         "ab\t3 5 7 3 5 7 3 5\t92810000.5\t7.1262\t0.9\n"
         "c\t3 3 3 3 3 3 3 3\t5600000.0\t12.5\t\n"},
        {"{\"x\":\"a,b\",\"y\":\"a\\tb\"}", NAX_FORMAT_TSV, 0, "x\ty\na,b\t\"a\tb\"\n"},
        /* numbers and units */
        {"{\"x\":1e-7}{\"x\":123456.5}{\"x\":9.9999}{\"x\":\"nan\"}{\"x\":-3.0}{\"x\":null}",
         NAX_FORMAT_TABLE, 0,
         "        x\n---------\n1.000e-07\n1.235e+05\n    10.00\n      nan\n       -3\n        "
         "-\n"},
        {"{\"macs\":40813184,\"latency_ns\":2385000,\"power_mw\":0.25,\"edap_pj_ns_mm2\":3.5e17,"
         "\"time_ns\":3e12,\"g_siemens\":[1e-5,2.385e-6],\"train_seconds\":2385.5,"
         "\"accuracy_sd\":0.00123}",
         NAX_FORMAT_TABLE, 0,
         "    macs  latency   power       edap    time  g         train_seconds  accuracy_sd\n"
         "               ms      uW  mJ ms mm2       s  uS                    s\n"
         "--------  -------  ------  ---------  ------  --------  -------------  -----------\n"
         "40813184    2.385     250        350    3000  10 2.385           2386     0.001230\n"},
        /* other fields: another table, where none is shared */
        {"{\"layer\":\"a\",\"x\":1}{\"layer\":\"b\",\"y\":2}{\"z\":3}{\"z\":null,\"b\":true,\"s\":"
         "\"\"}",
         NAX_FORMAT_TABLE, 0,
         "layer  y  x\n-----  -  -\na      -  1\nb      2  -\n"
         "\n"
         "z  b     s\n-  ----  -\n3  -     -\n-  true\n"},
        {"{\"s\":\"a|b\"}", NAX_FORMAT_MD, 0, "| s    |\n| ---- |\n| a\\|b |\n"},
        {"{\"s\":\"\xc3\xa4\\u001b[1m\xc2\x9b|\"}{\"s\":\"aaaaaaaaaaaaaaaaaaaa\"}",
         NAX_FORMAT_TABLE, 19, "s\n-------------------\n\xc3\xa4?[1m?|\naaaaaaaaaaaaaaaaa..\n"},
        {"{\"e\":[],\"x\":[1,2]}", NAX_FORMAT_TABLE, 0, "e   x\n--  ---\n[]  1 2\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct text out = show(cases[i].json, cases[i].format, cases[i].width);
        assert_string_equal(out.p, cases[i].table);
        free(out.p);
    }
}

/* What a flush has shown stands: later records go by its columns. */
static void tables_go_on_after_a_flush(void **state)
{
    (void)state;
    struct nax_writer *writer;
    struct nax_record *r = nax_record_alloc();
    struct nax_err err;
    struct text out;
    FILE *f = open_memstream(&out.p, &out.n);
    assert_int_equal(nax_writer_open(&writer, f, "memory", NAX_FORMAT_TABLE, "", &err), 0);
    for (int i = 0; i < 3; i++) {
        nax_record_clear(r);
        assert_int_equal(nax_record_set_float(r, "energy_pj", i == 1 ? 20 : 2385), 0);
        if (i == 2)
            assert_int_equal(nax_record_set_int(r, "n", i), 0);
        assert_int_equal(nax_writer_put(writer, r, &err), 0);
        assert_int_equal(nax_writer_flush(writer, &err), 0);
        fflush(f);
        assert_int_equal(out.n, i == 0 ? 28 : i == 1 ? 36 : 74);
    }
    assert_int_equal(nax_writer_close(writer, false, &err), 0);
    fclose(f);
    assert_string_equal(out.p, "energy\n    nJ\n------\n 2.385\n0.02000\n"
                               "\nenergy  n\n    nJ\n------  -\n 2.385  2\n");
    free(out.p);
    nax_record_free(r);
}

/* Rows are out long before the end. */
static void tables_keep_a_window(void **state)
{
    (void)state;
    struct nax_writer *writer;
    struct nax_record *r = nax_record_alloc();
    struct nax_err err;
    struct text out;
    FILE *f = open_memstream(&out.p, &out.n);
    assert_int_equal(nax_writer_open(&writer, f, "memory", NAX_FORMAT_TABLE, "", &err), 0);
    assert_int_equal(nax_record_set_string(r, "id", "0123456789abcdef"), 0);
    for (int i = 0; i < 20000; i++)
        assert_int_equal(nax_writer_put(writer, r, &err), 0);
    fflush(f);
    assert_true(out.n > 10000 * 17);
    assert_int_equal(nax_writer_close(writer, false, &err), 0);
    fclose(f);
    assert_int_equal(out.n, 20002 * 17 - 14); /* the head's line is "id" */
    free(out.p);
    nax_record_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_are_laid_out),
        cmocka_unit_test(tables_go_on_after_a_flush),
        cmocka_unit_test(tables_keep_a_window),
    };
    return cmocka_run_group_tests_name("record_table", tests, NULL, NULL);
}
