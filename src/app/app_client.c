#include "app_client.h"
#include "io/io_clock.h"
#include <curl/curl.h>
#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

#define ANSWER_MAX     (32u << 20)
#define CONNECT_MS     3000
#define PAUSE_FIRST_MS 50
#define PAUSE_MAX_MS   2000
#define PATH_BYTES_MAX 400

typedef struct Request Request;
struct Request {
    Request *next;
    const char *method, *token;
    char path[PATH_BYTES_MAX], key[CLIENT_KEY_MAX], acting_for[48];
    char *body; // owned text, NULL: none
    ClientFn *fn;
    void *ctx;
    uint64_t tag;
    int64_t due_us;
    uint32_t tries;
    bool replayed;
    Buf answer;
    CURL *easy;
    struct curl_slist *headers;
};
struct Client {
    ClientOpts opts;
    char server[256];
    CURLM *multi;
    CURL **idle; // handles to use again: they keep their settings, connections live in the multi handle
    uint32_t idle_n, flying, ready_n, delayed_n, delayed_cap;
    Request *first, *last, **delayed; // delayed: heap by due_us
    uint64_t nonce, keys;
    ClientCounts counts;
};

// ---- waiting requests
static void heap_push(Client *c, Request *r) {
    if (c->delayed_n == c->delayed_cap) {
        c->delayed_cap = c->delayed_cap ? c->delayed_cap * 2 : 256;
        c->delayed = realloc(c->delayed, c->delayed_cap * sizeof *c->delayed);
        CK_ASSERT(c->delayed != NULL);
    }
    uint32_t i = c->delayed_n++;
    for (; i && c->delayed[(i - 1) / 2]->due_us > r->due_us; i = (i - 1) / 2) c->delayed[i] = c->delayed[(i - 1) / 2];
    c->delayed[i] = r;
}
static Request *heap_pop(Client *c) {
    Request *top = c->delayed[0], *r = c->delayed[--c->delayed_n];
    uint32_t i = 0;
    for (uint32_t k; (k = 2 * i + 1) < c->delayed_n; i = k) {
        if (k + 1 < c->delayed_n && c->delayed[k + 1]->due_us < c->delayed[k]->due_us) k++;
        if (c->delayed[k]->due_us >= r->due_us) break;
        c->delayed[i] = c->delayed[k];
    }
    if (c->delayed_n) c->delayed[i] = r;
    return top;
}
static void queue_put(Client *c, Request *r) {
    r->next = NULL;
    if (c->last)
        c->last->next = r;
    else
        c->first = r;
    c->last = r;
    c->ready_n++;
}
static Request *queue_take(Client *c) {
    Request *r = c->first;
    c->first = r->next;
    if (!c->first) c->last = NULL;
    c->ready_n--;
    return r;
}
static void request_free(Request *r) {
    buf_deinit(&r->answer);
    curl_slist_free_all(r->headers);
    free(r->body);
    free(r);
}

