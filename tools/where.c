/* Conditions that records have to meet. */
#include "where.h"

void where_parse(const struct tool *tool, struct where *where)
{
    struct nax_err err;
    for (size_t i = 0; i < where->texts.n; i++)
        if (nax_condition_parse(where->texts.at[i], &where->conditions[i], &err))
            tool_misuse(tool, "%s", err.text);
}

int where_holds(struct where *where, const struct nax_record *record, struct nax_err *err)
{
    for (size_t i = 0; i < where->texts.n; i++) {
        int status = nax_condition_holds(&where->conditions[i], record, err);
        if (status < 0)
            return status;
        if (!status) {
            where->n_judged++;
            return 0;
        }
    }
    where->n_judged++;
    where->n_met++;
    return 1;
}

bool where_lacks(const struct where *where, const struct nax_record *record)
{
    for (size_t i = 0; i < where->texts.n; i++)
        if (!nax_record_has(record, where->conditions[i].field))
            return true;
    return false;
}

void where_tell(struct tool *tool, const struct where *where)
{
    if (where->texts.n && where->n_judged && !where->n_met)
        tool_say(tool, "--where keeps none of %zu record%s: '%s'%s", where->n_judged,
                 where->n_judged == 1 ? "" : "s", where->texts.at[0],
                 where->texts.n > 1 ? " and others" : "");
}
