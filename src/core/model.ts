/** The words of the core, as types. Plain data: can be stored as JSON and compared. Times are milliseconds. */

export type Mode = 'single' | 'pair' | 'cluster' | 'pair+cluster';
export type Role = 'primary' | 'backup' | 'replica';
/** hot: works. warm: is paused. cold: does not run. */
export type Standby = 'hot' | 'warm' | 'cold';

export type Verdict =
  | 'healthy'
  | 'starting'
  | 'standby'
  | 'suspect'
  | 'unhealthy'
  | 'stopped'
  | 'completed'
  | 'quarantined'
  | 'foreign'
  | 'unknown';

export type FailureKind =
  | 'container_exit'
  | 'unresponsive'
  | 'network_partition'
  | 'resource_exhaustion'
  | 'critical_failure';

/** A step of a ladder of repairs. `scale_up` cannot be carried out yet; see diagnosis.ts. */
export type LadderRung = 'scale_up' | 'start' | 'unpause' | 'reconnect' | 'restart_soft' | 'restart_hard' | 'replace';

/** What is done about one kind of failure. */
export interface Reaction {
  /** null: the usual one, see diagnosis.ts */
  readonly ladder: readonly LadderRung[] | null;
  /** it is said and recorded, traffic moves, and nothing is done to a container */
  readonly alertOnly: boolean;
}

/** From when on what a member uses counts as a strain. Shares are of its limit, 0 to 1, over the whole window. */
export interface ResourcePolicy {
  readonly windowMs: number;
  readonly memoryShare: number;
  readonly cpuShare: number;
  /** of the scheduling periods, those in which its quota stopped it */
  readonly throttledShare: number;
  readonly pidsShare: number;
  readonly descriptorsShare: number;
  /** processes inside that the kernel ended for want of memory, in one window */
  readonly oomKills: number;
}

/** From when on the host is nearly full. Shares of what there is, 0 to 1, over the whole window. */
export interface HostPolicy {
  readonly windowMs: number;
  readonly memoryShare: number;
  readonly diskShare: number;
  readonly inodesShare: number;
}

export type SignKind = 'queue' | 'errors' | 'progress' | 'zombies' | 'heartbeat';

/** How a sign that a service gives of itself is judged: over its window, never by one look. See signs.ts. */
export interface SignPolicy {
  readonly name: string;
  readonly kind: SignKind;
  /** entries, a share, milliseconds or processes, by kind; null: that is never said */
  readonly warn: number | null;
  readonly fail: number | null;
  /** queue: for the age of its oldest entry, milliseconds */
  readonly warnAgeMs: number | null;
  readonly failAgeMs: number | null;
}

/** How one service is judged and repaired. Defaults live in redundancy/defaults.ts, with their sources. */
export interface ServicePolicy {
  readonly standby: Standby;
  /** its containers write the same data: at most one of them may run */
  readonly oneWriter: boolean;
  readonly hasGateway: boolean;
  /** failed checks in a row before a running member is repaired */
  readonly threshold: number;
  /** the same for a member that its gateway cannot reach */
  readonly partitionThreshold: number;
  readonly startPeriodMs: number;
  /** how long an action of this kind may take until the next rung of the ladder */
  readonly deadlineMs: Readonly<Record<FailureKind, number>>;
  readonly reactions: Readonly<Record<FailureKind, Reaction>>;
  readonly resources: ResourcePolicy;
  readonly signs: readonly SignPolicy[];
  readonly budget: { readonly actions: number; readonly windowMs: number };
  readonly stopGraceMs: number;
  readonly drainTimeoutMs: number;
  readonly completes: boolean;
}

/** What the core knows of the plan. */
export interface ServiceModel {
  readonly name: string;
  readonly mode: Mode;
  readonly members: readonly { readonly name: string; readonly role: Role; readonly startsAtUp: boolean }[];
  readonly dependsOn: readonly string[];
  /** how the gateway divides requests; null without a gateway */
  readonly balance: 'leader' | 'spread' | null;
  readonly policy: ServicePolicy;
}

export type SeenState =
  | 'absent'
  | 'created'
  | 'running'
  | 'paused'
  | 'restarting'
  | 'exited'
  | 'dead'
  | 'removing'
  | 'unknown';

/**
 * How a container ended. asked: through the API by someone who meant it. unclear: it died a moment ago, and
 * whether somebody asked for it shows by `unclearUntil`. unseen: it had ended before we looked.
 */
