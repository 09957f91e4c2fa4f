// Starts a child role in this process. Each role's code is loaded only where it is needed.
import type { RoleName } from "./messages.ts";

/** Runs a role until it ends. @param linkFd the inherited end of the link to the supervisor */
export async function runRole(role: RoleName, linkFd: number): Promise<void> {
  if (!Number.isInteger(linkFd) || linkFd < 3) throw new RangeError(`not a descriptor: ${linkFd}`);
  switch (role) {
    case "vrrp": {
      const { runVrrpRole } = await import("./vrrp_role.ts");
      return await runVrrpRole(linkFd);
    }
    case "health": {
      const { runHealthRole } = await import("./health_role.ts");
      return await runHealthRole(linkFd);
    }
    case "bfd": {
      const { runBfdRole } = await import("./bfd_role.ts");
      return await runBfdRole(linkFd);
    }
    case "api": {
      const { runApiRole } = await import("./api_role.ts");
      return await runApiRole(linkFd);
    }
    case "mail": {
      const { runMailRole } = await import("./mail_role.ts");
      return await runMailRole(linkFd);
    }
  }
}
