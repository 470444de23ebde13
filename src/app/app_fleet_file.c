// The fleet's file. The product keeps this in its journal; the file serves `cuakhau fleet`, a shell for tests and
// demonstrations, and keeps the same promise: first durable, then sent, shown or begun.
#include "app_fleet.h"
#include "base/field_def.h"
#include "io/io_file.h"
#include "wire/wire_bind.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define KNOWN_MAX    262144u // jobs in one file
#define FILE_MAX     (256u << 20)
#define COMPACT_FROM 65536u // bytes

static const Field job_f[] = {F(FleetJob, id, FIELD_U32),
                              FE(FleetJob, from, Owner_names),
                              FS(FleetJob, fit, Fit_names),
                              F(FleetJob, priority, FIELD_U32),
                              FN(FleetJob, deadline_ms, "deadline", FIELD_TIME),
                              F(FleetJob, box, FIELD_STR)};
const FieldTable fleet_job_fields = TABLE(FleetJob, "job", job_f);
// {"at":...,"asked":{...}} or {"at":...,"job":1,"step":"picking","vehicle":"igv-1"} or
// {"at":...,"job":1,"withdraw":true}
typedef struct {
    int64_t at;
    FleetJob *asked;
    uint32_t job;
    uint8_t step; // left out: waiting
    Str vehicle;
    bool withdraw;
} Line;
static const Field line_f[] = {F(Line, at, FIELD_TIME),     FO(Line, asked, fleet_job_fields),
                               F(Line, job, FIELD_U32),     FE(Line, step, FleetStep_names),
                               F(Line, vehicle, FIELD_STR), F(Line, withdraw, FIELD_BOOL)};
static const FieldTable line_fields = TABLE(Line, "line", line_f);

struct FleetFile {
    int fd; // -1: no file
    FleetBook book;
    Buf pending;
};
const FleetBook *fleet_file_book(const FleetFile *s) {
    return &s->book;
}

// ---- one change
static void put_line(Buf *b, const Line *l) {
    json_open(b, '{');
    field_write(b, &line_fields, l, NULL);
    json_close(b, '}');
    buf_char(b, '\n');
}
void fleet_file_job(FleetFile *s, const FleetJob *j, int64_t now_ms) {
    FleetJob copy = *j;
    CK_ASSERT(fleet_book_job(&s->book, j, now_ms));
    if (s->fd >= 0) put_line(&s->pending, &(Line){.at = now_ms, .asked = &copy});
}
void fleet_file_step(FleetFile *s, uint32_t job, FleetStep step, Str vehicle, int64_t now_ms) {
    (void)fleet_book_step(&s->book, job, step, vehicle);
    if (s->fd >= 0) put_line(&s->pending, &(Line){.at = now_ms, .job = job, .step = (uint8_t)step, .vehicle = vehicle});
}
void fleet_file_withdraw(FleetFile *s, uint32_t job, int64_t now_ms) {
    (void)fleet_book_withdraw(&s->book, job);
    if (s->fd >= 0) put_line(&s->pending, &(Line){.at = now_ms, .job = job, .withdraw = true});
}
static Err write_all(int fd, Str text) {
    for (size_t done = 0; done < text.n;) {
        ssize_t n = write(fd, text.p + done, text.n - done);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return errno == ENOSPC ? ERR_FULL : ERR_IO;
        done += (size_t)n;
    }
    return OK;
}
Err fleet_file_sync(FleetFile *s) {
    if (s->fd < 0 || !s->pending.n) return OK;
    if (s->pending.overflow) return ERR_LIMIT;
    Err e = write_all(s->fd, buf_view(&s->pending));
    if (e) return e;
    buf_clear(&s->pending);
    return fdatasync(s->fd) ? ERR_IO : OK;
}

// ---- read again
static bool note(FleetBook *b, const Line *l) {
    if (l->asked) return fleet_book_job(b, l->asked, l->at);
    if (l->withdraw) return fleet_book_withdraw(b, l->job);
    if (!fleet_over(l->step) || fleet_book_find(b, l->job)) return fleet_book_step(b, l->job, l->step, l->vehicle);
    FleetJob over = {.id = l->job}; // what a compact file keeps of it
    return fleet_book_job(b, &over, l->at) && fleet_book_step(b, l->job, l->step, STR_EMPTY);
}
static Err take_line(FleetBook *b, Str text, Arena *scratch, Str *ret_what) {
    Json *j;
    Line l = {0};
    arena_reset(scratch);
    BindProblems *bp = arena_alloc(scratch, sizeof *bp);
    CK_ASSERT(bp != NULL);
    Err e = wire_parse_json(text, 4, scratch, &j, ret_what);
    if (!e) e = wire_bind(j, &line_fields, NULL, scratch, &l, bp);
    if (e == ERR_INVALID) *ret_what = bp->p[0].what;
    if (e) return e == ERR_LIMIT ? e : ERR_CORRUPT;
    if (l.asked && b->n == b->max) return ERR_LIMIT;
    return note(b, &l) ? OK : ERR_CORRUPT;
}
static Err read_all(FleetFile *s, const char *path, Arena *a, size_t *ret_size, Str *ret_what) {
    Str text = STR_EMPTY;
    Arena all, scratch;
    arena_init(&all, FILE_MAX + 4096), arena_init(&scratch, 1u << 20);
    size_t from = 0;
    Err e = io_file_read(path, FILE_MAX, &all, &text);
    for (size_t i = 0; i < text.n && !e; i++)
        if (text.p[i] == '\n') {
            e = take_line(&s->book, (Str){text.p + from, i - from}, &scratch, ret_what);
            from = i + 1;
        }
    if (!e && from < text.n && ftruncate(s->fd, (off_t)from)) e = ERR_IO; // a line that was never synced
    *ret_size = from, *ret_what = arena_str(a, *ret_what);
    arena_deinit(&all), arena_deinit(&scratch);
    return e;
}

