// The fault disk: see store_fault.h.
#include "store_fault.h"
#include <sqlite3.h>

enum { SECTOR_BYTES = 512, FILES_MAX = 16, NAME_MAX_BYTES = 256 };

typedef struct { // bytes that grow, zeros in between
    unsigned char *p;
    size_t n, cap;
} Image;
typedef struct Op { // a write, or a truncation (data == NULL) to `at`
    size_t at, n;
    unsigned char *data;
} Op;
typedef struct FaultHandle FaultHandle;
typedef struct {
    bool used, exists, exists_durable;
    bool remade; // deleted and made again: the durable image is still the old file's
    char name[NAME_MAX_BYTES];
    Image seen, durable;
    Op *ops; // not synced, oldest first
    size_t op_count, op_cap;
    FaultHandle *locked_by;
} FaultFile;
struct FaultDisk {
    sqlite3_vfs vfs;
    char vfs_name[64];
    uint64_t rng, generation, op_total, byte_limit, countdown[FAULT_KINDS];
    bool dead, lies;
    FaultFile files[FILES_MAX];
};
struct FaultHandle {
    sqlite3_file base;
    FaultDisk *disk;
    FaultFile *file;
    uint64_t generation;
    bool delete_on_close;
    bool sync_dir; // a log or journal that may be made: its first fsync is followed by one of the directory, also when
                   // the file was there already (unixOpen: isNewJrnl). It is what makes the deletion of an old journal
                   // durable.
};

static uint64_t rng_next(uint64_t *s) { // SplitMix64
    uint64_t x = (*s += 0x9e3779b97f4a7c15u);
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}
static bool rng_chance(uint64_t *s, uint64_t percent) {
    return rng_next(s) % 100 < percent;
}

// ---- images and unsynced operations
static void image_size(Image *m, size_t n) {
    if (n > m->cap) {
        m->cap = MAX(n, m->cap * 2);
        m->p = realloc(m->p, m->cap);
        CK_ASSERT(m->p);
    }
    if (n > m->n) memset(m->p + m->n, 0, n - m->n);
    m->n = n;
}
static void image_write(Image *m, size_t at, const void *p, size_t n) {
    if (at + n > m->n) image_size(m, at + n);
    if (n) memcpy(m->p + at, p, n);
}
static void image_copy(Image *to, const Image *from) {
    image_size(to, from->n);
    if (from->n) memcpy(to->p, from->p, from->n);
}
static void op_apply(Image *m, const Op *op) {
    if (op->data)
        image_write(m, op->at, op->data, op->n);
    else
        image_size(m, op->at);
}
static void op_add(FaultFile *f, size_t at, const void *p, size_t n) {
    if (f->op_count == f->op_cap) {
        f->op_cap = MAX((size_t)64, f->op_cap * 2);
        f->ops = realloc(f->ops, f->op_cap * sizeof *f->ops);
        CK_ASSERT(f->ops);
    }
    Op op = {.at = at, .n = n};
    if (p) {
        op.data = malloc(n ? n : 1);
        CK_ASSERT(op.data);
        if (n) memcpy(op.data, p, n);
    }
    f->ops[f->op_count++] = op;
    op_apply(&f->seen, &op);
}
static void ops_drop(FaultFile *f) {
    for (size_t i = 0; i < f->op_count; i++) free(f->ops[i].data);
    f->op_count = 0;
}

// One write in sectors, in a random direction: each piece reaches the disk or not.
static void op_tear(Image *m, const Op *op, uint64_t keep_percent, uint64_t *rng) {
    size_t durable = m->n;
    for (size_t at = op->at, end = op->at + op->n; at < end;) {
        size_t piece_end = MIN(end, (at / SECTOR_BYTES + 1) * SECTOR_BYTES);
        if (rng_chance(rng, keep_percent)) {
            image_write(m, at, op->data + (at - op->at), piece_end - at);
        } else if (at >= durable && rng_chance(rng, 10)) { // the file grew, its new block was never filled
            for (size_t i = at; i < piece_end; i++) {
                unsigned char junk = (unsigned char)rng_next(rng);
                image_write(m, i, &junk, 1);
            }
        }
        at = piece_end;
    }
}
// A random part of the unsynced operations, in a random order, becomes durable; the others never will.
static void file_settle(FaultFile *f, uint64_t *rng) {
    if (f->remade && rng_chance(rng, 50)) { // the directory still names the old file
        ops_drop(f);
        return;
    }
    if (f->remade) image_size(&f->durable, 0);
    f->remade = false;
    static const uint64_t keeps[] = {0, 10, 50, 90, 100};
    uint64_t keep = keeps[rng_next(rng) % ARRAY_LEN(keeps)];
    bool shuffle = rng_chance(rng, 50);
    for (size_t i = f->op_count; shuffle && i > 1; i--) {
        size_t k = (size_t)(rng_next(rng) % i);
        Op t = f->ops[i - 1];
        f->ops[i - 1] = f->ops[k];
        f->ops[k] = t;
    }
    // From some moment on nothing reached the disk; before it, each sector by chance.
    size_t until = f->op_count ? (size_t)(rng_next(rng) % (f->op_count + 1)) : 0;
    if (rng_chance(rng, 50)) until = f->op_count;
    for (size_t i = 0; i < until; i++) {
        if (f->ops[i].data)
            op_tear(&f->durable, &f->ops[i], keep, rng);
        else if (rng_chance(rng, keep))
            op_apply(&f->durable, &f->ops[i]);
    }
    if (until > 0 && rng_chance(rng, 50)) f->exists_durable = f->exists;
    ops_drop(f);
}

