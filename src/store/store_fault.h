// A disk in memory under SQLite that loses power and fails on demand; one seed reproduces a run. For tests and tools.
//
// Each file has what the programs see (the page cache) and what a power cut leaves (the durable image), and between the
// two the writes that no fsync covered yet. A synced byte is never lost. A crash keeps a random part of the rest: lost,
// out of order, torn at sectors of 512 bytes, and sometimes garbage where a file was growing.
// Write-ahead log only with PRAGMA locking_mode=EXCLUSIVE: there is no shared memory. One thread.
#pragma once
#include "base/base.h"

typedef struct FaultDisk FaultDisk;

FaultDisk *fault_disk_new(const char *vfs_name, uint64_t seed); // registers the VFS under this name
void fault_disk_free(FaultDisk *d);                             // all connections closed
// Power cut: what was not synced is lost in part, open connections get only I/O errors from now on (close them), all
// faults are taken back, new connections see what is left.
void fault_disk_crash(FaultDisk *d, uint64_t seed);
// kill -9: open connections get only I/O errors from now on, their locks are gone; the page cache stays as it is.
void fault_disk_kill(FaultDisk *d);

// The n-th operation of this kind from now on fails once (1 = the next one); 0 takes it back.
typedef enum { FAULT_WRITE, FAULT_SYNC, FAULT_TRUNCATE, FAULT_POWER, FAULT_KINDS } FaultKind;
// WRITE: I/O error, a random part of it may be written. SYNC: I/O error; the unsynced writes of that file stay visible
// but a later sync does not bring them to the disk. TRUNCATE: I/O error. POWER: at the n-th write, sync or truncate the
// power goes: that and every later operation fails until fault_disk_crash().
void fault_disk_fail(FaultDisk *d, FaultKind kind, uint64_t nth);
void fault_disk_limit(FaultDisk *d, uint64_t bytes); // no room after this many bytes in all files; 0 = no limit
void fault_disk_lie(FaultDisk *d, bool lies);        // an fsync does nothing and reports success (for mutants)
uint64_t fault_disk_ops(const FaultDisk *d);         // writes, syncs and truncates so far
uint64_t fault_disk_bytes(const FaultDisk *d);       // in all files, as the programs see them
bool fault_disk_dead(const FaultDisk *d);            // the power is off
