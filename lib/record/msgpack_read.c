/* Reading msgpack: one pass over the window, each value straight into the record's memory.
 *
 * Bytes are taken as they are needed; when they are not there yet, the window is filled, and may
 * move. No length is believed: bytes are taken when they are there, and memory within max_record.
 * Functions return false when they fail, with the reason said and its status in the scan.
 */
#include "formats.h"
#include "text.h"

#include <stdlib.h>

/* What a value begins with: a number is whole, of anything else it is the length. */
enum head_type {
    HEAD_NONE, /* 0xc1, which msgpack leaves out */
    HEAD_NULL,
    HEAD_FALSE,
    HEAD_TRUE,
    HEAD_INT,
    HEAD_UNSIGNED, /* beyond int64_t, once it is read */
    HEAD_FLOAT,
    HEAD_STRING,
    HEAD_BINARY,
    HEAD_EXTENSION,
    HEAD_ARRAY,
    HEAD_MAP
};

struct head {
    enum head_type type;
    union {
        int64_t i;
        uint64_t u;
        double f;
        size_t n; /* bytes of a string, items of an array, pairs of a map */
    };
};

/* A header or a record that is being read. */
struct scan {
    struct input *in;
    struct nax_record *record; /* filled; of a header it holds the strings */
    const char *what;          /* "header" or "record" */
    size_t at, n;              /* bytes taken; bytes in the window, no more than max_record */
    int status;
    struct nax_err *err;
};

static struct scan begin(struct input *in, struct nax_record *record, const char *what,
                         struct nax_err *err)
{
    size_t n = NAX_MIN(in->end - in->start, in->max_record);
    return (struct scan){in, record, what, 0, n, 0, err};
}

/* Errors name the byte that was taken last. */
static uint64_t place(const struct scan *s)
{
    return s->in->offset + s->at - 1;
}

static bool refuse(struct scan *s, const char *problem)
{
    s->status = nax_input_fail(s->in, s->err, "byte", place(s), "%s", problem);
    return false;
}

static bool refuse_size(struct scan *s)
{
    s->status = nax_input_fail_limit(s->in, s->err, "byte", place(s));
    return false;
}

static bool refuse_memory(struct scan *s)
{
    s->status = nax_err_set(s->err, NAX_ERR_MEMORY, "out of memory: '%s'", s->in->name);
    return false;
}

/* f: the field whose value it is, or NULL. */
static bool refuse_value(struct scan *s, const struct field *f, const char *problem)
{
    if (!f)
        return refuse(s, problem);
    s->status =
        nax_input_fail(s->in, s->err, "byte", place(s), "field '%.100s': %s", f->name, problem);
    return false;
}

/* Fills the window until it holds n bytes more than were taken. */
static bool await(struct scan *s, size_t n)
{
    struct input *in = s->in;
    while (n > s->n - s->at) {
        if (n > in->max_record - s->at)
            return refuse_size(s);
        int more = nax_input_fill(in, s->err);
        if (!more)
            more = nax_input_fail_end(in, s->err, "byte", in->offset + in->end - in->start,
                                      "the file ends inside a %s", s->what);
        if (more < 0) {
            s->status = more;
            return false;
        }
        s->n = NAX_MIN(in->end - in->start, in->max_record);
    }
    return true;
}

/* n bytes, which stay where they are until more are taken. */
static inline bool take(struct scan *s, size_t n, const char **bytes)
{
    if (n > s->n - s->at && !await(s, n))
        return false;
    *bytes = (const char *)s->in->buffer + s->in->start + s->at;
    s->at += n;
    return true;
}

/* The number, or the length, of n bytes behind the type. */
static bool read_rest(struct scan *s, size_t n, struct head *head)
{
    const char *bytes;
    if (!take(s, n, &bytes))
        return false;
    uint64_t u = 0;
    for (size_t i = 0; i < n; i++)
        u = u << 8 | (unsigned char)bytes[i];
    uint32_t low = (uint32_t)u;
    float f;
    if (head->type == HEAD_FLOAT && n == sizeof f) {
        memcpy(&f, &low, sizeof f);
        head->f = (double)f;
    } else if (head->type == HEAD_FLOAT) {
        memcpy(&head->f, &u, sizeof head->f);
    } else if (head->type == HEAD_INT) {
        head->i = (int64_t)(u << (64 - 8 * n)) >> (64 - 8 * n);
    } else {
        head->u = u;
        if (head->type == HEAD_UNSIGNED && u <= INT64_MAX)
            head->type = HEAD_INT;
    }
    return true;
}

