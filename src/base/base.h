// Base: strings, errors, arena, bounded buffer, JSON text writer, ISO 8601 times, logging.
// Everything here is pure except log_line(), which writes one JSON line to stderr.
#pragma once
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// A bug stops the program, in every build: a wrong decision is worse than a restart from the journal.
#define CK_ASSERT(x) ((x) ? (void)0 : ck_panic(#x, __FILE__, __LINE__))
_Noreturn void ck_panic(const char *what, const char *file, int line);

#define MUST_USE     __attribute__((warn_unused_result))
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define MIN(a, b)    ((a) < (b) ? (a) : (b))
#define MAX(a, b)    ((a) > (b) ? (a) : (b))

// Failures of the environment or of the caller's input. Refusals by the rules of the gate are not errors
// (gate_reason.h). X(symbol, exit status, text)
#define ERR_TABLE(X)                                                                                                   \
    X(OK, 0, "done")                                                                                                   \
    X(ERR_PARSE, 2, "the input cannot be parsed")                                                                      \
    X(ERR_INVALID, 2, "the input is not valid")                                                                        \
    X(ERR_NOT_FOUND, 1, "not found")                                                                                   \
    X(ERR_EXISTS, 1, "it exists already")                                                                              \
    X(ERR_LIMIT, 2, "a limit was exceeded")                                                                            \
    X(ERR_BUSY, 3, "busy: try again later")                                                                            \
    X(ERR_LOCKED, 3, "another process holds the file")                                                                 \
    X(ERR_FULL, 3, "the disk is full")                                                                                 \
    X(ERR_IO, 3, "reading or writing failed")                                                                          \
    X(ERR_CORRUPT, 1, "the journal is damaged")                                                                        \
    X(ERR_NET, 3, "the network failed")
typedef enum {
#define X(sym, exit, text) sym,
    ERR_TABLE(X)
#undef X
        ERR_COUNT
} Err;
const char *err_text(Err e);
const char *err_name(Err e);
int err_exit(Err e);

// ---- strings: a borrowed view, never NUL-terminated by contract
typedef struct {
    const char *p;
    size_t n;
} Str;
#define STR(lit)  ((Str){"" lit, sizeof(lit) - 1})
#define STR_F     "%.*s"
#define STR_A(s)  (int)(s).n, (s).p
#define STR_EMPTY ((Str){"", 0})
Str str_c(const char *z); // NULL gives the empty string
bool str_eq(Str a, Str b);
bool str_eq_c(Str a, const char *z);
bool str_starts(Str s, Str prefix);
uint64_t str_hash(uint64_t seed, Str s); // well-mixed 64 bits; not cryptographic

// ---- arena: freed as a whole; never more than its ceiling
typedef struct ArenaBlock ArenaBlock;
typedef struct {
    ArenaBlock *head;
    size_t used, ceiling;
} Arena;
void arena_init(Arena *a, size_t ceiling);
void arena_reset(Arena *a); // keeps the biggest block for reuse
void arena_deinit(Arena *a);
void *arena_alloc(Arena *a, size_t n); // zeroed, 16-aligned; NULL over the ceiling
Str arena_str(Arena *a, Str s);        // copy, NUL behind it; {NULL,0} over the ceiling
char *arena_cstr(Arena *a, Str s);     // NUL-terminated copy; NULL over the ceiling
// A state of megabytes: 64-aligned, not zeroed, to be freed with free(). In huge pages where the system gives them: a
// replication of the twin would spend a third of its time on page faults.
void *block_alloc(size_t n);

// ---- buffer: grows up to a ceiling, then drops and remembers (check .overflow once, at the end)
typedef struct {
    char *p;
    size_t n, cap, ceiling;
    bool overflow;
} Buf;
void buf_init(Buf *b, size_t ceiling);
void buf_deinit(Buf *b);
void buf_clear(Buf *b);
void buf_put(Buf *b, const void *p, size_t n);
void buf_str(Buf *b, Str s);
void buf_c(Buf *b, const char *z);
void buf_char(Buf *b, char c);
void buf_u64(Buf *b, uint64_t v);
void buf_i64(Buf *b, int64_t v);
void buf_printf(Buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
Str buf_view(const Buf *b); // borrowed until the next change

// ---- JSON text: the writer puts commas itself. json_key() before each member; json_*() for values.
void json_open(Buf *b, char bracket);  // '{' or '['
void json_close(Buf *b, char bracket); // '}' or ']'
void json_key(Buf *b, const char *key);
void json_str(Buf *b, Str s); // input must be valid UTF-8; control characters are escaped
void json_c(Buf *b, const char *z);
void json_int(Buf *b, int64_t v);
void json_bool(Buf *b, bool v);
void json_time(Buf *b, int64_t t_ms); // "2026-11-22T02:35:04.123Z"; 0 gives null
void json_raw(Buf *b, Str json);      // a value already in JSON

// Eight bytes of text at once: the lowest bit set of the result marks the first one that JSON cannot hold as it is
// (below 0x20, a quote, a backslash); 0 when there is none. Bits above the lowest one mean nothing. The bytes
// themselves come as *ret.
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "json_stop8 takes the first byte as the lowest");
static inline uint64_t json_stop8(const char *p, uint64_t *ret) {
    const uint64_t ones = 0x0101010101010101u;
    uint64_t w;
    memcpy(&w, p, 8);
    uint64_t quote = w ^ (ones * '"'), back = w ^ (ones * '\\');
    uint64_t low = (w - ones * 0x20) & ~w, q = (quote - ones) & ~quote, b = (back - ones) & ~back;
    *ret = w;
    return (low | q | b) & (ones * 0x80);
}

// ---- times: milliseconds since 1970-01-01T00:00:00Z, no leap seconds
#define TIME_NEVER  INT64_MAX
#define SECOND_MS   1000LL
#define MINUTE_MS   (60 * SECOND_MS)
#define HOUR_MS     (60 * MINUTE_MS)
#define DAY_MS      (24 * HOUR_MS)
#define ISO8601_LEN 24
void iso8601_format(int64_t t_ms, char ret[ISO8601_LEN + 1]);
// RFC 3339 date-time with Z or an offset, optional fraction; also a bare date (midnight UTC). False when it is none.
bool iso8601_parse(Str s, int64_t *ret_ms);

bool utf8_valid(Str s); // RFC 3629: no surrogates, no overlong forms

// ---- log: one JSON object a line on stderr; no personal data may go in
typedef enum { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR } LogLevel;
extern LogLevel log_level;
void log_line(LogLevel level, const char *module, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
