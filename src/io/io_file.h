// Files: whole files in, up to a ceiling.
#pragma once
#include "base/base.h"

// The text lives in `a` (NUL behind it). ERR_NOT_FOUND, ERR_LIMIT (longer than max), ERR_IO.
Err io_file_read(const char *path, size_t max, Arena *a, Str *ret) MUST_USE;
