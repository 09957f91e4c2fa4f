// Events of processes as the kernel's connector tells them (linux/cn_proc.h, linux/connector.h): bytes to event. Knows no
// socket.

/** Group and identifier of the connector for processes. */
export const CN_IDX_PROC = 1;
const CN_VAL_PROC = 1;
const PROC_CN_MCAST_LISTEN = 1;

// enum what
const EVENT_NONE = 0;
const EVENT_FORK = 1;
const EVENT_EXEC = 2;
const EVENT_COMM = 0x200;
const EVENT_EXIT = 0x80000000;

/** struct cn_msg without its data. */
const CN_MSG_BYTES = 20;
/** struct proc_event up to its data: what, cpu, time stamp. */
const PROC_EVENT_BYTES = 16;
const DATA = CN_MSG_BYTES + PROC_EVENT_BYTES;
/** Four numbers of 32 bits. */
const LONGEST_DATA_BYTES = 16;

/** What happened to a process. What happens to its threads is not told. */
export type ProcessEvent =
  /** The kernel heard that we listen; `errno` 0: events will come. */
  | { readonly type: "listening"; readonly errno: number }
  | { readonly type: "fork"; readonly pid: number; readonly parent: number }
  /** It runs another program, or has another name. */
  | { readonly type: "changed"; readonly pid: number }
  | { readonly type: "exit"; readonly pid: number };

/** The body of the netlink message that asks for events: struct cn_msg with an operation. */
export function listenRequest(): Uint8Array {
  const bytes = new Uint8Array(CN_MSG_BYTES + 4);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, CN_IDX_PROC, true);
  view.setUint32(4, CN_VAL_PROC, true);
  view.setUint16(16, 4, true);
  view.setUint32(CN_MSG_BYTES, PROC_CN_MCAST_LISTEN, true);
  return bytes;
}

/** The event in the body of a netlink message; undefined: of a thread, of another kind, or cut short. */
export function readProcessEvent(body: DataView): ProcessEvent | undefined {
  if (body.byteLength < DATA + LONGEST_DATA_BYTES) return undefined;
  if (body.getUint32(0, true) !== CN_IDX_PROC || body.getUint32(4, true) !== CN_VAL_PROC) return undefined;
  const [first, second] = [body.getInt32(DATA, true), body.getInt32(DATA + 4, true)];
  switch (body.getUint32(CN_MSG_BYTES, true)) {
    case EVENT_NONE:
      return { type: "listening", errno: first };
    case EVENT_FORK: {
      const [pid, group] = [body.getInt32(DATA + 8, true), body.getInt32(DATA + 12, true)];
      return pid === group ? { type: "fork", pid, parent: second } : undefined;
    }
    case EVENT_EXEC:
    case EVENT_COMM:
      return first === second ? { type: "changed", pid: first } : undefined;
    case EVENT_EXIT:
      return first === second ? { type: "exit", pid: first } : undefined;
    default:
      return undefined;
  }
}
