// The fleet's file. The product keeps this in its journal; the file serves `cuakhau fleet`, a shell for tests and
// demonstrations, and keeps the same promise: first durable, then sent, shown or begun.
#include "app_fleet.h"
#include "base/field_def.h"
#include "io/io_file.h"
#include "wire/wire_bind.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#define KNOWN_MAX 262144u // jobs in one file
#define FILE_MAX  (256u << 20)

static const Field job_f[] = {F(FleetJob, id, FIELD_U32),
                              FE(FleetJob, from, Owner_names),
                              FS(FleetJob, fit, Fit_names),
                              F(FleetJob, priority, FIELD_U32),
                              FN(FleetJob, deadline_ms, "deadline", FIELD_TIME),
                              F(FleetJob, box, FIELD_STR)};
const FieldTable fleet_job_fields = TABLE(FleetJob, "job", job_f);
typedef struct { // {"at":...,"asked":{...}} or {"at":...,"job":1,"step":"picking","vehicle":"igv-1"}
    int64_t at;
    FleetJob *asked;
    uint32_t job;
    uint8_t step; // left out: waiting
    Str vehicle;
} Line;
static const Field line_f[] = {F(Line, at, FIELD_TIME), FO(Line, asked, fleet_job_fields), F(Line, job, FIELD_U32),
                               FE(Line, step, FleetStep_names), F(Line, vehicle, FIELD_STR)};
static const FieldTable line_fields = TABLE(Line, "line", line_f);

typedef struct {
    FleetJob job;
    uint32_t vehicle;
    uint8_t step;
    int64_t asked_ms;
} Known;
struct FleetFile {
    int fd; // -1: no file
    Known *known;
    uint32_t n, last, open;
    Buf pending;
};
static Known *find(const FleetFile *s, uint32_t job) { // newest first: that is whom one asks for
    if (job > s->last) return NULL;
    for (uint32_t i = s->n; i > 0; i--)
        if (s->known[i - 1].job.id == job) return &s->known[i - 1];
    return NULL;
}
bool fleet_file_knows(const FleetFile *s, uint32_t job) {
    return find(s, job) != NULL;
}
bool fleet_file_full(const FleetFile *s) {
    return s->n == KNOWN_MAX;
}
uint32_t fleet_file_last(const FleetFile *s) {
    return s->last;
}
uint32_t fleet_file_open_jobs(const FleetFile *s) {
    return s->open;
}

// ---- one change, from a line or from the fleet
static void note_job(FleetFile *s, const FleetJob *j, int64_t at_ms) {
    CK_ASSERT(s->n < KNOWN_MAX && !find(s, j->id));
    s->known[s->n++] = (Known){*j, FLEET_NONE, STEP_WAITING, at_ms};
    s->last = MAX(s->last, j->id), s->open++;
}
static bool over(uint8_t step) {
    return step == STEP_DONE || step == STEP_WITHDRAWN;
}
static bool note_step(FleetFile *s, uint32_t job, uint8_t step, uint32_t vehicle) {
    Known *k = find(s, job);
    if (!k || over(k->step)) return false;
    k->step = step, k->vehicle = vehicle;
    s->open -= over(step);
    return true;
}
static void put_line(FleetFile *s, const Line *l) {
    if (s->fd < 0) return;
    json_open(&s->pending, '{');
    field_write(&s->pending, &line_fields, l, NULL);
    json_close(&s->pending, '}');
    buf_char(&s->pending, '\n');
}
void fleet_file_job(FleetFile *s, const FleetJob *j, int64_t now_ms) {
    FleetJob copy = *j;
    note_job(s, j, now_ms);
    s->known[s->n - 1].job.box = STR_EMPTY; // borrowed from the caller
    put_line(s, &(Line){.at = now_ms, .asked = &copy});
}
void fleet_file_step(FleetFile *s, uint32_t job, FleetStep step, Str vehicle, int64_t now_ms) {
    (void)note_step(s, job, (uint8_t)step, FLEET_NONE);
    put_line(s, &(Line){.at = now_ms, .job = job, .step = (uint8_t)step, .vehicle = vehicle});
}
Err fleet_file_sync(FleetFile *s) {
    if (s->fd < 0 || !s->pending.n) return OK;
    if (s->pending.overflow) return ERR_LIMIT;
    for (size_t done = 0; done < s->pending.n;) {
        ssize_t n = write(s->fd, s->pending.p + done, s->pending.n - done);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return errno == ENOSPC ? ERR_FULL : ERR_IO;
        done += (size_t)n;
    }
    buf_clear(&s->pending);
    return fdatasync(s->fd) ? ERR_IO : OK;
}

// ---- read again
static uint32_t vehicle_named(const Fleet *f, Str name) {
    for (uint32_t v = 0; v < fleet_vehicles(f); v++) {
        FleetView view;
        fleet_view(f, v, &view);
        if (str_eq(view.name, name)) return v;
    }
    return FLEET_NONE;
}
static Err take_line(FleetFile *s, const Fleet *f, Str text, Arena *a, Str *ret_what) {
    Json *j;
    Line l = {0};
    BindProblems *bp = arena_alloc(a, sizeof *bp);
    if (!bp) return ERR_LIMIT;
    Err e = wire_parse_json(text, 4, a, &j, ret_what);
    if (!e) e = wire_bind(j, &line_fields, NULL, a, &l, bp);
    if (e) return e == ERR_LIMIT ? e : ERR_CORRUPT;
    if (l.asked) {
        if (s->n == KNOWN_MAX) return ERR_LIMIT;
        if (find(s, l.asked->id)) return ERR_CORRUPT;
        note_job(s, l.asked, l.at);
        return OK;
    }
    return note_step(s, l.job, l.step, vehicle_named(f, l.vehicle)) ? OK : ERR_CORRUPT;
}
static Err read_all(FleetFile *s, const char *path, const Fleet *f, Arena *a, Str *ret_what) {
    Str text;
    Err e = io_file_read(path, FILE_MAX, a, &text);
    if (e) return e;
    size_t from = 0;
    for (size_t i = 0; i < text.n && !e; i++)
        if (text.p[i] == '\n') {
            e = take_line(s, f, (Str){text.p + from, i - from}, a, ret_what);
            from = i + 1;
        }
    if (!e && from < text.n && ftruncate(s->fd, (off_t)from)) e = ERR_IO; // a line that was never synced
    return e;
}
static void again(FleetFile *s, Fleet *f, int64_t now_ms) {
    for (uint32_t i = 0; i < s->n; i++) {
        const Known *k = &s->known[i];
        if (over(k->step)) continue;
        FleetRefusal r = fleet_job_again(f, &k->job, k->vehicle, (FleetStep)k->step, now_ms);
        if (r != FLEET_OK) log_line(LOG_WARN, "fleet", "job %u is not taken again: %d", k->job.id, (int)r);
    }
}
Err fleet_file_open(const char *path, Fleet *f, Arena *a, int64_t now_ms, FleetFile **ret, Str *ret_what) {
    FleetFile *s = calloc(1, sizeof *s);
    CK_ASSERT(s != NULL);
    s->fd = -1, s->known = calloc(KNOWN_MAX, sizeof *s->known);
    CK_ASSERT(s->known != NULL);
    buf_init(&s->pending, 16u << 20);
    Err e = OK;
    if (path) {
        s->fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
        if (s->fd < 0) e = ERR_IO;
        if (!e && flock(s->fd, LOCK_EX | LOCK_NB)) e = ERR_LOCKED;
        if (!e) e = read_all(s, path, f, a, ret_what);
        if (!e) again(s, f, now_ms);
    }
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
    free(s->known), free(s);
}
