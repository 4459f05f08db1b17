/* The options of a tool: groups of rows, each of the struct that it fills. */
#ifndef NAX_TOOLS_OPTIONS_H
#define NAX_TOOLS_OPTIONS_H

#include "nax/option.h"

struct tool;

enum { OPTIONS_MAX = 64 };

struct option_group {
    const struct nax_option *options;
    void *object;
};

/* An option of a tool. */
struct option_entry {
    const struct nax_option *option;
    void *object;
    char name[32];                    /* as it is given: "no-flip" of a flag that is on */
    char value[NAX_OPTION_TEXT_SIZE]; /* its default, as help says it */
    bool is_given;
};

struct option_list {
    size_t n;
    struct option_entry at[OPTIONS_MAX];
};

/* Gives every option of the groups, and those that all tools share, its default, then takes what
 * the command line says; optind is the first word that is no option. Ends the program for -h, -V
 * and misuse. Returns the mode of the option that was given and has one, or 0. Objects have to stay
 * where they are. */
int tool_options(struct tool *tool, const struct option_group *groups, size_t n);
bool tool_given(const struct tool *tool, const char *name);
/* Misuse where files are named, too. */
void tool_no_files(const struct tool *tool);

#endif
