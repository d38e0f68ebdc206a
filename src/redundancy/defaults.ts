import { parseDuration } from '../duration.ts';
import { parsePercent } from './shape.ts';

/** One default: as people write it, what the program uses, and where it comes from. */
export interface Default<T> {
  readonly text: string;
  readonly value: T;
  readonly source: string;
}

const ORIGINAL = 'the original system had it so';

/** A default that is a time: `text` with a unit, `value` in milliseconds. */
function time(text: string, source: string): Default<number> {
  const value = parseDuration(text);
  if (value === null) throw new Error(`no duration: ${text}`);
  return { text, value, source };
}

function count(value: number, source: string): Default<number> {
  return { text: String(value), value, source };
}

/** A default that is a share: `text` with a percent sign, `value` from 0 to 1. */
function share(text: string, source: string): Default<number> {
  const value = parsePercent(text);
  if (value === null) throw new Error(`no share: ${text}`);
  return { text, value, source };
}

/** Every default, once. Times are milliseconds. `twinhull config --explain` and docs/configuration.md are made from it. */
export const defaults = {
  monitoringIntervalMs: time('10s', ORIGINAL),
  failoverThreshold: count(3, ORIGINAL),
  failoverTimeoutMs: time('30s', ORIGINAL),
  partitionTimeoutMs: time('10s', ORIGINAL),
  resourceTimeoutMs: time('60s', ORIGINAL),
  historyEntries: count(100, ORIGINAL),
  historyRetentionMs: time('24h', ORIGINAL),
  startPeriodMs: time('40s', ORIGINAL),
  budgetActions: count(3, 'what a person at the console would try before looking closer'),
  budgetWindowMs: time('10m', 'longer than the waits between three tries taken together'),
  /** a host on which more than this is repaired in one window has another problem than its services */
  hostActions: count(12, 'four services that each use up their budget'),
  drainTimeoutMs: time('30s', 'Kubernetes gives a pod as long to end (terminationGracePeriodSeconds)'),
  stopGraceMs: time('10s', 'Docker waits as long between SIGTERM and SIGKILL'),
  clusterReplicas: count(3, 'the smallest cluster that keeps two while one is replaced'),
  addressPool: {
    text: '10.213.0.0/16',
    value: '10.213.0.0/16',
    source: 'outside 172.16.0.0/12 and 192.168.0.0/16, from which Docker takes its own',
  } as Default<string>,
  /**
   * Two checks a second: a hang is found within a second even with nobody watching, and 20 members cost 40
   * small requests a second. Under load the supervisor notices a hang sooner, from answers that stop coming.
   */
  checkIntervalMs: time('500ms', 'measured: 250ms fails in bursts when the processors are busy'),
  /** for checks that ask no more than "are you there" */
  checkTimeoutMs: time('500ms', 'measured: a frozen process is found within a second'),
  /** for a health URL of the project, which may ask a database; the project itself would mostly wait 10 s for it */
  healthUrlTimeoutMs: time('1s', 'a health URL may ask a database; shorter makes well services look ill'),
  /**
   * Bounds what a hang takes with it. High, because WebSocket and event-stream connections count too, and a
   * service that had 1,000 of them before must have them still; a service of short requests does well with 24.
   */
  maxConnections: count(1024, 'room for long-lived connections; measured: 24 for short requests'),
  resourceWindowMs: time('60s', 'longer than a burst of work or a collection of garbage'),
  memoryShare: share('90%', ORIGINAL),
  cpuShare: share('90%', ORIGINAL),
  throttledShare: share('50%', 'held back for half of the time is slow for whoever waits'),
  pidsShare: share('90%', 'as for memory'),
  descriptorsShare: share('90%', 'as for memory'),
  oomKills: count(3, 'one may be an accident; three in a window are how it goes'),
  hostMemoryShare: share('95%', 'the kernel begins to end processes soon after'),
  hostDiskShare: share('95%', 'file systems keep 5% for root'),
  hostInodesShare: share('95%', 'as for the disk'),
  queueLength: count(100, ORIGINAL),
  queueLengthFail: count(1000, 'ten times as many'),
  errorsWarnShare: share('5%', 'half of what is a failure'),
  errorsShare: share('10%', ORIGINAL),
  zombies: count(10, 'a few may wait to be reaped at any time'),
  zombiesFail: count(100, 'ten times as many'),
  heartbeatMs: time('60s', 'a worker may be busy with one piece for a while'),
  progressMs: time('60s', 'as for the heartbeat'),
} as const;
