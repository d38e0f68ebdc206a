import type { Redis, Reply } from './redis.ts';

/**
 * The company's books, kept in Redis. A job comes in, a project manager splits it into tasks, workers do the
 * tasks, the job is done. Nothing may be lost or counted twice, although any process may die at any moment
 * and any reply may be lost:
 *
 * - Work is handed out by moving it, in one step, from a queue to a list of what this worker holds. A worker
 *   that lost the reply finds it there.
 * - Every step forward is one script that first takes the piece out of the worker's own list. Whoever finds
 *   it gone has lost it to another, and changes nothing.
 * - A worker has a lease that it renews. When the lease has run out, anyone may put what the worker held back
 *   into its queue. A frozen worker that wakes up later finds its list empty.
 *
 * So a task may be worked on twice, and is counted once; `twice` would count a job that finished twice.
 */

export type Kind = 'jobs' | 'tasks';

export interface Job {
  readonly id: string;
  readonly state: 'submitted' | 'working' | 'done';
  readonly tasks: number;
  readonly tasksLeft: number;
}

export interface Counts {
  /** jobs that came in */
  readonly in: number;
  /** jobs whose every task is done */
  readonly done: number;
  /** jobs that finished more than once: must stay 0 */
  readonly twice: number;
  /** pieces of work taken back from workers whose lease ran out */
  readonly takenBack: number;
  readonly jobsWaiting: number;
  readonly tasksWaiting: number;
  readonly workers: number;
}

/** How long a worker without a lease is remembered. */
const REMEMBER_WORKER_MS = 3_600_000;
/** How long a finished job can be asked for. */
const KEEP_DONE_MS = 3_600_000;

const SUBMIT = `
if redis.call('EXISTS', 'job:' .. ARGV[1]) == 1 then return 0 end
redis.call('HSET', 'job:' .. ARGV[1], 'state', 'submitted', 'tasks', ARGV[2], 'left', ARGV[2], 'finished', 0)
redis.call('LPUSH', 'queue:jobs', ARGV[1])
redis.call('HINCRBY', 'counts', 'in', 1)
return 1`;

const SPLIT = `
if redis.call('LREM', 'held:jobs:' .. ARGV[1], 1, ARGV[2]) == 0 then return 0 end
local tasks = tonumber(redis.call('HGET', 'job:' .. ARGV[2], 'tasks'))
for number = 1, tasks do redis.call('LPUSH', 'queue:tasks', ARGV[2] .. '#' .. number) end
redis.call('HSET', 'job:' .. ARGV[2], 'state', 'working')
return 1`;

const COMPLETE = `
if redis.call('LREM', 'held:tasks:' .. ARGV[1], 1, ARGV[2]) == 0 then return 0 end
local job = 'job:' .. string.match(ARGV[2], '^(.*)#')
if redis.call('HINCRBY', job, 'left', -1) > 0 then return 1 end
redis.call('HSET', job, 'state', 'done')
redis.call('PEXPIRE', job, ARGV[3])
if redis.call('HINCRBY', job, 'finished', 1) > 1 then redis.call('HINCRBY', 'counts', 'twice', 1)
else redis.call('HINCRBY', 'counts', 'done', 1) end
return 1`;

const RENEW = `
redis.call('ZADD', 'workers', ARGV[2], ARGV[1])
redis.call('SET', 'lease:' .. ARGV[1], '1', 'PX', ARGV[3])
return 1`;

// Workers, by when their lease ends, are remembered long after that: what a frozen one still moves to its list must be found.
const TAKE_BACK = `
local moved = 0
for _, worker in ipairs(redis.call('ZRANGE', 'workers', 0, -1)) do
  if redis.call('EXISTS', 'lease:' .. worker) == 0 then
    for _, kind in ipairs({ 'jobs', 'tasks' }) do
      while redis.call('LMOVE', 'held:' .. kind .. ':' .. worker, 'queue:' .. kind, 'LEFT', 'RIGHT') do moved = moved + 1 end
    end
  end
end
redis.call('ZREMRANGEBYSCORE', 'workers', '-inf', ARGV[1])
if moved > 0 then redis.call('HINCRBY', 'counts', 'takenBack', moved) end
return moved`;

/** Takes a job in; false when there is one of this id already, so that a client may safely ask again. */
export async function submitJob(redis: Redis, id: string, tasks: number): Promise<boolean> {
  return (await run(redis, SUBMIT, id, tasks)) === 1;
}

export async function readJob(redis: Redis, id: string): Promise<Job | null> {
  const reply = await redis.send(['HMGET', `job:${id}`, 'state', 'tasks', 'left']);
  const [state, tasks, left] = list(reply);
  if (state !== 'submitted' && state !== 'working' && state !== 'done') return null;
  return { id, state, tasks: Number(tasks), tasksLeft: Number(left) };
}

export async function readCounts(redis: Redis): Promise<Counts> {
  const [counts, jobsWaiting, tasksWaiting, workers] = await Promise.all([
    redis.send(['HMGET', 'counts', 'in', 'done', 'twice', 'takenBack']),
    redis.send(['LLEN', 'queue:jobs']),
    redis.send(['LLEN', 'queue:tasks']),
    redis.send(['ZCOUNT', 'workers', Date.now(), '+inf']),
  ]);
  const [submitted, done, twice, takenBack] = list(counts).map(Number);
  return {
    in: submitted ?? 0,
    done: done ?? 0,
    twice: twice ?? 0,
    takenBack: takenBack ?? 0,
    jobsWaiting: Number(jobsWaiting),
    tasksWaiting: Number(tasksWaiting),
    workers: Number(workers),
  };
}

/**
 * Gives the next piece of work, which this worker holds from then on: what it holds already first, else what
 * comes into the queue within `waitMs`; null when nothing does. Needs a connection of its own, which it blocks.
 */
export async function takeWork(redis: Redis, kind: Kind, worker: string, waitMs: number): Promise<string | null> {
  const held = await redis.send(['LINDEX', `held:${kind}:${worker}`, -1]);
  if (typeof held === 'string') return held;
  const command = ['BLMOVE', `queue:${kind}`, `held:${kind}:${worker}`, 'RIGHT', 'LEFT', waitMs / 1000];
  const taken = await redis.send(command, waitMs + 5000);
  return typeof taken === 'string' ? taken : null;
}

/** Puts a held job's tasks into the queue; false when the job is no longer this worker's. */
export async function splitJob(redis: Redis, worker: string, job: string): Promise<boolean> {
  return (await run(redis, SPLIT, worker, job)) === 1;
}

/** Books a held task as done, and its job with the last one; false when the task is no longer this worker's. */
export async function completeTask(redis: Redis, worker: string, task: string): Promise<boolean> {
  return (await run(redis, COMPLETE, worker, task, KEEP_DONE_MS)) === 1;
}

export async function renewLease(redis: Redis, worker: string, leaseMs: number): Promise<void> {
  await run(redis, RENEW, worker, Date.now() + leaseMs, leaseMs);
}

/** Puts back what workers without a lease hold; gives how many pieces. Any worker does this now and then. */
export async function takeBackWork(redis: Redis): Promise<number> {
  return Number(await run(redis, TAKE_BACK, Date.now() - REMEMBER_WORKER_MS));
}

function run(redis: Redis, script: string, ...values: readonly (string | number)[]): Promise<Reply> {
  return redis.send(['EVAL', script, 0, ...values]);
}

function list(reply: Reply): readonly Reply[] {
  return Array.isArray(reply) ? reply : [];
}