// ---- faults
static bool counts_down(FaultDisk *d, FaultKind kind) {
    return d->countdown[kind] > 0 && --d->countdown[kind] == 0;
}
static bool power_off(FaultDisk *d) { // every writing operation passes here once
    d->op_total++;
    if (counts_down(d, FAULT_POWER)) d->dead = true;
    return d->dead;
}
static bool stale(const FaultHandle *h) {
    return h->disk->dead || h->generation != h->disk->generation;
}
uint64_t fault_disk_bytes(const FaultDisk *d) {
    uint64_t n = 0;
    for (size_t i = 0; i < FILES_MAX; i++)
        if (d->files[i].used && d->files[i].exists) n += d->files[i].seen.n;
    return n;
}

// ---- the file's methods
static int fault_close(sqlite3_file *file) {
    FaultHandle *h = (FaultHandle *)file;
    if (h->generation != h->disk->generation) return SQLITE_OK;
    if (h->file->locked_by == h) h->file->locked_by = NULL;
    if (h->delete_on_close && !h->disk->dead) h->file->exists = false;
    return SQLITE_OK;
}
static int fault_read(sqlite3_file *file, void *ret, int n, sqlite3_int64 at) {
    FaultHandle *h = (FaultHandle *)file;
    if (stale(h)) return SQLITE_IOERR_READ;
    const Image *m = &h->file->seen;
    size_t from = MIN((size_t)at, m->n), have = MIN((size_t)n, m->n - from);
    if (have) memcpy(ret, m->p + from, have);
    if (have == (size_t)n) return SQLITE_OK;
    memset((char *)ret + have, 0, (size_t)n - have);
    return SQLITE_IOERR_SHORT_READ;
}
static int fault_write(sqlite3_file *file, const void *p, int n, sqlite3_int64 at) {
    FaultHandle *h = (FaultHandle *)file;
    FaultDisk *d = h->disk;
    if (stale(h)) return SQLITE_IOERR_WRITE;
    size_t size = (size_t)n, end = (size_t)at + size;
    bool fails = counts_down(d, FAULT_WRITE), off = power_off(d);
    if (fails || off) { // a part of it may have gone through
        size = (size_t)(rng_next(&d->rng) % (size + 1));
        op_add(h->file, (size_t)at, p, size);
        return SQLITE_IOERR_WRITE;
    }
    size_t growth = end > h->file->seen.n ? end - h->file->seen.n : 0;
    if (d->byte_limit && growth && fault_disk_bytes(d) + growth > d->byte_limit) return SQLITE_FULL;
    op_add(h->file, (size_t)at, p, size);
    return SQLITE_OK;
}
static int fault_truncate(sqlite3_file *file, sqlite3_int64 size) {
    FaultHandle *h = (FaultHandle *)file;
    if (stale(h)) return SQLITE_IOERR_TRUNCATE;
    bool fails = counts_down(h->disk, FAULT_TRUNCATE), off = power_off(h->disk);
    if (fails || off) return SQLITE_IOERR_TRUNCATE;
    op_add(h->file, (size_t)size, NULL, 0);
    return SQLITE_OK;
}
static void dir_sync(FaultDisk *d) {
    for (size_t i = 0; i < FILES_MAX; i++) d->files[i].exists_durable = d->files[i].exists;
}
static int fault_sync(sqlite3_file *file, int flags) {
    (void)flags;
    FaultHandle *h = (FaultHandle *)file;
    FaultFile *f = h->file;
    if (stale(h)) return SQLITE_IOERR_FSYNC;
    bool fails = counts_down(h->disk, FAULT_SYNC), off = power_off(h->disk);
    if (off) return SQLITE_IOERR_FSYNC; // the crash settles what was under way
    if (fails) {
        file_settle(f, &h->disk->rng);
        return SQLITE_IOERR_FSYNC;
    }
    if (h->disk->lies) return SQLITE_OK;
    if (f->remade) image_size(&f->durable, 0);
    f->remade = false;
    for (size_t i = 0; i < f->op_count; i++) op_apply(&f->durable, &f->ops[i]);
    ops_drop(f);
    f->exists_durable = true;
    if (h->sync_dir) dir_sync(h->disk);
    h->sync_dir = false;
    return SQLITE_OK;
}
static int fault_size(sqlite3_file *file, sqlite3_int64 *ret) {
    FaultHandle *h = (FaultHandle *)file;
    if (stale(h)) return SQLITE_IOERR_FSTAT;
    *ret = (sqlite3_int64)h->file->seen.n;
    return SQLITE_OK;
}
static int fault_lock(sqlite3_file *file, int level) {
    FaultHandle *h = (FaultHandle *)file;
    (void)level;
    if (stale(h)) return SQLITE_IOERR_LOCK;
    if (h->file->locked_by && h->file->locked_by != h) return SQLITE_BUSY; // one connection at a time, readers too
    h->file->locked_by = h;
    return SQLITE_OK;
}
static int fault_unlock(sqlite3_file *file, int level) {
    FaultHandle *h = (FaultHandle *)file;
    if (!stale(h) && level == SQLITE_LOCK_NONE && h->file->locked_by == h) h->file->locked_by = NULL;
    return SQLITE_OK;
}
static int fault_reserved(sqlite3_file *file, int *ret) {
    FaultHandle *h = (FaultHandle *)file;
    *ret = h->file->locked_by && h->file->locked_by != h;
    return SQLITE_OK;
}
static int fault_control(sqlite3_file *file, int op, void *arg) {
    (void)file, (void)op, (void)arg;
    return SQLITE_NOTFOUND;
}
static int fault_sector(sqlite3_file *file) {
    (void)file;
    return SECTOR_BYTES;
}
static int fault_traits(sqlite3_file *file) { // as SQLite takes the system's disks to be: a write spares its neighbours
    (void)file;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}
