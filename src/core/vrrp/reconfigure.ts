// What a new configuration does to a virtual router that goes on in its state: the timers of a backup, the next words of a
// master. VRID, interface, family and version are the router's identity and never change here.
import type { RouterAction, RouterConfig, RouterEvent, RouterState } from "./state.ts";
import { masterDownIntervalUs, skewTimeUs } from "./timing.ts";

type Backup = RouterState & { name: "backup" };
type Master = RouterState & { name: "master" };

/**
 * A backup's timers under a new configuration; when the master was heard last does not change.
 *
 * Version 3 keeps the interval learned from the master until its next advertisement. Version 2 has nothing but its own: it
 * gives a peer that is still to be told of the new interval one whole Master_Down_Interval from now.
 */
export function reconfigureBackup(config: RouterConfig, state: Backup, previous: RouterConfig, nowUs: number): Backup {
  const preempt = preemptDelayTimer(config, state, previous);
  if (config.version === 2 && config.advertisementIntervalUs !== previous.advertisementIntervalUs) {
    const interval = config.advertisementIntervalUs;
    const masterDownTimerUs = nowUs + masterDownIntervalUs(config, interval);
    return { name: "backup", masterDownTimerUs, masterAdverIntervalUs: interval, ...preempt };
  }
  const interval = state.masterAdverIntervalUs;
  const masterDownTimerUs = state.masterDownTimerUs + skewTimeUs(config, interval) - skewTimeUs(previous, interval);
  const fencing = state.fencingId === undefined ? {} : { fencingId: state.fencingId };
  return { name: "backup", masterDownTimerUs, masterAdverIntervalUs: interval, ...preempt, ...fencing };
}

/**
 * A master under a new configuration says so at once, as keepalived does, and goes on in the new rhythm. The second set of
 * announcements comes again for addresses that are new.
 */
export function reconfigureMaster(
  config: RouterConfig,
  state: Master,
  event: RouterEvent & { type: "reconfigure" },
  nowUs: number,
): { readonly state: Master; readonly actions: readonly RouterAction[] } {
  const { repeat, delayUs } = config.announcements;
  const actions: RouterAction[] = [{ type: "send-advertisement", priority: config.priority }];
  if (event.addressesAdded) actions.push({ type: "add-new-addresses", repeat });
  const { refreshTimerUs: _, ...kept } = state;
  const refreshTimerUs = refreshTimer(config, state, event.previous, nowUs);
  const again = event.addressesAdded && delayUs > 0 && state.announceTimerUs === undefined;
  return {
    state: {
      ...kept,
      adverTimerUs: nowUs + config.advertisementIntervalUs,
      ...(again ? { announceTimerUs: nowUs + delayUs, announceRepeat: repeat } : {}),
      ...(refreshTimerUs === undefined ? {} : { refreshTimerUs }),
    },
    actions,
  };
}

/** `preempt_delay` goes on from when the lower master was first heard. */
function preemptDelayTimer(
  config: RouterConfig,
  state: Backup,
  previous: RouterConfig,
): { readonly preemptDelayTimerUs?: number } {
  if (state.preemptDelayTimerUs === undefined || !config.preemptMode || config.preemptDelayUs === 0) return {};
  return { preemptDelayTimerUs: state.preemptDelayTimerUs + config.preemptDelayUs - previous.preemptDelayUs };
}

function refreshTimer(
  config: RouterConfig,
  state: Master,
  previous: RouterConfig,
  nowUs: number,
): number | undefined {
  const { refreshUs } = config.announcements;
  if (refreshUs === previous.announcements.refreshUs) return state.refreshTimerUs;
  return refreshUs === 0 ? undefined : nowUs + refreshUs;
}
