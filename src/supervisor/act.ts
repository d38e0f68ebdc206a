/**
 * Does what was decided. Effects on different members run side by side and each has a deadline, so that a
 * container that hangs in the engine delays nobody else. Within a lane they run one after the other, in the
 * order of the decision: who leads before who is cut. Every effect is idempotent: done twice is done once.
 */

import {
  isOnGateway,
  isTraffic,
  startsProcess,
  type EffectAction,
  type GatewayAction,
  type MemberAction,
  type TrafficAction,
} from '../core/actions.ts';
import { isCode, messageOf, TwinhullError } from '../errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Container, Engine } from '../ports/engine.ts';
import type { Gateway } from '../ports/gateway.ts';
import { fence, type Fenced, refuseSecondWriter } from '../fencing/proof.ts';
import type { Fleet, MemberPlan, ServicePlan } from '../redundancy/fleet.ts';
import type { Rebuilder } from './parts.ts';
import { restoreRestartPolicy } from './restart-policy.ts';
import type { Outcome } from './record.ts';

/** What the end of an effect was. */
export interface Ended {
  readonly outcome: Outcome;
  /** it was put in and did not pass its check in time */
  readonly missedCheck: boolean;
  readonly detail: string;
}

export interface ActorParts {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly rebuild: Rebuilder;
  readonly fleet: () => Fleet;
  readonly gateway: (service: string) => Gateway | null;
  /** the container in a member's (null: the gateway's) place right now */
  readonly containerOf: (service: ServicePlan, member: MemberPlan | null) => Container | null;
}

const LOOK_EVERY_MS = 20;
/** what remains of a deadline for the start, after a soft stop has used its grace */
const START_RESERVE_MS = 5000;

export class Actor {
  readonly #parts: ActorParts;
  /** the last effect of each lane */
  readonly #lanes = new Map<string, Promise<unknown>>();
  /** members that are being put in or on their way to stand by: given up when something else is wanted of them */
  readonly #puttingIn = new Map<string, AbortController>();
  readonly #resting = new Map<string, AbortController>();

  constructor(parts: ActorParts) {
    this.#parts = parts;
  }

  /** Never rejects: how it ended is the answer. */
  carryOut(effect: EffectAction, signal: AbortSignal): Promise<Ended> {
    const lane = this.#laneOf(effect);
    const lead = effect.kind === 'take_out' ? this.#lanes.get(leadLane(effect.service)) : undefined;
    if (effect.kind !== 'put_in' && effect.kind !== 'lead') giveUp(this.#puttingIn, effect);
    if (effect.kind === 'start_standby') giveUp(this.#resting, effect);
    const ended = this.#after([this.#lanes.get(lane), lead], () => this.#timed(effect, signal));
    this.#lanes.set(lane, ended);
    return ended;
  }

  async #after(before: readonly (Promise<unknown> | undefined)[], work: () => Promise<Ended>): Promise<Ended> {
    for (const earlier of before) if (earlier) await earlier;
    return work();
  }

  /** Resolves when everything that was begun has ended. */
  async idle(): Promise<void> {
    await Promise.all(this.#lanes.values());
  }

  /**
   * One lane for who leads, one for each member's traffic, one for putting it in, one for its container. Where two
   * containers would write the same data, they have one lane together: what ends one is over before another begins.
   */
  #laneOf(effect: EffectAction): string {
    if (effect.kind === 'lead') return leadLane(effect.service);
    if (effect.kind === 'put_in') return `in ${effect.service}/${effect.member}`;
    if (isTraffic(effect)) return `out ${effect.service}/${effect.member}`;
    const plan = this.#parts.fleet().services.find(({ name }) => name === effect.service);
    const isShared = !isOnGateway(effect) && plan?.policy.oneWriter === true;
    return `container ${effect.service}${isShared ? '' : `/${effect.member}`}`;
  }

  async #timed(effect: EffectAction, signal: AbortSignal): Promise<Ended> {
    const deadline = new AbortController();
    const cancel = this.#parts.clock.timer(effect.deadlineMs, () =>
      deadline.abort(new Error(`no end within ${(effect.deadlineMs / 1000).toFixed(1)} s`)),
    );
    try {
      const either = AbortSignal.any([signal, deadline.signal]);
      await untilAborted(this.#do(effect, either), either);
      return { outcome: 'done', missedCheck: false, detail: '' };
    } catch (error) {
      if (error instanceof GivenUp) return { outcome: 'given_up', missedCheck: false, detail: error.message };
      return endedBadly(error);
    } finally {
      cancel();
    }
  }

