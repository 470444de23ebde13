// A queueing network from its JSON file (schema/queue.schema.json, docs/queue.md).
#pragma once
#include "app.h"
#include "des/des_net.h"
#include "wire/wire_json.h"

typedef struct {
    Net net;
    uint32_t replications;
    const char *unit;             // of time, for people
    bool mser;                    // the end of the warm-up is to be found
    char pointer[256], what[400]; // the first problem
} QueueFile;
// False with pointer and what when it is not valid. All lives in `a`.
bool queue_read(const Json *j, Arena *a, QueueFile *ret);
