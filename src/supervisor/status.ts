import { decide } from '../core/decide.ts';
import { type Emergency, emptyMemory, resumed, type Memory } from '../core/memory.ts';
import type { Mode, Role, Verdict } from '../core/model.ts';
import type { Clock } from '../ports/clock.ts';
import type { Engine } from '../ports/engine.ts';
import type { Gateway } from '../ports/gateway.ts';
import type { IncidentRecord, Store } from '../ports/store.ts';
import type { Fleet, GatewayPlan, ServicePlan } from '../redundancy/fleet.ts';
import { modelOf } from './model.ts';
import { Observer } from './observe.ts';
import { Picture } from './picture.ts';
import { savedMemory } from './record.ts';

/** `twinhull status --json`. Keys are only ever added. */
export interface ProjectStatus {
  readonly project: string;
  /** a supervisor was asked, not just the record */
  readonly supervised: boolean;
  /** '' or why repairs are frozen, for a person */
  readonly frozen: string;
  /** the same with its cause; null: repairs go on */
  readonly freeze: FreezeStatus | null;
  /** the plan that is carried out because much fails at once; null: none is */
  readonly emergency: EmergencyStatus | null;
  /** nothing can be written to the record since then (milliseconds since 1970); null: everything is in it */
  readonly unrecorded: { readonly since: number; readonly reason: string } | null;
  readonly services: readonly ServiceStatus[];
}

/** person: until `twinhull thaw`. rule: a decision broke what must hold; until thaw, or another supervisor. brake: ends by itself. */
export interface FreezeStatus {
  readonly cause: 'person' | 'rule' | 'brake';
  /** milliseconds since 1970 */
  readonly since: number;
  readonly reason: string;
}

/** times: milliseconds since 1970 */
export type EmergencyStatus = Readonly<Omit<Emergency, 'steps'>> & {
  readonly steps: readonly Readonly<Emergency['steps'][number]>[];
};

export interface ServiceStatus {
  readonly name: string;
  readonly mode: Mode;
  readonly serving: boolean;
  /** '' while it serves as it should, else what is wrong, for a person */
  readonly reason: string;
  readonly members: readonly MemberStatus[];
  readonly gateway: { readonly containerId: string | null; readonly state: string } | null;
  /** a person works on it; times in milliseconds since 1970, `until` null: until it is ended; null: nobody does */
  readonly maintenance: { readonly since: number; readonly until: number | null } | null;
  readonly lastIncident: LastIncident | null;
}

export interface MemberStatus {
  readonly name: string;
  /** of this moment: who leads is primary */
  readonly role: Role;
  readonly verdict: Verdict;
  readonly reason: string;
  readonly containerId: string | null;
}

/** times: milliseconds since 1970 */
export interface LastIncident {
  readonly id: string;
  readonly kind: string;
  readonly member: string;
  readonly startedAt: number;
  readonly endedAt: number | null;
  /** made on purpose */
  readonly drill?: boolean;
  /** null while it is open */
  readonly outcome: IncidentRecord['outcome'];
  readonly actions: readonly { readonly at: number; readonly what: string; readonly outcome: string }[];
}

/** The answer to "is it serving, who is primary, what went wrong last", from what the core remembers. */
export function statusOf(
  fleet: Fleet,
  memory: Memory,
  picture: Picture,
  store: Pick<Store, 'incidents'>,
  supervised: boolean,
): ProjectStatus {
  const freeze = freezeStatus(memory);
  return {
    project: fleet.project,
    supervised,
    frozen: freeze === null ? '' : freeze.reason || 'a person asked for it',
    freeze,
    emergency: memory.emergency?.endedAt === null ? memory.emergency : null,
    unrecorded: memory.unrecorded ?? null,
    services: fleet.services.map((plan) => serviceStatus(plan, memory, picture, store)),
  };
}

function freezeStatus({ frozen, freeze: brake }: Memory): FreezeStatus | null {
  if (frozen) return frozen;
  return brake ? { cause: 'brake', since: brake.since, reason: brake.reason } : null;
}