  async #do(effect: EffectAction, signal: AbortSignal): Promise<void> {
    const plan = this.#plan(effect.service);
    if (isTraffic(effect)) return this.#steer(effect, signal);
    switch (effect.kind) {
      case 'start_gateway':
      case 'unpause_gateway':
      case 'reconnect_gateway':
      case 'replace_gateway':
        return this.#mendGateway(effect, plan, signal);
      default:
        return this.#mendMember(effect, plan, signal);
    }
  }

  async #steer({ kind, service, member, deadlineMs }: TrafficAction, signal: AbortSignal): Promise<void> {
    const gateway = this.#parts.gateway(service);
    if (!gateway) throw new TwinhullError('TH_INTERNAL', `${service} has no gateway to steer`);
    switch (kind) {
      case 'lead':
        return gateway.lead(member, signal);
      case 'drain':
        return gateway.drain(member, signal);
      case 'take_out':
        return gateway.takeOut(member, signal);
      case 'put_in':
        return this.#putIn(gateway, `${service}/${member}`, member, deadlineMs, signal);
    }
  }

  #putIn(gateway: Gateway, key: string, member: string, timeoutMs: number, signal: AbortSignal): Promise<void> {
    // a little less than the deadline: that it missed its check is a better answer than that time is over
    return unlessGivenUp(this.#puttingIn, key, signal, (either) =>
      gateway.putIn(member, Math.max(500, timeoutMs - 500), either),
    );
  }

  async #mendMember(effect: MemberAction, plan: ServicePlan, signal: AbortSignal): Promise<void> {
    const { engine, rebuild } = this.#parts;
    const member = plan.members.find(({ name }) => name === effect.member);
    if (!member) throw new TwinhullError('TH_INTERNAL', `${effect.member} is not in the plan`);
    if (effect.kind === 'replace') return rebuild.member(plan, member, true, signal);
    if (effect.kind === 'replace_standby') return rebuild.member(plan, member, false, signal);
    if (effect.kind === 'fence') return fence(this.#parts, this.#fenced(plan), member, signal);
    const container = this.#parts.containerOf(plan, member);
    if (!container) {
      if (effect.kind === 'quarantine' || effect.kind === 'stop') return; // nothing is left to be stopped
      throw new TwinhullError('TH_ENGINE_REFUSED', `${effect.member} has no container`);
    }
    const { id } = container;
    if (startsProcess(effect.kind)) await this.#refuseSecondWriter(plan, id, signal);
    const graceSeconds = Math.ceil(plan.policy.stopGraceMs / 1000);
    switch (effect.kind) {
      case 'start_standby':
        return this.#bringToWork(container, member, signal);
      case 'start':
        await restoreRestartPolicy(engine, container, member, signal);
        return engine.startContainer(id, { signal });
      case 'unpause':
        return engine.unpauseContainer(id, { signal });
      case 'restart_soft': {
        const timeoutSeconds = Math.max(
          1,
          Math.min(graceSeconds, Math.floor((effect.deadlineMs - START_RESERVE_MS) / 1000)),
        );
        return engine.restartContainer(id, { timeoutSeconds }, { signal });
      }
      case 'restart_hard':
        return this.#killAndStart(plan, container, member, signal);
      case 'reconnect':
        return this.#reconnect(container, plan, member.spec.Networks, signal, true);
      case 'stop':
        return engine.stopContainer(id, { timeoutSeconds: graceSeconds }, { signal });
      case 'rest':
        return unlessGivenUp(this.#resting, `${plan.name}/${member.name}`, signal, (either) =>
          this.#standBy(plan, member, id, either),
        );
      case 'quarantine':
        await engine.setRestartPolicy(id, 'no', { signal });
        return engine.stopContainer(id, { timeoutSeconds: graceSeconds }, { signal });
    }
  }

  /**
   * One that was seen to run may be on its way to rest: the pause that was given up has come through, or has not. Only
   * the engine knows.
   */
  async #bringToWork(seen: Container, member: MemberPlan, signal: AbortSignal): Promise<void> {
    const { engine } = this.#parts;
    const { id } = seen;
    const state = seen.state === 'running' ? (await engine.inspectContainer(id, { signal }))?.state : seen.state;
    if (state === 'running') return;
    if (state === 'paused') return engine.unpauseContainer(id, { signal });
    await restoreRestartPolicy(engine, seen, member, signal);
    await engine.startContainer(id, { signal });
  }

  /** SIGKILL is told at once and takes effect a little later; a start before that would do nothing. */
  async #killAndStart(plan: ServicePlan, container: Container, member: MemberPlan, signal: AbortSignal): Promise<void> {
    const { engine, clock } = this.#parts;
    const { id } = container;
    const runs = async (): Promise<boolean> => {
      const state = (await engine.inspectContainer(id, { signal }))?.state;
      return state === 'running' || state === 'paused' || state === 'restarting';
    };
    if (await runs()) await engine.killContainer(id, 'SIGKILL', { signal });
    while (await runs()) await clock.sleep(LOOK_EVERY_MS, signal);
    await this.#refuseSecondWriter(plan, id, signal);
    await restoreRestartPolicy(engine, container, member, signal);
    await engine.startContainer(id, { signal });
  }

  /** It finishes what it has, gets nothing new, and then waits in its standby's own way. */
  async #standBy({ name, policy }: ServicePlan, member: MemberPlan, id: string, signal: AbortSignal): Promise<void> {
    const { engine } = this.#parts;
    const gateway = this.#parts.gateway(name);
    if (gateway) {
      await gateway.drainAndWait(member.name, policy.drainTimeoutMs, signal);
      await gateway.takeOut(member.name, signal);
    }
    if (policy.standby === 'warm') return engine.pauseContainer(id, { signal });
    return engine.stopContainer(id, { timeoutSeconds: Math.ceil(policy.stopGraceMs / 1000) }, { signal });
  }

  /** Asked of the engine itself, right before a process begins: what was decided may go by what is over. */
  async #refuseSecondWriter(plan: ServicePlan, id: string, signal: AbortSignal): Promise<void> {
    if (plan.policy.oneWriter) await refuseSecondWriter(this.#parts.engine, this.#fenced(plan), id, { signal });
  }

  #fenced(service: ServicePlan): Fenced {
    return { project: this.#parts.fleet().project, service };
  }

  /**
   * To every network that it has lost, with its names there and its fixed address.
   * @param anew where it has lost none: to its service's own network once more, since nothing gets through
   */
  async #reconnect(
    container: Container,
    plan: ServicePlan,
    networks: MemberPlan['spec']['Networks'],
    signal: AbortSignal,
    anew = false,
  ): Promise<void> {
    const { engine } = this.#parts;
    const now = await engine.inspectContainer(container.id, { signal });
    const lost = networks.filter(({ network }) => !(network in (now?.networks ?? {})));
    for (const attachment of lost) await engine.connectNetwork(attachment, container.id, { signal });
    const own = networks.find(({ network }) => network === plan.gateway?.network.name);
    if (!anew || lost.length > 0 || !own) return;
    await engine.disconnectNetwork(own.network, container.id, { force: true }, { signal });
    await engine.connectNetwork(own, container.id, { signal });
  }

  async #mendGateway({ kind, service }: GatewayAction, plan: ServicePlan, signal: AbortSignal): Promise<void> {
    const { engine, rebuild } = this.#parts;
    if (!plan.gateway) throw new TwinhullError('TH_INTERNAL', `${service} has no gateway in the plan`);
    if (kind === 'replace_gateway') return rebuild.gateway(plan, plan.gateway, signal);
    const container = this.#parts.containerOf(plan, null);
    if (!container) throw new TwinhullError('TH_ENGINE_REFUSED', `the gateway of ${service} has no container`);
    switch (kind) {
      case 'start_gateway':
        return engine.startContainer(container.id, { signal });
      case 'unpause_gateway':
        return engine.unpauseContainer(container.id, { signal });
      case 'reconnect_gateway':
        return this.#reconnect(container, plan, plan.gateway.spec.Networks, signal);
    }
  }

  #plan(service: string): ServicePlan {
    const plan = this.#parts.fleet().services.find(({ name }) => name === service);
    if (!plan) throw new TwinhullError('TH_INTERNAL', `${service} is not in the plan`);
    return plan;
  }
}

