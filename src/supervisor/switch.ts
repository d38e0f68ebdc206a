/** A planned switch: who may take over, and when the old leader is idle. */

import { TwinhullError } from '../errors.ts';
import { keyOf } from '../core/actions.ts';
import type { Memory } from '../core/memory.ts';
import type { Signal } from '../core/model.ts';
import type { Clock } from '../ports/clock.ts';
import type { Gateway } from '../ports/gateway.ts';
import type { ServicePlan } from '../redundancy/fleet.ts';
import type { Ended } from './act.ts';

const LOOK_EVERY_MS = 50;

export interface Switch {
  /** null: nobody led */
  readonly from: string | null;
  readonly to: string;
}

export interface SwitchingParts {
  readonly clock: Clock;
  /** the core's, of this moment */
  readonly memory: () => Memory;
  /** says it to the core, which decides at once */
  readonly ask: (signal: Signal) => void;
  /** aborted when supervising ends */
  readonly signal: AbortSignal;
}

/** Through the core like any other change of leader, so that it goes into the journal and is remembered. */
export class Switching {
  readonly #parts: SwitchingParts;
  readonly #waiting = new Map<string, Set<(ended: Ended) => void>>();

  constructor(parts: SwitchingParts) {
    this.#parts = parts;
  }

  /** An effect has ended, whoever wanted it. */
  ended(key: string, how: Ended): void {
    for (const go of this.#waiting.get(key) ?? []) go(how);
    this.#waiting.delete(key);
  }

  /**
   * Resolves when the new one serves and the old one is idle.
   * @param gateway null: the service has none
   * @throws TH_SWITCH_REFUSED with the reason; TH_UNKNOWN_NAME
   */
  async carryOut(plan: ServicePlan, gateway: Gateway | null, wanted: string | undefined): Promise<Switch> {
    const { clock, memory, signal } = this.#parts;
    const successor = chooseSuccessor(plan, memory(), wanted);
    if (!gateway && !hasStandby(plan)) throw refuse(`${plan.name} has no gateway`);
    await this.#switch(plan, successor.to);
    const { from } = successor;
    // one that stands by is drained before it rests
    if (from !== null && gateway && !hasStandby(plan))
      await untilIdle(gateway, from, plan.policy.drainTimeoutMs, clock, signal);
    return successor;
  }

  async #switch(plan: ServicePlan, to: string): Promise<void> {
    const { memory, ask } = this.#parts;
    const { name: service } = plan;
    const key = keyOf({ kind: 'lead', service, member: to });
    const { promise, resolve } = Promise.withResolvers<Ended>();
    const waiting = this.#waiting.get(key) ?? new Set();
    this.#waiting.set(key, waiting.add(resolve));
    ask({ kind: 'switch_asked', service, to });
    const asked = memory().services[service];
    if (asked?.handover?.to === to) {
      waiting.delete(resolve);
      return this.#untilHandedOver(plan, to);
    }
    if (asked?.pending[key]?.ended !== false) {
      waiting.delete(resolve);
      throw refuse(`${to} is not ready to take over right now`);
    }
    const { outcome, detail } = await promise;
    if (outcome !== 'done') throw refuse(`the gateway did not switch: ${detail}`);
  }

  /** Also until it was taken back, when the new one did not serve. */
  async #untilHandedOver({ name, policy }: ServicePlan, to: string): Promise<void> {
    const { clock, memory, signal } = this.#parts;
    const until = clock.monotonic() + handoverBoundMs(policy);
    while (memory().services[name]?.handover !== undefined) {
      if (clock.monotonic() >= until) {
        const why = memory().services[name]?.reason ?? '';
        throw refuse(`${to} does not serve yet, and it is still tried${why === '' ? '' : ` (${why})`}`);
      }
      await clock.sleep(LOOK_EVERY_MS, signal);
    }
    const { handedOver, leader } = memory().services[name] ?? {};
    if (handedOver?.to !== to) throw refuse('something else was asked for meanwhile');
    if (handedOver.failure !== '') throw refuse(`${handedOver.failure}; ${leader ?? 'the other one'} runs again`);
  }
}

function refuse(why: string): TwinhullError {
  return new TwinhullError('TH_SWITCH_REFUSED', why);
}

/** @returns who takes over; throws TH_SWITCH_REFUSED with the reason when nobody should */
function chooseSuccessor(plan: ServicePlan, memory: Memory, wanted: string | undefined): Switch {
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
function hasStandby({ policy, members }: ServicePlan): boolean {
  return policy.standby !== 'hot' && members.some(({ role }) => role === 'backup');
}

/** How long a change of who runs may take: the end of the old one, the start of the new one, and the way back. */
function handoverBoundMs({ stopGraceMs, startPeriodMs, deadlineMs }: ServicePlan['policy']): number {
  return 2 * (stopGraceMs + startPeriodMs + deadlineMs.unresponsive) + 60_000;
}

/** Waits until `member` has no request left, at most `timeoutMs`. @returns the requests left */
async function untilIdle(
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
