import { setTimeout as pause } from 'node:timers/promises';
import { isCode } from '../../errors.ts';
import type { GatewayConfig, GatewaySignal } from '../../ports/gateway.ts';
import type { AdminSocket } from './admin.ts';
import { checkFailureOf } from './check-failure.ts';
import { CHECK_RING, portOfProxy } from './names.ts';
import { watchForStalls } from './watch-stalls.ts';

const RECONNECT_AFTER_MS = 20;

export interface Watcher {
  onSignal(signal: GatewaySignal): void;
  /** a member's standing changed inside the gateway: its files should follow */
  onChange(): Promise<void>;
}

/**
 * Holds the gateway's ring of check results open, and looks at its response counters in between. Ends when
 * aborted, and only then: a gateway that goes away is waited for.
 */
export async function watchGateway(
  config: GatewayConfig,
  admin: AdminSocket,
  watcher: Watcher,
  abort: AbortSignal,
): Promise<void> {
  await Promise.all([
    followChecks(config, admin, watcher, abort),
    watchForStalls(config, admin, (signal) => watcher.onSignal(signal), abort),
  ]);
}

async function followChecks(
  config: GatewayConfig,
  admin: AdminSocket,
  watcher: Watcher,
  abort: AbortSignal,
): Promise<void> {
  const started = (): void => watcher.onSignal({ kind: 'started' });
  while (!abort.aborted) {
    try {
      for await (const line of admin.follow(`show events ${CHECK_RING} -w -n`, started, abort)) {
        if (isFarewell(line)) break;
        const event = parseCheckEvent(line);
        if (event === null || !config.members.some(({ name }) => name === event.signal.member)) continue;
        watcher.onSignal(event.signal);
        // Files that cannot be written now are written at the next change; watching is worth more.
        if (event.changed) await watcher.onChange().catch(() => undefined);
      }
    } catch (error) {
      if (abort.aborted) return;
      ignoreAway(error);
    }
    await pause(RECONNECT_AFTER_MS, undefined, { signal: abort }).catch(() => undefined);
  }
}

/** A gateway that is away is waited for; anything else is a defect and is not hidden. */
function ignoreAway(error: unknown): void {
  if (!isCode(error, 'TH_GATEWAY_UNREACHABLE')) throw error;
}

/** The process that we listen to takes nothing new, and checks no more: another one has taken over. */
export function isFarewell(line: string): boolean {
  const [, proxy = ''] = /\bProxy (\S+) stopped\b/.exec(line) ?? [];
  return portOfProxy(proxy) !== null;
}

interface CheckEvent {
  readonly signal: Extract<GatewaySignal, { readonly member: string; readonly kind: 'check_failed' | 'check_passed' }>;
  /** the member went up or down by it */
  readonly changed: boolean;
}

const CHECKED =
  /Health check for server ([^/\s]+)\/(\S+) (failed|succeeded|conditionally succeeded), reason: (.*?)(?:, check duration: \d+ms)?, status: (\d+)\/\d+ (UP|DOWN)/;
/** Marked down by failed connections; one that a check marks down is told by the line above. */
const WENT_DOWN = /Server ([^/\s]+)\/(\S+) is DOWN, reason: ((?:(?!check duration).)*?)\. \d+ active/;

/** A line of the ring. null: none that speaks of a check of ours. */
export function parseCheckEvent(line: string): CheckEvent | null {
  const [, proxy = '', member = '', what, reason = '', counter, standing] = CHECKED.exec(line) ?? [];
  if (what !== undefined) {
    const port = portOfProxy(proxy);
    if (port === null) return null;
    const changed = standing === 'DOWN' ? counter === '0' : what !== 'failed';
    if (what === 'failed') {
      const checkFailure = checkFailureOf(reason, reason);
      return { signal: { kind: 'check_failed', member, port, checkFailure, detail: reason }, changed };
    }
    return { signal: { kind: 'check_passed', member, port }, changed };
  }
  const [found, downProxy = '', downMember = '', downReason = ''] = WENT_DOWN.exec(line) ?? [];
  const port = portOfProxy(downProxy);
  if (found === undefined || port === null) return null;
  return {
    signal: { kind: 'check_failed', member: downMember, port, checkFailure: 'requests', detail: downReason },
    changed: true,
  };
}