// ---- life
Err client_new(const ClientOpts *opts, Client **ret) {
    size_t n = strlen(opts->server);
    while (n && opts->server[n - 1] == '/') n--;
    bool http = strncmp(opts->server, "http://", 7) == 0 || strncmp(opts->server, "https://", 8) == 0;
    Client *c = calloc(1, sizeof *c);
    CK_ASSERT(c != NULL);
    if (!http || n >= sizeof c->server) {
        free(c);
        return ERR_INVALID;
    }
    memcpy(c->server, opts->server, n);
    c->opts = *opts;
    if (!c->opts.in_flight_max) c->opts.in_flight_max = 1;
    if (!c->opts.tries_max) c->opts.tries_max = 8;
    if (!c->opts.timeout_ms) c->opts.timeout_ms = 30000;
    c->nonce = io_random_u64();
    CK_ASSERT(curl_global_init(CURL_GLOBAL_DEFAULT) == 0);
    c->multi = curl_multi_init();
    c->idle = calloc(c->opts.in_flight_max, sizeof *c->idle);
    CK_ASSERT(c->multi != NULL && c->idle != NULL);
    curl_multi_setopt(c->multi, CURLMOPT_MAXCONNECTS, (long)c->opts.in_flight_max);
    *ret = c;
    return OK;
}
void client_free(Client *c) {
    if (!c) return;
    while (c->first) request_free(queue_take(c));
    while (c->delayed_n) request_free(heap_pop(c));
    for (uint32_t i = 0; i < c->idle_n; i++) curl_easy_cleanup(c->idle[i]);
    curl_multi_cleanup(c->multi);
    free(c->idle);
    free(c->delayed);
    free(c);
    curl_global_cleanup();
}
void client_make_key(Client *c, char ret[CLIENT_KEY_MAX]) {
    (void)snprintf(ret, CLIENT_KEY_MAX, "%016llx-%llu", (unsigned long long)c->nonce, (unsigned long long)++c->keys);
}
void client_send(Client *c, const ClientCall *call, ClientFn *fn, void *ctx, uint64_t tag) {
    Request *r = calloc(1, sizeof *r);
    CK_ASSERT(r != NULL);
    r->method = call->method, r->token = call->token, r->fn = fn, r->ctx = ctx, r->tag = tag;
    int n = snprintf(r->path, sizeof r->path, "%s", call->path);
    CK_ASSERT(n > 0 && (size_t)n < sizeof r->path);
    if (call->key)
        (void)snprintf(r->key, sizeof r->key, "%s", call->key);
    else if (strcmp(call->method, "GET") != 0)
        client_make_key(c, r->key);
    if (call->acting_for) (void)snprintf(r->acting_for, sizeof r->acting_for, "%s", call->acting_for);
    if (call->body) {
        r->body = json_dumps(call->body, JSON_COMPACT);
        CK_ASSERT(r->body != NULL);
        json_decref(call->body);
    }
    buf_init(&r->answer, ANSWER_MAX);
    r->due_us = io_mono_us() + call->delay_ms * 1000;
    if (call->delay_ms > 0)
        heap_push(c, r);
    else
        queue_put(c, r);
}
uint32_t client_pending(const Client *c) {
    return c->ready_n + c->delayed_n + c->flying;
}
ClientCounts client_counts(const Client *c) {
    return c->counts;
}

