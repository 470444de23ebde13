#pragma once
#include "app_bench_rows.h"
#include "peer/peer_link.h"

// Two sides with fresh keys that trust each other, and certificates of a fresh authority. An exit status.
int bench_link_files(const BenchOpts *o, Arena *a, PeerFiles **ret_vn, PeerFiles **ret_cn);
