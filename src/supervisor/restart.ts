/** A restart that a person asked for: one member at a time, traffic led away first, the leader last. */

import { TwinhullError } from '../errors.ts';
import { refuseSecondWriter } from '../fencing/proof.ts';
import type { Clock } from '../ports/clock.ts';
import type { Container, Engine } from '../ports/engine.ts';
import type { Gateway } from '../ports/gateway.ts';
import type { Fleet, MemberPlan, ServicePlan } from '../redundancy/fleet.ts';
import { restoreRestartPolicy } from './restart-policy.ts';

export interface RestartParts {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly gateway: Gateway | null;
  readonly containerOf: (member: MemberPlan) => Container | null;
  readonly project: string;
  /** who leads now, as far as is known */
  readonly leader: string | null;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

const LOOK_EVERY_MS = 100;

/**
 * @param members those to restart
 * Throws when a member does not come back; those that were not reached yet are left as they are.
 */
export async function restartMembers(
  plan: ServicePlan,
  members: readonly MemberPlan[],
  parts: RestartParts,
): Promise<void> {
  const atWork = thoseAtWork(plan, members, parts);
  for (const member of await inOrder(members, parts)) {
    const container = parts.containerOf(member);
    const isIdle = container === null || !atWork.includes(member);
    if (isIdle) {
      parts.say(`${member.name} does not run and is left as it is`);
      continue;
    }
    await restartOne(plan, member, container, parts);
  }
}

/** Those that run or should. Of a cold pair that is one: the one that does, else the one that was named, or leads. */
function thoseAtWork(
  plan: ServicePlan,
  members: readonly MemberPlan[],
  { containerOf, leader }: RestartParts,
): readonly MemberPlan[] {
  const stateOf = (member: MemberPlan): Container['state'] | undefined => containerOf(member)?.state;
  const isCold = plan.policy.standby === 'cold' && plan.members.some(({ role }) => role === 'backup');
  if (!isCold) return members.filter((member) => stateOf(member) !== 'created');
  const pair = plan.members.filter(({ role }) => role !== 'replica');
  const up = pair.filter((member) => ['running', 'restarting', 'paused'].includes(stateOf(member) ?? ''));
  const named = members.length === 1 ? members : pair.filter(({ name }) => name === leader);
  const chosen = up.length > 0 ? up : named;
  return members.filter((member) =>
    member.role === 'replica' ? stateOf(member) !== 'created' : chosen.includes(member),
  );
}

/** A service with all its members, or one of them alone. */
export function restartTarget(
  name: string,
  { services }: Pick<Fleet, 'services'>,
): { readonly plan: ServicePlan; readonly members: readonly MemberPlan[] } {
  for (const plan of services) {
    if (plan.name === name) return { plan, members: plan.members };
    const member = plan.members.find((one) => one.name === name);
    if (member) return { plan, members: [member] };
  }
  throw new TwinhullError('TH_UNKNOWN_NAME', `no service or member is called ${name}`);
}

/**
 * Services that depend on this one with `restart: true`, and those that depend on them so: Compose restarts them after
 * it when a person restarts it. So are those that live in its containers, which would go on in what it was before. In
 * the order of the plan, where dependencies come first.
 */
export function restartedWith(service: string, all: readonly ServicePlan[]): ServicePlan[] {
  const restarted = new Set([service]);
  return all.filter(({ name, dependsOn }) => {
    const follows = dependsOn.some(({ service: on, restart, joins = [] }) => {
      const isBound = joins.some((key) => key !== 'volumes_from');
      return (restart || isBound) && restarted.has(on);
    });
    if (follows) restarted.add(name);
    return follows && name !== service;
  });
}

/** The leader last: traffic moves once, to a member that has just been started anew. */
async function inOrder(members: readonly MemberPlan[], { gateway, signal }: RestartParts): Promise<MemberPlan[]> {
  const leader = gateway ? (await gateway.read(signal)).leader : null;
  return members.toSorted((a, b) => Number(a.name === leader) - Number(b.name === leader));
}

async function restartOne(
  plan: ServicePlan,
  member: MemberPlan,
  container: Container,
  parts: RestartParts,
): Promise<void> {
  const { engine, gateway, say, signal } = parts;
  const { policy } = plan;
  const isAlone = gateway === null || !(await leadAway(gateway, member, parts));
  if (gateway && !isAlone) {
    const left = await gateway.drainAndWait(member.name, policy.drainTimeoutMs, signal);
    if (left > 0) say(`${member.name} still had ${left} requests when its drain time was over`);
    // so that it is checked anew: what its last check said is of the process that ends now
    await gateway.takeOut(member.name, signal);
  }
  say(`${member.name} is restarted`);
  await restoreRestartPolicy(engine, container, member, signal);
  if (policy.oneWriter)
    await refuseSecondWriter(engine, { project: parts.project, service: plan }, container.id, { signal });
  await engine.restartContainer(container.id, { timeoutSeconds: Math.ceil(policy.stopGraceMs / 1000) }, { signal });
  if (gateway) {
    if (isAlone) await untilCheckedAnew(plan, parts);
    await gateway.putIn(member.name, policy.startPeriodMs + policy.deadlineMs.unresponsive, signal);
  } else await untilUp(container.id, member.name, plan, parts);
  say(`${member.name} is back`);
}

/** Nobody else serves, so it stays in traffic: until its gateway has checked the process that runs now. */
async function untilCheckedAnew({ gateway }: ServicePlan, { clock, signal }: RestartParts): Promise<void> {
  const checks = gateway?.config.ports.map(({ check }) => check.intervalMs + check.timeoutMs) ?? [];
  await clock.sleep(Math.max(0, ...checks), signal);
}

/** @returns false when nobody else could take its requests */
async function leadAway(gateway: Gateway, member: MemberPlan, { say, signal }: RestartParts): Promise<boolean> {
  const reading = await gateway.read(signal);
  const others = new Set(reading.servers.map((server) => server.member).filter((name) => name !== member.name));
  const ready = [...others].filter((name) =>
    reading.servers.every(
      (server) => server.member !== name || (server.traffic === 'in' && server.check === 'passing'),
    ),
  );
  const [next] = ready;
  if (next === undefined) return false;
  if (reading.leader === member.name) {
    await gateway.lead(next, signal);
    say(`${next} leads now`);
  }
  return true;
}

async function untilUp(
  id: string,
  name: string,
  plan: ServicePlan,
  { engine, clock, signal }: RestartParts,
): Promise<void> {
  const until = clock.monotonic() + plan.policy.startPeriodMs + plan.policy.deadlineMs.unresponsive;
  for (;;) {
    const now = await engine.inspectContainer(id, { signal });
    if (now?.state === 'running' && (now.health === 'none' || now.health === 'healthy')) return;
    if (now?.state === 'exited' && now.exitCode === 0 && plan.completes) return;
    if (clock.monotonic() > until) {
      throw new TwinhullError(
        'TH_NOT_SERVING',
        `${name} is not healthy in time: it is ${now?.state ?? 'gone'}, its health check says ${now?.health ?? 'nothing'}`,
      );
    }
    await clock.sleep(LOOK_EVERY_MS, signal);
  }
}