/** What was under way is no longer wanted. */
class GivenUp extends Error {}

function giveUp(underWay: ReadonlyMap<string, AbortController>, { service, member }: EffectAction): void {
  underWay.get(`${service}/${member}`)?.abort(new GivenUp('something else was decided'));
}

async function unlessGivenUp(
  underWay: Map<string, AbortController>,
  key: string,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const given = new AbortController();
  underWay.set(key, given);
  try {
    await work(AbortSignal.any([signal, given.signal]));
  } catch (error) {
    throw given.signal.aborted ? given.signal.reason : error;
  } finally {
    if (underWay.get(key) === given) underWay.delete(key);
  }
}

function leadLane(service: string): string {
  return `lead ${service}`;
}

/** The deadline holds even for a call that does not heed its signal. */
function untilAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.addEventListener(
      'abort',
      () => reject(signal.reason instanceof Error ? signal.reason : new Error('given up')),
      { once: true },
    );
    work.then(resolve, reject);
  });
}

function endedBadly(error: unknown): Ended {
  const detail = messageOf(error);
  const missedCheck = isCode(error, 'TH_GATEWAY_CHECK_FAILED');
  const isAway = isCode(error, 'TH_ENGINE_UNREACHABLE') || isCode(error, 'TH_GATEWAY_UNREACHABLE');
  return { outcome: isAway ? 'unreachable' : 'failed', missedCheck, detail };
}
