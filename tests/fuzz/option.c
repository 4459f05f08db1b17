/* What is given on command lines. A letter says what the text is: o an option of the recipe, c a
 * condition, p objectives, s keys of hardware, one a line. */
#include "nax/nn.h"
#include "nax/search.h"

#include "described.h"

static bool take_option(char *text)
{
    struct nax_err err;
    struct nax_nearest nearest = {.word = text};
    struct nax_recipe recipe = nax_recipe_default(), again = recipe;
    char *value = strchr(text, '=');
    if (value)
        *value++ = 0;
    for (const struct nax_option *o = nax_recipe_options; o->name; o++) {
        nax_nearest_try(&nearest, o->name);
        if (strcmp(o->name, text) || !value || nax_option_parse(o, &recipe, value, &err))
            continue;
        char printed[NAX_OPTION_TEXT_SIZE], twice[NAX_OPTION_TEXT_SIZE];
        nax_option_print(o, &recipe, printed);
        must(!nax_options_check(nax_recipe_options, &recipe, &err));
        if (o->kind != NAX_OPTION_FLAG)
            must(!nax_option_parse(o, &again, printed, &err));
        nax_option_print(o, o->kind == NAX_OPTION_FLAG ? &recipe : &again, twice);
        must(!strcmp(printed, twice));
        return true;
    }
    return false;
}

static bool take_condition(const char *text)
{
    static const char *const fields[] = {"f", "i", "s", "b"};
    struct nax_condition c;
    struct nax_err err;
    if (nax_condition_parse(text, &c, &err))
        return false;
    struct nax_record *r = nax_record_alloc();
    must(r && !nax_record_set_float(r, "f", 2.385) && !nax_record_set_int(r, "i", -7) &&
         !nax_record_set_string(r, "s", "text") && !nax_record_set_bool(r, "b", true));
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        strcpy(c.field, fields[i]);
        c.relation = NAX_EQ;
        int equal = nax_condition_holds(&c, r, &err);
        c.relation = NAX_NE;
        int other = nax_condition_holds(&c, r, &err);
        must(equal < 0 ? other < 0 : equal + other == 1);
    }
    nax_record_free(r);
    return true;
}

static bool take_objectives(const char *text)
{
    struct nax_objective objectives[NAX_OBJECTIVES_MAX];
    struct nax_err err;
    size_t n;
    if (nax_objectives_parse(text, objectives, &n, &err))
        return false;
    must(n && n <= NAX_OBJECTIVES_MAX);
    for (size_t i = 0; i < n; i++)
        must(*objectives[i].name);
    return true;
}

static bool take_sets(char *text)
{
    struct nax_hardware *hardware;
    struct nax_err err;
    const char *sets[16];
    size_t n = 0;
    for (char *line; n < 16 && (line = strsep(&text, "\n"));)
        if (*line)
            sets[n++] = line;
    if (nax_hardware_load_set(&hardware, "puma", sets, n, &err))
        return false;
    must_be_as_described(hardware, "puma");
    nax_hardware_free(hardware);
    return true;
}

bool fuzz_input(const uint8_t *bytes, size_t n)
{
    if (!n)
        return false;
    char *text = strndup((const char *)bytes + 1, n - 1);
    must(text != NULL);
    bool is_taken = *bytes == 'o'   ? take_option(text)
                    : *bytes == 'c' ? take_condition(text)
                    : *bytes == 'p' ? take_objectives(text)
                    : *bytes == 's' ? take_sets(text)
                                    : false;
    free(text);
    return is_taken;
}