static const sqlite3_io_methods fault_methods = {
    .iVersion = 1,
    .xClose = fault_close,
    .xRead = fault_read,
    .xWrite = fault_write,
    .xTruncate = fault_truncate,
    .xSync = fault_sync,
    .xFileSize = fault_size,
    .xLock = fault_lock,
    .xUnlock = fault_unlock,
    .xCheckReservedLock = fault_reserved,
    .xFileControl = fault_control,
    .xSectorSize = fault_sector,
    .xDeviceCharacteristics = fault_traits,
};

// ---- the file system's methods
static FaultFile *file_find(FaultDisk *d, const char *name) {
    for (size_t i = 0; i < FILES_MAX; i++)
        if (d->files[i].used && strcmp(d->files[i].name, name) == 0) return &d->files[i];
    return NULL;
}
static FaultFile *file_make(FaultDisk *d, const char *name) {
    for (size_t i = 0; i < FILES_MAX; i++) {
        FaultFile *f = &d->files[i];
        if (f->used) continue;
        *f = (FaultFile){.used = true};
        int n = snprintf(f->name, sizeof f->name, "%s", name);
        CK_ASSERT(n > 0 && (size_t)n < sizeof f->name);
        return f;
    }
    return NULL;
}
static int fault_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *ret_flags) {
    FaultDisk *d = vfs->pAppData;
    FaultHandle *h = (FaultHandle *)file;
    h->base.pMethods = NULL; // nothing to close when this fails
    CK_ASSERT(name);         // temporary files stay in memory: PRAGMA temp_store
    FaultFile *f = file_find(d, name);
    if (d->dead || ((!f || !f->exists) && !(flags & SQLITE_OPEN_CREATE))) return SQLITE_CANTOPEN;
    if (!f) f = file_make(d, name);
    if (!f) return SQLITE_CANTOPEN;
    bool made = !f->exists;
    if (made) {
        f->exists = true;
        f->remade = f->exists_durable;
        ops_drop(f);
        image_size(&f->seen, 0);
        if (!f->remade) image_size(&f->durable, 0);
    }
    *h = (FaultHandle){.base.pMethods = &fault_methods, .disk = d, .file = f, .generation = d->generation};
    h->delete_on_close = (flags & SQLITE_OPEN_DELETEONCLOSE) != 0;
    h->sync_dir = (flags & SQLITE_OPEN_CREATE) && (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL));
    if (ret_flags) *ret_flags = flags;
    return SQLITE_OK;
}
static int fault_delete(sqlite3_vfs *vfs, const char *name, int sync_dir) {
    FaultDisk *d = vfs->pAppData;
    if (d->dead || power_off(d)) return SQLITE_IOERR_DELETE;
    FaultFile *f = file_find(d, name);
    if (!f || !f->exists) return SQLITE_IOERR_DELETE_NOENT;
    f->exists = false;
    if (sync_dir) dir_sync(d);
    return SQLITE_OK;
}
static int fault_access(sqlite3_vfs *vfs, const char *name, int flags, int *ret) {
    (void)flags;
    FaultDisk *d = vfs->pAppData;
    if (d->dead) return SQLITE_IOERR_ACCESS;
    FaultFile *f = file_find(d, name);
    *ret = f && f->exists && f->seen.n > 0;
    return SQLITE_OK;
}
static int fault_path(sqlite3_vfs *vfs, const char *name, int cap, char *ret) {
    (void)vfs;
    int n = snprintf(ret, (size_t)cap, "%s", name);
    return n > 0 && n < cap ? SQLITE_OK : SQLITE_CANTOPEN;
}
static int fault_random(sqlite3_vfs *vfs, int n, char *ret) {
    FaultDisk *d = vfs->pAppData;
    for (int i = 0; i < n; i++) ret[i] = (char)rng_next(&d->rng);
    return n;
}
static int fault_sleep(sqlite3_vfs *vfs, int us) { // nobody else will come
    (void)vfs;
    return us;
}
static int fault_time(sqlite3_vfs *vfs, double *ret) {
    (void)vfs;
    *ret = 2461000.5; // Julian day; SQLite asks only for its date functions
    return SQLITE_OK;
}
static int fault_error(sqlite3_vfs *vfs, int n, char *ret) {
    (void)vfs, (void)n, (void)ret;
    return 0;
}

