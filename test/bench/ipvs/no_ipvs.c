// Preloaded into keepalived where the kernel has no IPVS: an IPVS that takes everything and does nothing, so that keepalived
// checks servers there, as Holdfast does by itself. Of its netlink interface it says that there is none. With NO_IPVS_TELLS in
// the environment it writes each order for a real server to the standard error output: `ipvs 7 10.9.0.2:80 weight 1`.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

// linux/ip_vs.h: the first and the last option of its sockets, and the question for its version.
enum { FIRST = 64 + 1024 + 64, LAST = FIRST + 63, GET_INFO = FIRST + 1 };
// Orders for real servers, 7 add, 8 delete, 9 edit: they have a service before the server.
enum { ADD_SERVER = FIRST + 7, EDIT_SERVER = FIRST + 9, SERVICE_BYTES = 44 };

struct server {
  struct in_addr address;
  unsigned short port;
  unsigned flags;
  int weight;
};

static void tell(int option, const void *value, socklen_t length) {
  struct server server;
  char address[INET_ADDRSTRLEN];
  if (option < ADD_SERVER || option > EDIT_SERVER || length < SERVICE_BYTES + sizeof server) return;
  memcpy(&server, (const char *)value + SERVICE_BYTES, sizeof server);
  inet_ntop(AF_INET, &server.address, address, sizeof address);
  fprintf(stderr, "ipvs %d %s:%d weight %d\n", option - FIRST, address, ntohs(server.port), server.weight);
}

static int is_ipvs(int level, int option) {
  return level == IPPROTO_IP && option >= FIRST && option <= LAST;
}

int setsockopt(int fd, int level, int option, const void *value, socklen_t length) {
  if (is_ipvs(level, option)) {
    if (getenv("NO_IPVS_TELLS") != NULL) tell(option, value, length);
    return 0;
  }
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
