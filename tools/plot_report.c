/* The page of a search. */
#include "plot.h"
#include "report.h"

#include <stdlib.h>

void plot_report(struct plot *plot)
{
    struct tool *tool = plot->tool;
    struct report *report = nax_calloc(1, sizeof *report);
    struct nax_err err;
    if (optind == tool->argc)
        tool_misuse(tool, "report takes the folder of a search, or files of records");
    int status = report ? 0 : nax_err_set(&err, NAX_ERR_MEMORY, "out of memory: 'report'");
    if (!status) {
        report->tool = tool;
        report->title = plot->look.title;
        report->objectives_text = tool_given(tool, "objectives") ? plot->objectives : NULL;
    }
    for (int i = optind; i < tool->argc && !status; i++)
        status = report_read(report, tool->argv[i], &err);
    if (!status && !report->n_streams)
        status =
            nax_err_set(&err, NAX_ERR_VALUE,
                        "no records of designs, epochs or policies: '%s'; name the folder of a "
                        "search, as pipelines/ makes it, or files of records",
                        tool->argv[optind]);
    if (!status) {
        report_choose_objectives(report);
        status = report_page(report, plot->path, &err);
    }
    if (status)
        tool_fail(tool, &err);
    for (size_t i = 0; i < report->n_notes; i++)
        tool_say(tool, "%s", report->notes[i]);
    report_free(report);
    free(report);
}
