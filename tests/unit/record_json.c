/* Unit tests of lib/record: reading JSON. */
#include "record.h"

static void json_keeps_known_fields(void **state)
{
    (void)state;
    enum { n = 6 };
    struct nax_record *r[n], *back = nax_record_alloc();
    for (int i = 0; i < n; i++) {
        r[i] = nax_record_alloc();
        fill_known(r[i], i);
    }
    struct text json = write_all(r, n, NAX_FORMAT_JSON);
    struct file file = file_of(json.p, json.n);
    const char *paths[] = {file.path};
    struct nax_reader *reader;
    struct nax_err err;
    assert_int_equal(nax_reader_open(&reader, paths, 1, 0, &err), 0);
    for (int i = 0; i < n; i++) {
        assert_int_equal(nax_reader_next(reader, back, &err), 1);
        assert_true(record_equal(r[i], back));
        nax_record_free(r[i]);
    }
    assert_int_equal(nax_reader_next(reader, back, &err), 0);
    assert_int_equal(nax_reader_format(reader), NAX_FORMAT_JSON);
    assert_string_equal(nax_reader_kind(reader), "");
    nax_reader_close(reader);
    nax_record_free(back);
    free(json.p);
    close(file.fd);
}

static void json_types_values(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"{\"x\":12}", "{\"x\":12}\n"},
        {"{\"x\":-9223372036854775808}", "{\"x\":-9223372036854775808}\n"},
        {"{\"x\":2.0,\"y\":1e3,\"z\":-0.0}", "{\"x\":2.0,\"y\":1000.0,\"z\":-0.0}\n"},
        {"{\"x\":5e-324}", "{\"x\":4.94065645841247e-324}\n"},
        {"{\"x\":\"nan\",\"y\":\"-inf\",\"z\":\"NaN\"}",
         "{\"x\":\"nan\",\"y\":\"-inf\",\"z\":\"NaN\"}\n"},
        {"{\"x\":true,\"y\":false,\"z\":null}", "{\"x\":true,\"y\":false,\"z\":null}\n"},
        {"{\"x\":[3,-5],\"y\":[3,5.5,\"inf\"],\"z\":[]}",
         "{\"x\":[3,-5],\"y\":[3.0,5.5,\"inf\"],\"z\":[]}\n"},
        /* known fields */
        {"{\"accuracy\":1,\"seed\":3.0,\"kernel\":3,\"crossbar\":[16.0]}",
         "{\"accuracy\":1.0,\"seed\":3,\"kernel\":[3],\"crossbar\":[16]}\n"},
        {"{\"v_v\":[1,2],\"g_siemens\":0.5,\"i_a\":[]}",
         "{\"v_v\":[1.0,2.0],\"g_siemens\":[0.5],\"i_a\":[]}\n"},
        {"{\"id\":\"nan\",\"crowding\":\"inf\"}", "{\"id\":\"nan\",\"crowding\":\"inf\"}\n"},
        /* texts, white space, several objects */
        {"{\"x\":\"a\\u00e4\\n\\\"}\\\\\"}", "{\"x\":\"a\xc3\xa4\\u000a\\\"}\\\\\"}\n"},
        {" \n{ \"x\" :\r\n\t1 }{}\n\n{\"y\":2}\n ", "{\"x\":1}\n{}\n{\"y\":2}\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct nax_err err;
        struct text json;
        const char *in =
            cases[i].in + strspn(cases[i].in, " \n"); /* a file begins with its brace */
        read_all(in, strlen(in), 0, &err, &json);
        assert_string_equal(err.text, "");
        assert_string_equal(json.p, cases[i].out);
        free(json.p);
    }
}

static void json_errors_name_their_line(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        size_t n_records;
        const char *text; /* how it begins: the rest are the parser's words */
    } cases[] = {
        {"[{\"x\":1}]", 0,
         "record 1: line 1: a list of records: one object a line, as jq -c '.[]' makes it"},
        {"{\"x\":1}\n7\n", 1, "record 2: line 2: no object where a record should be"},
        {"{\"x\":1}\n\n{\"x\":", 1, "record 2: line 3: the file ends inside a record"},
        {"{\"x\":\"}\n", 0, "record 1: line 1: the file ends inside a record"},
        {"{\"x\":1}\n{\"x\":\n1,}\n", 1, "record 2: line 3: no JSON: "},
        {"{\"x\":1]\n", 0, "record 1: line 1: no JSON: "},
        {"{\"x\":NaN}\n", 0, "record 1: line 1: no JSON: "},
        {"{\"x\":1,\"x\":2}\n", 0, "record 1: line 1: no JSON: duplicate object key"},
        {"{\"x\":1e999}\n", 0, "record 1: line 1: no JSON: real number overflow"},
        {"{\"x\":9223372036854775808}\n", 0, "record 1: line 1: no JSON: too big integer"},
        {"{\"x\":\"\xff\"}\n", 0, "record 1: line 1: no JSON: unable to decode byte 0xff"},
        {"{\"x\":\"\\u0000\"}\n", 0, "record 1: line 1: no JSON: "},
        {"{\"x\":{}}\n", 0, "record 1: line 1: field 'x': not a value, but an object"},
        {"{\"x\":[[1]]}\n", 0, "record 1: line 1: a list or an object inside a field's value"},
        {"{\"x\":[1,\"a\"]}\n", 0, "record 1: line 1: field 'x': not numbers"},
        {"{\"x\":[1,null]}\n", 0, "record 1: line 1: field 'x': not numbers"},
        {"{\"seed\":1.5}\n", 0, "record 1: line 1: field 'seed': not an integer"},
        {"{\"seed\":1e300}\n", 0, "record 1: line 1: field 'seed': not an integer"},
        {"{\"accuracy\":\"half\"}\n", 0, "record 1: line 1: field 'accuracy': not a number"},
        {"{\"accuracy\":true}\n", 0, "record 1: line 1: field 'accuracy': not a number"},
        {"{\"kernel\":\"3 5\"}\n", 0, "record 1: line 1: field 'kernel': not integers"},
        {"{\"kernel\":[3,2.5]}\n", 0, "record 1: line 1: field 'kernel': not integers"},
        {"{\"id\":12}\n", 0, "record 1: line 1: field 'id': not a string"},
        {"{\"\":1}\n", 0, "record 1: line 1: an empty name: ''"},
        {"{\"end\":1}\n", 0, "record 1: line 1: a reserved name: 'end'"},
        {"{\"7\":1}\n", 0,
         "record 1: line 1: a name that does not begin with a letter or underscore: '7'"},
    };
    struct nax_err err;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(read_all(cases[i].json, strlen(cases[i].json), 0, &err, NULL),
                         cases[i].n_records);
        assert_int_equal(strncmp(place(&err), cases[i].text, strlen(cases[i].text)), 0);
    }
}

static void json_width_is_bounded(void **state)
{
    (void)state;
    struct nax_err err;
    char *wide = nax_calloc(20000, 1), *at = wide;
    for (int i = 0; i < 1025; i++)
        at += sprintf(at, "%s\"a%d\":1", i ? "," : "{", i);
    strcpy(at, "}");
    assert_int_equal(read_all(wide, strlen(wide), 0, &err, NULL), 0);
    assert_string_equal(place(&err), "record 1: line 1: more than 1024 fields");
    free(wide);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_keeps_known_fields),
        cmocka_unit_test(json_types_values),
        cmocka_unit_test(json_errors_name_their_line),
        cmocka_unit_test(json_width_is_bounded),
    };
    return cmocka_run_group_tests_name("record_json", tests, NULL, NULL);
}
