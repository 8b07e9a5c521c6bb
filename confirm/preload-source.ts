/**
 * The library that is loaded into each server before all others (LD_PRELOAD), as C. It stops a thread of the server at
 * disk operations below the data directory, and at connects to other servers, and asks the runner. Nothing else of the
 * process changes: the jar, its classes and its settings are those of every user.
 *
 * Each thread has a connection of its own to the runner's Unix socket (ZABSIM_SOCKET). A question is one line, and so
 * is the answer:
 *
 *   MOMENT OPERATION PATH [PATH]     moment: "b" before the operation, "a" after it
 *   b connect ADDRESS PORT
 *
 *   go            perform the operation
 *   err ERRNO     do not perform it, and fail with this error
 *   to PORT       connect to this port of 127.0.0.1 instead
 */
export const PRELOAD_SOURCE = String.raw`
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define TRACKED_MAX 65536
static const char *root, *socket_path, *network;
static size_t root_length;
static unsigned char tracked[TRACKED_MAX];
static __thread int control = -1;

static int (*real_open)(const char *, int, ...);
static int (*real_open64)(const char *, int, ...);
static int (*real_openat)(int, const char *, int, ...);
static int (*real_close)(int);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_rename)(const char *, const char *);
static int (*real_unlink)(const char *);
static int (*real_remove)(const char *);
static int (*real_ftruncate)(int, off_t);
static int (*real_ftruncate64)(int, off64_t);
static int (*real_connect)(int, const struct sockaddr *, socklen_t);

__attribute__((constructor)) static void start(void) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  root = getenv("ZABSIM_DATA");
  root_length = root ? strlen(root) : 0;
  socket_path = getenv("ZABSIM_SOCKET");
  network = getenv("ZABSIM_NETWORK");
  real_open = dlsym(RTLD_NEXT, "open");
  real_open64 = dlsym(RTLD_NEXT, "open64");
  real_openat = dlsym(RTLD_NEXT, "openat");
  real_close = dlsym(RTLD_NEXT, "close");
  real_fsync = dlsym(RTLD_NEXT, "fsync");
  real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
  real_rename = dlsym(RTLD_NEXT, "rename");
  real_unlink = dlsym(RTLD_NEXT, "unlink");
  real_remove = dlsym(RTLD_NEXT, "remove");
  real_ftruncate = dlsym(RTLD_NEXT, "ftruncate");
  real_ftruncate64 = dlsym(RTLD_NEXT, "ftruncate64");
  real_connect = dlsym(RTLD_NEXT, "connect");
}

static int below(const char *path) {
  return root && path && strncmp(path, root, root_length) == 0;
}

/* Whether a descriptor is a file below the root; its path goes to "path". */
static int file_of(int fd, char *path, size_t size) {
  char link[64];
  if (fd < 0 || fd >= TRACKED_MAX || !tracked[fd]) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, size - 1);
  if (length <= 0) return 0;
  path[length] = 0;
  return below(path);
}

/* Asks the runner. Returns 0 to go on, -1 after setting errno, or the port to connect to. */
static int ask(const char *format, ...) {
  char line[9000];
  if (!socket_path) return 0;
  int saved = errno;
  if (control < 0) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, socket_path, sizeof address.sun_path - 1);
    control = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (real_connect(control, (struct sockaddr *)&address, sizeof address) != 0) {
      real_close(control);
      control = -1;
      errno = saved;
      return 0;
    }
  }
  va_list list;
  va_start(list, format);
  int length = vsnprintf(line, sizeof line, format, list);
  va_end(list);
  if (length <= 0 || write(control, line, length) != length) {
    errno = saved;
    return 0;
  }
  size_t got = 0;
  while (got < sizeof line - 1) {
    ssize_t n = read(control, line + got, 1);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0 || line[got] == '\n') break;
    got++;
  }
  line[got] = 0;
  errno = saved;
  if (strncmp(line, "err ", 4) == 0) {
    errno = atoi(line + 4);
    return -1;
  }
  return strncmp(line, "to ", 3) == 0 ? atoi(line + 3) : 0;
}

static void track(int fd, const char *path, int flags) {
  if (fd < 0 || fd >= TRACKED_MAX) return;
  tracked[fd] = below(path) && (flags & (O_WRONLY | O_RDWR));
  if (tracked[fd] && (flags & O_CREAT)) ask("a open %s\n", path);
}

#define OPEN(NAME)                                                                      \
  int NAME(const char *path, int flags, ...) {                                          \
    mode_t mode = 0;                                                                    \
    if (flags & (O_CREAT | O_TMPFILE)) {                                                \
      va_list list;                                                                     \
      va_start(list, flags);                                                            \
      mode = va_arg(list, mode_t);                                                      \
      va_end(list);                                                                     \
    }                                                                                   \
    if (!real_##NAME) start();                                                          \
    if (below(path) && (flags & O_CREAT) && ask("b open %s\n", path) < 0) return -1;    \
    int fd = real_##NAME(path, flags, mode);                                            \
    track(fd, path, flags);                                                             \
    return fd;                                                                          \
  }
OPEN(open)
OPEN(open64)

int openat(int folder, const char *path, int flags, ...) {
  mode_t mode = 0;
  if (flags & (O_CREAT | O_TMPFILE)) {
    va_list list;
    va_start(list, flags);
    mode = va_arg(list, mode_t);
    va_end(list);
  }
  int fd = real_openat(folder, path, flags, mode);
  track(fd, path, flags);
  return fd;
}

int close(int fd) {
  char path[4096];
  if (!real_close) start();
  if (file_of(fd, path, sizeof path)) {
    tracked[fd] = 0;
    ask("b close %s\n", path);
    int result = real_close(fd);
    ask("a close %s\n", path);
    return result;
  }
  return real_close(fd);
}

#define ON_FILE(NAME, ARGUMENTS, CALL)                                                  \
  int NAME ARGUMENTS {                                                                  \
    char path[4096];                                                                    \
    if (!file_of(fd, path, sizeof path)) return CALL;                                   \
    if (ask("b " #NAME " %s\n", path) < 0) return -1;                                   \
    int result = CALL;                                                                  \
    if (result == 0) ask("a " #NAME " %s\n", path);                                     \
    return result;                                                                      \
  }
ON_FILE(fsync, (int fd), real_fsync(fd))
ON_FILE(fdatasync, (int fd), real_fdatasync(fd))
ON_FILE(ftruncate, (int fd, off_t length), real_ftruncate(fd, length))
ON_FILE(ftruncate64, (int fd, off64_t length), real_ftruncate64(fd, length))

#define ON_PATH(NAME)                                                                   \
  int NAME(const char *path) {                                                          \
    if (!below(path)) return real_##NAME(path);                                         \
    if (ask("b unlink %s\n", path) < 0) return -1;                                      \
    int result = real_##NAME(path);                                                     \
    if (result == 0) ask("a unlink %s\n", path);                                        \
    return result;                                                                      \
  }
ON_PATH(unlink)
ON_PATH(remove)

int rename(const char *from, const char *to) {
  if (!below(to)) return real_rename(from, to);
  if (ask("b rename %s %s\n", to, from) < 0) return -1;
  int result = real_rename(from, to);
  if (result == 0) ask("a rename %s %s\n", to, from);
  return result;
}

int connect(int fd, const struct sockaddr *address, socklen_t length) {
  if (!real_connect) start();
  if (network && address->sa_family == AF_INET && length >= sizeof(struct sockaddr_in)) {
    struct sockaddr_in to = *(const struct sockaddr_in *)address;
    char text[64];
    inet_ntop(AF_INET, &to.sin_addr, text, sizeof text);
    if (strncmp(text, network, strlen(network)) == 0) {
      int answer = ask("b connect %s %d\n", text, ntohs(to.sin_port));
      if (answer < 0) return -1;
      if (answer > 0) {
        to.sin_port = htons(answer);
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return real_connect(fd, (struct sockaddr *)&to, sizeof to);
      }
    }
  }
  return real_connect(fd, address, length);
}
`;
