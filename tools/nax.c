/* nax: lists the tools, runs one, opens a page of the manual. */
#include "pages.h"
#include "tool.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char synopsis[] = "nax [tool [argument ...]]\n"
                               "nax help [page]\n";

enum { WORD_MAX = 63 };

/* "cost" for nax-cost; the suite's own page is "nax". */
static const char *short_name(const struct page *page)
{
    return page->name[3] ? page->name + strlen("nax-") : page->name;
}

static void list_pages(bool are_tools)
{
    for (const struct page *p = nax_pages; p->name; p++)
        if ((p->section == 1) == are_tools)
            printf("  %-8s  %s\n", short_name(p), p->line);
}

static _Noreturn void list(struct tool *tool)
{
    printf("nax lists the tools of the suite, runs them and opens their manual pages\n"
           "usage: %s\n"
           "  -h, --help            this text\n"
           "  -V, --version         the version\n"
           "\nTools, to run with 'nax TOOL':\n",
           synopsis);
    list_pages(true);
    printf("\nTheir manual pages open with 'nax help TOOL', and so do these:\n");
    list_pages(false);
    tool_finish(tool);
}

/* Misuse: no page, or no tool, of this name. */
static _Noreturn void unknown(const struct tool *tool, const char *what, const char *word)
{
    struct nax_nearest nearest = {.word = word};
    for (const struct page *p = nax_pages; p->name; p++)
        if (p->section == 1 || !strcmp(what, "page"))
            nax_nearest_try(&nearest, short_name(p));
    if (nearest.name)
        tool_misuse(tool, "no such %s: '%s'; did you mean '%s'?", what, word, nearest.name);
    tool_misuse(tool, "no such %s: '%s'; 'nax' lists them", what, word);
}

/* "cost" or "nax-cost"; the nameless last one where there is none. */
static const struct page *find_page(const char *word)
{
    const struct page *p = nax_pages;
    while (p->name && strcmp(p->name, word) != 0 && strcmp(short_name(p), word) != 0)
        p++;
    return p;
}

/* Becomes a tool: the one beside this program, or else the one on PATH. */
static _Noreturn void run(struct tool *tool, const char *folder, const char *word, char **argv)
{
    char path[2 * PATH_MAX], name[sizeof "nax-" + WORD_MAX];
    if (snprintf(name, sizeof name, "nax-%s", word) >= (int)sizeof name)
        unknown(tool, "tool", word);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    argv[0] = name;
    execv(path, argv);
    if (errno == ENOENT)
        execvp(name, argv);
    if (errno == ENOENT && !find_page(name)->name)
        unknown(tool, "tool", word);
    struct nax_err err;
    nax_err_set(&err, NAX_ERR_IO, "cannot run: '%s': %s", name, strerror(errno));
    tool_fail(tool, &err);
}

/* Becomes man, or mandoc, at the page that came with this program, in share/ beside its folder and
 * perhaps packed, or at the one that man finds. Where there is neither: -h of the tool. */
static _Noreturn void help(struct tool *tool, const char *folder, const char *word)
{
    const struct page *page = find_page(word);
    if (!page->name)
        unknown(tool, "page", word);
    char path[2 * PATH_MAX], section[12];
    snprintf(section, sizeof section, "%d", page->section);
    int n = snprintf(path, sizeof path, "%s/../share/man/man%s/%s.%s", folder, section, page->name,
                     section);
    if (access(path, R_OK))
        snprintf(path + n, sizeof path - (size_t)n, ".gz");
    if (access(path, R_OK)) {
        execlp("man", "man", section, page->name, (char *)NULL);
    } else {
        execlp("man", "man", path, (char *)NULL);
        execlp("mandoc", "mandoc", "-a", path, (char *)NULL);
    }
    struct nax_err err;
    nax_err_set(&err, NAX_ERR_IO, "cannot open: '%s(%s)': needs man-db or mandoc", page->name,
                section);
    if (page->section != 1)
        tool_fail(tool, &err);
    tool_say(tool, "%s; its options are", err.text);
    run(tool, folder, short_name(page), (char *[]){NULL, (char[]){"-h"}, NULL});
}

/* The folder that holds this program; "." where the system does not tell. */
static const char *find_folder(char path[PATH_MAX])
{
    ssize_t n = readlink("/proc/self/exe", path, PATH_MAX - 1);
    if (n < 0)
        return ".";
    path[n] = 0;
    return dirname(path);
}

int main(int argc, char **argv)
{
    struct tool tool = tool_start("nax", synopsis, argc, argv);
    char path[PATH_MAX];
    const char *folder = find_folder(path), *first = argc > 1 ? *++argv : "--help";
    if (!strcmp(first, "-h") || !strcmp(first, "--help"))
        list(&tool);
    if (!strcmp(first, "-V") || !strcmp(first, "--version")) {
        printf("nax %s\n", NAX_VERSION);
        tool_finish(&tool);
    }
    if (*first == '-')
        tool_misuse(&tool, "no such option: '%s'; there are -h and -V", first);
    if (strcmp(first, "help") != 0)
        run(&tool, folder, first, argv);
    if (!argv[1])
        list(&tool);
    if (argv[2])
        tool_misuse(&tool, "help opens one page: '%s'", argv[2]);
    help(&tool, folder, argv[1]);
}
