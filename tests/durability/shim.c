/* Stands between a program and the C library (LD_PRELOAD): makes calls fail, and records what reaches a file.
 *
 *     shim_arm(kinds, nth, times, error)   the nth call of these kinds from now on, and so many in a row, fail
 *     shim_rest(), shim_fired()            no call fails any more; how many failed since it was armed
 *     shim_record(log)                     from now on every write, sync and truncation of SHIM_FILE goes to the log
 *     shim_mark(text)                      a line of the program's own in that log
 *
 * kinds: w write, s sync, t truncate, m map, r rename, u unlink. Only files below SHIM_FOLDER count. Error -1 writes half
 * of what was asked for and says so; -2 kills the process instead of the call. The log holds records of {kind, through, offset, length, data}; `through` says
 * that the descriptor was opened to write through to the disk.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static pthread_mutex_t alone = PTHREAD_MUTEX_INITIALIZER;
static char kinds[8];
static long nth, times, fired;
static int fault;
static int record = -1;

void shim_arm(const char *which, long first, long count, int error) {
    pthread_mutex_lock(&alone);
    strncpy(kinds, which, sizeof kinds - 1);
    nth = first, times = count, fault = error, fired = 0;
    pthread_mutex_unlock(&alone);
}

void shim_rest(void) { times = 0; }

long shim_fired(void) { return fired; }

static void put(char kind, int through, uint64_t offset, const void *data, uint64_t length) {
    char head[18] = {kind, (char)through};
    memcpy(head + 2, &offset, 8);
    memcpy(head + 10, &length, 8);
    if (syscall(SYS_write, record, head, sizeof head) != sizeof head) abort();
    if (data && syscall(SYS_write, record, data, length) != (long)length) abort();
}

void shim_record(const char *path) {
    record = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (record < 0) abort();
}

void shim_mark(const char *text) {
    pthread_mutex_lock(&alone);
    if (record >= 0) put('m', 0, 0, text, strlen(text));
    pthread_mutex_unlock(&alone);
}

/* Whether a descriptor is of a file below the folder: 1, or 2 where it is the file that is recorded. */
static int ours(int fd) {
    const char *folder = getenv("SHIM_FOLDER"), *file = getenv("SHIM_FILE");
    char link[64], path[4096];
    if (fd < 0 || !folder) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    if (file && strcmp(path, file) == 0) return 2;
    return strncmp(path, folder, strlen(folder)) == 0;
}

/* Whether this call, of the kind that counts, is to fail. */
static int now(void) {
    if (nth > 1) return nth--, 0;
    times--, fired++;
    if (fault == -2) kill(getpid(), SIGKILL);
    return 1;
}

static int failing(char kind, int fd) { return times && strchr(kinds, kind) && ours(fd) && now(); }

static int failing_path(char kind, const char *path) {
    const char *folder = getenv("SHIM_FOLDER");
    return times && strchr(kinds, kind) && folder && strncmp(path, folder, strlen(folder)) == 0 && now();
}

#define REAL(type, name, ...)                                       \
    static type (*real)(__VA_ARGS__);                               \
    if (!real) real = (type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name); \
    int before = errno

#define BEGIN pthread_mutex_lock(&alone)
#define END(value)                    \
    do {                              \
        int after = errno;            \
        pthread_mutex_unlock(&alone); \
        errno = after;                \
        return value;                 \
    } while (0)
#define FAIL(value)     \
    do {                \
        errno = fault;  \
        END(value);     \
    } while (0)

static void wrote(int fd, off_t at, const void *data, ssize_t length) {
    if (record >= 0 && length > 0 && ours(fd) == 2)
        put('w', (fcntl(fd, F_GETFL) & (O_DSYNC | O_SYNC)) != 0, (uint64_t)at, data, (uint64_t)length);
}

static ssize_t write_at(ssize_t (*real)(int, const void *, size_t, off_t), int fd, const void *data, size_t size, off_t at) {
    ssize_t done = real(fd, data, size, at);
    wrote(fd, at, data, done);
    return done;
}

