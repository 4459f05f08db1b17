/* Unit tests of options as rows, and of names that were meant. */
#include "nax/option.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum colour { COLOUR_RED, COLOUR_HIDDEN, COLOUR_GREEN, COLOUR_BLUE };

static const struct nax_word colours[] = {{COLOUR_RED, "red", "", NULL, NULL},
                                          {COLOUR_HIDDEN, "hidden", "", NULL, NULL},
                                          {COLOUR_GREEN, "green", "", NULL, NULL},
                                          {COLOUR_BLUE, "blue", "", NULL, NULL}};
static NAX_WORDS(colour_words, colours, COLOUR_BLUE + 1);

struct thing {
    bool is_on, is_off;
    size_t count, other;
    double rate, time;
    enum colour colour;
    const char *path;
    struct nax_texts sets;
};

#define FIELD(name) NAX_OPTION_FIELD(struct thing, name)

static const struct nax_option rows[] = {
    {"on", NULL, "is switched off", FIELD(is_on), .value = true},
    {"off", NULL, "is switched on", FIELD(is_off)},
    {"count", "N", "how many", FIELD(count), .min = 3, .max = 17, .value = 5},
    {"other", "N", "without end", FIELD(other), .value = NAN},
    {"rate", "X", "how fast", FIELD(rate), .min = 1e-9, .max = 0.75, .value = 0.1},
    {"time", "X", "without default", FIELD(time), .value = NAN},
    {"colour", "WORD", "which", FIELD(colour), .words = &colour_words,
     .allowed = ~(1u << COLOUR_HIDDEN), .value = COLOUR_GREEN},
    {"path", "FILE", "where", FIELD(path), .text = "here"},
    {"set", "WORDS", "several", FIELD(sets)},
    {"plain", NULL, "no field", .mode = 1},
    {.name = NULL}};

static const struct nax_option *row(const char *name)
{
    const struct nax_option *o = rows;
    while (o->name && strcmp(o->name, name))
        o++;
    assert_non_null(o->name);
    return o;
}

static struct thing fresh(void)
{
    struct thing t;
    memset(&t, 0xA5, sizeof t);
    nax_options_default(rows, &t);
    return t;
}

static void defaults_come_from_the_rows(void **state)
{
    (void)state;
    struct thing t = fresh();
    assert_true(t.is_on);
    assert_false(t.is_off);
    assert_int_equal(t.count, 5);
    assert_int_equal(t.other, 0);
    assert_true(t.rate == 0.1);
    assert_true(isnan(t.time));
    assert_int_equal(t.colour, COLOUR_GREEN);
    assert_string_equal(t.path, "here");
    assert_int_equal(t.sets.n, 0);
}

static void texts_are_parsed(void **state)
{
    (void)state;
    struct thing t = fresh();
    const struct {
        const char *name, *text;
    } good[] = {{"on", NULL},     {"off", NULL},     {"count", "17"},    {"other", "99999999"},
                {"rate", "1e-9"}, {"time", "2.385"}, {"colour", "blue"}, {"path", "x"},
                {"set", "a=1"},   {"set", "b=2"},    {"plain", NULL}};
    struct nax_err err;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_int_equal(nax_option_parse(row(good[i].name), &t, good[i].text, &err), 0);
    assert_false(t.is_on);
    assert_true(t.is_off);
    assert_int_equal(t.count, 17);
    assert_int_equal(t.other, 99999999);
    assert_true(t.rate == 1e-9);
    assert_true(t.time == 2.385);
    assert_int_equal(t.colour, COLOUR_BLUE);
    assert_string_equal(t.path, "x");
    assert_int_equal(t.sets.n, 2);
    assert_string_equal(t.sets.at[1], "b=2");
}

