/* Whether the program was asked to end. */
#include "nax/base.h"

#include <stdatomic.h>

static atomic_bool is_stopped; /* lock-free: a handler of signals may set it */

void nax_stop(void)
{
    atomic_store(&is_stopped, true);
}

bool nax_is_stopped(void)
{
    return atomic_load_explicit(&is_stopped, memory_order_relaxed);
}
