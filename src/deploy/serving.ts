/** Whether a service is where it should be, and if not, why, in words for a person. */

import { TwinhullError } from '../errors.ts';
import type { Container, ContainerSpec } from '../ports/engine.ts';
import type { GatewayReading } from '../ports/gateway.ts';
import type { MemberPlan, ServicePlan } from '../redundancy/fleet.ts';
import { gatewayFolder } from '../state-folder.ts';
import { deadlines, within } from './deadlines.ts';
import type { Condition } from './steps.ts';
import type { World } from './world.ts';

export type Answer =
  | { readonly is: 'yes' }
  | { readonly is: 'not_yet'; readonly why: string }
  /** waiting longer will not help */
  | { readonly is: 'never'; readonly why: string };

export interface SeenMember {
  readonly plan: MemberPlan;
  readonly container: Container | null;
  /** how long we have seen it run without a restart, milliseconds */
  readonly runningForMs: number;
}

export interface SeenService {
  readonly members: readonly SeenMember[];
  /** null: no gateway in the plan; 'silent': it does not answer */
  readonly gateway: GatewayReading | 'silent' | null;
}

/** Without a check or a gateway, running this long counts as serving: a start that fails mostly does so at once. */
const STEADY_MS = 1000;
const POLL_MS = 150;

const yes: Answer = { is: 'yes' };
const notYet = (why: string): Answer => ({ is: 'not_yet', why });
const never = (why: string): Answer => ({ is: 'never', why });

export function conditionHolds(service: ServicePlan, seen: SeenService, condition: Condition): Answer {
  const members = expectedMembers(service, seen.members);
  switch (condition) {
    case 'started':
      return all(
        members.map(({ plan, container }) =>
          container && container.startedAt > 0 ? yes : notYet(`${plan.name} is not started`),
        ),
      );
    case 'completed':
      return all(members.map(memberCompleted));
    case 'healthy':
      return seen.gateway === null
        ? all(members.map((member) => memberServes(member, false)))
        : gatewayServes(seen.gateway, members);
    case 'serving':
      return seen.gateway === null
        ? all(members.map((member) => memberServes(member, service.policy.completes)))
        : gatewayServes(seen.gateway, members);
  }
}

/** A job that did its work and ended well: there is nothing left that could serve. */
export function hasFinished(service: ServicePlan, seen: SeenService): boolean {
  return service.policy.completes && conditionHolds(service, seen, 'completed').is === 'yes';
}

/** The running one of a pair of which one stands by counts for both; others as planned. */
function expectedMembers({ policy }: ServicePlan, members: readonly SeenMember[]): readonly SeenMember[] {
  const pair = members.filter(({ plan }) => plan.role !== 'replica');
  if (policy.standby === 'hot' || !pair.some(({ plan }) => plan.role === 'backup')) return members;
  const running = pair.filter(({ container }) => container?.state === 'running');
  const standing = running.length > 0 ? running : pair.filter(({ plan }) => plan.startsAtUp);
  return [...standing, ...members.filter(({ plan }) => plan.role === 'replica' && plan.startsAtUp)];
}

function gatewayServes(gateway: GatewayReading | 'silent', members: readonly SeenMember[]): Answer {
  if (gateway !== 'silent' && gateway.serving) return yes;
  const states = members.map((member) => memberServes(member, false));
  const whys = [...new Set(states.flatMap((state) => (state.is === 'yes' ? [] : state.why)))];
  if (states.length > 0 && states.every((state) => state.is === 'never')) return never(whys.join('; '));
  if (gateway === 'silent') return notYet(['the gateway does not answer', ...whys].join('; '));
  const failing = gateway.servers.filter(({ check, traffic }) => check !== 'passing' && traffic !== 'out');
  const checks = failing.map(
    ({ member, port, checkStatus }) =>
      `the check of ${member} on port ${port} does not pass${checkStatus === '' ? '' : ` (${checkStatus})`}`,
  );
  return notYet([...checks, ...whys].join('; ') || 'no member takes traffic');
}

/** @param mayComplete an end with code 0 is as good as running */
export function memberServes({ plan, container, runningForMs }: SeenMember, mayComplete: boolean): Answer {
  if (!container) return notYet(`${plan.name} does not exist`);
  if (container.state === 'exited' || container.state === 'dead') return ended(plan, container, mayComplete);
  if (container.state === 'restarting')
    return notYet(`${plan.name} ends again and again, last with ${exit(container)}`);
  if (container.state !== 'running') return notYet(`${plan.name} is ${container.state}`);
  if (container.health === 'unhealthy') return notYet(`${plan.name} is unhealthy${lastWords(container.healthOutput)}`);
  if (container.health === 'starting')
    return notYet(`${plan.name} runs, and its health check has not passed yet${lastWords(container.healthOutput)}`);
  if (container.health === 'none' && runningForMs < STEADY_MS) return notYet(`${plan.name} has only just started`);
  return yes;
}

function ended(plan: MemberPlan, container: Container, mayComplete: boolean): Answer {
  if (container.exitCode === 0 && mayComplete) return yes;
  const why = `${plan.name} ended with ${exit(container)}`;
  return restarts(container) ? notYet(why) : never(why);
}