static void errors_name_what_there_is(void **state)
{
    (void)state;
    const struct {
        const char *name, *text, *message;
    } bad[] = {{"count", "2", "count takes an integer from 3 to 17: '2'"},
               {"count", "18", "count takes an integer from 3 to 17: '18'"},
               {"count", "", "count takes an integer from 3 to 17: ''"},
               {"count", "5.5", "count takes an integer from 3 to 17: '5.5'"},
               {"other", "-1", "other takes an integer from 0 to 9223372036854775807: '-1'"},
               {"other", "99999999999999999999",
                "other takes an integer from 0 to 9223372036854775807: '99999999999999999999'"},
               {"rate", "0", "rate takes a number from 1e-09 to 0.75: '0'"},
               {"rate", "0.7500001", "rate takes a number from 1e-09 to 0.75: '0.7500001'"},
               {"rate", "nan", "rate takes a number from 1e-09 to 0.75: 'nan'"},
               {"time", "inf", "time takes a number from 0 to 1.79769e+308: 'inf'"},
               {"time", "1 s", "time takes a number from 0 to 1.79769e+308: '1 s'"},
               {"colour", "grey", "colour takes red, green or blue: 'grey'; did you mean 'red'?"},
               {"colour", "hidden", "colour takes red, green or blue: 'hidden'"},
               {"colour", "", "colour takes red, green or blue: ''"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct thing t = fresh(), before = t;
        struct nax_err err;
        assert_int_equal(nax_option_parse(row(bad[i].name), &t, bad[i].text, &err), NAX_ERR_VALUE);
        assert_string_equal(err.text, bad[i].message);
        assert_memory_equal(&t.count, &before.count, sizeof t.count);
        assert_memory_equal(&t.rate, &before.rate, sizeof t.rate);
    }
    struct thing t = fresh();
    struct nax_err err;
    for (size_t i = 0; i < NAX_TEXTS_MAX; i++)
        assert_int_equal(nax_option_parse(row("set"), &t, "x", &err), 0);
    assert_int_equal(nax_option_parse(row("set"), &t, "y", &err), NAX_ERR_VALUE);
    assert_string_equal(err.text, "set may come at most 64 times: 'y'");
}

static void structs_are_checked(void **state)
{
    (void)state;
    struct thing good = fresh(), t;
    struct nax_err err;
    good.time = 1;
    assert_int_equal(nax_options_check(rows, &good, &err), 0);
    t = good;
    t.count = 18;
    assert_int_equal(nax_options_check(rows, &t, &err), NAX_ERR_VALUE);
    assert_string_equal(err.text, "count takes an integer from 3 to 17: '18'");
    t = good;
    t.other = SIZE_MAX;
    assert_int_equal(nax_options_check(rows, &t, &err), NAX_ERR_VALUE);
    t = good;
    t.rate = NAN;
    assert_int_equal(nax_options_check(rows, &t, &err), NAX_ERR_VALUE);
    t = good;
    t.rate = -0.1;
    assert_int_equal(nax_options_check(rows, &t, &err), NAX_ERR_VALUE);
    t = good;
    t.colour = COLOUR_HIDDEN;
    assert_int_equal(nax_options_check(rows, &t, &err), NAX_ERR_VALUE);
    t = good;
    t.colour = (enum colour)77;
    assert_int_equal(nax_options_check(rows, &t, &err), NAX_ERR_VALUE);
}

/* What is printed is parsed to the same bits, and no more digits than that takes. */
static void values_round_trip(void **state)
{
    (void)state;
    const double numbers[] = {0.1, 0.2, 1e-9, 0.75, 1.0 / 3, 0.1 + 0.2, 5e-4, 0.7499999999999999};
    char text[NAX_OPTION_TEXT_SIZE];
    struct nax_err err;
    struct thing t = fresh(), back;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        t.rate = numbers[i];
        nax_option_print(row("rate"), &t, text);
        back = fresh();
        assert_int_equal(nax_option_parse(row("rate"), &back, text, &err), 0);
        assert_true(back.rate == numbers[i]);
    }
    t = fresh();
    nax_option_print(row("rate"), &t, text);
    assert_string_equal(text, "0.1");
    nax_option_print(row("colour"), &t, text);
    assert_string_equal(text, "green");
    nax_option_print(row("on"), &t, text);
    assert_string_equal(text, "yes");
    nax_option_print(row("off"), &t, text);
    assert_string_equal(text, "no");
    nax_option_print(row("path"), &t, text);
    assert_string_equal(text, "here");
    nax_option_words(row("colour"), text, sizeof text);
    assert_string_equal(text, "red, green or blue");
    nax_option_words(row("colour"), text, 6); /* cut, not overrun */
    assert_string_equal(text, "red, ");
}

static const char *nearest(const char *word)
{
    static const char *const names[] = {"epochs", "batch", "rate", "crossbar", "fidelity"};
    struct nax_nearest n = {.word = word};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        nax_nearest_try(&n, names[i]);
    return n.name ? n.name : "";
}

static void the_nearest_name_is_found(void **state)
{
    (void)state;
    assert_string_equal(nearest("epocs"), "epochs");
    assert_string_equal(nearest("epohcs"), "epochs");
    assert_string_equal(nearest("fidelty"), "fidelity");
    assert_string_equal(nearest("crosbars"), "crossbar");
    assert_string_equal(nearest("rat"), "rate");
    assert_string_equal(nearest("zzzz"), "");
    assert_string_equal(nearest(""), "");
    assert_string_equal(
        nearest("a word that is far longer than any name could ever be, or is in use"), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_come_from_the_rows), cmocka_unit_test(texts_are_parsed),
        cmocka_unit_test(errors_name_what_there_is),   cmocka_unit_test(structs_are_checked),
        cmocka_unit_test(values_round_trip),           cmocka_unit_test(the_nearest_name_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
