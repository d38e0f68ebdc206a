import type { Service } from '../compose/project.ts';
import type {
  FailureKind,
  HostPolicy,
  Mode,
  Reaction,
  ResourcePolicy,
  Role,
  ServicePolicy,
  SignPolicy,
  Standby,
} from '../core/model.ts';
import { parseDuration } from '../duration.ts';
import { defaults } from './defaults.ts';
import type { ProjectPolicy } from './fleet.ts';
import type { ProjectSettings, ServiceSettings, Settings } from './settings.ts';

export function projectPolicy(settings: ProjectSettings): ProjectPolicy {
  return {
    monitoringIntervalMs: settings.monitoring_interval ?? defaults.monitoringIntervalMs.value,
    historyEntries: settings.history?.entries ?? defaults.historyEntries.value,
    historyRetentionMs: settings.history?.retention ?? defaults.historyRetentionMs.value,
    hostActions: settings.host_actions ?? defaults.hostActions.value,
    host: hostPolicy(settings),
  };
}

/** From when on the host is nearly full. */
export function hostPolicy({ host = {}, resources = {} }: ProjectSettings): HostPolicy {
  return {
    windowMs: resources.window ?? defaults.resourceWindowMs.value,
    memoryShare: host.memory ?? defaults.hostMemoryShare.value,
    diskShare: host.disk ?? defaults.hostDiskShare.value,
    inodesShare: host.inodes ?? defaults.hostInodesShare.value,
  };
}

/** How a service is judged and repaired: its own settings, then the project's, then the defaults. */
export function servicePolicy(
  service: Service,
  settings: ServiceSettings,
  all: Settings,
  facts: {
    readonly standby: Standby;
    readonly oneWriter: boolean;
    readonly hasGateway: boolean;
    readonly completes: boolean;
    readonly signs: readonly SignPolicy[];
  },
): ServicePolicy {
  const failover = { ...all.project.failover, ...settings.failover };
  const budget = { ...all.project.budget, ...settings.budget };
  const on = (kind: FailureKind): ReactionSettings => ({
    ...all.project.failover?.on?.[kind],
    ...settings.failover?.on?.[kind],
  });
  const threshold = on('unresponsive').threshold ?? failover.threshold ?? defaults.failoverThreshold.value;
  return {
    standby: facts.standby,
    oneWriter: facts.oneWriter,
    hasGateway: facts.hasGateway,
    threshold,
    partitionThreshold: on('network_partition').threshold ?? threshold,
    startPeriodMs: durationOr(service.healthcheck?.start_period, defaults.startPeriodMs.value),
    deadlineMs: deadlines(failover.timeout ?? defaults.failoverTimeoutMs.value, on),
    reactions: forEachKind((kind) => reactionOf(on(kind))),
    resources: resourcePolicy({ ...all.project.resources, ...settings.resources }),
    signs: facts.signs,
    budget: {
      actions: budget.actions ?? defaults.budgetActions.value,
      windowMs: budget.window ?? defaults.budgetWindowMs.value,
    },
    stopGraceMs: durationOr(service.stop_grace_period, defaults.stopGraceMs.value),
    drainTimeoutMs: settings.drain_timeout ?? all.project.drain_timeout ?? defaults.drainTimeoutMs.value,
    completes: facts.completes,
  };
}

/** What may be said of one kind; the threshold only of some. */
interface ReactionSettings {
  readonly ladder?: Reaction['ladder'];
  readonly deadline?: number;
  readonly action?: 'repair' | 'alert_only';
  readonly threshold?: number;
}

/** The usual: the ladder of the kind, carried out. */
export function reactionOf({ ladder, action }: ReactionSettings): Reaction {
  return { ladder: ladder ?? null, alertOnly: action === 'alert_only' };
}

export function forEachKind<Value>(valueOf: (kind: FailureKind) => Value): Readonly<Record<FailureKind, Value>> {
  return {
    container_exit: valueOf('container_exit'),
    unresponsive: valueOf('unresponsive'),
    network_partition: valueOf('network_partition'),
    resource_exhaustion: valueOf('resource_exhaustion'),
    critical_failure: valueOf('critical_failure'),
  };
}

/** 0 for what is met at once: its steps take as long as those of what failed. */
function deadlines(timeoutMs: number, on: (kind: FailureKind) => ReactionSettings): ServicePolicy['deadlineMs'] {
  const usual: ServicePolicy['deadlineMs'] = {
    container_exit: timeoutMs,
    unresponsive: timeoutMs,
    network_partition: Math.min(timeoutMs, defaults.partitionTimeoutMs.value),
    resource_exhaustion: defaults.resourceTimeoutMs.value,
    critical_failure: 0,
  };
  return forEachKind((kind) => on(kind).deadline ?? usual[kind]);
}

export function resourcePolicy(settings: NonNullable<ServiceSettings['resources']>): ResourcePolicy {
  return {
    windowMs: settings.window ?? defaults.resourceWindowMs.value,
    memoryShare: settings.memory ?? defaults.memoryShare.value,
    cpuShare: settings.cpu ?? defaults.cpuShare.value,
    throttledShare: settings.throttled ?? defaults.throttledShare.value,
    pidsShare: settings.pids ?? defaults.pidsShare.value,
    descriptorsShare: settings.descriptors ?? defaults.descriptorsShare.value,
    oomKills: settings.oom_kills ?? defaults.oomKills.value,
  };
}

function durationOr(text: string | undefined, otherwise: number): number {
  return (text === undefined ? null : parseDuration(text)) ?? otherwise;
}

/**
 * Who restarts. A single service: as the project says, Docker's default being never. Members: the project's
 * policy, else unless-stopped, since nobody protects a service that may end for good: with no supervisor they are
 * no worse off than under plain Compose. Of a cold pair only one is to run, also after a reboot, where `always`
 * would start the one that was stopped for its twin, and unless-stopped does not. Where both would write the same
 * data, or one is to be paused, nobody but the supervisor starts them.
 */
export function restartPolicy(
  service: Service,
  { mode, standby, oneWriter }: { readonly mode: Mode; readonly standby: Standby; readonly oneWriter: boolean },
  role: Role,
): string {
  const own = service.restart ?? conditionOf(service);
  if (mode === 'single') return own ?? 'no';
  if (role !== 'replica' && (oneWriter || standby === 'warm')) return 'no';
  if (own === 'always' && standby === 'cold' && role !== 'replica') return 'unless-stopped';
  return own ?? 'unless-stopped';
}

/** `deploy.restart_policy.condition` in the words of `restart`; Compose does the same. */
function conditionOf(service: Service): string | undefined {
  const policy = service.deploy?.['restart_policy'];
  const condition: unknown =
    typeof policy === 'object' && policy !== null && 'condition' in policy ? policy.condition : undefined;
  switch (condition) {
    case 'none':
      return 'no';
    case 'on-failure':
      return 'on-failure';
    case 'any':
      return 'unless-stopped';
    default:
      return undefined;
  }
}

/** Exit 0 is what it is for: someone waits for it, its policy says so, or it is a lone container that nobody restarts. */
export function completes(name: string, service: Service, mode: Mode, awaited: ReadonlySet<string>): boolean {
  const own = service.restart ?? conditionOf(service);
  if (awaited.has(name)) return true;
  if (own === undefined) return mode === 'single';
  return own === 'no' || own.startsWith('on-failure');
}