// ---- on the wire
static size_t take_bytes(char *p, size_t size, size_t n, void *ctx) {
    Request *r = ctx;
    buf_put(&r->answer, p, size * n);
    return r->answer.overflow ? 0 : size * n;
}
static size_t take_header(char *p, size_t size, size_t n, void *ctx) {
    Request *r = ctx;
    static const char replay[] = "idempotent-replay: true";
    if (size * n >= sizeof replay - 1 && strncasecmp(p, replay, sizeof replay - 1) == 0) r->replayed = true;
    return size * n;
}
static CURL *handle_get(Client *c) {
    if (c->idle_n) return c->idle[--c->idle_n];
    CURL *e = curl_easy_init();
    CK_ASSERT(e != NULL);
    curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(e, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)c->opts.timeout_ms);
    curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, take_bytes);
    curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(e, CURLOPT_USERAGENT, "cuakhau");
    return e;
}
static void add_header(Request *r, const char *name, const char *value) {
    char line[1024];
    if (!value || !*value) return;
    (void)snprintf(line, sizeof line, "%s: %s", name, value);
    struct curl_slist *l = curl_slist_append(r->headers, line);
    CK_ASSERT(l != NULL);
    r->headers = l;
}
static void add_headers(Request *r) {
    char bearer[600];
    if (r->token) {
        (void)snprintf(bearer, sizeof bearer, "Bearer %s", r->token);
        add_header(r, "Authorization", bearer);
    }
    if (r->body) add_header(r, "Content-Type", "application/json");
    add_header(r, "Idempotency-Key", r->key);
    add_header(r, "Acting-For", r->acting_for);
    struct curl_slist *l = curl_slist_append(r->headers, "Expect:"); // no pause before the body
    CK_ASSERT(l != NULL);
    r->headers = l;
}
static void take_off(Client *c, Request *r) {
    char url[sizeof c->server + PATH_BYTES_MAX];
    (void)snprintf(url, sizeof url, "%s%s", c->server, r->path);
    r->easy = handle_get(c);
    r->replayed = false;
    buf_clear(&r->answer);
    if (!r->headers) add_headers(r);
    curl_easy_setopt(r->easy, CURLOPT_URL, url);
    curl_easy_setopt(r->easy, CURLOPT_PRIVATE, r);
    curl_easy_setopt(r->easy, CURLOPT_WRITEDATA, r);
    curl_easy_setopt(r->easy, CURLOPT_HEADERDATA, r);
    curl_easy_setopt(r->easy, CURLOPT_HTTPHEADER, r->headers);
    if (strcmp(r->method, "GET") == 0) {
        curl_easy_setopt(r->easy, CURLOPT_HTTPGET, 1L);
        curl_easy_setopt(r->easy, CURLOPT_CUSTOMREQUEST, NULL);
    } else {
        curl_easy_setopt(r->easy, CURLOPT_POST, 1L);
        curl_easy_setopt(r->easy, CURLOPT_CUSTOMREQUEST, r->method);
        curl_easy_setopt(r->easy, CURLOPT_POSTFIELDS, r->body ? r->body : "");
        curl_easy_setopt(r->easy, CURLOPT_POSTFIELDSIZE, r->body ? (long)strlen(r->body) : 0L);
    }
    r->tries++;
    c->flying++;
    CK_ASSERT(curl_multi_add_handle(c->multi, r->easy) == CURLM_OK);
}
static void try_again(Client *c, Request *r) {
    int64_t pause = PAUSE_FIRST_MS << MIN(r->tries - 1, 6u);
    pause = MIN(pause, PAUSE_MAX_MS);
    pause = pause / 2 + (int64_t)(io_random_u64() % (uint64_t)pause); // apart from each other
    r->due_us = io_mono_us() + pause * 1000;
    c->counts.retries++;
    heap_push(c, r);
}
static void landed(Client *c, Request *r, CURLcode result) {
    long status = 0;
    curl_easy_getinfo(r->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_multi_remove_handle(c->multi, r->easy);
    c->idle[c->idle_n++] = r->easy;
    r->easy = NULL;
    c->flying--;
    bool none = result != CURLE_OK, busy = !none && status == 503;
    if ((none || busy) && r->tries < c->opts.tries_max) return try_again(c, r);
    json_t *body = none ? NULL : json_loadb(r->answer.p ? r->answer.p : "", r->answer.n, 0, NULL);
    ClientAnswer a = {
        .err = none ? ERR_NET : OK, .status = (int)status, .body = body, .replayed = r->replayed, .tries = r->tries};
    c->counts.answers += !none;
    c->counts.failures += none;
    r->fn(r->ctx, r->tag, &a);
    json_decref(body);
    request_free(r);
}
void client_step(Client *c, int wait_ms) {
    int64_t now = io_mono_us();
    while (c->delayed_n && c->delayed[0]->due_us <= now) queue_put(c, heap_pop(c));
    while (c->first && c->flying < c->opts.in_flight_max) take_off(c, queue_take(c));
    int running = 0, left;
    CK_ASSERT(curl_multi_perform(c->multi, &running) == CURLM_OK);
    bool any = false;
    for (CURLMsg *m; (m = curl_multi_info_read(c->multi, &left)) != NULL;) {
        Request *r = NULL;
        if (m->msg != CURLMSG_DONE) continue;
        curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&r);
        landed(c, r, m->data.result);
        any = true;
    }
    if (any) return;
    int64_t wait = wait_ms;
    if (c->delayed_n) wait = MIN(wait, MAX((c->delayed[0]->due_us - io_mono_us() + 999) / 1000, 0));
    CK_ASSERT(curl_multi_poll(c->multi, NULL, 0, (int)wait, NULL) == CURLM_OK);
}

