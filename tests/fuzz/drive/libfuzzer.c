/* A harness under libFuzzer, which brings main. */
#include "../input.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    fuzz_input(bytes, n);
    return 0;
}