#define PWRITE(name)                                                       \
    ssize_t name(int fd, const void *data, size_t size, off_t at) {        \
        REAL(ssize_t, #name, int, const void *, size_t, off_t);            \
        BEGIN;                                                             \
        errno = before;                                                    \
        if (failing('w', fd)) {                                            \
            if (fault >= 0) FAIL(-1);                                      \
            size /= 2;                                                     \
        }                                                                  \
        ssize_t done = write_at(real, fd, data, size, at);                 \
        END(done);                                                         \
    }
PWRITE(pwrite)
PWRITE(pwrite64)

ssize_t write(int fd, const void *data, size_t size) {
    REAL(ssize_t, "write", int, const void *, size_t);
    BEGIN;
    errno = before;
    if (failing('w', fd)) {
        if (fault >= 0) FAIL(-1);
        size = size > 1 ? size / 2 : size;
    }
    int recorded = record >= 0 && ours(fd) == 2;
    off_t at = recorded ? lseek(fd, 0, SEEK_CUR) : 0;
    ssize_t done = real(fd, data, size);
    if (recorded) wrote(fd, at, data, done);
    END(done);
}

static void wrote_all(int fd, off_t at, const struct iovec *parts, int count, ssize_t done) {
    for (int i = 0; i < count && done > 0; i++) {
        ssize_t length = (ssize_t)parts[i].iov_len < done ? (ssize_t)parts[i].iov_len : done;
        wrote(fd, at, parts[i].iov_base, length);
        at += length, done -= length;
    }
}

#define PWRITEV(name)                                                          \
    ssize_t name(int fd, const struct iovec *parts, int count, off_t at) {     \
        REAL(ssize_t, #name, int, const struct iovec *, int, off_t);           \
        BEGIN;                                                                 \
        errno = before;                                                        \
        if (failing('w', fd)) {                                                \
            if (fault >= 0) FAIL(-1);                                          \
            count = (count + 1) / 2;                                           \
        }                                                                      \
        ssize_t done = real(fd, parts, count, at);                             \
        wrote_all(fd, at, parts, count, done);                                 \
        END(done);                                                             \
    }
PWRITEV(pwritev)
PWRITEV(pwritev64)

ssize_t writev(int fd, const struct iovec *parts, int count) {
    REAL(ssize_t, "writev", int, const struct iovec *, int);
    BEGIN;
    errno = before;
    if (failing('w', fd)) {
        if (fault >= 0) FAIL(-1);
        count = (count + 1) / 2;
    }
    int recorded = record >= 0 && ours(fd) == 2;
    off_t at = recorded ? lseek(fd, 0, SEEK_CUR) : 0;
    ssize_t done = real(fd, parts, count);
    if (recorded) wrote_all(fd, at, parts, count, done);
    END(done);
}

#define SYNC(name)                                                  \
    int name(int fd) {                                              \
        REAL(int, #name, int);                                      \
        BEGIN;                                                      \
        errno = before;                                             \
        if (failing('s', fd) && fault >= 0) FAIL(-1);               \
        int done = real(fd);                                        \
        if (record >= 0 && ours(fd) == 2) put('s', 0, 0, NULL, 0);  \
        END(done);                                                  \
    }
SYNC(fsync)
SYNC(fdatasync)

#define TRUNCATE(name)                                                                 \
    int name(int fd, off_t length) {                                                   \
        REAL(int, #name, int, off_t);                                                  \
        BEGIN;                                                                         \
        errno = before;                                                                \
        if (failing('t', fd) && fault >= 0) FAIL(-1);                                  \
        int done = real(fd, length);                                                   \
        if (record >= 0 && ours(fd) == 2) put('t', 0, (uint64_t)length, NULL, 0);      \
        END(done);                                                                     \
    }
TRUNCATE(ftruncate)
TRUNCATE(ftruncate64)

#define MAP(name)                                                                         \
    void *name(void *at, size_t length, int rights, int flags, int fd, off_t offset) {    \
        REAL(void *, #name, void *, size_t, int, int, int, off_t);                        \
        BEGIN;                                                                            \
        errno = before;                                                                   \
        if (fd >= 0 && failing('m', fd) && fault >= 0) FAIL(MAP_FAILED);                  \
        void *done = real(at, length, rights, flags, fd, offset);                         \
        END(done);                                                                        \
    }
MAP(mmap)
MAP(mmap64)

int rename(const char *from, const char *to) {
    REAL(int, "rename", const char *, const char *);
    BEGIN;
    errno = before;
    if (failing_path('r', to) && fault >= 0) FAIL(-1);
    int done = real(from, to);
    END(done);
}

int unlink(const char *path) {
    REAL(int, "unlink", const char *);
    BEGIN;
    errno = before;
    if (failing_path('u', path) && fault >= 0) FAIL(-1);
    int done = real(path);
    END(done);
}

/* Without these, programs copy by reading and writing, which is seen above. */
ssize_t copy_file_range(int from, off_t *start, int to, off_t *at, size_t size, unsigned flags) {
    (void)from, (void)start, (void)to, (void)at, (void)size, (void)flags;
    errno = ENOSYS;
    return -1;
}

ssize_t sendfile64(int to, int from, off_t *start, size_t size) {
    (void)to, (void)from, (void)start, (void)size;
    errno = ENOSYS;
    return -1;
}