function serviceStatus(
  plan: ServicePlan,
  memory: Memory,
  picture: Picture,
  store: Pick<Store, 'incidents'>,
): ServiceStatus {
  const service = memory.services[plan.name];
  const gateway = plan.gateway ? picture.containerOf(plan, null) : null;
  return {
    name: plan.name,
    mode: plan.mode,
    serving: service?.serving ?? false,
    reason: service?.freeze?.reason ?? service?.reason ?? 'not looked at yet',
    members: plan.members.map((member) => ({
      name: member.name,
      role: roleNow(plan, member.name, member.role, service?.leader ?? null),
      verdict: service?.members[member.name]?.verdict ?? 'unknown',
      reason: service?.members[member.name]?.reason ?? '',
      containerId: picture.containerOf(plan, member)?.id ?? null,
    })),
    gateway: plan.gateway ? { containerId: gateway?.id ?? null, state: gateway?.state ?? 'absent' } : null,
    maintenance: service?.maintenance ?? null,
    lastIncident: lastIncident(store, plan.name),
  };
}

/** In a pair, whoever leads is the primary; replicas stay replicas. */
function roleNow(plan: ServicePlan, name: string, planned: Role, leader: string | null): Role {
  const isPair = plan.members.some(({ role }) => role === 'backup');
  if (!isPair || planned === 'replica' || leader === null) return planned;
  return leader === name ? 'primary' : 'backup';
}

function lastIncident(store: Pick<Store, 'incidents'>, service: string): LastIncident | null {
  const [last] = store.incidents({ service, limit: 1 });
  if (!last) return null;
  const { id, kind, member, startedAt, endedAt, drill, outcome, actions } = last;
  return { id, kind, member, startedAt, endedAt, drill: drill === true, outcome, actions };
}

/**
 * One look at everything, with nobody supervising: what a supervisor would think if it started now. Changes
 * nothing. Throws TH_ENGINE_UNREACHABLE.
 */
export async function lookAt(
  parts: {
    readonly fleet: Fleet;
    readonly engine: Engine;
    readonly openGateway: (plan: GatewayPlan) => Gateway;
    readonly store: Pick<Store, 'incidents' | 'document'>;
    readonly clock: Clock;
  },
  signal: AbortSignal,
): Promise<ProjectStatus> {
  const { fleet, engine, openGateway, store, clock } = parts;
  const picture = new Picture(fleet);
  const nothing = (): void => undefined;
  const listeners = { onLook: nothing, onRead: nothing, onEngineLost: nothing, onEngineBack: nothing };
  const observer = new Observer({ engine, clock, project: fleet.project, picture, ...listeners }, 0);
  const reading = fleet.services.map(async ({ name, gateway }) => {
    if (gateway) await observer.readGateway(name, openGateway(gateway), signal);
  });
  await Promise.all([observer.refresh(signal), ...reading]);
  const now = clock.now();
  const memory = resumed(savedMemory(store)?.memory ?? emptyMemory(), now);
  const decision = decide(modelOf(fleet), memory, picture.observe(now, [], 0), [], now);
  return statusOf(fleet, asItStands(fleet, decision.memory, memory, picture), picture, store, false);
}

/** Of a cold pair; null where there is no telling. */
function theOneThatRuns(plan: ServicePlan, picture: Picture): string | null {
  if (plan.policy.standby !== 'cold') return null;
  const up = plan.members.filter((member) => {
    const state = picture.containerOf(plan, member)?.state;
    return member.role !== 'replica' && (state === 'running' || state === 'paused');
  });
  return up.length === 1 ? (up[0]?.name ?? null) : null;
}

/** What was decided is not carried out: whoever leads goes on leading. */
function asItStands(fleet: Fleet, judged: Memory, before: Memory, picture: Picture): Memory {
  const services = Object.entries(judged.services).map(([name, service]) => {
    const plan = fleet.services.find((one) => one.name === name);
    const known = before.services[name]?.leader;
    const told = picture.reading(name)?.leader;
    const leader = (plan && theOneThatRuns(plan, picture)) ?? told ?? known ?? service.leader;
    return [name, { ...service, leader }] as const;
  });
  return { ...judged, services: Object.fromEntries(services) };
}
