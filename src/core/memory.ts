/** What the core remembers from one decision to the next. Plain data; saved as JSON; times in milliseconds. */

import type { EffectKind } from './actions.ts';
import type { CheckFailure, FailureKind, LadderRung, ServiceModel, Verdict } from './model.ts';

export interface Memory {
  /** numbers incidents */
  sequence: number;
  services: Record<string, ServiceMemory>;
  /** when containers were restarted or made anew, on the whole host */
  hostActionsAt: number[];
  hostAlerted: boolean;
  freeze: Freeze | null;
  /** one entry an incident: for cascades */
  failures: { service: string; at: number }[];
  cascadeSince: number | null;
  /** the engine was last out of reach from then until then; null: it still is; absent: it never was */
  engineAway?: { from: number; until: number | null } | undefined;
  /** nothing is repaired until somebody says so; absent: repairs go on */
  frozen?: Frozen | undefined;
  /** nothing can be written down since then; absent: everything can */
  unrecorded?: { since: number; reason: string } | undefined;
  /** the rule that was told to be broken, in words; absent: none was */
  brokenRule?: string | undefined;
  /** the one that goes on, or the last one; absent: none yet */
  emergency?: Emergency | undefined;
  /** a person ended the last one, and what led to it goes on: no other begins for that */
  emergencyMuted?: boolean | undefined;
  /** absent: something does, or nothing ever did */
  nothingServesSince?: number | undefined;
  /** everything that carries the project's names is gone since then */
  goneSince: number | null;
  /** of the host; absent: nothing */
  told?: Told | undefined;
}

/** The brake. Nothing that could make things worse is done, because the cause is likely not the members. */
export interface Freeze {
  since: number;
  reason: string;
  /** since when what set it on holds no more; null: it holds */
  easedAt: number | null;
}

/** Why repairs are frozen. rule: a decision broke what must always hold, and was not carried out; see guard.ts. */
export interface Frozen {
  since: number;
  reason: string;
  cause: 'person' | 'rule';
}

export interface Maintenance {
  since: number;
  /** null: until somebody says so */
  until: number | null;
}

/** What is done when much fails at once; see emergency.ts. */
export interface Emergency {
  id: string;
  cause: 'nothing_serves' | 'cascade' | 'half_is_bad';
  reason: string;
  since: number;
  endedAt: number | null;
  /** null while it goes on; ended: by a person */
  outcome: 'well' | 'frozen' | 'ended' | null;
  steps: EmergencyStep[];
}

export interface EmergencyStep {
  kind: 'isolate' | 'alert' | 'protect' | 'scale' | 'snapshot' | 'bring_back';
  /** bring_back: which one */
  service: string | null;
  /** for a person */
  what: string;
  state: 'planned' | 'running' | 'done' | 'skipped' | 'failed';
  /** what it waits for, why it is skipped or failed; '' otherwise */
  reason: string;
  /** how long it may take once it is running; null: until the end */
  deadlineMs: number | null;
  startedAt: number | null;
  endedAt: number | null;
}

/** What stood in the way of a repair at the last look. */
export interface Considered {
  what: string;
  since: number;
  /** when it is looked at again at the latest, where that is known */
  until: number | null;
  /** the look it is of */
  at: number;
}

/** What is told once while it lasts: since when, and since when it is over. By what it is about. */
export type Told = Record<string, { since: number; overAt: number | null }>;

/** What a member uses too much of, for a person. */
export interface Strain {
  since: number;
  words: string;
}

