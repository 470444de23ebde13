// cuakhau-verify: what an auditor needs to check exported journals of both sides without trusting the program that
// wrote them. It shares no code and no header with src/: everything here is written from docs/verify.md,
// docs/protocol.md and RFC 6962. Only libcrypto (SHA-256), libsodium (Ed25519) and jansson stand below it.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))
#define HEX_LEN     64
#define TIME_LEN    24 // "2026-11-22T02:35:04.123Z"
enum { STATUS_YES, STATUS_NO, STATUS_INPUT, STATUS_ENVIRONMENT };

// ---- verify_base.c
typedef struct { // a borrowed view
    const char *p;
    size_t n;
} Text;
#define TEXT_F    "%.*s"
#define TEXT_A(t) (int)(t).n, (t).p
Text text_of(const char *z);
bool text_is(Text t, const char *z);
void *take_memory(size_t n, size_t of); // zeroed; ends the program when there is none
void *grow(void *p, size_t n, size_t *cap, size_t of);
char *keep_text(Text t); // a copy with a NUL behind it
// "A.jsonl:17: what is wrong": bad input. Always STATUS_INPUT.
int bad_input(const char *file, uint64_t line, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
bool time_read(Text t, int64_t *ret_ms); // RFC 3339 with Z, as the link writes it, with or without a fraction
const char *time_text(int64_t t_ms, char room[TIME_LEN + 1]);

// ---- verify_hash.c
typedef struct {
    uint8_t b[32];
} Hash;
typedef struct Sha Sha; // one a thread
Sha *sha_new(void);
void sha_free(Sha *s);
void sha_of(Sha *s, const void *p, size_t n, Hash *ret);
bool hash_is(const Hash *a, const Hash *b);
bool hash_read(Text hex, Hash *ret); // 64 lower-case digits
bool bytes_read(Text hex, uint8_t *ret, size_t n);
const char *hash_text(const Hash *h, char room[HEX_LEN + 1]);
typedef struct {
    const uint8_t *public_key; // 32 bytes
    Text bytes;
    const uint8_t *signature; // 64 bytes
    bool good;                // the answer
} SignatureJob;
void signatures_check(SignatureJob *jobs, size_t n, bool all_cores);

// ---- verify_tree.c: RFC 6962 section 2.1
typedef struct {
    uint64_t size;
    Hash peak[64]; // peak[k]: of the full subtree of 2^k leaves, where bit k of size is set
} Tree;
void tree_leaf(Sha *s, const Hash *data, Hash *ret);
void tree_add(Sha *s, Tree *t, const Hash *leaf);
void tree_root(Sha *s, const Tree *t, Hash *ret);
bool tree_included(Sha *s, uint64_t index, uint64_t size, const Hash *leaf, const Hash *path, size_t n,
                   const Hash *root);
bool tree_consistent(Sha *s, uint64_t old_size, const Hash *old_root, uint64_t size, const Hash *root, const Hash *path,
                     size_t n);

// ---- verify_find.c: what is found to be wrong
typedef struct {
    const char *code;
    char side[16];  // whose journal or message it is about; empty: none
    int64_t event;  // of that journal, 0: none
    int64_t number; // of a message
    char message[HEX_LEN + 1];
    char text[400];
} Finding;
typedef struct {
    Finding *at;
    size_t n, cap;
    uint64_t all; // those that are not kept, too
} Findings;
#define FINDINGS_MAX  1000
#define FINDINGS_KIND 200 // of one code, so that a flood hides nothing else
Finding *finding_add(Findings *f, const char *code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void findings_free(Findings *f);

// ---- verify_rows.c: the lines of an export
#define LINE_MAX_BYTES (16u << 20)
typedef struct {
    FILE *file;
    const char *name;
    uint64_t line; // of the one read last
    char *buf;
    size_t at, end, cap;
} Lines;
typedef enum { LINE_NONE, LINE_READ, LINE_LONG, LINE_FAILED } LineAnswer;
bool lines_open(Lines *l, const char *name);
void lines_from(Lines *l, FILE *file, const char *name); // owned from now on
LineAnswer lines_next(Lines *l, Text *ret);              // without its end; borrowed until the next
void lines_close(Lines *l);
typedef struct {
    bool input; // else an event
    int64_t no, t_ms, of_input, first_event, events, passage;
    Text role, actor, kind, idem, body;
    Hash body_hash, hash;
} Row;
// NULL, or what was expected where. Texts are in the line, or in `room` (as large as the line).
const char *row_read(Text line, char *room, Row *ret);

// ---- verify_log.c: one exported journal
typedef struct {
    int64_t event, t_ms;
    Text body; // owned
} LinkRow;
typedef struct {
    const char *file;
    char side[16];
    int64_t first_input, last_input, first_event, last_event, size;
    Hash prev, chain, root;
    Tree before;
    Hash *leaf; // of events first_event ..
    size_t leaves, leaves_cap;
    LinkRow *link;
    size_t links, links_cap;
    uint64_t inputs, events;
    Findings found;
} Log;
// STATUS_YES: it could be read; what does not fit is in ret->found. log_free in any case.
int log_load(const char *file, bool keep_links, Log *ret);
void log_free(Log *l);
bool log_root(Sha *s, const Log *l, int64_t size, Hash *ret); // false: that size is not in it

// ---- verify_scan.c: objects of the journal, in place
// The members of these names, each as it stands in the text (p NULL: it is not there). False: no strict JSON object.
bool scan_members(Text object, const char *const *names, size_t n, Text *ret);
bool scan_text(Text value, char *room, Text *ret); // a string without its escapes; room as large as it
bool scan_number(Text value, int64_t *ret);        // whole, 0 or more
bool scan_hash(Text value, Hash *ret);
bool scan_moment(Text value, int64_t *ret);

// ---- verify_json.c: small answers out of JSON (jansson stays in here and in its callers)
struct json_t;
struct json_t *json_file(const char *file, int *ret_status);
bool json_text(const struct json_t *j, const char *key, Text *ret);
bool json_number(const struct json_t *j, const char *key, int64_t *ret); // 0 or more
bool json_hash(const struct json_t *j, const char *key, Hash *ret);
bool json_moment(const struct json_t *j, const char *key, int64_t *ret);
void json_say(FILE *f, const char *text); // a JSON string

// ---- commands
int command_log(int argc, char **argv);
int command_proof(int argc, char **argv);
int command_ledger(int argc, char **argv);
typedef struct {
    int64_t size;
    Hash root;
} Head;
int head_file(const char *file, Head *ret);
