// Files: whole files in, up to a ceiling, and out.
#pragma once
#include "base/base.h"

// The text lives in `a` (NUL behind it). ERR_NOT_FOUND, ERR_LIMIT (longer than max), ERR_IO.
Err io_file_read(const char *path, size_t max, Arena *a, Str *ret) MUST_USE;
Err io_file_write(const char *path, Str text) MUST_USE; // the whole file anew
