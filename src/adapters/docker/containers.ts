/** Containers: looking at them and changing them. Waiting out the "already so" answers makes every change idempotent. */

import { setTimeout as pause } from 'node:timers/promises';
import type { Call, Container, ListFilter } from '../../ports/engine.ts';
import {
  CHANGE_DEADLINE_MS,
  deadline,
  type EngineClient,
  hasStatus,
  READ_DEADLINE_MS,
  segment,
  within,
} from './client.ts';
import { readContainer, readSummary } from './container-reading.ts';
import { labelFilter } from './filters.ts';
import { count, field, list, text } from './reading.ts';
import { isCode } from '../../errors.ts';

/** More at once is no faster (measured with 100 containers). */
const INSPECTS_AT_ONCE = 8;
/** A container that does not answer this long is listed by what the list itself says. */
const LISTED_INSPECT_DEADLINE_MS = 4_000;
/** What the engine itself needs beyond the grace it gives a process to end. */
const STOP_MARGIN_MS = 30_000;
const ENGINE_STOP_SECONDS = 10;
/** the kernel's own */
const CPU_PERIOD_US = 100_000;

export async function listContainers(client: EngineClient, filter: ListFilter, call: Call = {}): Promise<Container[]> {
  const query = { all: true, ...labelFilter(filter) };
  const answer = await client.request({
    method: 'GET',
    path: '/containers/json',
    query,
    ...within(call, READ_DEADLINE_MS),
  });
  const summaries = [...list(answer.document)];
  const found: (Container | null)[] = Array.from({ length: summaries.length }, () => null);
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < summaries.length; index = next++)
      found[index] = await inspectListed(client, summaries[index], call);
  };
  await Promise.all(Array.from({ length: Math.min(INSPECTS_AT_ONCE, summaries.length) }, worker));
  return found.filter((container) => container !== null);
}

async function inspectListed(client: EngineClient, summary: unknown, call: Call): Promise<Container | null> {
  const path = `/containers/${segment(text(field(summary, 'Id')))}/json`;
  try {
    const document = await client.find({
      method: 'GET',
      path,
      deadlineMs: Math.min(LISTED_INSPECT_DEADLINE_MS, deadline(call, READ_DEADLINE_MS)),
      signal: call.signal,
    });
    return document === null ? null : readContainer(document);
  } catch (error) {
    if (!call.signal?.aborted && isCode(error, 'TH_ENGINE_UNREACHABLE')) return readSummary(summary);
    throw error;
  }
}

export async function inspectContainer(
  client: EngineClient,
  idOrName: string,
  call: Call = {},
): Promise<Container | null> {
  const document = await inspectDocument(client, idOrName, call);
  return document === null ? null : readContainer(document);
}

/** The engine's own document; null: no such container. */
export async function inspectDocument(client: EngineClient, idOrName: string, call: Call): Promise<unknown> {
  const path = `/containers/${segment(idOrName)}/json`;
  return await client.find({ method: 'GET', path, ...within(call, READ_DEADLINE_MS) });
}

export async function startContainer(client: EngineClient, id: string, call: Call = {}): Promise<void> {
  await change(client, id, 'start', {}, CHANGE_DEADLINE_MS, call);
}

export async function stopContainer(
  client: EngineClient,
  id: string,
  timeoutSeconds: number | undefined,
  call: Call = {},
): Promise<void> {
  const graceSeconds = timeoutSeconds ?? (await ownGrace(client, id, call));
  await ignoring([404], change(client, id, 'stop', { t: timeoutSeconds }, graceSeconds * 1000 + STOP_MARGIN_MS, call));
}

export async function restartContainer(
  client: EngineClient,
  id: string,
  timeoutSeconds: number | undefined,
  call: Call = {},
): Promise<void> {
  const graceSeconds = timeoutSeconds ?? (await ownGrace(client, id, call));
  await change(
    client,
    id,
    'restart',
    { t: timeoutSeconds },
    graceSeconds * 1000 + STOP_MARGIN_MS + CHANGE_DEADLINE_MS,
    call,
  );
}

/** 409: it does not run. */
export async function killContainer(client: EngineClient, id: string, signal: string, call: Call = {}): Promise<void> {
  await ignoring([404, 409], change(client, id, 'kill', { signal }, CHANGE_DEADLINE_MS, call));
}

export async function pauseContainer(client: EngineClient, id: string, call: Call = {}): Promise<void> {
  await unlessAlready(
    client,
    id,
    (state) => state === 'paused',
    change(client, id, 'pause', {}, CHANGE_DEADLINE_MS, call),
    call,
  );
}

