/* Import of published measurements of resistive cells. */
#include "nax/hardware.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_SIZE = 4096, FIELDS = 7 };

/* Columns of the RRAM relaxation data of A. Levy et al.: address, time in s, resistance in ohm,
 * conductance and target in S, index of the range, nominal time in s. */
enum { CONDUCTANCE = 3, TARGET = 4, NOMINAL_TIME = 6 };

static bool parse(char *line, double value[FIELDS])
{
    char *end = line;
    for (int k = 0; k < FIELDS; k++) {
        value[k] = strtod(line, &end);
        if (end == line || *end != (k + 1 < FIELDS ? '\t' : '\n'))
            return false;
        line = end + 1;
    }
    return true;
}

int nax_cells_import(FILE *file, const char *subject, double seconds,
                     int (*take)(void *self, double target, double g, struct nax_err *err),
                     void *self, struct nax_err *err)
{
    char line[LINE_SIZE];
    size_t number = 0, n = 0;
    while (fgets(line, sizeof line, file)) {
        double value[FIELDS];
        number++;
        if (!parse(line, value))
            return nax_err_set(err, NAX_ERR_FORMAT,
                               "line %zu is not 7 numbers separated by tabs: '%s'", number,
                               subject);
        if (value[NOMINAL_TIME] != seconds)
            continue;
        if (!(value[TARGET] >= 0 && value[TARGET] <= 1e3) || !(value[CONDUCTANCE] <= 1e3))
            return nax_err_set(err, NAX_ERR_FORMAT, "line %zu: conductance out of range: '%s'",
                               number, subject);
        int status = take(self, value[TARGET], fmax(value[CONDUCTANCE], 0), err);
        if (status)
            return status;
        n++;
    }
    if (ferror(file))
        return nax_err_io(err, "cannot read: '%s'", subject);
    if (!n)
        return nax_err_set(err, NAX_ERR_VALUE, "no cell was measured at %g s: '%s'", seconds,
                           subject);
    return 0;
}