export interface ServiceMemory {
  leader: string | null;
  members: Record<string, MemberMemory>;
  gateway: GatewayMemory;
  actionsAt: number[];
  freeze: Freeze | null;
  foreign: boolean;
  budgetAlerted: boolean;
  serving: boolean;
  /** '' while it serves as it should */
  reason: string;
  outageSince: number | null;
  outageMs: number;
  /** effects under way by key: not asked for a second time */
  pending: Record<string, Pending>;
  /** a person works on it; absent: nobody does */
  maintenance?: Maintenance | undefined;
  /** of its signs and its members; absent: nothing */
  told?: Told | undefined;
  /** when a change of leader was confirmed: what was read before says nothing about it */
  leaderSaidAt: number;
  /** the member that runs is being changed; absent: it is not */
  handover?: Handover | undefined;
  /** how the last change of it that a person asked for ended; absent: there was none */
  handedOver?: HandedOver | undefined;
  /** until then the gateway is asked who leads, since nothing else tells; absent: it is known */
  leaderUnsureUntil?: number | undefined;
}

/** From one member of a pair to the other, where only one of them is to work; see handover.ts. */
export interface Handover {
  from: string;
  to: string;
  /** for a person */
  reason: string;
  incident: string | null;
  /** person: somebody wants it, so it is taken back when the new one does not serve in time */
  cause: 'failure' | 'person' | 'taken_back';
  step: HandoverStep;
  since: number;
  /** fence: since when traffic is being led away; null: it is not yet */
  awaySince: number | null;
  /** fence: the last that was asked for to end the old one; stop: politely */
  end: 'none' | 'stop' | 'force';
  /** start: it was done; the process may have ended again before anybody saw it */
  started: boolean;
  /** start: why the engine refused it; '': it did not */
  refusal: string;
  /** prove: taken back then */
  until: number;
  alerted: boolean;
}

/**
 * fence: the old one is ended, and proven to be. renew: the new one's container is made anew, because starting it has
 * not helped. start: the new one is started. prove: the new one has to serve.
 */
export type HandoverStep = 'fence' | 'renew' | 'start' | 'prove';

export interface HandedOver {
  to: string;
  at: number;
  /** why it was taken back; '': it was not */
  failure: string;
}

export interface Pending {
  kind: EffectKind;
  member: string;
  /** forgotten then, should its end never be told */
  until: number;
  /** it has ended, and is not asked for again right away: what was seen may be older than it is */
  ended: boolean;
}

export interface OpenIncident {
  id: string;
  failure: FailureKind;
  startedAt: number;
  outageMsBefore: number;
  /** somebody was told that nothing is done about it; absent: no */
  alerted?: true | undefined;
  /** that the kernel ended it for want of memory is in its evidence; absent: no */
  isEndTold?: true | undefined;
}

export interface Repair {
  failure: FailureKind;
  /** steps of the ladder in order, and which one is next or under way */
  ladder: Rung[];
  step: number;
  phase: 'waiting' | 'acting' | 'proving';
  /** waiting: not before; acting and proving: given up then */
  until: number;
}

/** what can be carried out */
export type Rung = Exclude<LadderRung, 'scale_up'>;

export interface MemberMemory {
  verdict: Verdict;
  reason: string;
  since: number;
  containerId: string | null;
  startedAt: number;
  restartCount: number;
  check: 'passing' | 'failing' | 'unknown';
  /** how the last check that failed did; null: none has yet */
  checkFailure: CheckFailure | null;
  /** failed checks in a row, by port; '*': as last read, over all ports */
  failedByPort: Record<string, number>;
  /** when the last word about its check was said */
  checkSaidAt: number;
  /** 0, 1: it was said that requests stand still; 2: and again, later */
  stalls: number;
  stallSaidAt: number | null;
  /** what the check or the engine's health said last, in its own words */
  detail: string;
  suspectSince: number | null;
  /** it has been well since its container started */
  everWell: boolean;
  wellSince: number | null;
  /** repairs that did not last, in a row */
  loops: number;
  /** somebody stopped it: since then */
  askedAt: number | null;
  /** nobody saw that it was asked for: it only looks so, until what is told later says otherwise */
  isAskPresumed?: boolean;
  quarantinedAt: number | null;
  /** the run that we ended for good, as {@link runOf} names it: whoever says later that its end was asked for means us */
  endedByUs?: string;
  incident: OpenIncident | null;
  repair: Repair | null;
  /** absent: nothing does */
  considered?: Considered | undefined;
  /** when it was last restarted after the one it lives in; absent: never */
  followedAt?: number | undefined;
  /** absent: it uses too much of nothing */
  strain?: Strain | undefined;
  /** it serves and is to be restarted all the same, since then; absent: no */
  relief?: { since: number } | undefined;
  /** when it was last restarted for such a reason; absent: never */
  relievedAt?: number | undefined;
  /** it is broken on purpose until then, and its first restart in that time is not counted; absent: no drill */
  drill?: { until: number; pardoned: boolean } | undefined;
}

