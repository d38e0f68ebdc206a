/** The core alone: what was seen and said goes in, a line for each thing wanted comes out. No clock, no I/O. */
import { isEffect, keyOf, type Action } from '../../src/core/actions.ts';
import { decide, type CoreModel } from '../../src/core/decide.ts';
import { emptyMemory, type Memory } from '../../src/core/memory.ts';
import type { Judged } from '../../src/core/repair-invariants.ts';
import type {
  GatewaySeen,
  HostPolicy,
  HostSeen,
  MemberSeen,
  ServiceModel,
  ServiceSeen,
  Signal,
} from '../../src/core/model.ts';

export const START = Date.UTC(2026, 0, 1);

const USUAL = { ladder: null, alertOnly: false };
export const hostPolicy: HostPolicy = { windowMs: 60_000, memoryShare: 0.95, diskShare: 0.95, inodesShare: 0.95 };

export function serviceModel(name: string, changes: Partial<ServiceModel> = {}): ServiceModel {
  return {
    name,
    mode: 'pair',
    members: [
      { name: `${name}-primary`, role: 'primary', startsAtUp: true },
      { name: `${name}-backup`, role: 'backup', startsAtUp: true },
    ],
    dependsOn: [],
    balance: 'leader',
    policy: {
      standby: 'hot',
      oneWriter: false,
      hasGateway: true,
      threshold: 3,
      startPeriodMs: 10_000,
      partitionThreshold: 3,
      deadlineMs: {
        container_exit: 30_000,
        unresponsive: 30_000,
        network_partition: 10_000,
        resource_exhaustion: 60_000,
        critical_failure: 30_000,
      },
      reactions: {
        container_exit: USUAL,
        unresponsive: USUAL,
        network_partition: USUAL,
        resource_exhaustion: USUAL,
        critical_failure: USUAL,
      },
      resources: {
        windowMs: 60_000,
        memoryShare: 0.9,
        cpuShare: 0.9,
        throttledShare: 0.5,
        pidsShare: 0.9,
        descriptorsShare: 0.9,
        oomKills: 3,
      },
      signs: [],
      budget: { actions: 3, windowMs: 600_000 },
      stopGraceMs: 10_000,
      drainTimeoutMs: 30_000,
      completes: false,
    },
    ...changes,
  };
}

function wellMember(name: string, hasGateway: boolean): MemberSeen {
  return {
    name,
    containerId: `id-of-${name}`,
    state: 'running',
    startedAt: START,
    finishedAt: 0,
    exitCode: null,
    oomKilled: false,
    restartCount: 0,
    restartPolicy: 'unless-stopped',
    health: 'none',
    healthFailures: 0,
    healthOutput: '',
    attached: hasGateway ? true : null,
    detachedFrom: [],
    ended: 'unseen',
    unclearUntil: 0,
    gateway: hasGateway
      ? {
          traffic: 'in',
          check: 'passing',
          checkFailure: null,
          checkStatus: 'L7OK',
          failuresInARow: 0,
          sessions: 0,
          readAt: START,
        }
      : null,
    resources: null,
    oom: { kills: null, killsInWindow: null, events: 0, eventsBefore: 0 },
    signs: [],
  };
}

/** A service of one member, without a gateway. */
export function loneService(name: string, changes: Partial<ServiceModel> = {}): ServiceModel {
  const members = [{ name, role: 'primary' as const, startsAtUp: true }];
  return serviceModel(name, { mode: 'single', balance: null, members, ...changes });
}

/** Seen at its beginning, and a minute later: everything has been well for long enough to count. */
export function calmStory(...models: readonly ServiceModel[]): CoreStory {
  const story = new CoreStory(models);
  story.decide();
  story.now += 60_000;
  story.decide();
  return story;
}

export class CoreStory {
  readonly model: CoreModel;
  memory: Memory = emptyMemory();
  now = START;
  engineAnswers = true;
  host: HostSeen | null = null;
  busy: string[] = [];
  loopLagMs = 0;
  readonly #services = new Map<string, ServiceSeen>();
  wakeAt = Number.POSITIVE_INFINITY;
  onDecision: ((judged: Judged) => void) | null = null;

