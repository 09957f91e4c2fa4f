# Sends IP packets, given in hex on the standard input, as they are: send_packets.py DEVICE MAC [SECONDS PER_SECOND]
# Once each, or again and again for some seconds at a rate. Prints how many it has sent.
import ctypes
import socket
import sys
import time

PACKET_QDISC_BYPASS = 20
SOL_PACKET = 263
BATCH = 64


class Iovec(ctypes.Structure):
    _fields_ = [("base", ctypes.c_char_p), ("length", ctypes.c_size_t)]


class Message(ctypes.Structure):  # struct mmsghdr
    _fields_ = [
        ("name", ctypes.c_void_p), ("name_length", ctypes.c_uint),
        ("iovec", ctypes.POINTER(Iovec)), ("iovec_count", ctypes.c_size_t),
        ("control", ctypes.c_void_p), ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_int), ("sent", ctypes.c_uint),
    ]


device, mac = sys.argv[1], bytes.fromhex(sys.argv[2].replace(":", ""))
seconds, rate = (float(word) for word in (sys.argv[3:5] or ("0", "0")))
sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
sender.bind((device, 0x0800))
source = sender.getsockname()[4]
group = bytes.fromhex("01005e000012")
frames = []
for line in sys.stdin.read().split():
    packet = bytes.fromhex(line)
    frames.append((group if packet[16] >> 4 == 14 else mac) + source + b"\x08\x00" + packet)
sent = 0
if seconds == 0:
    for frame in frames:
        sender.send(frame)
        sent += 1
else:
    # One call for many: a call for each ends at some 40 000 a second.
    sender.setsockopt(SOL_PACKET, PACKET_QDISC_BYPASS, 1)
    sendmmsg = ctypes.CDLL(None, use_errno=True).sendmmsg
    count = max(BATCH // len(frames), 1) * len(frames)
    vectors = (Iovec * count)(*[Iovec(frames[at % len(frames)], len(frames[at % len(frames)])) for at in range(count)])
    batch = (Message * count)()
    for message, vector in zip(batch, vectors):
        message.iovec, message.iovec_count = ctypes.pointer(vector), 1
    start = time.monotonic()
    while (passed := time.monotonic() - start) < seconds:
        if sent < passed * rate:
            sent += max(sendmmsg(sender.fileno(), batch, count, 0), 0)
        else:
            time.sleep(0.0002)
print(sent)
