import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { hostname } from 'node:os';
import { readCounts, readJob, submitJob } from './company.ts';
import { endSignal } from './end-signal.ts';
import { type Answer, BadRequest, readJson, serveUntil } from './http.ts';
import { Redis } from './redis.ts';
import { readSettings, type Settings } from './settings.ts';

/**
 * The front door: takes jobs in and tells how they stand.
 *
 *   GET  /          who answers
 *   GET  /health    this process is well (the queue's state is told, and does not count: with it down, a restart of this would help nobody)
 *   POST /jobs      {"id"?, "tasks"?}: 202 and the id. The same id twice is the same job.
 *   GET  /jobs/ID   how it stands
 *   GET  /jobs      counts of jobs in, done, done twice
 */

const MAX_TASKS = 100;
const ID = /^[A-Za-z0-9_-]{1,64}$/;

function handle(redis: Redis, request: IncomingMessage, path: string): Promise<Answer> | Answer {
  const id = /^\/jobs\/([^/]+)$/.exec(path)?.[1];
  if (request.method === 'POST' && path === '/jobs') return takeJob(redis, request);
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return { status: 405, body: { error: 'GET and POST /jobs are understood' } };
  if (path === '/') return { status: 200, body: whoAnswers() };
  if (path === '/health') return { status: 200, body: { healthy: true } };
  if (path === '/jobs') return readCounts(redis).then((body) => ({ status: 200, body }));
  if (id !== undefined) return tellJob(redis, id);
  return { status: 404, body: { error: `there is nothing at ${path}` } };
}

function whoAnswers(): unknown {
  const name = process.env['SERVICE_NAME'] ?? 'api';
  return { company: 'ai-company', service: name, startedAs: process.env['SERVICE_ROLE'] ?? 'alone', host: hostname() };
}

async function takeJob(redis: Redis, request: IncomingMessage): Promise<Answer> {
  const job = readJobRequest(await readJson(request));
  await submitJob(redis, job.id, job.tasks);
  return { status: 202, body: { id: job.id }, headers: { location: `/jobs/${job.id}` } };
}

function readJobRequest(body: unknown): { readonly id: string; readonly tasks: number } {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw new BadRequest('an object is needed');
  const { id = randomUUID(), tasks = 3 } = body as { readonly id?: unknown; readonly tasks?: unknown };
  if (typeof id !== 'string' || !ID.test(id)) throw new BadRequest('id: 1 to 64 letters, digits, - and _');
  if (typeof tasks !== 'number' || !Number.isInteger(tasks) || tasks < 1 || tasks > MAX_TASKS) {
    throw new BadRequest(`tasks: a whole number from 1 to ${MAX_TASKS}`);
  }
  return { id, tasks };
}

async function tellJob(redis: Redis, id: string): Promise<Answer> {
  const job = ID.test(id) ? await readJob(redis, id) : null;
  return job === null ? { status: 404, body: { error: 'no such job' } } : { status: 200, body: job };
}

const settings: Settings = readSettings(process.env);
const redis = new Redis(settings.queue);
await serveUntil(endSignal(), settings.port, (request, path) => handle(redis, request, path));
redis.close();
