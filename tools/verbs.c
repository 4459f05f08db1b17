/* Options that belong to some verbs of a tool. */
#include "verbs.h"

static _Noreturn void misuse(const struct tool *tool, const struct tool_verb *verbs, size_t n_verbs,
                             const struct owned_option *owned)
{
    char forms[128] = "";
    size_t n = 0;
    for (size_t v = 0; v < n_verbs && n < sizeof forms; v++)
        if (owned->verbs >> v & 1)
            n += (size_t)snprintf(forms + n, sizeof forms - n, "%s'%s%s%s'", n ? ", " : "",
                                  verbs[v].word, verbs[v].format ? " " : "",
                                  verbs[v].format ? verbs[v].format : "");
    tool_misuse(tool, "--%s belongs to %s", owned->option, forms);
}

void tool_check_owned(const struct tool *tool, const struct tool_verb *verbs, size_t n_verbs,
                      size_t v, const struct owned_option *owned, size_t n_owned)
{
    for (size_t i = 0; i < n_owned; i++)
        if (!(owned[i].verbs >> v & 1) && tool_given(tool, owned[i].option))
            misuse(tool, verbs, n_verbs, &owned[i]);
}
