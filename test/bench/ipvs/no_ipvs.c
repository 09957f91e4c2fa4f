// Preloaded into keepalived where the kernel has no IPVS: an IPVS that takes everything and does nothing, so that keepalived
// checks servers there, as Holdfast does by itself. Of its netlink interface it says that there is none.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

// linux/ip_vs.h: the first and the last option of its sockets, and the question for its version.
enum { FIRST = 64 + 1024 + 64, LAST = FIRST + 63, GET_INFO = FIRST + 1 };

static int is_ipvs(int level, int option) {
  return level == IPPROTO_IP && option >= FIRST && option <= LAST;
}

int setsockopt(int fd, int level, int option, const void *value, socklen_t length) {
  if (is_ipvs(level, option)) return 0;
  int (*real)(int, int, int, const void *, socklen_t) = dlsym(RTLD_NEXT, "setsockopt");
  return real(fd, level, option, value, length);
}

int getsockopt(int fd, int level, int option, void *value, socklen_t *length) {
  if (is_ipvs(level, option)) {
    memset(value, 0, *length);
    if (option == GET_INFO && *length >= 4) memcpy(value, "\x01\x02\x01\x00", 4);
    return 0;
  }
  int (*real)(int, int, int, void *, socklen_t *) = dlsym(RTLD_NEXT, "getsockopt");
  return real(fd, level, option, value, length);
}
