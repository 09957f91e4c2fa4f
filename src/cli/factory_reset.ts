// `holdfast factory-reset`: the appliance's state partition is made anew at the next start.
import { runningSlot } from "../appliance/slots.ts";
import { EXIT_FAILURE, EXIT_OK, EXIT_USAGE } from "./exit_status.ts";

/** What the initramfs looks for. A full partition has room for it: it is empty. */
const FLAG = "/state/factory-reset";
const WHAT =
  "what is erased: the last good configuration, the ssh host key, logs, the machine's id. The partition HOLDFAST stays";

/** Notes it for the next start. @returns the exit status */
export function factoryReset({ yes }: { readonly yes: boolean }): number {
  if (runningSlot() === undefined) {
    console.error("error: this is not the appliance");
    return EXIT_FAILURE;
  }
  if (!yes) {
    console.error(`error: say that it is meant, with --yes; ${WHAT}`);
    return EXIT_USAGE;
  }
  try {
    Deno.openSync(FLAG, { write: true, create: true }).close();
    new Deno.Command("sync", { args: [FLAG] }).outputSync();
  } catch (error) {
    console.error(`error: ${error instanceof Error ? error.message : error}; the boot menu has a factory reset, too`);
    return EXIT_FAILURE;
  }
  console.log(`The next start is like the first; ${WHAT}. It is done by \`systemctl reboot\`.`);
  console.log(`To take it back: rm ${FLAG}`);
  return EXIT_OK;
}
