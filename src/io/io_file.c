#include "io_file.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

Err io_file_read(const char *path, size_t max, Arena *a, Str *ret) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
    Buf b;
    buf_init(&b, max);
    char chunk[65536];
    ssize_t n;
    while ((n = read(fd, chunk, sizeof chunk)) > 0 || (n < 0 && errno == EINTR))
        if (n > 0) buf_put(&b, chunk, (size_t)n);
    Err e = n < 0 ? ERR_IO : b.overflow ? ERR_LIMIT : OK;
    close(fd);
    if (!e) {
        Str s = arena_str(a, buf_view(&b));
        if (!s.p)
            e = ERR_LIMIT;
        else
            *ret = s;
    }
    buf_deinit(&b);
    return e;
}
Err io_file_write(const char *path, Str text) {
    FILE *f = fopen(path, "wb");
    if (!f) return ERR_IO;
    bool good = fwrite(text.p, 1, text.n, f) == text.n;
    good &= fclose(f) == 0;
    return good ? OK : ERR_IO;
}