static inline bool read_head(struct scan *s, struct head *head)
{
    /* by the first byte: what it is, and the bytes of its number or length */
    static const struct {
        uint8_t type, n;
    } types[] = {[0xc0] = {HEAD_NULL, 0},
                 [0xc2] = {HEAD_FALSE, 0},
                 [0xc3] = {HEAD_TRUE, 0},
                 [0xc4 ... 0xc6] = {HEAD_BINARY, 0},
                 [0xc7 ... 0xc9] = {HEAD_EXTENSION, 0},
                 [0xca] = {HEAD_FLOAT, 4},
                 [0xcb] = {HEAD_FLOAT, 8},
                 [0xcc] = {HEAD_UNSIGNED, 1},
                 [0xcd] = {HEAD_UNSIGNED, 2},
                 [0xce] = {HEAD_UNSIGNED, 4},
                 [0xcf] = {HEAD_UNSIGNED, 8},
                 [0xd0] = {HEAD_INT, 1},
                 [0xd1] = {HEAD_INT, 2},
                 [0xd2] = {HEAD_INT, 4},
                 [0xd3] = {HEAD_INT, 8},
                 [0xd4 ... 0xd8] = {HEAD_EXTENSION, 0},
                 [0xd9] = {HEAD_STRING, 1},
                 [0xda] = {HEAD_STRING, 2},
                 [0xdb] = {HEAD_STRING, 4},
                 [0xdc] = {HEAD_ARRAY, 2},
                 [0xdd] = {HEAD_ARRAY, 4},
                 [0xde] = {HEAD_MAP, 2},
                 [0xdf] = {HEAD_MAP, 4}};
    const char *bytes;
    if (!take(s, 1, &bytes))
        return false;
    unsigned b = (unsigned char)*bytes;
    if (b < 0xc0 || b >= 0xe0) {
        *head = b < 0x80 || b >= 0xe0 ? (struct head){HEAD_INT, .i = (int8_t)b}
                : b < 0x90            ? (struct head){HEAD_MAP, .n = b & 15}
                : b < 0xa0            ? (struct head){HEAD_ARRAY, .n = b & 15}
                                      : (struct head){HEAD_STRING, .n = b & 31};
        return true;
    }
    size_t n = types[b].n;
    head->type = (enum head_type)types[b].type;
    if (n)
        return read_rest(s, n, head);
    return head->type == HEAD_NONE        ? refuse(s, "not msgpack")
           : head->type == HEAD_BINARY    ? refuse(s, "a value of binary type")
           : head->type == HEAD_EXTENSION ? refuse(s, "a value of an extension type")
                                          : true;
}

/* Whether n bytes more may go into the record's memory. */
static bool is_within_limit(const struct scan *s, size_t n)
{
    size_t max = s->in->max_record;
    return n <= max - NAX_MIN(s->record->n_bytes, max);
}

/* A string of n bytes, copied; f: the field whose it is, or NULL. */
static bool read_string(struct scan *s, size_t n, const struct field *f, const char **text)
{
    const char *bytes;
    if (!take(s, n, &bytes))
        return false;
    if (!nax_text_is_utf8(bytes, n))
        return refuse_value(s, f, "a string that is not UTF-8, or with a zero byte");
    if (!is_within_limit(s, n))
        return refuse_size(s);
    char *copy = nax_record_reserve(s->record, n + 1);
    if (!copy)
        return refuse_memory(s);
    memcpy(copy, bytes, n);
    copy[n] = 0;
    *text = copy;
    return true;
}

static bool read_name(struct scan *s, const char **name, size_t *n)
{
    struct head head;
    if (!read_head(s, &head))
        return false;
    if (head.type != HEAD_STRING)
        return refuse(s, "a field whose name is no string");
    *n = head.n;
    return take(s, head.n, name);
}

static bool check_pairs(struct scan *s, size_t n)
{
    return n <= NAX_FIELDS_MAX || refuse(s, "more than 1024 fields");
}

