// HTTP: durable declarations a second with 64 connections, per second of the server's CPU, against a bare loop that
// parses the same bodies with jansson and inserts the same rows in the same batches, per second of its CPU. The server
// is this program run as `serve`.
#include "app_bench_rows.h"
#include "io/io_file.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <jansson.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define CONNECTIONS 64u
#define TOKEN       "bench-trader-secret"
typedef struct {
    Str *request; // whole, head and body
    Str *body;
    uint32_t n;
} Work;
typedef struct {
    int fd;
    uint32_t rq; // being sent or waited for
    size_t sent, got;
    double since;
    char in[16384];
} Conn;
typedef struct {
    char dir[3800], db[4096], tokens[4096], port_file[4096];
    uint16_t port;
    pid_t pid;
} Server;

static int fail(const char *what) {
    fprintf(stderr, "cuakhau: bench: %s failed\n", what);
    return 3;
}
// ---- the server, a process of its own
static pid_t run_self(char *const argv[], const char *out) {
    char exe[4096];
    ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
    if (n <= 0) return -1;
    exe[n] = 0;
    pid_t pid;
    posix_spawn_file_actions_t fa;
    posix_spawn_file_actions_init(&fa);
    posix_spawn_file_actions_addopen(&fa, 1, out, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_addopen(&fa, 2, out, O_WRONLY | O_CREAT | O_APPEND, 0600);
    int bad = posix_spawn(&pid, exe, &fa, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&fa);
    return bad ? -1 : pid;
}
static bool read_port(Server *s) {
    Arena a;
    Str t;
    uint64_t port = 0;
    arena_init(&a, 65536);
    if (io_file_read(s->port_file, 64, &a, &t) == OK && t.n > 1) {
        char *z = arena_cstr(&a, (Str){t.p, t.n - 1});
        if (z && app_number(z, 65535, &port)) s->port = (uint16_t)port;
    }
    arena_deinit(&a);
    return port != 0;
}
static bool server_start(Server *s, const char *dir, uint32_t n) {
    char log[4096], max[32];
    snprintf(s->dir, sizeof s->dir, "%s/bench-http", dir);
    snprintf(s->db, sizeof s->db, "sqlite:%s.db", s->dir);
    snprintf(s->tokens, sizeof s->tokens, "%s.tokens", s->dir);
    snprintf(s->port_file, sizeof s->port_file, "%s.port", s->dir);
    snprintf(log, sizeof log, "%s.log", s->dir);
    snprintf(max, sizeof max, "%u", n + 10);
    bench_unlink(s->db + 7);
    unlink(s->tokens), unlink(s->port_file);
    char *token[] = {"cuakhau", "token",    "--file",   s->tokens, "--role", "trader",
                     "--id",    "trader-1", "--secret", TOKEN,     NULL};
    int status;
    pid_t pid = run_self(token, log);
    if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0) return false;
    char site[4096];
    if (!app_data_path("sites/huu-nghi/site.json", site, sizeof site)) return false;
    *strrchr(site, '/') = 0;
    char *serve[] = {"cuakhau",     "serve",      "--site",         site,       "--store",
                     s->db,         "--tokens",   s->tokens,        "--listen", "127.0.0.1:0",
                     "--port-file", s->port_file, "--passages-max", max,        NULL};
    s->pid = run_self(serve, log);
    for (int i = 0; i < 300 && s->pid > 0; i++) {
        if (read_port(s)) return true;
        usleep(20000);
    }
    return false;
}
static double cpu_of(pid_t pid) { // proc(5): utime and stime are the 14th and 15th fields of stat
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *f = fopen(path, "r");
    if (!f) return -1;
    size_t n = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    text[n] = 0;
    char *p = strrchr(text, ')');
    unsigned long u = 0, s = 0;
    if (!p || sscanf(p + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &u, &s) != 2) return -1;
    return (double)(u + s) / (double)sysconf(_SC_CLK_TCK);
}
static void server_stop(Server *s) {
    int status;
    kill(s->pid, SIGTERM);
    waitpid(s->pid, &status, 0);
}