export interface GatewayMemory {
  askedAt: number | null;
  /** as with a member */
  isAskPresumed?: boolean;
  incident: OpenIncident | null;
  attempts: number;
  notBefore: number;
  silentSince: number | null;
  alerted: boolean;
}

/** One run of one container. */
export function runOf({
  containerId,
  startedAt,
}: {
  readonly containerId: string | null;
  readonly startedAt: number;
}): string {
  return `${containerId} ${startedAt}`;
}

export function emptyMemory(): Memory {
  return {
    sequence: 0,
    services: {},
    hostActionsAt: [],
    hostAlerted: false,
    freeze: null,
    failures: [],
    cascadeSince: null,
    goneSince: null,
  };
}

/** Room for services and members that are new in the plan; those that left it are forgotten. */
export function fitMemory(memory: Memory, models: readonly ServiceModel[], now: number): void {
  const known = memory.services;
  memory.services = {};
  for (const model of models) {
    const service = known[model.name] ?? emptyService(model, now);
    const members = service.members;
    service.members = {};
    for (const { name } of model.members) service.members[name] = members[name] ?? emptyMember(now);
    memory.services[model.name] = service;
  }
}

/** a gateway is read within a second of the first look */
const GATEWAY_TELLS_WITHIN_MS = 2000;

function emptyService(model: ServiceModel, now: number): ServiceMemory {
  const isForUsToSay = model.policy.standby === 'cold' && model.balance === 'leader';
  return {
    ...(isForUsToSay ? { leaderUnsureUntil: now + GATEWAY_TELLS_WITHIN_MS } : {}),
    leader: model.members.find(({ role }) => role === 'primary')?.name ?? null,
    members: {},
    gateway: { askedAt: null, incident: null, attempts: 0, notBefore: 0, silentSince: null, alerted: false },
    actionsAt: [],
    freeze: null,
    foreign: false,
    budgetAlerted: false,
    serving: false,
    reason: '',
    outageSince: null,
    outageMs: 0,
    pending: {},
    leaderSaidAt: 0,
  };
}

function emptyMember(now: number): MemberMemory {
  return {
    verdict: 'unknown',
    reason: 'not looked at yet',
    since: now,
    containerId: null,
    startedAt: 0,
    restartCount: 0,
    check: 'unknown',
    checkFailure: null,
    failedByPort: {},
    checkSaidAt: 0,
    stalls: 0,
    stallSaidAt: null,
    detail: '',
    suspectSince: null,
    everWell: false,
    wellSince: null,
    loops: 0,
    askedAt: null,
    quarantinedAt: null,
    incident: null,
    repair: null,
  };
}

/** After a start of the supervisor: what was under way is asked for again where it is still wanted. */
export function resumed(memory: Memory, now: number): Memory {
  const whole = structuredClone(memory);
  if (whole.frozen?.cause === 'rule') whole.frozen = undefined;
  whole.brokenRule = undefined;
  whole.unrecorded = undefined;
  for (const service of Object.values(whole.services)) {
    service.pending = {};
    for (const member of Object.values(service.members)) {
      if (member.repair?.phase !== 'acting') continue;
      member.repair.phase = 'waiting';
      member.repair.until = now;
    }
  }
  return whole;
}
