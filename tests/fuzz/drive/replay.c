/* A harness over files: prints "taken FILE" or "refused FILE". Usage: HARNESS FILE ..., or
 * HARNESS --seed FILE, which writes one that is taken. Under libFuzzer no file is needed, nor clang
 * here. */
#include "../input.h"

static bool replay(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = NULL;
    size_t n = 0;
    if (!file) {
        perror(path);
        exit(2);
    }
    for (size_t got = 1; got; n += got) {
        bytes = realloc(bytes, n + 4096);
        must(bytes != NULL);
        got = fread(bytes + n, 1, 4096, file);
    }
    fclose(file);
    bytes = realloc(bytes, n + !n); /* a byte read behind the last one is seen */
    bool is_taken = fuzz_input(bytes, n);
    free(bytes);
    return is_taken;
}

int main(int argc, char **argv)
{
    if (argc == 3 && !strcmp(argv[1], "--seed") && fuzz_seed) {
        fuzz_seed(argv[2]);
        return 0;
    }
    for (int i = 1; i < argc; i++) {
        printf("%s\n", argv[i]); /* before it, so that the last one named is the one that crashed */
        fflush(stdout);
        printf("%s\n", replay(argv[i]) ? "taken" : "refused");
    }
    return 0;
}
