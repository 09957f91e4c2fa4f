// The numbers that users of raw-socket know by name. x86_64 and aarch64 agree on them.

/** For `addressFamily`, by name and by number. Not the system's AF_ numbers. */
export const AddressFamily = { 1: "IPv4", 2: "IPv6", IPv4: 1, IPv6: 2 } as const;

/** For `protocol`, by name and by number: IANA's protocol numbers. Linux refuses None (0) for a raw socket. */
export const Protocol = {
  0: "None",
  1: "ICMP",
  6: "TCP",
  17: "UDP",
  58: "ICMPv6",
  None: 0,
  ICMP: 1,
  TCP: 6,
  UDP: 17,
  ICMPv6: 58,
} as const;

/** For `level` of `getOption` and `setOption` (linux/in.h, asm-generic/socket.h). */
export const SocketLevel = { SOL_SOCKET: 1, IPPROTO_IP: 0, IPPROTO_IPV6: 41 } as const;

/** For `option` of `getOption` and `setOption` (asm-generic/socket.h, linux/in.h, linux/in6.h). */
export const SocketOption = {
  SO_BROADCAST: 6,
  SO_RCVBUF: 8,
  SO_RCVTIMEO: 20,
  SO_SNDBUF: 7,
  SO_SNDTIMEO: 21,
  SO_BINDTODEVICE: 25,
  IP_HDRINCL: 3,
  IP_OPTIONS: 4,
  IP_TOS: 1,
  IP_TTL: 2,
  /** The same as IPV6_UNICAST_HOPS: there is no IPV6_TTL. */
  IPV6_TTL: 16,
  IPV6_UNICAST_HOPS: 16,
  IPV6_V6ONLY: 26,
} as const;
