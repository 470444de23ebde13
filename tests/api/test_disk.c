// A full disk, a disk that fails its sync, and a disk so slow that the queue fills: what clients are told, and that
// nothing is lost.
#include "api_fixture.h"
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

// ---- the system's files with three switches
static _Atomic bool disk_full, sync_fails, sync_waits;
static sqlite3_vfs shim, *base;
static struct { // one copy for each kind of file that the system's VFS has
    const sqlite3_io_methods *was;
    sqlite3_io_methods now;
} kinds[8];
static pthread_mutex_t kinds_lock = PTHREAD_MUTEX_INITIALIZER;
static int (*real_write)(sqlite3_file *, const void *, int, sqlite3_int64);
static int (*real_sync)(sqlite3_file *, int);
static int shim_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at) {
    return atomic_load(&disk_full) ? SQLITE_FULL : real_write(f, p, n, at);
}
static int shim_sync(sqlite3_file *f, int flags) {
    if (atomic_load(&sync_fails)) return SQLITE_IOERR_FSYNC;
    while (atomic_load(&sync_waits)) usleep(1000);
    return real_sync(f, flags);
}
static int shim_open(sqlite3_vfs *v, const char *name, sqlite3_file *f, int flags, int *out) {
    (void)v;
    int rc = base->xOpen(base, name, f, flags, out);
    if (rc != SQLITE_OK || !f->pMethods) return rc;
    pthread_mutex_lock(&kinds_lock);
    size_t k = 0;
    while (kinds[k].was && kinds[k].was != f->pMethods) k++;
    CK_ASSERT(k < ARRAY_LEN(kinds));
    if (!kinds[k].was) {
        kinds[k].was = f->pMethods;
        kinds[k].now = *f->pMethods;
        CK_ASSERT(!real_write || real_write == f->pMethods->xWrite);
        real_write = f->pMethods->xWrite;
        real_sync = f->pMethods->xSync;
        kinds[k].now.xWrite = shim_write;
        kinds[k].now.xSync = shim_sync;
    }
    f->pMethods = &kinds[k].now;
    pthread_mutex_unlock(&kinds_lock);
    return rc;
}
static void use_shim(void) {
    base = sqlite3_vfs_find(NULL);
    shim = *base;
    shim.zName = "shim";
    shim.xOpen = shim_open;
    CK_ASSERT(sqlite3_vfs_register(&shim, 1) == SQLITE_OK);
}

static Fixture fx;
static int declare(uint32_t n, char *code, size_t code_size) {
    char *body = fixture_declaration(n);
    HttpReply r = http_call(fx.port, "POST", "/v1/declarations", "t-trader", NULL, body);
    json_t *j = reply_json(&r);
    (void)snprintf(code, code_size, "%s", json_text(j, "code"));
    int status = r.status;
    json_decref(j);
    http_free(&r);
    free(body);
    return status;
}
static uint32_t open_passages(void) {
    HttpReply r = http_call(fx.port, "GET", "/metrics", NULL, NULL, NULL);
    const char *at = strstr(r.body, "\ncuakhau_passages_open ");
    CK_ASSERT(at != NULL);
    uint32_t n = (uint32_t)strtoul(at + 23, NULL, 10);
    http_free(&r);
    return n;
}
static void a_full_disk_is_told_and_survived(void **state) {
    (void)state;
    char code[64];
    fixture_start(&fx);
    assert_int_equal(declare(1, code, sizeof code), 201);
    atomic_store(&disk_full, true);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(declare(2, code, sizeof code), 507);
        assert_string_equal(code, "DISK_FULL");
    }
    assert_int_equal(open_passages(), 1); // reading goes on
    atomic_store(&disk_full, false);
    assert_int_equal(declare(2, code, sizeof code), 201); // the same declaration: the failed ones left no trace
    assert_int_equal(declare(2, code, sizeof code), 409);
    assert_int_equal(open_passages(), 2);
    fixture_stop(&fx);
}
static void a_failed_sync_ends_the_process(void **state) {
    (void)state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        char code[64];
        (void)freopen("/dev/null", "w", stderr);
        alarm(60);
        fixture_start(&fx);
        if (declare(1, code, sizeof code) != 201) _exit(90);
        atomic_store(&sync_fails, true);
        char *body = fixture_declaration(2);
        HttpReply r = http_call(fx.port, "POST", "/v1/declarations", "t-trader", NULL, body); // is never answered
        _exit(r.status == 0 ? 91 : 92);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 3);
}
static void send_declaration(int fd, uint32_t n) {
    char *body = fixture_declaration(n);
    Buf b;
    buf_init(&b, 65536);
    buf_printf(&b,
               "POST /v1/declarations HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer t-trader\r\nContent-Type: "
               "application/json\r\nContent-Length: %zu\r\n\r\n%s",
               strlen(body), body);
    http_send(fd, b.p, b.n);
    buf_deinit(&b);
    free(body);
}
static void a_full_queue_turns_away_and_loses_nothing(void **state) {
    (void)state;
    enum { N = 1500 };
    struct rlimit files;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
    files.rlim_cur = MIN(files.rlim_max, (rlim_t)8192);
    if (setrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur < 2 * N + 100) skip();
    static int fd[N];
    fixture_start(&fx);
    atomic_store(&sync_waits, true);
    for (uint32_t i = 0; i < N; i++) {
        fd[i] = http_connect(fx.port);
        send_declaration(fd[i], i + 1);
    }
    for (int waited = 0; waited < 10000; waited += 10) { // somebody must be turned away while the disk hangs
        struct pollfd p = {fd[N - 1], POLLIN, 0};
        if (poll(&p, 1, 10) == 1) break;
    }
    atomic_store(&sync_waits, false);
    uint32_t done = 0, away = 0;
    for (int i = 0; i < N; i++) {
        HttpReply r = http_read(fd[i], false);
        char value[16];
        if (r.status == 503)
            assert_true(http_header_of(&r, "Retry-After", value, sizeof value));
        else
            assert_int_equal(r.status, 201);
        done += r.status == 201;
        away += r.status == 503;
        http_free(&r);
        close(fd[i]);
    }
    print_message("queue: %u done, %u turned away\n", done, away);
    assert_true(away > 0 && done >= 1024);
    assert_int_equal(open_passages(), done);
    fixture_stop(&fx);
}
int main(void) {
    use_shim();
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_failed_sync_ends_the_process),
                                       cmocka_unit_test(a_full_disk_is_told_and_survived),
                                       cmocka_unit_test(a_full_queue_turns_away_and_loses_nothing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
