/* The manual's pages, as nax(7) lists them. */
#ifndef NAX_PAGES_H
#define NAX_PAGES_H

struct page {
    const char *name;     /* "nax-cost" */
    int section;          /* 1: a tool's */
    const char *line;     /* what it is about */
    const char *examples; /* of a tool: two commands, a line each, or "" */
};

extern const struct page nax_pages[]; /* ends with a NULL name */

#endif
