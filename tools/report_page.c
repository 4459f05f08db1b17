/* The page itself: its own files, with the data between them. */
#include "report.h"

#include <string.h>

static const char *file_of(const char *name, size_t n)
{
    for (const struct report_file *file = report_files; file->kind; file++)
        if (strlen(file->name) == n && !memcmp(file->name, name, n))
            return file->text;
    return "";
}

/* A line "{{name}}" of page.html is the file of this name, or the data. */
static int write_page(struct report *report, FILE *out, struct nax_err *err)
{
    const char *line = file_of("page.html", strlen("page.html"));
    int status = 0;
    for (size_t n; *line && !status; line += n) {
        n = strcspn(line, "\n") + 1;
        if (n < 6 || memcmp(line, "{{", 2) != 0)
            fwrite(line, 1, n, out);
        else if (!memcmp(line, "{{data}}", 8))
            status = report_data(report, out, err);
        else
            fputs(file_of(line + 2, n - 5), out);
    }
    return status;
}

int report_page(struct report *report, const char *path, struct nax_err *err)
{
    struct nax_file *file;
    int status = nax_file_begin(&file, path, err);
    if (status)
        return status;
    if ((status = write_page(report, nax_file_stream(file), err)))
        nax_file_abandon(file);
    return status ? status : nax_file_commit(file, err);
}