  constructor(services: readonly ServiceModel[], hostActions = 12) {
    this.model = { services, hostActions, host: hostPolicy };
    for (const { name, members, balance } of services) {
      const gateway: GatewaySeen = {
        state: 'answering',
        containerId: `id-of-${name}`,
        leader: balance === 'leader' ? (members[0]?.name ?? null) : null,
        finishedAt: 0,
        ended: 'unseen',
        unclearUntil: 0,
        attached: true,
      };
      this.#services.set(name, {
        name,
        members: members.map((member) => wellMember(member.name, balance !== null)),
        gateway: balance === null ? null : gateway,
        foreign: null,
        foreignSharesVolumeWith: [],
        signs: [],
      });
    }
  }

  service(name: string): ServiceSeen {
    const found = this.#services.get(name);
    if (!found) throw new Error(`no service ${name}`);
    return found;
  }

  see(service: string, change: Partial<ServiceSeen>): void {
    this.#services.set(service, { ...this.service(service), ...change });
  }

  seeMember(service: string, member: string, change: Partial<MemberSeen>): void {
    const members = this.service(service).members.map((one) => (one.name === member ? { ...one, ...change } : one));
    this.see(service, { members });
  }

  /** What the gateway says of a member when it is read now. */
  read(service: string, member: string, change: Partial<NonNullable<MemberSeen['gateway']>>): void {
    const gateway = this.service(service).members.find(({ name }) => name === member)?.gateway;
    if (gateway) this.seeMember(service, member, { gateway: { ...gateway, ...change, readAt: this.now } });
  }

  /** Asks every second, as events and alarms would. */
  pass(seconds: number): Action[] {
    return Array.from({ length: seconds }, () => {
      this.now += 1000;
      return this.decide();
    }).flat();
  }

  decide(...signals: readonly Signal[]): readonly Action[] {
    const services = [...this.#services.values()];
    const { engineAnswers, busy, loopLagMs, host } = this;
    const observation = { engineAnswers, services, busy, loopLagMs, host };
    const decision = decide(this.model, this.memory, observation, signals, this.now);
    const { model, memory: before, now } = this;
    this.onDecision?.({ model, before, observation, signals, decision, now });
    this.memory = decision.memory;
    this.wakeAt = decision.wakeAt;
    return decision.actions;
  }

  /** Effects under way, by key. */
  pending(): string[] {
    return Object.values(this.memory.services).flatMap(({ pending }) => Object.keys(pending));
  }
}

/** Effects only, as keys. */
export function keysOf(actions: readonly Action[]): string[] {
  return actions.filter(isEffect).map(keyOf);
}

/** One line for an action, as transcripts have it. */
export function lineOf(action: Action): string {
  if (isEffect(action)) return `${keyOf(action)} (${action.deadlineMs} ms): ${action.reason}`;
  switch (action.kind) {
    case 'open_incident':
      return `open_incident ${action.member} ${action.failure}${action.drill ? ' (a drill)' : ''}: ${action.evidence.join('; ')}`;
    case 'update_incident':
      return `update_incident ${action.member} ${action.failure}: ${action.evidence}`;
    case 'close_incident':
      return `close_incident ${action.member} ${action.outcome}, ${action.withoutServiceMs} ms without service: ${action.reason}`;
    case 'consider_incident':
      return `consider_incident ${action.member}: ${action.what}${action.until === null ? '' : ` (until ${action.until - START})`}`;
    case 'save_emergency':
      return `save_emergency ${action.emergency.id.split('-')[1]}`;
    case 'tell':
      return `${action.about} ${action.service ?? 'project'}: ${action.message}`;
    case 'alert':
      return `alert ${action.service ?? 'project'}: ${action.reason}`;
    case 'verdict':
      return `verdict ${action.member} ${action.was} -> ${action.verdict}${action.reason === '' ? '' : `: ${action.reason}`}`;
  }
}
