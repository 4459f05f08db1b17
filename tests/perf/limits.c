/* The limits of this processor, for numbers of type LIMIT_REAL. Usage: limits WHAT */
#include "limits.h"

#include <stdio.h>

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    if (sizeof(LIMIT_REAL) == sizeof(float))
        printf("copy nax %.1f\n", 1e-9 * limit_copy());
    printf("peak_%s nax %.0f\n", argv[1], 1e-9 * limit_ops());
    return 0;
}