// ---- compact: a line for a job that is over, as few as needed for others. In its place in one step: who is killed on
// the way finds the old file whole or the new one.
static void put_entry(Buf *b, const FleetEntry *e) {
    FleetJob copy = e->job;
    Line l = {.at = e->asked_ms, .job = e->job.id, .step = e->step, .vehicle = str_c(e->vehicle)};
    if (fleet_over(e->step)) l.vehicle = STR_EMPTY;
    if (!fleet_over(e->step)) put_line(b, &(Line){.at = e->asked_ms, .asked = &copy});
    if (e->step != STEP_WAITING) put_line(b, &l);
    if (e->withdrawn && !fleet_over(e->step))
        put_line(b, &(Line){.at = e->asked_ms, .job = e->job.id, .withdraw = true});
}
static Err sync_folder(const char *path) {
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) + 1 : 1, slash ? path : ".");
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    Err e = fd < 0 || fsync(fd) ? ERR_IO : OK;
    if (fd >= 0) close(fd);
    return e;
}
static Err replace(FleetFile *s, const char *path, Str text) {
    char beside[PATH_MAX];
    int n = snprintf(beside, sizeof beside, "%s.new", path);
    if (n < 0 || (size_t)n >= sizeof beside) return ERR_LIMIT;
    int fd = open(beside, O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
    Err e = fd < 0 ? ERR_IO : OK;
    if (!e && flock(fd, LOCK_EX | LOCK_NB)) e = ERR_LOCKED;
    if (!e) e = write_all(fd, text);
    if (!e && (fsync(fd) || rename(beside, path))) e = ERR_IO;
    if (!e) e = sync_folder(path);
    if (!e) close(s->fd), s->fd = fd;
    if (e && fd >= 0) close(fd);
    return e;
}
static Err compact(FleetFile *s, const char *path, size_t size) {
    Buf b;
    if (size < COMPACT_FROM) return OK;
    buf_init(&b, FILE_MAX);
    for (uint32_t i = 0; i < s->book.n; i++) put_entry(&b, &s->book.entry[i]);
    Err e = b.overflow || b.n > size / 2 ? OK : replace(s, path, buf_view(&b)); // little to win: as it is
    buf_deinit(&b);
    return e;
}
// Who waits while another puts a new file there would lock the old one.
static Err lock(FleetFile *s, const char *path) {
    struct stat mine, there;
    for (int i = 0; i < 8; i++) {
        s->fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
        if (s->fd < 0) return ERR_IO;
        if (flock(s->fd, LOCK_EX | LOCK_NB)) return ERR_LOCKED;
        if (!fstat(s->fd, &mine) && !stat(path, &there) && mine.st_ino == there.st_ino && mine.st_dev == there.st_dev)
            return OK;
        close(s->fd), s->fd = -1;
    }
    return ERR_LOCKED;
}
static Err give(const FleetFile *s, Fleet *f, Arena *a, int64_t now_ms, Str *ret_what) {
    static const char *const why[] = {"", "is there twice", "is one too many", "has no place that is fit for it",
                                      "is in the hand of a vehicle that is not among --vehicles: name it there"};
    const FleetEntry *e;
    FleetRefusal r;
    char text[160];
    if (fleet_book_give(&s->book, f, now_ms, &e, &r)) return OK;
    int n = snprintf(text, sizeof text, "job %u %s%s%s", e->job.id, why[r], e->vehicle[0] ? ": " : "", e->vehicle);
    *ret_what = arena_str(a, (Str){text, MIN((size_t)n, sizeof text - 1)});
    return ERR_INVALID;
}
Err fleet_file_open(const char *path, Fleet *f, Arena *a, int64_t now_ms, FleetFile **ret, Str *ret_what) {
    FleetFile *s = calloc(1, sizeof *s);
    size_t size = 0;
    CK_ASSERT(s != NULL);
    s->fd = -1;
    fleet_book_init(&s->book, KNOWN_MAX);
    buf_init(&s->pending, 16u << 20);
    Err e = path ? lock(s, path) : OK;
    if (path && !e) e = read_all(s, path, a, &size, ret_what);
    if (path && !e) e = give(s, f, a, now_ms, ret_what);
    if (path && !e) e = compact(s, path, size);
    if (e)
        fleet_file_close(s);
    else
        *ret = s;
    return e;
}
void fleet_file_close(FleetFile *s) {
    if (!s) return;
    if (s->fd >= 0) close(s->fd);
    buf_deinit(&s->pending);
    fleet_book_deinit(&s->book);
    free(s);
}