export type Ended = 'asked' | 'failed' | 'unclear' | 'unseen';

/**
 * What a check of the gateway that failed tells of the member. unreachable: no connection came about, and the member
 * refused none. silent: no answer in time; one that hangs does that, and so does a packet that was lost. answered:
 * with a no. requests: no check failed, requests of clients did. other: all the rest, such as a refused connection.
 */
export type CheckFailure = 'unreachable' | 'silent' | 'answered' | 'requests' | 'other';

/** What a member used over a whole window. Shares are of its limit, 0 to 1; null: it has none, or it is not known. */
export interface ResourcesSeen {
  readonly overMs: number;
  /** the least it used of it in the window */
  readonly memory: { readonly share: number; readonly limitBytes: number } | null;
  readonly cpu: { readonly share: number; readonly limit: number } | null;
  readonly throttledShare: number | null;
  readonly pids: { readonly share: number; readonly limit: number } | null;
  readonly descriptors: { readonly share: number; readonly limit: number } | null;
  /** the least that a check of the gateway took, of the time it may take */
  readonly checkShare: number | null;
}

/** What is known of processes that the kernel ended for want of memory. */
export interface OomSeen {
  /** by the kernel's own counter, since its start and in the window; null: not known */
  readonly kills: number | null;
  readonly killsInWindow: number | null;
  /** `oom` events of the engine in the window, of this run or the one that has ended */
  readonly events: number;
  /** of the run before */
  readonly eventsBefore: number;
}

/** What a sign says, over its window. One that is not in the list is not known yet. */
export type SignSeen =
  /** the fewest entries in the window, and how long the oldest has waited */
  | { readonly name: string; readonly kind: 'queue'; readonly length: number; readonly ageMs: number | null }
  | { readonly name: string; readonly kind: 'errors'; readonly share: number }
  /** for how long the number has not grown while there was work */
  | { readonly name: string; readonly kind: 'progress'; readonly stuckMs: number }
  /** the fewest in the window */
  | { readonly name: string; readonly kind: 'zombies'; readonly count: number }
  /** since the last beat; where there was none in this run, since we first looked */
  | { readonly name: string; readonly kind: 'heartbeat'; readonly ageMs: number; readonly hasBeaten: boolean }
  /** nobody could say for so long */
  | { readonly name: string; readonly kind: 'unknown'; readonly forMs: number; readonly why: string };

/** One member as seen at one moment. `unknown` state: the engine did not answer for it. */
export interface MemberSeen {
  readonly name: string;
  readonly containerId: string | null;
  readonly state: SeenState;
  /** a list told of it, and the engine did not answer for it alone: that proves nothing; absent: it did */
  readonly partial?: boolean;
  /** another container of this member, put aside while it is replaced, runs; absent: none does */
  readonly asideRuns?: boolean;
  readonly startedAt: number;
  readonly finishedAt: number;
  readonly exitCode: number | null;
  readonly oomKilled: boolean;
  readonly restartCount: number;
  readonly restartPolicy: 'no' | 'always' | 'unless-stopped' | 'on-failure';
  readonly health: 'none' | 'starting' | 'healthy' | 'unhealthy';
  readonly healthFailures: number;
  readonly healthOutput: string;
  /** attached to the service's own network; null where there is none */
  readonly attached: boolean | null;
  /**
   * It lives in the network, the processes or the volumes of another member, and that one is another one now: it was
   * started after it, or made anew after it, or has other volumes. null or absent: it does not.
   */
  readonly leftBehind?: {
    readonly service: string;
    readonly member: string;
    readonly how: 'restarted' | 'replaced' | 'volumes';
  } | null;
  /** other networks that it should be on and is not, by the engine's name */
  readonly detachedFrom: readonly string[];
  /** how it ended or was paused, as far as events told; see intent.ts */
  readonly ended: Ended;
  /** for `unclear`: when it will be clear */
  readonly unclearUntil: number;
  readonly gateway: {
    readonly traffic: 'in' | 'draining' | 'out';
    readonly check: 'passing' | 'failing' | 'unknown';
    /** null: it does not fail */
    readonly checkFailure: CheckFailure | null;
    /** the gateway's word for how the last check ended, for a person */
    readonly checkStatus: string;
    readonly failuresInARow: number;
    /** requests inside it */
    readonly sessions: number;
    /** when the gateway said so; what a signal said later counts more */
    readonly readAt: number;
  } | null;
  /** null: not known, or not for long enough */
  readonly resources: ResourcesSeen | null;
  readonly oom: OomSeen;
  readonly signs: readonly SignSeen[];
}