/* A header or a record begins, with n pairs. */
static bool read_map(struct scan *s, size_t *n)
{
    struct head head;
    if (!read_head(s, &head))
        return false;
    if (head.type != HEAD_MAP) {
        s->status = nax_input_fail(s->in, s->err, "byte", s->in->offset,
                                   "no map where a %s should be", s->what);
        return false;
    }
    *n = head.n;
    return check_pairs(s, head.n);
}

/* --- headers --- */

struct progs {
    struct nax_prog *v; /* [n] */
    size_t n, cap;
};

struct msgpack_reader {
    bool is_inside;     /* between header and trailer */
    uint64_t n_begun;   /* records that had come from the file when the segment began */
    struct progs progs; /* of the header that is being read: memory that stays */
};

struct header {
    bool has_version, is_version_known;
    const char *kind;
    struct progs *progs;
};

void nax_msgpack_free(struct msgpack_reader *reader)
{
    if (!reader)
        return;
    free(reader->progs.v);
    free(reader);
}

/* Passes a value that a later version may know, with containers to the depth given. */
static bool skip(struct scan *s, const struct head *head, int depth)
{
    const char *bytes;
    if (head->type == HEAD_STRING)
        return take(s, head->n, &bytes);
    if (head->type != HEAD_ARRAY && head->type != HEAD_MAP)
        return true;
    if (!depth)
        return refuse(s, "a header nested too deeply");
    size_t n = head->type == HEAD_MAP ? 2 * head->n : head->n;
    for (size_t i = 0; i < n; i++) {
        struct head item;
        if (!read_head(s, &item) || !skip(s, &item, depth - 1))
            return false;
    }
    return true;
}

/* A name, as its place among the words, n_words for any other; and what its value begins with. */
static bool read_pair(struct scan *s, const char *const *words, size_t n_words, size_t *word,
                      struct head *head)
{
    const char *name;
    size_t n, i = 0;
    if (!read_name(s, &name, &n))
        return false;
    while (i < n_words && (n != strlen(words[i]) || memcmp(name, words[i], n)))
        i++;
    *word = i;
    return read_head(s, head);
}

static bool read_prog_field(struct scan *s, struct nax_prog *prog)
{
    enum { NAME, VERSION, ARGV, INPUTS, SEED, N_WORDS };
    static const char *const words[] = {"name", "version", "argv", "inputs", "seed"};
    const char **const texts[] = {&prog->name, &prog->version, &prog->argv, &prog->inputs};
    struct head head;
    size_t word;
    if (!read_pair(s, words, N_WORDS, &word, &head))
        return false;
    if (word == N_WORDS)
        return skip(s, &head, 0);
    if (word != SEED)
        return head.type == HEAD_STRING ? read_string(s, head.n, NULL, texts[word])
                                        : refuse(s, "provenance that is no string");
    if (head.type != HEAD_INT && head.type != HEAD_UNSIGNED)
        return refuse(s, "a seed that is no integer");
    prog->seed = head.u;
    return true;
}

static bool read_prog(struct scan *s, size_t n, struct progs *progs)
{
    if (!check_pairs(s, n))
        return false;
    if (progs->n == NAX_PROGS_MAX)
        return refuse(s, "more than 1024 programs");
    if (progs->n == progs->cap) {
        size_t cap = progs->cap ? 2 * progs->cap : 16;
        struct nax_prog *grown = nax_realloc(progs->v, cap, sizeof *grown);
        if (!grown)
            return refuse_memory(s);
        progs->v = grown;
        progs->cap = cap;
    }
    struct nax_prog *prog = &progs->v[progs->n++];
    *prog = (struct nax_prog){"", "", "", 0, NULL};
    for (size_t i = 0; i < n; i++)
        if (!read_prog_field(s, prog))
            return false;
    return true;
}

static bool read_progs(struct scan *s, size_t n, struct progs *progs)
{
    for (size_t i = 0; i < n; i++) {
        struct head head;
        if (!read_head(s, &head))
            return false;
        if (head.type == HEAD_MAP ? !read_prog(s, head.n, progs) : !skip(s, &head, 0))
            return false;
    }
    return true;
}

