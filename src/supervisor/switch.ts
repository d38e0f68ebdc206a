/** A planned switch: who may take over, and when the old leader is idle. */

import { TwinhullError } from '../errors.ts';
import type { Memory } from '../core/memory.ts';
import type { Clock } from '../ports/clock.ts';
import type { Gateway } from '../ports/gateway.ts';
import type { ServicePlan } from '../redundancy/fleet.ts';

const LOOK_EVERY_MS = 50;

/** @returns who takes over; throws TH_SWITCH_REFUSED with the reason when nobody should */
export function chooseSuccessor(
  plan: ServicePlan,
  memory: Memory,
  wanted: string | undefined,
): { readonly from: string | null; readonly to: string } {
  const refuse = (why: string): TwinhullError => new TwinhullError('TH_SWITCH_REFUSED', why);
  const standsBy = hasStandby(plan);
  if (plan.gateway?.config.balance !== 'leader' && !standsBy) {
    throw refuse(
      `${plan.name} has no primary and backup behind a gateway, so there is nothing to switch (it is ${plan.mode})`,
    );
  }
  const service = memory.services[plan.name];
  const from = service?.leader ?? null;
  if (wanted !== undefined && !plan.members.some(({ name }) => name === wanted)) {
    throw new TwinhullError(
      'TH_UNKNOWN_NAME',
      `${plan.name} has no member ${wanted}; it has ${plan.members.map(({ name }) => name).join(', ')}`,
    );
  }
  if (wanted !== undefined && wanted === from) throw refuse(`${wanted} leads already`);
  if (service?.handover) throw refuse(`${service.handover.to} is taking over from ${service.handover.from} already`);
  const candidates = plan.members.filter(
    ({ name, role }) => name !== from && (wanted === undefined || name === wanted) && !(standsBy && role === 'replica'),
  );
  const fit = candidates.find(({ name }) => {
    const verdict = service?.members[name]?.verdict;
    return verdict === 'healthy' || (standsBy && verdict === 'standby');
  });
  if (fit) return { from, to: fit.name };
  const why = candidates.map(({ name }) => `${name} is ${service?.members[name]?.verdict ?? 'unknown'}`).join(', ');
  throw refuse(`nobody is fit to take over: ${why === '' ? 'there is no other member' : why}`);
}

/** Of its pair one works, and the other one is started or goes on when it is needed. */
export function hasStandby({ policy, members }: ServicePlan): boolean {
  return policy.standby !== 'hot' && members.some(({ role }) => role === 'backup');
}

/** How long a change of who runs may take: the end of the old one, the start of the new one, and the way back. */
export function handoverBoundMs({ stopGraceMs, startPeriodMs, deadlineMs }: ServicePlan['policy']): number {
  return 2 * (stopGraceMs + startPeriodMs + deadlineMs.unresponsive) + 60_000;
}

/** Waits until `member` has no request left, at most `timeoutMs`. @returns the requests left */
export async function untilIdle(
  gateway: Gateway,
  member: string,
  timeoutMs: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<number> {
  const until = clock.monotonic() + timeoutMs;
  for (;;) {
    const { servers } = await gateway.read(signal);
    const left = servers.filter((server) => server.member === member).reduce((sum, { sessions }) => sum + sessions, 0);
    if (left === 0 || clock.monotonic() >= until) return left;
    await clock.sleep(LOOK_EVERY_MS, signal);
  }
}
