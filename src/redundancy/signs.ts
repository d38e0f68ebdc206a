/** The signs of a service, from how they are written to what is asked and how the answers are judged. */

import type { SignPolicy } from '../core/model.ts';
import type { Question, RedisAsk } from '../ports/prober.ts';
import { defaults } from './defaults.ts';
import type { SignPlan, SourcePlan } from './fleet.ts';
import type { SignSettings, SourceSettings } from './sign-settings.ts';

export interface PlannedSign {
  readonly policy: SignPolicy;
  readonly plan: SignPlan;
}

/** In the order they are written; each has a name of its own within the service. */
export function plannedSigns(settings: readonly SignSettings[]): readonly PlannedSign[] {
  const names = new Set<string>();
  return settings.flatMap((sign) => {
    const planned = plannedSign(sign);
    if (planned === null) return [];
    const given = planned.plan.name;
    let name = given;
    for (let number = 2; names.has(name); number++) name = `${given} (${number})`;
    names.add(name);
    return [{ policy: { ...planned.policy, name }, plan: { ...planned.plan, name } }];
  });
}

/** What was read has just one of the keys, and that with what it needs; a mistake was told as a problem. */
function plannedSign({ queue, errors, progress, zombies, heartbeat }: SignSettings): PlannedSign | null {
  if (queue) return queueSign(queue);
  if (errors) return errorsSign(errors);
  if (progress) return progressSign(progress);
  if (zombies) return zombiesSign(zombies);
  return heartbeat ? heartbeatSign(heartbeat) : null;
}

const noAges = { warnAgeMs: null, failAgeMs: null };

function queueSign(settings: NonNullable<SignSettings['queue']>): PlannedSign | null {
  const from = sourceOf(settings);
  if (from === null) return null;
  const name = `the queue ${labelOf(settings)}`;
  const { warn_age: warnAgeMs = null, fail_age: failAgeMs = null } = settings;
  const policy = {
    name,
    kind: 'queue',
    warn: settings.warn ?? Math.min(defaults.queueLength.value, settings.fail ?? Number.POSITIVE_INFINITY),
    fail: settings.fail ?? Math.max(defaults.queueLengthFail.value, settings.warn ?? 0),
    warnAgeMs,
    failAgeMs,
  } as const;
  return { policy, plan: { name, kind: 'queue', windowMs: windowOf(settings), from } };
}

function errorsSign(settings: NonNullable<SignSettings['errors']>): PlannedSign | null {
  const failed = sourceOf(settings.failed ?? {});
  const all = sourceOf(settings.all ?? {});
  if (failed === null || all === null) return null;
  const name = `the errors ${labelOf(settings.failed ?? {})}`;
  const warn = settings.warn ?? Math.min(defaults.errorsWarnShare.value, settings.fail ?? 1);
  const fail = settings.fail ?? Math.max(defaults.errorsShare.value, settings.warn ?? 0);
  const policy = { name, kind: 'errors', warn, fail, ...noAges } as const;
  return { policy, plan: { name, kind: 'errors', windowMs: windowOf(settings), failed, all } };
}

function progressSign(settings: NonNullable<SignSettings['progress']>): PlannedSign | null {
  const number = sourceOf(settings);
  if (number === null) return null;
  const name = `the progress ${labelOf(settings)}`;
  const fail = settings.fail ?? Math.max(defaults.progressMs.value, settings.warn ?? 0);
  const policy = { name, kind: 'progress', warn: settings.warn ?? null, fail, ...noAges } as const;
  return { policy, plan: { name, kind: 'progress', number, work: sourceOf(settings.while ?? {}) } };
}

function zombiesSign(settings: NonNullable<SignSettings['zombies']>): PlannedSign {
  const name = 'zombies';
  const warn = settings.warn ?? Math.min(defaults.zombies.value, settings.fail ?? Number.POSITIVE_INFINITY);
  const fail = settings.fail ?? Math.max(defaults.zombiesFail.value, settings.warn ?? 0);
  const policy = { name, kind: 'zombies', warn, fail, ...noAges } as const;
  return { policy, plan: { name, kind: 'zombies', windowMs: windowOf(settings) } };
}

function heartbeatSign(settings: NonNullable<SignSettings['heartbeat']>): PlannedSign | null {
  const { file, http } = settings;
  const page = http?.port !== undefined && http.path !== undefined ? { port: http.port, path: http.path } : null;
  const where = file ?? (page ? `on port ${page.port}, ${page.path}` : '');
  if (where === '') return null;
  const name = `the heartbeat ${where}`;
  const fail = settings.fail ?? Math.max(defaults.heartbeatMs.value, settings.warn ?? 0);
  const policy = { name, kind: 'heartbeat', warn: settings.warn ?? null, fail, ...noAges } as const;
  const question = page && ({ kind: 'answers', ...page } as const);
  return { policy, plan: { name, kind: 'heartbeat', file: file ?? null, question } };
}

function windowOf({ window }: { readonly window?: number }): number {
  return window ?? defaults.resourceWindowMs.value;
}

/** Null: there is none. */
function sourceOf({ redis, rabbitmq, json, prometheus }: SourceSettings): SourcePlan | null {
  const named = redis ?? rabbitmq ?? json ?? prometheus;
  const question = redis ? redisQuestion(redis) : rabbitmq ? rabbitQuestion(rabbitmq) : pageQuestion(json, prometheus);
  return question === null ? null : { service: named?.service ?? null, question };
}

function redisQuestion(redis: NonNullable<SourceSettings['redis']>): Question | null {
  const ask = redisAsk(redis);
  if (ask === null) return null;
  const { port = 6379, database = 0, user = '', password = '' } = redis;
  return { kind: 'redis', port, database, user, password, ask };
}

function redisAsk({ list, stream, group, number }: NonNullable<SourceSettings['redis']>): RedisAsk | null {
  if (list !== undefined) return { kind: 'list', key: list };
  if (stream !== undefined) return { kind: 'stream', key: stream, group: group ?? null };
  return number === undefined ? null : { kind: 'number', key: number };
}

/** A new RabbitMQ knows the user guest, and lets it in from its own machine only. */
function rabbitQuestion(settings: NonNullable<SourceSettings['rabbitmq']>): Question | null {
  const { port = 15_672, vhost = '/', queue, user = 'guest', password = 'guest' } = settings;
  return queue === undefined ? null : { kind: 'rabbitmq', port, vhost, queue, user, password };
}

function pageQuestion(json: SourceSettings['json'], prometheus: SourceSettings['prometheus']): Question | null {
  if (json?.port !== undefined && json.path !== undefined && json.pointer !== undefined) {
    return { kind: 'json', port: json.port, path: json.path, pointer: json.pointer };
  }
  if (prometheus?.port === undefined || prometheus.metric === undefined) return null;
  const { port, path = '/metrics', metric, labels = {} } = prometheus;
  return { kind: 'prometheus', port, path, metric, labels };
}

/** What it is called where it comes from. */
function labelOf({ redis, rabbitmq, json, prometheus }: SourceSettings): string {
  return (
    redis?.list ??
    redis?.stream ??
    redis?.number ??
    rabbitmq?.queue ??
    prometheus?.metric ??
    json?.pointer ??
    'of its own'
  );
}