static bool read_header_field(struct scan *s, struct header *header)
{
    enum { NAX, KIND, PROG, N_WORDS };
    static const char *const words[] = {"nax", "kind", "prog"};
    struct head head;
    size_t word;
    if (!read_pair(s, words, N_WORDS, &word, &head))
        return false;
    if (word == KIND)
        return head.type == HEAD_STRING && head.n < KIND_SIZE
                   ? read_string(s, head.n, NULL, &header->kind)
                   : refuse(s, "a kind that is no short string");
    if (word == PROG)
        return head.type == HEAD_ARRAY ? read_progs(s, head.n, header->progs)
                                       : refuse(s, "provenance that is no list");
    if (word == NAX) {
        header->has_version = true;
        header->is_version_known = head.type == HEAD_INT && head.i == 1;
    }
    return skip(s, &head, 2); /* such as a list of maps */
}

static int read_header(struct msgpack_reader *reader, struct input *in, struct stream_info *info,
                       struct nax_record *record, struct nax_err *err)
{
    struct scan s = begin(in, record, "header", err);
    struct progs *progs = &reader->progs;
    struct header header = {.kind = "", .progs = progs};
    uint64_t at = in->offset;
    size_t n = progs->n = 0;
    if (!read_map(&s, &n))
        return s.status;
    for (size_t i = 0; i < n; i++)
        if (!read_header_field(&s, &header))
            return s.status;
    nax_input_skip(in, s.at);
    if (!header.has_version)
        return nax_input_fail(in, err, "byte", at, "no header of a nax stream");
    if (!header.is_version_known)
        return nax_input_fail(in, err, "byte", at, "a stream of another version than 1");
    if (!info->kind[0])
        strcpy(info->kind, header.kind); /* its length was checked */
    info->maker = progs->n ? nax_prog_id(&progs->v[progs->n - 1]) : 0;
    int status = nax_source_add(&info->sources, info->maker, info->path, err);
    for (size_t i = 0; !status && i < progs->n; i++)
        status = nax_prog_add(&info->prog, &progs->v[i], err);
    return status;
}

/* --- records --- */

static const char *problem_of_item(enum head_type type)
{
    return type == HEAD_ARRAY      ? "an array inside an array"
           : type == HEAD_MAP      ? "a map inside a record"
           : type == HEAD_UNSIGNED ? "an integer beyond 64 bits with sign"
                                   : "an array of other things than numbers";
}

/* The first of n numbers, as far as they are integers of a byte and in the window: how many. */
static size_t read_small(struct scan *s, size_t n, int64_t *ints)
{
    const unsigned char *start = s->in->buffer + s->in->start, *p = start + s->at;
    size_t i = 0;
    for (; i < n && p < start + s->n; i++) {
        if (*p == 0xcc && p + 1 < start + s->n)
            p++;
        else if (*p >= 0x80)
            break;
        ints[i] = *p++;
    }
    s->at = (size_t)(p - start);
    return i;
}

/* n numbers: integers, or from the first that is none on, floats. */
static bool read_array(struct scan *s, size_t n, struct field *f)
{
    size_t size = n * sizeof(int64_t);
    if (!is_within_limit(s, size))
        return refuse_size(s);
    void *items = nax_record_reserve(s->record, size + 1);
    if (!items)
        return refuse_memory(s);
    int64_t *ints = items;
    double *floats = items;
    bool is_float = false;
    for (size_t i = read_small(s, n, ints); i < n; i++) {
        struct head head;
        if (!read_head(s, &head))
            return false;
        if (head.type == HEAD_FLOAT && !is_float) { /* what came before are integral floats */
            is_float = true;
            for (size_t k = 0; k < i; k++) {
                double number = (double)ints[k];
                memcpy(&floats[k], &number, sizeof number);
            }
        }
        if (head.type == HEAD_INT && !is_float)
            ints[i] = head.i;
        else if (head.type == HEAD_INT)
            floats[i] = (double)head.i;
        else if (head.type == HEAD_FLOAT)
            floats[i] = head.f;
        else
            return refuse(s, problem_of_item(head.type));
    }
    f->value = is_float ? (struct nax_value){.type = NAX_FLOATS, .floats = {floats, n}}
                        : (struct nax_value){.type = NAX_INTS, .ints = {ints, n}};
    f->capacity = size + 1;
    return true;
}