function memberCompleted({ plan, container }: SeenMember): Answer {
  if (!container) return notYet(`${plan.name} does not exist`);
  if (container.state !== 'exited')
    return notYet(`${plan.name} is ${container.state === 'running' ? 'still at work' : container.state}`);
  if (container.exitCode === 0) return yes;
  const why = `${plan.name} ended with ${exit(container)}`;
  return restarts(container) ? notYet(why) : never(why);
}

function exit({ exitCode, oomKilled, error }: Container): string {
  return `code ${exitCode}${oomKilled ? ' (out of memory)' : ''}${error === '' ? '' : ` (${error})`}`;
}

/** The engine starts it again by itself after a failure. */
function restarts({ restartPolicy }: Container): boolean {
  return restartPolicy !== 'no';
}

function lastWords(output: string): string {
  const line = output.trim().split('\n').at(-1)?.trim() ?? '';
  return line === '' ? '' : `: ${line.slice(0, 200)}`;
}

function all(answers: readonly Answer[]): Answer {
  const whys = answers.flatMap((answer) => (answer.is === 'yes' ? [] : [answer.why])).join('; ');
  if (answers.some(({ is }) => is === 'never')) return never(whys);
  return answers.every(({ is }) => is === 'yes') ? yes : notYet(whys);
}

/** start_period + interval * retries + 30 s, at least 60 s: after that a health check will not pass any more. */
export function waitBoundMs({ members }: Pick<ServicePlan, 'members'>): number {
  return Math.max(60_000, ...members.map(({ spec }) => checkBoundMs(spec.Healthcheck)));
}

function checkBoundMs(check: ContainerSpec['Healthcheck']): number {
  if (!check || check.Test?.[0] === 'NONE') return 0;
  const ms = (nanoseconds: number | undefined, otherwise: number): number =>
    nanoseconds ? nanoseconds / 1e6 : otherwise;
  // Docker's own defaults: interval 30 s, 3 retries, no start period
  return ms(check.StartPeriod, 0) + ms(check.Interval, 30_000) * (check.Retries || 3) + 30_000;
}

/** Looks at one service again and again; remembers since when its members run. */
export class ServiceWatch {
  readonly #world: World;
  readonly #service: ServicePlan;
  readonly #since = new Map<string, { readonly startedAt: number; readonly seenAt: number }>();

  constructor(world: World, service: ServicePlan) {
    this.#world = world;
    this.#service = service;
  }

  /**
   * @param waitMs null: no bound
   * @returns what was seen when it held
   * @throws TH_STEP_FAILED with the reason and the last lines of the log
   */
  async until(check: (seen: SeenService) => Answer, waitMs: number | null, signal: AbortSignal): Promise<SeenService> {
    const { clock } = this.#world;
    const end = waitMs === null ? Number.POSITIVE_INFINITY : clock.monotonic() + waitMs;
    for (;;) {
      const seen = await this.look(signal);
      const answer = check(seen);
      if (answer.is === 'yes') return seen;
      if (answer.is === 'never' || clock.monotonic() >= end) {
        throw new TwinhullError('TH_STEP_FAILED', `${answer.why}${await this.#logs(signal)}`);
      }
      await clock.sleep(POLL_MS, signal);
    }
  }

  async look(signal: AbortSignal): Promise<SeenService> {
    const { engine, clock } = this.#world;
    const call = within(deadlines.read, signal);
    const [containers, gateway] = await Promise.all([
      Promise.all(this.#service.members.map(({ containerName }) => engine.inspectContainer(containerName, call))),
      this.#readGateway(signal),
    ]);
    const now = clock.monotonic();
    const members = this.#service.members.map((plan, index) => {
      const container = containers[index] ?? null;
      return { plan, container, runningForMs: this.#runningFor(plan.name, container, now) };
    });
    return { members, gateway };
  }

  #runningFor(member: string, container: Container | null, now: number): number {
    if (container?.state !== 'running') {
      this.#since.delete(member);
      return 0;
    }
    const known = this.#since.get(member);
    if (known?.startedAt === container.startedAt) return now - known.seenAt;
    this.#since.set(member, { startedAt: container.startedAt, seenAt: now });
    return 0;
  }

  async #readGateway(signal: AbortSignal): Promise<SeenService['gateway']> {
    const { gateway, name } = this.#service;
    if (!gateway) return null;
    const handle = this.#world.driver.open(gateway.config, gatewayFolder(this.#world.stateFolder, name));
    return handle.read(within(2000, signal).signal).catch(() => 'silent' as const);
  }

  async #logs(signal: AbortSignal): Promise<string> {
    const { members } = await this.look(signal);
    const bad = members.find(
      (member) => member.plan.startsAtUp && member.container && memberServes(member, true).is !== 'yes',
    );
    return bad ? this.lastLines(bad.plan.name, signal) : '';
  }

  /** The last lines a member wrote, each on a line of its own; '' when there are none to read. */
  async lastLines(member: string, signal: AbortSignal): Promise<string> {
    const plan = this.#service.members.find(({ name }) => name === member);
    const lines: string[] = [];
    try {
      const container = await this.#world.engine.inspectContainer(
        plan?.containerName ?? '',
        within(deadlines.read, signal),
      );
      if (!container) return '';
      for await (const { text } of this.#world.engine.logs(
        container.id,
        { follow: false, tail: 5 },
        within(5000, signal),
      ))
        lines.push(text.trimEnd());
    } catch {
      return ''; // a log that cannot be read (another driver) is no reason of its own
    }
    return lines.map((line) => `\n  ${member} | ${line.slice(0, 300)}`).join('');
  }
}