FaultDisk *fault_disk_new(const char *vfs_name, uint64_t seed) {
    FaultDisk *d = calloc(1, sizeof *d);
    CK_ASSERT(d);
    d->rng = seed;
    int n = snprintf(d->vfs_name, sizeof d->vfs_name, "%s", vfs_name);
    CK_ASSERT(n > 0 && (size_t)n < sizeof d->vfs_name);
    d->vfs = (sqlite3_vfs){.iVersion = 1,
                           .szOsFile = sizeof(FaultHandle),
                           .mxPathname = NAME_MAX_BYTES - 16,
                           .zName = d->vfs_name,
                           .pAppData = d,
                           .xOpen = fault_open,
                           .xDelete = fault_delete,
                           .xAccess = fault_access,
                           .xFullPathname = fault_path,
                           .xRandomness = fault_random,
                           .xSleep = fault_sleep,
                           .xCurrentTime = fault_time,
                           .xGetLastError = fault_error};
    int rc = sqlite3_vfs_register(&d->vfs, 0);
    CK_ASSERT(rc == SQLITE_OK);
    return d;
}
void fault_disk_free(FaultDisk *d) {
    sqlite3_vfs_unregister(&d->vfs);
    for (size_t i = 0; i < FILES_MAX; i++) {
        ops_drop(&d->files[i]);
        free(d->files[i].ops);
        free(d->files[i].seen.p);
        free(d->files[i].durable.p);
    }
    free(d);
}
void fault_disk_kill(FaultDisk *d) {
    for (size_t i = 0; i < FILES_MAX; i++) d->files[i].locked_by = NULL;
    d->generation++;
}
void fault_disk_crash(FaultDisk *d, uint64_t seed) {
    uint64_t rng = seed;
    for (size_t i = 0; i < FILES_MAX; i++) {
        FaultFile *f = &d->files[i];
        if (!f->used) continue;
        file_settle(f, &rng);
        // Making or deleting a file is as uncertain as a write until it is synced.
        f->exists = f->exists == f->exists_durable || rng_chance(&rng, 50) ? f->exists_durable : f->exists;
        f->exists_durable = f->exists;
        f->remade = false;
        if (!f->exists) image_size(&f->durable, 0);
        image_copy(&f->seen, &f->durable);
    }
    fault_disk_kill(d);
    d->dead = false;
    d->byte_limit = 0;
    memset(d->countdown, 0, sizeof d->countdown);
}
void fault_disk_fail(FaultDisk *d, FaultKind kind, uint64_t nth) {
    d->countdown[kind] = nth;
}
void fault_disk_limit(FaultDisk *d, uint64_t bytes) {
    d->byte_limit = bytes;
}
void fault_disk_lie(FaultDisk *d, bool lies) {
    d->lies = lies;
}
uint64_t fault_disk_ops(const FaultDisk *d) {
    return d->op_total;
}
bool fault_disk_dead(const FaultDisk *d) {
    return d->dead;
}
