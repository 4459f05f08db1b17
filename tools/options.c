/* Options from rows: getopt_long's tables, what is given, help, misuse. */
#include "pages.h"
#include "stop.h"
#include "tool.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LONG_FIRST = 256, COLUMN = 24, WIDTH = 100 };

static void add_group(struct tool *tool, struct option_group group)
{
    struct option_list *list = &tool->options;
    nax_options_default(group.options, group.object);
    for (const struct nax_option *o = group.options; o->name && list->n < OPTIONS_MAX; o++) {
        struct option_entry *e = &list->at[list->n++];
        bool is_flag = o->kind == NAX_OPTION_FLAG;
        *e = (struct option_entry){.option = o, .object = group.object};
        snprintf(e->name, sizeof e->name, "%s%s", is_flag && o->value != 0 ? "no-" : "", o->name);
        if (!is_flag && !isnan(o->value))
            nax_option_print(o, group.object, e->value);
    }
}

static const struct option_entry *find(const struct tool *tool, const char *name)
{
    const struct option_list *list = &tool->options;
    for (size_t i = 0; i < list->n; i++)
        if (!strcmp(list->at[i].name, name))
            return &list->at[i];
    return NULL;
}

bool tool_given(const struct tool *tool, const char *name)
{
    const struct option_entry *e = find(tool, name);
    return e && e->is_given;
}

void tool_no_files(const struct tool *tool)
{
    if (optind < tool->argc)
        tool_misuse(tool, "takes no files: '%s'", tool->argv[optind]);
}

/* --- help --- */

/* What the option does, the words that it takes, its default. */
static void describe(const struct option_entry *e, char *text, size_t size)
{
    const struct nax_option *o = e->option;
    size_t n = 0;
    *text = 0;
    if (o->help)
        n += (size_t)snprintf(text, size, "%s%s", o->help, o->words || o->builtin ? ": " : "");
    if (o->words)
        nax_option_words(o, text + n, size - n);
    for (size_t i = 0; o->builtin && nax_config_builtin(o->builtin, i); i++)
        n += (size_t)snprintf(text + n, size - n, "%s%s", i ? ", " : "built in (",
                              nax_config_builtin(o->builtin, i));
    if (o->builtin)
        snprintf(text + n, size - n, ") or a file");
    n = strlen(text);
    if (*e->value)
        snprintf(text + n, size - n, " (%s)", e->value);
}

/* Words from `column` on, on as many lines as they take. */
static void print_wrapped(const char *text, int column)
{
    for (int at = column; *text; text += strspn(text, " ")) {
        int n = (int)strcspn(text, " ");
        if (at > column && at + 1 + n > WIDTH) {
            printf("\n%*s", column, "");
            at = column;
        }
        at += printf("%s%.*s", at > column ? " " : "", n, text);
        text += n;
    }
    putchar('\n');
}

/* Every tool takes the options of all, so that scripts can hand them to any. */
static bool is_idle(const struct tool *tool, const char *name)
{
    const size_t n = strlen(name);
    const char *word = tool->idle ? tool->idle : "";
    while (*word && (strncmp(word, name, n) != 0 || (word[n] && word[n] != ' '))) {
        word += strcspn(word, " ");
        word += *word == ' ';
    }
    return *word;
}

static void print_option(const struct option_entry *e)
{
    const struct nax_option *o = e->option;
    char text[1024];
    int n = o->letter ? printf("  -%c, --%s", o->letter, e->name) : printf("      --%s", e->name);
    if (o->argument)
        n += printf(" %s", o->argument);
    printf("%*s", NAX_MAX(COLUMN - n, 2), "");
    describe(e, text, sizeof text);
    print_wrapped(text, COLUMN);
}

static _Noreturn void print_help(struct tool *tool)
{
    const struct page *page = nax_pages;
    while (page->name && strcmp(page->name, tool->name) != 0)
        page++;
    if (page->name)
        printf("%s %s\n", tool->name, page->line);
    printf("usage: %s\n", tool->synopsis);
    for (size_t i = 0; i < tool->options.n; i++)
        if (!is_idle(tool, tool->options.at[i].name))
            print_option(&tool->options.at[i]);
    if (page->name)
        printf("\nexamples, more in the manual (nax help %s):\n%s", tool->name + strlen("nax-"),
               page->examples);
    tool_finish(tool);
}

static _Noreturn void print_version(struct tool *tool)
{
    printf("%s %s\n", tool->name, NAX_VERSION);
    tool_finish(tool);
}

/* --- misuse --- */

