/* Errors, memory, processor features and threads: what every other room builds on.
 *
 * A fallible function returns 0 or a negative enum nax_status and takes a struct nax_err last;
 * the error is written on failure only. The library never prints and never exits.
 */
#ifndef NAX_BASE_H
#define NAX_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NAX_MUST_USE     __attribute__((warn_unused_result))
#define NAX_PRINTF(f, a) __attribute__((format(printf, f, a)))

/* Arguments are evaluated twice: no calls in them. */
#define NAX_MIN(a, b) ((a) < (b) ? (a) : (b))
#define NAX_MAX(a, b) ((a) > (b) ? (a) : (b))
/* Of integers that are not negative: n / by rounded up, and n up to the next multiple. */
#define NAX_CEIL_DIV(n, by) (((n) + (by)-1) / (by))
#define NAX_ROUND_UP(n, to) (NAX_CEIL_DIV(n, to) * (to))

/* Number i of n different ones, rising, evenly spread over n_all: one of each of n stretches, at
 * places that have no period, the fraction of `turn` times the golden ratio. */
static inline size_t nax_spread(size_t i, size_t n, size_t n_all, size_t turn)
{
    const size_t first = i * n_all / n, after = (i + 1) * n_all / n;
    const double place = (double)turn * 0.6180339887498949;
    return first + (size_t)((place - (double)(uint64_t)place) * (double)(after - first));
}

enum nax_status {
    NAX_OK = 0,
    NAX_ERR_MEMORY = -1,  /* out of memory, or a size that cannot be allocated */
    NAX_ERR_IO = -2,      /* the system refused to open, read, write or rename */
    NAX_ERR_FORMAT = -3,  /* input that is not what its format says */
    NAX_ERR_VALUE = -4,   /* a value that is missing, of the wrong type or out of range */
    NAX_ERR_NUMERIC = -5, /* a computation that did not converge or left the finite numbers */
    NAX_ERR_STOPPED = -6, /* cut short by nax_stop */
    NAX_ERR_EMPTY = -7,   /* a stream without a byte: its source may have failed */
    NAX_ERR_CUT = -8      /* a stream that ends too early: it is still written, or was cut off */
};

/* One line about what went wrong, lower case, no full stop: "what failed: 'subject'". */
struct nax_err {
    enum nax_status status;
    char text[512];
};

/* Writes the message and returns status, so that callers can `return nax_err_set(...)`.
 * err may be NULL. A message longer than text is cut. */
int nax_err_set(struct nax_err *err, enum nax_status status, const char *format, ...)
    NAX_PRINTF(3, 4);

/* As nax_err_set with NAX_ERR_IO, followed by ": " and strerror(errno). */
int nax_err_io(struct nax_err *err, const char *format, ...) NAX_PRINTF(2, 3);

/* Puts "prefix: " before the message already there: context that only the caller knows. */
int nax_err_prefix(struct nax_err *err, const char *format, ...) NAX_PRINTF(2, 3);

/* For threads that work side by side, each with an error of its own, {0} until it fails: the first
 * that failed puts it into *status, 0 before they start, and into err, which may be NULL. */
void nax_err_keep_first(int *status, struct nax_err *err, const struct nax_err *own);

/* Memory. Sizes are checked for overflow: count * size that does not fit is NAX_ERR_MEMORY (NULL).
 */
void *nax_calloc(size_t count, size_t size) NAX_MUST_USE;
void *nax_realloc(void *p, size_t count, size_t size) NAX_MUST_USE; /* p is kept on failure */
/* Space for one element more than the n of an array that grew by this alone, NULL at first: it is
 * twice as long wherever n is a power of two, and stays where it is elsewhere. As nax_realloc. */
void *nax_grow(void *p, size_t n, size_t size) NAX_MUST_USE;
char *nax_strdup(const char *s) NAX_MUST_USE;

/* Bytes up to the next cache line: pieces of one aligned block stay aligned. */
static inline size_t nax_padded(size_t n_bytes)
{
    return NAX_ROUND_UP(n_bytes, 64);
}

/* 64-byte aligned, zeroed, its size rounded up to whole cache lines; from 4 MiB on the pages are
 * asked to be huge ones. Released by nax_aligned_free (NULL-safe). */
void *nax_aligned_calloc(size_t count, size_t size) NAX_MUST_USE;
void nax_aligned_free(void *p);
/* Whether the limits of the process leave so many bytes: to ask before a library that does not. */
bool nax_has_memory(size_t size);

/* *index: of the word among words [n] that an environment variable holds; n where it is unset or
 * empty. Another word is an error that names what there is. */
int nax_environment_word(const char *variable, const char *const *words, size_t n, size_t *index,
                         struct nax_err *err) NAX_MUST_USE;