export interface GatewaySeen {
  /** silent: its container runs and its admin socket does not answer */
  readonly state: 'answering' | 'silent' | 'absent' | 'exited' | 'paused' | 'restarting' | 'unknown';
  readonly containerId: string | null;
  readonly leader: string | null;
  readonly finishedAt: number;
  readonly ended: Ended;
  readonly unclearUntil: number;
  /** on the service's own network */
  readonly attached: boolean;
}

export interface ServiceSeen {
  readonly name: string;
  readonly members: readonly MemberSeen[];
  /** null: no gateway in the plan */
  readonly gateway: GatewaySeen | null;
  /** a container that is not ours holds the service's name; its id */
  readonly foreign: string | null;
  /** members of ours that run and write a volume the foreign container writes too */
  readonly foreignSharesVolumeWith: readonly string[];
  /** what does not belong to one member: its queues */
  readonly signs: readonly SignSeen[];
}

/** What is used of the host, over a whole window. Shares of what there is, 0 to 1; null: not known. */
export interface HostSeen {
  readonly memoryShare: number | null;
  readonly fileSystems: readonly {
    /** for a person */
    readonly what: string;
    readonly diskShare: number;
    readonly inodesShare: number | null;
    /** where the engine keeps images and containers: a new one needs room there */
    readonly isEngines: boolean;
  }[];
}

export interface Observation {
  /** the engine answered; false: nothing below is fresh, and nothing may be concluded from absence */
  readonly engineAnswers: boolean;
  readonly services: readonly ServiceSeen[];
  /** services that a deployment or a person's command is changing: watched, not repaired */
  readonly busy: readonly string[];
  /** how late the supervisor's own loop was when this was seen */
  readonly loopLagMs: number;
  /** null: not known */
  readonly host: HostSeen | null;
}

/** What a person wants of repairs; see freeze.ts. */
export type Order = Extract<Signal, { readonly kind: 'freeze_asked' | 'thaw_asked' | 'maintenance_asked' }>;

/** Something that was said rather than seen. */
export type Signal =
  | {
      readonly kind: 'check_failed';
      readonly service: string;
      readonly member: string;
      readonly port: number;
      readonly checkFailure: CheckFailure;
      readonly detail: string;
    }
  | { readonly kind: 'check_passed'; readonly service: string; readonly member: string; readonly port: number }
  | { readonly kind: 'stalled'; readonly service: string; readonly member: string; readonly forMs: number }
  /** an action came to its end; `missedCheck`: a member that was put in did not pass its check in time */
  | {
      readonly kind: 'action_ended';
      readonly key: string;
      readonly service: string;
      readonly outcome: 'done' | 'failed' | 'unreachable' | 'given_up';
      readonly missedCheck: boolean;
      readonly detail: string;
    }
  /** the engine went away: stops seen just before were its own shutting down */
  | { readonly kind: 'engine_lost' }
  /** a drill is about to break this member, and will be over by `until`; in the past: it is over */
  | { readonly kind: 'drill_announced'; readonly service: string; readonly member: string; readonly until: number }
  /** a person wants another leader */
  | { readonly kind: 'switch_asked'; readonly service: string; readonly to: string }
  /** a person wants nothing repaired in the whole project until it is thawed */
  | { readonly kind: 'freeze_asked'; readonly reason: string }
  /** a person wants repairs again; an emergency plan that runs is ended */
  | { readonly kind: 'thaw_asked' }
  /** a person works on this service; `until` null: until it is said to be over */
  | {
      readonly kind: 'maintenance_asked';
      readonly service: string;
      readonly on: boolean;
      readonly until: number | null;
    }
  /** the record cannot be written any more; nothing that has to be in it first may begin */
  | { readonly kind: 'record_lost'; readonly reason: string }
  /** it can again, and has everything but `lost` lines */
  | { readonly kind: 'record_kept'; readonly lost: number }
  /** a person asked for everything again: stops and quarantines no longer count */
  | { readonly kind: 'up_asked'; readonly services: readonly string[] };
