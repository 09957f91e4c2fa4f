// Generic netlink (linux/genetlink.h): the four byte header that a family's messages carry, and asking for a family's number.
import { attributes, type NetlinkMessage, type NetlinkWriter, NLM_F_ACK, NLM_F_REQUEST } from "./netlink.ts";

/** struct genlmsghdr: command, version, two reserved bytes. Attributes start after it. */
export const GENL_HEADER_BYTES = 4;

/** nlmsg_type of the controller, the one family with a fixed number. */
export const GENL_ID_CTRL = 16;

const CTRL_CMD_NEWFAMILY = 1;
const CTRL_CMD_GETFAMILY = 3;
const CTRL_VERSION = 2;
const CTRL_ATTR_FAMILY_ID = 1;
const CTRL_ATTR_FAMILY_NAME = 2;

/** A request of a generic netlink family. */
export interface GenetlinkRequest {
  /** nlmsg_type: the family's number. */
  readonly family: number;
  /** Command number of the family. */
  readonly command: number;
  /** Version of the family that the sender speaks. */
  readonly version: number;
  /** nlmsg_flags besides NLM_F_REQUEST. */
  readonly flags: number;
  /** nlmsg_seq, by which the answer is known. */
  readonly sequence: number;
}

/** Writes a whole request: both headers, and the attributes that `body` writes. */
export function writeRequest(writer: NetlinkWriter, request: GenetlinkRequest, body: () => void = () => {}): void {
  writer.begin(request.family, NLM_F_REQUEST | request.flags, request.sequence);
  writer.raw([request.command, request.version, 0, 0]);
  body();
  writer.end();
}

/**
 * Asks the controller for the number of the family called `name`. The kernel loads the family's module for it
 * (alias net-pf-16-proto-16-family-NAME) and answers ENOENT when there is none.
 */
export function writeFamilyRequest(writer: NetlinkWriter, name: string, sequence: number): void {
  const request = {
    family: GENL_ID_CTRL,
    command: CTRL_CMD_GETFAMILY,
    version: CTRL_VERSION,
    flags: NLM_F_ACK,
    sequence,
  };
  writeRequest(writer, request, () => writer.string(CTRL_ATTR_FAMILY_NAME, name));
}

/** The family's number out of the controller's answer; undefined when the message is anything else. */
export function decodeFamilyId(message: NetlinkMessage): number | undefined {
  if (message.type !== GENL_ID_CTRL || genetlinkCommand(message.body) !== CTRL_CMD_NEWFAMILY) return undefined;
  const id = attributes(message.body, GENL_HEADER_BYTES).get(CTRL_ATTR_FAMILY_ID);
  return id === undefined || id.byteLength < 2 ? undefined : id.getUint16(0, true);
}

/** The command of a received body; undefined when it is too short to have one. */
export function genetlinkCommand(body: DataView): number | undefined {
  return body.byteLength < GENL_HEADER_BYTES ? undefined : body.getUint8(0);
}
