/* Failing system calls, for one process: gcc -shared -fPIC -o shim.so shim.c -ldl
 *
 * SHIM is a list of rules "CALL:PATH:FROM:ERRNO:COUNT" joined by ";": from the FROM-th call of
 * CALL on a path that holds PATH, COUNT calls (0: all) fail with ERRNO. The call "flock" with
 * ERRNO 0 succeeds and locks nothing, "open" is about what is there already. SHIM_HOST names a host that is 127.0.0.1; rules of
 * "getaddrinfo" fail with ERRNO as an EAI code, or hang where it is 0. Rules of "clock" set the
 * wall clock ERRNO seconds ahead. SHIM_MET names a file that gets a line for each rule that
 * has struck.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

struct rule { char call[24]; char path[200]; long from, code, count, seen, met; };
static struct rule rules[16];
static int loaded, known;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void load(void) {
    char *text = getenv("SHIM"), *copy, *save = NULL, *item;
    loaded = 1;
    if (!text) return;
    copy = strdup(text);
    for (item = strtok_r(copy, ";", &save); item && known < 16; item = strtok_r(NULL, ";", &save)) {
        struct rule *r = &rules[known];
        char *part[5];
        int n = 0;
        char *at = item;
        while (n < 5 && at) {
            char *end = strchr(at, ':');
            if (end) *end++ = 0;
            part[n++] = at;
            at = end;
        }
        if (n < 5) continue;
        snprintf(r->call, sizeof r->call, "%s", part[0]);
        snprintf(r->path, sizeof r->path, "%s", part[1]);
        r->from = atol(part[2]); r->code = atol(part[3]); r->count = atol(part[4]);
        known++;
    }
    free(copy);
}

/* Past the functions below. */
static void note(struct rule *r) {
    char *name = getenv("SHIM_MET"), line[256];
    int n = snprintf(line, sizeof line, "%s:%s\n", r->call, r->path);
    r->met = 1;
    if (!name) return;
    long fd = syscall(SYS_openat, AT_FDCWD, name, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (fd < 0) return;
    syscall(SYS_write, fd, line, n);
    syscall(SYS_close, fd);
}

/* The rule that strikes now, or NULL. */
static struct rule *due(const char *call, const char *path) {
    struct rule *found = NULL;
    pthread_mutex_lock(&lock);
    if (!loaded) load();
    for (int i = 0; i < known; i++) {
        struct rule *r = &rules[i];
        if (strcmp(r->call, call) || !path || !strstr(path, r->path)) continue;
        r->seen++;
        if (r->seen >= r->from && (!r->count || r->seen < r->from + r->count)) { found = r; break; }
    }
    if (found && !found->met) note(found);
    pthread_mutex_unlock(&lock);
    return found;
}

static const char *path_of(int fd, char *buffer, size_t size) {
    char link[64];
    ssize_t n;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    n = readlink(link, buffer, size - 1);
    buffer[n < 0 ? 0 : n] = 0;
    return buffer;
}

#define REAL(type, name, ...) \
    static type (*real)(__VA_ARGS__); \
    if (!real) real = dlsym(RTLD_NEXT, #name)
#define ON_FD(type, name, call, decl, args, fd) \
    type name decl { \
        char buffer[4096]; \
        struct rule *r = due(call, path_of(fd, buffer, sizeof buffer)); \
        if (r) { errno = r->code; return r->code ? -1 : 0; } \
        static type (*real) decl; \
        if (!real) real = (type (*) decl) dlsym(RTLD_NEXT, #name); \
        return real args; \
    }

ON_FD(ssize_t, pwrite64, "pwrite", (int fd, const void *p, size_t n, off64_t o), (fd, p, n, o), fd)
ON_FD(ssize_t, pwrite, "pwrite", (int fd, const void *p, size_t n, off_t o), (fd, p, n, o), fd)
ON_FD(ssize_t, write, "write", (int fd, const void *p, size_t n), (fd, p, n), fd)
ON_FD(ssize_t, pread64, "pread", (int fd, void *p, size_t n, off64_t o), (fd, p, n, o), fd)
ON_FD(ssize_t, preadv64, "pread",
      (int fd, const struct iovec *v, int n, off64_t o), (fd, v, n, o), fd)
ON_FD(ssize_t, preadv, "pread",
      (int fd, const struct iovec *v, int n, off_t o), (fd, v, n, o), fd)
ON_FD(ssize_t, preadv64v2, "pread",
      (int fd, const struct iovec *v, int n, off64_t o, int f), (fd, v, n, o, f), fd)
ON_FD(ssize_t, preadv2, "pread",
      (int fd, const struct iovec *v, int n, off_t o, int f), (fd, v, n, o, f), fd)
ON_FD(ssize_t, read, "read", (int fd, void *p, size_t n), (fd, p, n), fd)
ON_FD(int, fsync, "fsync", (int fd), (fd), fd)
ON_FD(int, fdatasync, "fsync", (int fd), (fd), fd)
ON_FD(int, flock, "flock", (int fd, int how), (fd, how), fd)
ON_FD(int, ftruncate64, "truncate", (int fd, off64_t n), (fd, n), fd)
ON_FD(int, ftruncate, "truncate", (int fd, off_t n), (fd, n), fd)

/* These return the error instead of setting errno. */
int posix_fallocate64(int fd, off64_t o, off64_t n) {
    char buffer[4096];
    struct rule *r = due("fallocate", path_of(fd, buffer, sizeof buffer));
    if (r) return r->code;
    REAL(int, posix_fallocate64, int, off64_t, off64_t);
    return real(fd, o, n);
}
int posix_fallocate(int fd, off_t o, off_t n) { return posix_fallocate64(fd, o, n); }

/* hfget calls this one itself. */
ON_FD(int, fallocate64, "fallocate", (int fd, int how, off64_t o, off64_t n), (fd, how, o, n), fd)

#define ON_PATH(name, call, decl, args, path) \
    int name decl { \
        struct rule *r = due(call, path); \
        if (r) { errno = r->code; return -1; } \
        static int (*real) decl; \
        if (!real) real = (int (*) decl) dlsym(RTLD_NEXT, #name); \
        return real args; \
    }
ON_PATH(rename, "rename", (const char *a, const char *b), (a, b), b)
ON_PATH(renameat, "rename", (int x, const char *a, int y, const char *b), (x, a, y, b), b)
ON_PATH(renameat2, "rename",
        (int x, const char *a, int y, const char *b, unsigned f), (x, a, y, b, f), b)
ON_PATH(truncate64, "truncate", (const char *a, off64_t n), (a, n), a)
ON_PATH(truncate, "truncate", (const char *a, off_t n), (a, n), a)
ON_PATH(symlink, "symlink", (const char *a, const char *b), (a, b), b)
ON_PATH(symlinkat, "symlink", (const char *a, int y, const char *b), (a, y, b), b)

/* Only what is there already: who creates a file may open it. */
static int opened(int folder, const char *path, int how, int *result) {
    char whole[8192], buffer[4096];
    struct rule *r;
    if (how & O_CREAT || !path) return 0;
    if (path[0] == '/' || folder == AT_FDCWD) snprintf(whole, sizeof whole, "%s", path);
    else snprintf(whole, sizeof whole, "%s/%s", path_of(folder, buffer, sizeof buffer), path);
    if (!(r = due("open", whole))) return 0;
    errno = r->code;
    *result = -1;
    return 1;
}
#define OPENING(name, decl, folder, real_decl, args) \
    int name decl { \
        int mode = 0, result; \
        va_list rest; \
        if (how & O_CREAT) { va_start(rest, how); mode = va_arg(rest, int); va_end(rest); } \
        if (opened(folder, path, how, &result)) return result; \
        static int (*real) real_decl; \
        if (!real) real = (int (*) real_decl) dlsym(RTLD_NEXT, #name); \
        return real args; \
    }
OPENING(open, (const char *path, int how, ...), AT_FDCWD,
        (const char *, int, ...), (path, how, mode))
OPENING(open64, (const char *path, int how, ...), AT_FDCWD,
        (const char *, int, ...), (path, how, mode))
OPENING(openat, (int folder, const char *path, int how, ...), folder,
        (int, const char *, int, ...), (folder, path, how, mode))
OPENING(openat64, (int folder, const char *path, int how, ...), folder,
        (int, const char *, int, ...), (folder, path, how, mode))

int clock_gettime(clockid_t id, struct timespec *now) {
    REAL(int, clock_gettime, clockid_t, struct timespec *);
    int result = real(id, now);
    struct rule *r = result || id != CLOCK_REALTIME ? NULL : due("clock", "");
    if (r) now->tv_sec += r->code;
    return result;
}

int pthread_create(pthread_t *thread, const pthread_attr_t *how, void *(*run)(void *), void *with) {
    struct rule *r = due("thread", "");
    if (r) return r->code;
    REAL(int, pthread_create, pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    return real(thread, how, run, with);
}

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                struct addrinfo **found) {
    const char *host = getenv("SHIM_HOST");
    REAL(int, getaddrinfo, const char *, const char *, const struct addrinfo *, struct addrinfo **);
    if (node && host && !strcmp(node, host)) {
        struct rule *r;
        if (hints && hints->ai_flags & AI_NUMERICHOST) return EAI_NONAME;
        r = due("getaddrinfo", node);
        if (r && !r->code) sleep(3600);
        if (r) return r->code;
        node = "127.0.0.1";
    }
    return real(node, service, hints, found);
}
