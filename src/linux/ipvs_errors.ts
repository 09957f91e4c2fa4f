// What the kernel's refusal of an IPVS command means: done all the same, to be tried in another way, or a failure in plain words.
// The kernel sends nothing but an errno, and the same one has several meanings. Pure.
import { formatEndpoint } from "../base/ip.ts";
import { formatKey, type IpvsCommand, type VirtualServerEntry } from "../core/ipvs/table.ts";
import { describeErrno, errnoName } from "./system_error.ts";

/** CAP_NET_ADMIN is missing. */
export const EPERM = 1;
/** No such real server, scheduler or netlink family. */
export const ENOENT = 2;
// asm-generic/errno.h, the others that IPVS commands are answered with.
const ESRCH = 3;
const EEXIST = 17;
const EINVAL = 22;
const ERANGE = 34;
const EMSGSIZE = 90;
const EOPNOTSUPP = 95;
const ENOBUFS = 105;
const ETIMEDOUT = 110;

/**
 * What to do about a refusal: the command that reaches the same end, or "done" when the end is reached already.
 *
 * @returns undefined when it is a failure
 */
export function remedy(command: IpvsCommand, errno: number): IpvsCommand | "done" | undefined {
  switch (command.type) {
    case "add-virtual-server":
      return errno === EEXIST ? { ...command, type: "set-virtual-server" } : undefined;
    case "add-real-server":
      return errno === EEXIST ? { ...command, type: "set-real-server" } : undefined;
    case "set-real-server":
      return errno === ENOENT ? { ...command, type: "add-real-server" } : undefined;
    case "set-virtual-server":
      return undefined;
    case "delete-virtual-server":
      return errno === ESRCH ? "done" : undefined;
    case "delete-real-server":
      return errno === ESRCH || errno === ENOENT ? "done" : undefined;
    default:
      return command satisfies never;
  }
}

/** One sentence: ``Cannot add virtual server tcp 192.0.2.1:80: scheduler `xyz` is not available in this kernel (ENOENT)``. */
export function describeFailure(command: IpvsCommand, errno: number): string {
  const reason = describeReason(command, errno);
  const state = reason === undefined ? describeErrno(errno) : `${reason} (${errnoName(errno)})`;
  return `Cannot ${describeCommand(command)}: ${state}`;
}

function describeCommand(command: IpvsCommand): string {
  switch (command.type) {
    case "add-virtual-server":
      return `add virtual server ${formatKey(command.entry.key)}`;
    case "set-virtual-server":
      return `change virtual server ${formatKey(command.entry.key)}`;
    case "delete-virtual-server":
      return `delete virtual server ${formatKey(command.key)}`;
    case "add-real-server":
      return `add real server ${formatEndpoint(command.entry.address, command.entry.port)} to ${
        formatKey(command.key)
      }`;
    case "set-real-server":
      return `change real server ${formatEndpoint(command.entry.address, command.entry.port)} of ${
        formatKey(command.key)
      }`;
    case "delete-real-server":
      return `delete real server ${formatEndpoint(command.address, command.port)} from ${formatKey(command.key)}`;
    default:
      return command satisfies never;
  }
}

/** The errno in this command's terms; undefined when it means no more than its usual words. */
function describeReason(command: IpvsCommand, errno: number): string | undefined {
  switch (errno) {
    case ENOENT:
      return isVirtualServerEdit(command)
        ? `${modulesOf(command.entry)} not available in this kernel`
        : "the kernel has no such real server";
    case ESRCH:
      return "the kernel has no such virtual server";
    case EEXIST:
      return "it exists already";
    case EINVAL:
      return describeInvalid(command);
    case ERANGE:
      return "the weight is negative, or the lower connection threshold is above the upper one";
    case EOPNOTSUPP:
      return "this kernel does not know the operation";
    case EMSGSIZE:
      return "the requests do not fit the send buffer, none was carried out";
    case ENOBUFS:
    case ETIMEDOUT:
      return "the kernel's answer was lost, the table must be read again";
    default:
      return undefined;
  }
}

function describeInvalid(command: IpvsCommand): string {
  return isVirtualServerEdit(command)
    ? `the kernel rejects scheduler \`${command.entry.scheduler}\`, the persistence timeout or the persistence prefix`
    : "the address must be unicast or the director's own, and of the virtual server's family unless tunneled";
}

/** The kernel does not say which of them it lacks. */
function modulesOf({ scheduler, persistenceEngine }: VirtualServerEntry): string {
  if (persistenceEngine === undefined) return `scheduler \`${scheduler}\` is`;
  return `scheduler \`${scheduler}\` or persistence engine \`${persistenceEngine}\` is`;
}

function isVirtualServerEdit(
  command: IpvsCommand,
): command is Extract<IpvsCommand, { type: "add-virtual-server" | "set-virtual-server" }> {
  return command.type === "add-virtual-server" || command.type === "set-virtual-server";
}