static bool read_value(struct scan *s, struct field *f)
{
    struct nax_value *v = &f->value;
    struct head head;
    if (!read_head(s, &head))
        return false;
    switch (head.type) {
    case HEAD_NULL:
        return true; /* as it was appended */
    case HEAD_FALSE:
    case HEAD_TRUE:
        *v = (struct nax_value){NAX_BOOL, .b = head.type == HEAD_TRUE};
        return true;
    case HEAD_INT:
        *v = (struct nax_value){NAX_INT, .i = head.i};
        return true;
    case HEAD_UNSIGNED:
        return refuse_value(s, f, "an integer beyond 64 bits with sign");
    case HEAD_FLOAT:
        *v = (struct nax_value){NAX_FLOAT, .f = head.f};
        return true;
    case HEAD_STRING:
        *v = (struct nax_value){NAX_STRING, .string.n = head.n};
        f->capacity = head.n + 1;
        return read_string(s, head.n, f, &v->string.s);
    case HEAD_ARRAY:
        return read_array(s, head.n, f);
    case HEAD_MAP:
        return refuse(s, "a map inside a record");
    case HEAD_NONE:
    case HEAD_BINARY:
    case HEAD_EXTENSION:
        break; /* read_head fails on them */
    }
    return false;
}

static bool read_field(struct scan *s)
{
    const char *name;
    size_t n;
    if (!read_name(s, &name, &n))
        return false;
    struct field *f = nax_record_expect(s->record, name, n); /* such a name was taken before */
    if (!f) {
        const char *problem = nax_name_problem(name, n);
        if (!problem && nax_record_find(s->record, name, n))
            problem = "a field that is there twice";
        if (problem)
            return refuse(s, problem);
        f = nax_record_append(s->record, name, n);
    }
    if (!f)
        return refuse_memory(s);
    return read_value(s, f) && (s->record->n_bytes <= s->in->max_record || refuse_size(s));
}

static int read_record(struct input *in, struct nax_record *record, struct nax_err *err)
{
    struct scan s = begin(in, record, "record", err);
    size_t n;
    if (!read_map(&s, &n))
        return s.status;
    for (size_t i = 0; i < n; i++)
        if (!read_field(&s))
            return s.status;
    nax_input_skip(in, s.at);
    return 0;
}

int nax_msgpack_get(unsigned char *bytes, size_t n, struct nax_record *r, struct nax_err *err)
{
    struct input in = {-1, "memory", bytes, .end = n, .is_eof = true, .max_record = SIZE_MAX};
    return read_record(&in, r, err);
}

/* --- segments --- */

/* A map with a reserved name: the trailer, if it is the right one. 0, or an error. */
static int end_segment(const struct msgpack_reader *reader, const struct input *in,
                       const struct nax_record *record, uint64_t at, struct nax_err *err)
{
    const struct nax_value *end = nax_record_get(record, "end"), *n = nax_record_get(record, "n");
    if (nax_record_get(record, "nax"))
        return nax_input_fail(in, err, "byte", at, "a new header before the trailer");
    if (!end || end->type != NAX_BOOL || !end->b || !n || n->type != NAX_INT || record->n != 2)
        return nax_input_fail(in, err, "byte", at, "a broken trailer");
    uint64_t n_seen = in->n_records - reader->n_begun;
    if (n->i < 0 || (uint64_t)n->i != n_seen)
        return nax_input_fail(in, err, "byte", at,
                              "the trailer counts %lld records, the segment has %llu",
                              (long long)n->i, (unsigned long long)n_seen);
    return 0;
}

int nax_msgpack_next(struct msgpack_reader **out, struct input *in, struct stream_info *info,
                     struct nax_record *record, struct nax_err *err)
{
    if (!*out)
        *out = nax_calloc(1, sizeof **out);
    struct msgpack_reader *reader = *out;
    if (!reader)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", in->name);
    for (;;) {
        uint64_t at = in->offset;
        int status = in->start < in->end ? 1 : nax_input_fill(in, err);
        if (!status && reader->is_inside)
            return nax_input_fail_end(in, err, "byte", at, "the file ends without a trailer");
        if (status <= 0)
            return status;
        status = reader->is_inside ? read_record(in, record, err)
                                   : read_header(reader, in, info, record, err);
        if (!status && reader->is_inside && !record->has_reserved)
            return 1;
        if (!status && reader->is_inside)
            status = end_segment(reader, in, record, at, err);
        if (status)
            return status;
        nax_record_clear(record);
        reader->is_inside = !reader->is_inside;
        reader->n_begun = in->n_records;
    }
}