// ---- for people
bool client_good(const ClientAnswer *a) {
    return a->err == OK && a->status >= 200 && a->status < 300;
}
const char *client_text(const json_t *obj, const char *key) {
    const char *z = json_string_value(json_object_get(obj, key));
    return z ? z : "";
}
const char *client_code(const ClientAnswer *a) {
    if (a->err != OK) return err_name(a->err);
    const char *code = client_text(a->body, "code");
    if (strcmp(code, "BODY_INVALID") == 0) {
        const char *first = client_text(json_array_get(json_object_get(a->body, "errors"), 0), "code");
        if (*first) return first;
    }
    return *code ? code : "NO_JSON_ANSWER";
}
void client_field(Buf *b, const char *p) {
    for (bool first = true; *p; first = false) {
        if (*p == '/') p++;
        size_t n = strcspn(p, "/");
        bool number = n && strspn(p, "0123456789") >= n;
        if (number)
            buf_printf(b, "[%.*s]", (int)n, p);
        else
            buf_printf(b, "%s%.*s", first ? "" : ".", (int)n, p);
        p += n;
    }
}
void client_error_text(Buf *b, const json_t *e) {
    const char *pointer = client_text(e, "pointer"), *parameter = client_text(e, "parameter"),
               *detail = client_text(e, "detail");
    const char *rule = client_text(e, "rule"), *basis = client_text(e, "basis");
    if (*pointer)
        client_field(b, pointer);
    else
        buf_c(b, parameter);
    buf_printf(b, "%s%s", *pointer || *parameter ? ": " : "", *detail ? detail : client_text(e, "code"));
    if (*rule || *basis) buf_printf(b, " (%s%s%s)", rule, *rule && *basis ? ", " : "", basis);
}
void client_sentence(Buf *b, const ClientAnswer *a) {
    if (a->err != OK) {
        buf_printf(b, "the gate did not answer after %u tries", a->tries);
        return;
    }
    const json_t *errors = json_object_get(a->body, "errors"), *first = json_array_get(errors, 0);
    const char *detail = client_text(a->body, "detail"), *cure = client_text(first, "cure");
    if (first)
        client_error_text(b, first);
    else
        buf_c(b, *detail                          ? detail
                 : *client_text(a->body, "title") ? client_text(a->body, "title")
                                                  : "the answer cannot be read");
    if (*cure) buf_printf(b, "; to cure it, %s", cure);
    if (json_array_size(errors) > 1) buf_printf(b, " (and %zu more)", json_array_size(errors) - 1);
}

// ---- secrets and files
bool client_read_token(const char *path, char *ret, size_t max) {
    FILE *f = fopen(path, "re");
    size_t n = f ? fread(ret, 1, max - 1, f) : 0;
    if (f) (void)fclose(f);
    ret[n] = 0;
    ret[strcspn(ret, " \t\r\n")] = 0;
    if (!*ret) fprintf(stderr, "cuakhau: %s: %s\n", path, f ? "there is no token in it" : strerror(errno));
    return *ret != 0;
}
static void list_put(FileList *l, const char *dir, const char *name) {
    char path[4096];
    if (l->n == l->cap) {
        l->cap = l->cap ? l->cap * 2 : 64;
        l->path = realloc(l->path, l->cap * sizeof *l->path);
        CK_ASSERT(l->path != NULL);
    }
    (void)snprintf(path, sizeof path, "%s%s%s", dir, *dir ? "/" : "", name);
    l->path[l->n] = strdup(path);
    CK_ASSERT(l->path[l->n++] != NULL);
}
static int visible(const struct dirent *d) {
    return d->d_name[0] != '.';
}
bool file_list_add(FileList *l, const char *path) {
    struct stat st;
    if (stat(path, &st) != 0) {
        fprintf(stderr, "cuakhau: %s: %s\n", path, strerror(errno));
        return false;
    }
    if (!S_ISDIR(st.st_mode)) {
        list_put(l, "", path);
        return true;
    }
    struct dirent **names;
    int n = scandir(path, &names, visible, alphasort);
    for (int i = 0; i < n; i++) {
        char full[4096];
        (void)snprintf(full, sizeof full, "%s/%s", path, names[i]->d_name);
        if (stat(full, &st) == 0 && S_ISREG(st.st_mode)) list_put(l, path, names[i]->d_name);
        free(names[i]);
    }
    if (n >= 0) free(names);
    return n >= 0;
}
void file_list_free(FileList *l) {
    for (uint32_t i = 0; i < l->n; i++) free(l->path[i]);
    free(l->path);
}
