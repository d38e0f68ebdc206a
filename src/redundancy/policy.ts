import type { Service } from '../compose/project.ts';
import type { Mode, Role, ServicePolicy, Standby } from '../core/model.ts';
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
  },
): ServicePolicy {
  const failover = { ...all.project.failover, ...settings.failover };
  const budget = { ...all.project.budget, ...settings.budget };
  return {
    standby: facts.standby,
    oneWriter: facts.oneWriter,
    hasGateway: facts.hasGateway,
    threshold: failover.threshold ?? defaults.failoverThreshold.value,
    startPeriodMs: durationOr(service.healthcheck?.start_period, defaults.startPeriodMs.value),
    deadlineMs: deadlines(failover.timeout ?? defaults.failoverTimeoutMs.value),
    budget: {
      actions: budget.actions ?? defaults.budgetActions.value,
      windowMs: budget.window ?? defaults.budgetWindowMs.value,
    },
    stopGraceMs: durationOr(service.stop_grace_period, defaults.stopGraceMs.value),
    drainTimeoutMs: settings.drain_timeout ?? all.project.drain_timeout ?? defaults.drainTimeoutMs.value,
    completes: facts.completes,
  };
}

function deadlines(timeoutMs: number): ServicePolicy['deadlineMs'] {
  return {
    container_exit: timeoutMs,
    unresponsive: timeoutMs,
    network_partition: Math.min(timeoutMs, defaults.partitionTimeoutMs.value),
    critical_failure: 0,
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