// ---- the load: each connection sends its next declaration when the answer to the last has come
static void make_work(Arena *a, uint32_t n, Work *ret) {
    Input story[STORY_MAX];
    ret->request = arena_alloc(a, n * sizeof(Str)), ret->body = arena_alloc(a, n * sizeof(Str)), ret->n = n;
    CK_ASSERT(ret->request && ret->body);
    static const DynNames none = {.ref_prefix = {"HN", 2}};
    static Site empty; // the declaration needs no names of the site
    for (uint32_t i = 0; i < n; i++) {
        Buf b, r;
        buf_init(&b, 65536), buf_init(&r, 65536);
        bench_story(&empty, a, i + 1, i % 2, 0, story);
        json_open(&b, '{');
        field_write(&b, &declaration_fields, &story[0].u.declare, &none);
        json_close(&b, '}');
        buf_printf(&r,
                   "POST /v1/declarations HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer " TOKEN
                   "\r\nContent-Type: application/json\r\nIdempotency-Key: k%u\r\nContent-Length: %zu\r\n\r\n",
                   i, b.n);
        buf_str(&r, buf_view(&b));
        ret->body[i] = arena_str(a, buf_view(&b)), ret->request[i] = arena_str(a, buf_view(&r));
        buf_deinit(&b), buf_deinit(&r);
    }
}
static bool push(Conn *c, const Work *w) {
    while (c->sent < w->request[c->rq].n) {
        ssize_t k = send(c->fd, w->request[c->rq].p + c->sent, w->request[c->rq].n - c->sent, MSG_NOSIGNAL);
        if (k <= 0) return false;
        c->sent += (size_t)k;
    }
    return true;
}
static int answer(Conn *c) { // 0 not yet, else the HTTP status
    c->in[c->got] = 0;
    char *end = strstr(c->in, "\r\n\r\n"), *len = strcasestr(c->in, "content-length:");
    if (!end || !len || len > end) return 0;
    uint64_t n = strtoull(len + 15, NULL, 10);
    return c->got >= (size_t)(end - c->in) + 4 + n ? (int)strtol(c->in + 9, NULL, 10) : 0;
}
static Conn *connect_all(uint16_t port, int ep) {
    Conn *c = calloc(CONNECTIONS, sizeof *c);
    CK_ASSERT(c != NULL);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int one = 1;
    for (uint32_t i = 0; i < CONNECTIONS; i++) {
        c[i].fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (connect(c[i].fd, (struct sockaddr *)&to, sizeof to) != 0) return NULL;
        setsockopt(c[i].fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        struct epoll_event ev = {.events = EPOLLIN, .data.ptr = &c[i]};
        epoll_ctl(ep, EPOLL_CTL_ADD, c[i].fd, &ev);
    }
    return c;
}
static bool next_request(Conn *c, const Work *w, uint32_t *next) {
    if (*next == w->n) return true;
    c->rq = (*next)++, c->sent = c->got = 0, c->since = bench_now();
    return push(c, w);
}
static bool load(uint16_t port, const Work *w, double *latency) {
    int ep = epoll_create1(EPOLL_CLOEXEC);
    Conn *conns = connect_all(port, ep);
    uint32_t next = 0, done = 0;
    bool good = conns != NULL;
    for (uint32_t i = 0; good && i < CONNECTIONS; i++) good = next_request(&conns[i], w, &next);
    double limit = bench_now() + 300;
    while (good && done < w->n && bench_now() < limit) {
        struct epoll_event ev[CONNECTIONS];
        int n = epoll_wait(ep, ev, CONNECTIONS, 1000);
        for (int i = 0; i < n && good; i++) {
            Conn *c = ev[i].data.ptr;
            ssize_t k = recv(c->fd, c->in + c->got, sizeof c->in - 1 - c->got, 0);
            if (k <= 0) good = false;
            c->got += k > 0 ? (size_t)k : 0;
            int status = answer(c);
            if (!status) continue;
            if (status != 201) fprintf(stderr, "%s\n", c->in), good = false;
            latency[done++] = bench_now() - c->since;
            good = good && next_request(c, w, &next);
        }
    }
    for (uint32_t i = 0; conns && i < CONNECTIONS; i++) close(conns[i].fd);
    close(ep);
    free(conns);
    return good && done == w->n;
}
static double commits_of(uint16_t port) { // batches that the server has made, from its metrics
    char cmd[256], line[256];
    double commits = 0;
    snprintf(cmd, sizeof cmd, "http://127.0.0.1:%u/metrics", port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    static const char rq[] = "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
    if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0 && send(fd, rq, sizeof rq - 1, MSG_NOSIGNAL) > 0) {
        FILE *f = fdopen(fd, "r");
        while (f && fgets(line, sizeof line, f))
            if (strncmp(line, "cuakhau_commits_total ", 22) == 0) commits = strtod(line + 22, NULL);
        if (f) fclose(f);
    }
    return commits;
}

static double run_bare(const BenchRows *rows, const Work *w, const char *path, uint32_t batch) {
    BareWriter bw;
    if (bare_open(path, &bw) != OK) return -1;
    double start = bench_cpu();
    size_t at = 0;
    for (uint32_t i = 0; i < w->n;) {
        bare_begin(&bw);
        for (uint32_t k = 0; k < batch && i < w->n; k++, i++) {
            json_error_t e;
            json_t *j = json_loadb(w->body[i].p, w->body[i].n, JSON_REJECT_DUPLICATES, &e);
            CK_ASSERT(j != NULL);
            if (at < rows->n) at = bare_put_input(&bw, rows, at);
            json_decref(j);
        }
        bare_commit(&bw);
    }
    double spent = bench_cpu() - start;
    bare_close(&bw);
    return spent;
}
static int by_size(const void *x, const void *y) {
    double a = *(const double *)x, b = *(const double *)y;
    return a < b ? -1 : a > b;
}
typedef struct {
    double p50, p99, wall, batch;
} Figures;
static int one_run(const BenchOpts *o, const Work *w, double *latency, Bench *ret, Figures *fig) {
    Server s = {0};
    BenchRows rows;
    char bare[4096];
    snprintf(bare, sizeof bare, "%s/bench-bare.db", o->dir);
    if (!server_start(&s, o->dir, w->n)) return fail("starting the server");
    double cpu = cpu_of(s.pid), start = bench_now();
    bool good = load(s.port, w, latency);
    fig->wall = bench_now() - start;
    cpu = cpu_of(s.pid) - cpu;
    double commits = commits_of(s.port);
    server_stop(&s);
    if (!good || commits < 1) return fail("the load");
    if (bench_rows_load(s.db + 7, &rows) != OK) return fail("reading the rows back");
    fig->batch = (double)w->n / commits;
    double bare_cpu = run_bare(&rows, w, bare, (uint32_t)(fig->batch + 0.5));
    bench_rows_free(&rows);
    bench_unlink(bare), bench_unlink(s.db + 7), unlink(s.tokens), unlink(s.port_file);
    qsort(latency, w->n, sizeof *latency, by_size);
    fig->p50 = latency[w->n / 2], fig->p99 = latency[(uint64_t)w->n * 99 / 100];
    ret->value[ret->runs] = (double)w->n / cpu;
    ret->base[ret->runs++] = (double)w->n / bare_cpu;
    return 0;
}
int bench_http(const BenchOpts *o, Bench *ret) {
    Arena a;
    Work w;
    Figures fig = {0};
    uint32_t n = o->n ? (uint32_t)o->n : 15000;
    arena_init(&a, (size_t)4 << 30);
    make_work(&a, n, &w);
    double *latency = calloc(n, sizeof *latency);
    CK_ASSERT(latency != NULL);
    *ret = (Bench){.name = "http",
                   .unit = "durable declarations/CPU-s",
                   .baseline = "jansson parse and bare SQLite, same bodies, rows and batches"};
    int status = 0;
    while (!status && ret->runs < o->runs) status = one_run(o, &w, latency, ret, &fig);
    snprintf(ret->extra, sizeof ret->extra,
             ",\"connections\":%u,\"declarations\":%u,\"body_bytes\":%zu,\"wall_per_s\":%.0f,\"batch_mean\":%.1f,\"p50_"
             "ms\":%.2f,\"p99_ms\":%.2f",
             CONNECTIONS, n, w.body[0].n, n / fig.wall, fig.batch, fig.p50 * 1e3, fig.p99 * 1e3);
    free(latency);
    arena_deinit(&a);
    return status;
}