export async function unpauseContainer(client: EngineClient, id: string, call: Call = {}): Promise<void> {
  await unlessAlready(
    client,
    id,
    (state) => state === 'running',
    change(client, id, 'unpause', {}, CHANGE_DEADLINE_MS, call),
    call,
  );
}

export async function renameContainer(client: EngineClient, id: string, name: string, call: Call = {}): Promise<void> {
  try {
    await change(client, id, 'rename', { name }, CHANGE_DEADLINE_MS, call);
  } catch (error) {
    if (hasStatus(error, 404) || (await inspectContainer(client, id, call))?.name !== name) throw error;
  }
}

export async function removeContainer(
  client: EngineClient,
  id: string,
  options: { readonly force: boolean; readonly volumes: boolean },
  call: Call = {},
): Promise<void> {
  const ask = {
    method: 'DELETE',
    path: `/containers/${segment(id)}`,
    query: { force: options.force, v: options.volumes },
    ...within(call, CHANGE_DEADLINE_MS),
  } as const;
  try {
    await client.request(ask);
  } catch (error) {
    if (hasStatus(error, 404)) return;
    if (!hasStatus(error, 409) || !error.message.includes('already in progress')) throw error;
    await untilGone(client, id, error, call);
  }
}

export async function setRestartPolicy(
  client: EngineClient,
  id: string,
  policy: Container['restartPolicy'],
  call: Call = {},
): Promise<void> {
  await update(client, id, { RestartPolicy: { Name: policy } }, call);
}

/**
 * A limit was given either as NanoCpus or as quota and period; the engine refuses to change it in the other way. A
 * quota of 0 means "as it was", -1 is none.
 */
export async function setCpuLimit(
  client: EngineClient,
  id: string,
  cpus: number | null,
  call: Call = {},
): Promise<void> {
  const host = field(await inspectDocument(client, id, call), 'HostConfig');
  if (count(field(host, 'NanoCpus')) > 0 && cpus !== null)
    return update(client, id, { NanoCpus: Math.round(cpus * 1e9) }, call);
  const CpuPeriod = count(field(host, 'CpuPeriod')) || CPU_PERIOD_US;
  await update(client, id, { CpuPeriod, CpuQuota: cpus === null ? -1 : Math.round(cpus * CpuPeriod) }, call);
}

async function update(
  client: EngineClient,
  id: string,
  body: Readonly<Record<string, unknown>>,
  call: Call,
): Promise<void> {
  const path = `/containers/${segment(id)}/update`;
  await client.request({ method: 'POST', path, body, ...within(call, CHANGE_DEADLINE_MS) });
}

async function change(
  client: EngineClient,
  id: string,
  verb: string,
  query: Readonly<Record<string, string | number | undefined>>,
  deadlineMs: number,
  call: Call,
): Promise<void> {
  await client.request({
    method: 'POST',
    path: `/containers/${segment(id)}/${verb}`,
    query,
    ...within(call, deadlineMs),
  });
}

async function ignoring(statuses: readonly number[], attempt: Promise<void>): Promise<void> {
  try {
    await attempt;
  } catch (error) {
    if (!hasStatus(error, ...statuses)) throw error;
  }
}

/** The engine refuses to pause what is paused, with statuses that differ by version: the state itself decides. */
async function unlessAlready(
  client: EngineClient,
  id: string,
  isWanted: (state: Container['state']) => boolean,
  attempt: Promise<void>,
  call: Call,
): Promise<void> {
  try {
    await attempt;
  } catch (error) {
    if (!isCode(error, 'TH_ENGINE_REFUSED') || hasStatus(error, 404)) throw error;
    const found = await inspectContainer(client, id, call);
    if (found === null || !isWanted(found.state)) throw error;
  }
}

async function ownGrace(client: EngineClient, id: string, call: Call): Promise<number> {
  const config = field(await inspectDocument(client, id, call), 'Config');
  return field(config, 'StopTimeout') === undefined ? ENGINE_STOP_SECONDS : count(field(config, 'StopTimeout'));
}

async function untilGone(client: EngineClient, id: string, error: unknown, call: Call): Promise<void> {
  const until = performance.now() + READ_DEADLINE_MS;
  while ((await inspectContainer(client, id, call)) !== null) {
    if (performance.now() > until) throw error;
    await pause(100, undefined, call.signal === undefined ? {} : { signal: call.signal });
  }
}