/* Bytes of a layer's name, in networks, hardware and spaces: up to 63 of its own, ".k31" of a
 * supernet, and the end. */
enum { NAX_LAYER_NAME_MAX = 63, NAX_LAYER_NAME_SIZE = NAX_LAYER_NAME_MAX + 5 };

/* The instruction set that the vector kernels use. Chosen once, at the first call, from what the
 * processor has; the environment variable NAX_ISA (baseline, avx2, avx512, avx512-bf16, amx;
 * baseline alone where the processor is not an x86-64) can only lower it. Each has what those
 * before it have; the last two add products of bf16, in vectors and in matrix units, to AVX-512. */
enum nax_isa {
    NAX_ISA_BASELINE,
    NAX_ISA_AVX2,
    NAX_ISA_AVX512,
    NAX_ISA_AVX512_BF16,
    NAX_ISA_AMX,
    NAX_ISA_COUNT
};

enum nax_isa nax_isa(void);
/* Error: a word in NAX_ISA that is none, which nax_isa takes for nothing said. */
int nax_isa_check(struct nax_err *err) NAX_MUST_USE;
const char *nax_isa_name(enum nax_isa isa);
bool nax_has_bf16(void); /* products of bf16: nax_isa() is NAX_ISA_AVX512_BF16 at least */

/* Threads that parallel regions of the library use: by default OMP_NUM_THREADS or every processor
 * that the process was given, by affinity, SLURM_CPUS_PER_TASK and the quotas of control groups.
 * Results do not depend on it. n < 1 restores the default. */
void nax_threads_set(int n);
int nax_threads(void);

/* The largest buffer that OpenBLAS takes for a call, 128 MiB where it chooses among kernels at run
 * time; a thread has two. */
enum { NAX_PRODUCTS_BUFFER_MIB = 129 };
/* Takes the memory that matrix products need of n threads at once: the products themselves can tell
 * of no lack, but would wait for memory for ever. For a program that trains or evaluates, before it
 * does. */
int nax_products_reserve(size_t n, struct nax_err *err) NAX_MUST_USE;

/* Asks the library to stop: evaluations return NAX_ERR_STOPPED. For ever, from any thread, and from
 * a signal's handler. */
void nax_stop(void);
bool nax_is_stopped(void);

/* Wall clock in seconds, from an arbitrary start. */
double nax_clock_seconds(void);

/* --- files ---
 * A file is written beside its target, under a hidden name that nobody can foresee, ".nax-", 16
 * digits, ".tmp", and gets the target's name when it is whole and on the disk: who reads the target
 * finds the old file or the new one. Its mode is the umask's. A symbolic link is replaced, not
 * followed; a device, a FIFO or a descriptor (/dev/stderr) is written straight to. What writers
 * leave who are killed the next one in that folder removes. */
struct nax_file;

int nax_file_begin(struct nax_file **file, const char *path, struct nax_err *err) NAX_MUST_USE;
/* What is written to it may fail unnoticed: nax_file_commit tells. It ends with the file. */
FILE *nax_file_stream(struct nax_file *file);
/* Whether what is written is out at once, and stays. */
bool nax_file_is_device(const struct nax_file *file);
/* Both end the file, whatever they return. */
int nax_file_commit(struct nax_file *file, struct nax_err *err) NAX_MUST_USE;
void nax_file_abandon(struct nax_file *file);
/* Removes the temporaries of all files that this process is writing: for a program that ends, from
 * any thread. */
void nax_file_abandon_all(void);
/* Whether a file could be begun: before the work that it is to hold. */
int nax_file_check(const char *path, struct nax_err *err) NAX_MUST_USE;

/* For a program that writes to path, before it reads anything: where a regular file stands there,
 * by whatever name, reading it is an error from now on, so that no input is replaced. NULL:
 * nothing; of eight files at most. */
void nax_file_guard(const char *path);
/* Whether an open file is none that is guarded. path: its name, for the error. */
int nax_file_check_guard(int fd, const char *path, struct nax_err *err) NAX_MUST_USE;

/* Makes a folder for such files, with all on the way to it that is missing; it may be there. What
 * writers have left in it is removed. */
int nax_folder_make(const char *path, struct nax_err *err) NAX_MUST_USE;

/* A regular file in memory, to be read: at address, [size]; it must not shrink. Where it did, who
 * reads it gets SIGBUS, whose handler finds by nax_file_mapped_at which file an address was of:
 * its path, cut to 255 bytes, or NULL. */
int nax_file_map(const char *path, void **address, size_t *size, struct nax_err *err) NAX_MUST_USE;
void nax_file_unmap(void *address, size_t size);
/* nax_checksum of a regular file's bytes. */
int nax_file_checksum(const char *path, uint64_t *sum, struct nax_err *err) NAX_MUST_USE;
const char *nax_file_mapped_at(const void *address);

