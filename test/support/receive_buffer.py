# Writes the size of the receive buffer of each raw socket for VRRP that a process has and that reads (SO_RCVBUF).
# Usage: receive_buffer.py PROCESS_NAME
import ctypes
import errno
import os
import socket
import sys

PIDFD_GETFD = 438
libc = ctypes.CDLL(None, use_errno=True)


def name_of(pid):
    try:
        with open(f"/proc/{pid}/comm") as file:
            return file.read().strip()
    except OSError:
        return ""


for pid in filter(str.isdigit, os.listdir("/proc")):
    if name_of(pid) != sys.argv[1]:
        continue
    handle = os.pidfd_open(int(pid))
    for number in os.listdir(f"/proc/{pid}/fd"):
        try:
            if not os.readlink(f"/proc/{pid}/fd/{number}").startswith("socket:"):
                continue
        except FileNotFoundError:  # it was closed meanwhile
            continue
        copy = libc.syscall(PIDFD_GETFD, handle, int(number), 0)
        if copy < 0 and ctypes.get_errno() == errno.EBADF:
            continue
        if copy < 0:
            sys.exit(f"pidfd_getfd: {os.strerror(ctypes.get_errno())}")
        with socket.socket(fileno=copy) as found:
            if found.type & 0xF == socket.SOCK_RAW and found.family == socket.AF_INET and found.proto == 112:
                print(found.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF))
