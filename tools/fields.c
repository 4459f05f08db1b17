/* The fields that are written or drawn. */
#include "fields.h"
#include "tool.h"

#include <fnmatch.h>
#include <string.h>

/* The i-th word of a list between commas; false: there is none. */
static bool take_word(const char *list, size_t i, char word[256])
{
    for (; i && *list; i--) {
        list += strcspn(list, ",");
        list += *list == ',';
    }
    const size_t n = strcspn(list, ",");
    snprintf(word, 256, "%.*s", (int)NAX_MIN(n, 255), list);
    return n != 0;
}

static bool is_named(const char *word, const char *name)
{
    size_t n_stem;
    (void)nax_field_unit(name, &n_stem);
    return !fnmatch(word, name, 0) || (strlen(word) == n_stem && !strncmp(word, name, n_stem));
}

bool fields_match(const char *list, size_t i, const char *name, bool *is_past)
{
    char word[256];
    *is_past = !take_word(list, i, word);
    return !*is_past && is_named(word, name);
}

static bool is_pattern(const char *word)
{
    return word[strcspn(word, "*?[")] != 0;
}

/* No field is called so: of this record, or, without one, of any. */
static _Noreturn void refuse(struct tool *tool, const struct nax_record *record, const char *word)
{
    struct nax_nearest nearest = {.word = word};
    struct nax_err err;
    char names[256] = "";
    for (size_t i = 0, at = 0; record && i < nax_record_n(record); i++) {
        const char *name = nax_record_name(record, i);
        nax_nearest_try(&nearest, name);
        if (at < sizeof names)
            at += (size_t)snprintf(names + at, sizeof names - at, "%s%s", i ? ", " : "", name);
    }
    char near[NAX_NEAREST_TEXT];
    nax_nearest_text(&nearest, near);
    if (!record)
        nax_err_set(&err, NAX_ERR_VALUE, "no record has such a field: '%s'", word);
    else
        nax_err_set(&err, NAX_ERR_VALUE, "no such field: '%s'%s there are %s", word,
                    *near ? near : ";", names);
    tool_fail(tool, &err);
}

const struct nax_record *fields_choose(struct tool *tool, const struct nax_record *record)
{
    struct field_choice *choice = &tool->choice;
    char word[256];
    if (!tool->fields)
        return record;
    if (!choice->record && !(choice->record = nax_record_alloc()))
        goto out_of_memory;
    nax_record_clear(choice->record);
    for (size_t i = 0; take_word(tool->fields, i, word); i++) {
        if (i == FIELDS_MAX)
            tool_misuse(tool, "--fields takes up to %d names: '%s'", FIELDS_MAX, word);
        bool is_there = false;
        for (size_t k = 0; k < nax_record_n(record); k++) {
            const char *name = nax_record_name(record, k);
            if (!is_named(word, name))
                continue;
            is_there = true;
            if (nax_record_set(choice->record, name, nax_record_value(record, k)))
                goto out_of_memory;
        }
        if (!is_there && !choice->n_records && !is_pattern(word) && !nax_field_find(word))
            refuse(tool, record, word);
        choice->is_found[i] |= is_there;
    }
    choice->n_records++;
    return nax_record_n(choice->record) ? choice->record : NULL;

out_of_memory:;
    struct nax_err err;
    nax_err_set(&err, NAX_ERR_MEMORY, "out of memory: 'record'");
    tool_fail(tool, &err);
}

void fields_check(struct tool *tool)
{
    const struct field_choice *choice = &tool->choice;
    bool is_any = false;
    char word[256];
    if (!tool->fields || !choice->n_records) /* none on other ranks than 0 */
        return;
    for (size_t i = 0; take_word(tool->fields, i, word); i++) {
        if (!choice->is_found[i] && !is_pattern(word))
            refuse(tool, NULL, word);
        is_any |= choice->is_found[i];
    }
    if (!is_any)
        refuse(tool, NULL, tool->fields);
    nax_record_free(tool->choice.record);
    tool->choice.record = NULL;
}