/* Opens a regular file for reading, of *size bytes now. Anything else, a FIFO or a device, is an
 * error at once. */
int nax_file_open(const char *path, FILE **file, size_t *size, struct nax_err *err) NAX_MUST_USE;
/* Whether there is a regular file, or nothing: of names that a program keeps results under, where a
 * FIFO would let it wait for ever. Anything else is an error. */
int nax_file_check_regular(const char *path, struct nax_err *err) NAX_MUST_USE;

/* Files that users name: networks, spaces, hardware.
 * A name with a slash or ending in ".yaml" is a path; any other is looked up as <kind>/<name>.yaml
 * in the directories of $NAX_PATH (separated by colons) and then among the files built into the
 * library. kind is "networks", "spaces" or "hardware". On success *text (freed by the caller with
 * free) holds *size bytes and a zero after them; path names the source in messages. */
int nax_config_read(const char *kind, const char *name, char **text, size_t *size, char path[256],
                    struct nax_err *err) NAX_MUST_USE;

/* Name of the i-th file built in for this kind, or NULL past the last: for help texts. */
const char *nax_config_builtin(const char *kind, size_t i);
/* Whether a file that was read by this name is the built-in one. */
bool nax_config_is_builtin(const char *kind, const char *name, const char *text);

/* The YAML text of such a file, parsed by a libcyaml schema (cyaml_schema_value_t, passed as void
 * so that only the files that own a schema include libcyaml). *out is allocated by libcyaml and
 * released with nax_yaml_free. An error names path, line, and key. */
int nax_yaml_load(const char *path, const char *text, size_t size, const void *schema, void **out,
                  struct nax_err *err) NAX_MUST_USE;
void nax_yaml_free(const void *schema, void *out);
/* A copy of a text, to be freed, in which the scalars under these keys (a list that NULL ends) of
 * mappings are lists of one, so that one schema takes "3" and "[3, 5]". Lines stay. */
int nax_yaml_listed(const char *text, size_t size, const char *const *keys, char **listed,
                    size_t *listed_size, struct nax_err *err) NAX_MUST_USE;

/* For a value that is found wrong after loading: NAX_ERR_VALUE "path:line: key 'out': message".
 * key is the way to it, "layers.3.conv.out", entries of sequences from 0. */
int nax_yaml_err_set(struct nax_err *err, const char *path, const char *text, size_t size,
                     const char *key, const char *format, ...) NAX_PRINTF(6, 7);

/* One of a few words: a row of a table, which may hold more (what the word does) after it. */
struct nax_word {
    int value;          /* of the enum; the row's place in the table */
    const char *word;   /* in files and options */
    const char *means;  /* in a line, as the manual has it; "" where the word says it all */
    const char *source; /* author and year, where it was published; or NULL */
    const char *needs;  /* key that must be set besides, or NULL */
};

/* A table: n rows of a struct that begins with a struct nax_word. */
struct nax_words {
    const void *rows;
    size_t n, row_size;
};

/* Defines the table `name` of an array of such rows. An array that lacks a row for one of the
 * enum's n_values does not compile. */
#define NAX_WORDS(name, array, n_values)                                                           \
    const struct nax_words name = {(array), (n_values), sizeof *(array)};                          \
    _Static_assert(sizeof(array) / sizeof *(array) == (n_values), "a row for every value")

const struct nax_word *nax_words_row(const struct nax_words *words, int value);
/* NULL: no such word. */
const struct nax_word *nax_words_find(const struct nax_words *words, const char *word);
/* "neither paid nor gated": what to say of any other word. */
void nax_words_neither(const struct nax_words *words, char *text, size_t size);

/* Of many names, the one that is spelled most like a word: start with {.word = …}, show it every
 * name. name stays NULL where more than half of the word would have to change; of names that go on
 * where the word ends, not so many letters count. */
struct nax_nearest {
    const char *word, *name;
    size_t distance; /* letters to add, leave out, change, or swap with their neighbour */
};

void nax_nearest_try(struct nax_nearest *nearest, const char *name);
/* "; did you mean 'NAME'?" for the end of a message, or "" where none is near. */
enum { NAX_NEAREST_TEXT = 128 };
const char *nax_nearest_text(const struct nax_nearest *nearest, char text[NAX_NEAREST_TEXT]);

/* FNV-1a, 64 bits, then mixed: for identifiers, not for secrets. Start with seed 0 and chain. */
uint64_t nax_hash(uint64_t seed, const void *bytes, size_t size);
/* Of large contents, at the speed of memory: a flipped bit is seen; little-endian words. */
uint64_t nax_checksum(uint64_t seed, const void *bytes, size_t size);

#ifdef __cplusplus
}
#endif

#endif
