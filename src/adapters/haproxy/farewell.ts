import type { GatewayConfig } from '../../ports/gateway.ts';
import { brake, checked, files, LEADER_KEY, NO_LEADER } from './names.ts';
import type { Report } from './reading.ts';

/** Commands for a process that is about to be taken over from. */
export interface Farewell {
  readonly begin: readonly string[];
  /** what takes that back, where nobody takes over after all */
  readonly undo: readonly string[];
}

/**
 * A process that is taken over from still gets requests: on connections that rest, and on those it had just accepted.
 * Once it ends it takes no command that would lead them elsewhere, so it is told before: members that go get nothing
 * new, and where all of them go, what comes late is led to those that stay by the brakes, which are used when nothing
 * that is checked takes requests.
 * @param next what takes over
 * @param now what the process says of itself
 */
export function farewellTo(leaving: readonly string[], next: GatewayConfig, now: Report): Farewell {
  const begin: string[] = [];
  const undo: string[] = [];
  const heirs = heirsOf(next);
  for (const { port } of next.ports) {
    for (const [at, member] of leaving.entries()) {
      const heir = heirs[at % heirs.length];
      const address = now.states.get(brake(port, member))?.srv_addr;
      if (heir === undefined || address === undefined) continue;
      begin.push(movedTo(heir.address, port, member));
      undo.push(movedTo(address, port, member));
      if (now.stats.get(checked(port, member))?.status?.startsWith('MAINT')) continue;
      begin.push(`set server ${checked(port, member)} state drain`);
      undo.push(`set server ${checked(port, member)} state ready`);
    }
  }
  if (now.leader !== null && leaving.includes(now.leader)) {
    begin.unshift(ledBy(NO_LEADER));
    undo.push(ledBy(now.leader));
  }
  return { begin, undo };
}

/** Those that get requests from what takes over. */
function heirsOf({ members, balance, leader }: GatewayConfig): GatewayConfig['members'] {
  const open = members.filter(({ takesTraffic }) => takesTraffic);
  const leading = balance === 'leader' ? open.filter(({ name }) => name === leader) : [];
  return leading.length > 0 ? leading : open;
}

const movedTo = (address: string, port: number, member: string): string =>
  `set server ${brake(port, member)} addr ${address} port ${port}`;

const ledBy = (member: string): string => `set map ${files.leader} ${LEADER_KEY} ${member}`;