/* A long option that getopt_long could not tell: none, or several that begin so. */
static _Noreturn void refuse_name(const struct tool *tool, const char *word)
{
    const struct option_list *list = &tool->options;
    char name[64];
    struct nax_nearest nearest = {.word = name};
    size_t n_like = 0;
    snprintf(name, sizeof name, "%.*s", (int)strcspn(word, "="), word);
    for (size_t i = 0; i < list->n; i++) {
        n_like += !strncmp(list->at[i].name, name, strlen(name));
        nax_nearest_try(&nearest, list->at[i].name);
    }
    if (n_like > 1)
        tool_misuse(tool, "several options begin so: '--%s'", name);
    if (nearest.name)
        tool_misuse(tool, "no such option: '--%s'; did you mean '--%s'?", name, nearest.name);
    tool_misuse(tool, "no such option: '--%s'", name);
}

static const struct option_entry *find_opt(const struct tool *tool, int opt)
{
    const struct option_list *list = &tool->options;
    for (size_t i = 0; i < list->n; i++)
        if (opt == LONG_FIRST + (int)i || opt == list->at[i].option->letter)
            return &list->at[i];
    return NULL;
}

/* What getopt_long has returned '?' or ':' for. */
static _Noreturn void refuse(const struct tool *tool, int opt)
{
    const struct option_entry *e = optopt ? find_opt(tool, optopt) : NULL;
    if (!optopt)
        refuse_name(tool, tool->argv[optind - 1] + 2);
    if (!e)
        tool_misuse(tool, "no such option: '-%c'", optopt);
    if (opt == ':')
        tool_misuse(tool, "no value: '--%s %s'", e->name, e->option->argument);
    tool_misuse(tool, "takes no value: '--%s'", e->name);
}

static _Noreturn void refuse_modes(const struct tool *tool)
{
    const struct option_list *list = &tool->options;
    char text[256];
    size_t n = 0;
    for (size_t i = 0; i < list->n && n < sizeof text; i++)
        if (list->at[i].option->mode)
            n += (size_t)snprintf(text + n, sizeof text - n, "%s--%s", n ? ", " : "",
                                  list->at[i].name);
    tool_misuse(tool, "only one of %s", text);
}

/* Whether the option was given, or another one of its mode: its former name. */
static bool is_in_force(const struct tool *tool, const char *name, int mode)
{
    const struct option_entry *e = find(tool, name);
    return e && (e->is_given || (mode && e->option->mode == mode));
}

static void check_needs(const struct tool *tool, int mode)
{
    const struct option_list *list = &tool->options;
    for (size_t i = 0; i < list->n; i++) {
        const char *needed = list->at[i].option->needs;
        if (needed && list->at[i].is_given && !is_in_force(tool, needed, mode))
            tool_misuse(tool, "--%s needs --%s", list->at[i].name, needed);
    }
}

/* --- parsing --- */

static void take(struct tool *tool, struct option_entry *e, int *mode)
{
    const struct nax_option *o = e->option;
    struct nax_err err;
    if (o->letter == 'h')
        print_help(tool);
    if (o->letter == 'V')
        print_version(tool);
    if (o->mode && *mode && o->mode != *mode)
        refuse_modes(tool);
    if (o->mode)
        *mode = o->mode;
    if (nax_option_parse(o, e->object, optarg, &err))
        tool_misuse(tool, "--%s", err.text);
    e->is_given = true;
}

int tool_options(struct tool *tool, const struct option_group *groups, size_t n)
{
    struct option_list *list = &tool->options;
    struct option words[OPTIONS_MAX + 1] = {{.name = NULL}};
    char letters[2 * OPTIONS_MAX + 2] = ":", *letter = letters + 1;
    int mode = 0;
    stop_start(tool);
    for (size_t i = 0; i < n; i++)
        add_group(tool, groups[i]);
    add_group(tool, (struct option_group){tool_rows, tool});
    for (size_t i = 0; i < list->n; i++) {
        const struct nax_option *o = list->at[i].option;
        int has_argument = o->argument ? required_argument : no_argument;
        words[i] = (struct option){list->at[i].name, has_argument, NULL, LONG_FIRST + (int)i};
        if (o->letter)
            *letter++ = o->letter;
        if (o->letter && o->argument)
            *letter++ = ':';
    }
    opterr = 0;
    for (int opt; (opt = getopt_long(tool->argc, tool->argv, letters, words, NULL)) != -1;) {
        const struct option_entry *e = find_opt(tool, opt);
        if (!e)
            refuse(tool, opt);
        take(tool, &list->at[e - list->at], &mode);
    }
    check_needs(tool, mode);
    share_parse(tool);
    if (tool->n_threads)
        nax_threads_set((int)tool->n_threads);
    return mode;
}

void tool_floats(const struct tool *tool, const char *option, const char *text, double *values,
                 size_t n)
{
    const char *word = text;
    for (size_t i = 0; i < n; i++) {
        char *end;
        values[i] = strtod(word, &end);
        if (end == word || *end != (i + 1 < n ? ',' : 0) || !isfinite(values[i]))
            tool_misuse(tool, "--%s takes %zu numbers, separated by commas: '%s'", option, n, text);
        word = end + 1;
    }
}
