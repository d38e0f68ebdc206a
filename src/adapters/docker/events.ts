/**
 * The engine's events. They are lossy by design and carry labels only on container events, so network events
 * are kept by the container they name: one that matched the labels when the subscription began, or since.
 */

import { TwinhullError } from '../../errors.ts';
import type { Call, Container, EngineEvent } from '../../ports/engine.ts';
import { type ByteStream, deadline, type EngineClient, READ_DEADLINE_MS } from './client.ts';
import { readJsonLines } from './json-lines.ts';
import { count, field, text, textMap } from './reading.ts';

/** Named to the engine, so that every exec of a health probe does not wake us three times. */
const ACTIONS = [
  'create',
  'start',
  'die',
  'kill',
  'stop',
  'restart',
  'pause',
  'unpause',
  'oom',
  'destroy',
  'rename',
  'update',
  'health_status',
  'connect',
  'disconnect',
];

export interface EventOptions {
  readonly labels?: Readonly<Record<string, string>>;
  readonly sinceMs?: number;
}

/**
 * @param sharesClock the engine runs on this machine: then "from now on" is said by time, which closes the gap
 *   between the engine's answer and its subscription.
 * @param list finds the containers that match already, once the subscription stands
 */
export async function subscribe(
  client: EngineClient,
  options: EventOptions,
  sharesClock: boolean,
  list: () => Promise<readonly Container[]>,
  call: Call,
): Promise<AsyncIterable<EngineEvent>> {
  const sinceMs = options.sinceMs ?? (sharesClock ? nextMillisecond() : undefined);
  const query = {
    filters: JSON.stringify({ type: ['container', 'network'], event: ACTIONS }),
    since: sinceMs === undefined ? undefined : (sinceMs / 1000).toFixed(3),
  };
  const given = new AbortController();
  const signal = call.signal === undefined ? given.signal : AbortSignal.any([call.signal, given.signal]);
  const ask = { method: 'GET', path: '/events', query, deadlineMs: deadline(call, READ_DEADLINE_MS), signal } as const;
  const stream = await client.stream(ask);
  const labels = Object.entries(options.labels ?? {});
  try {
    const known = new Set(labels.length === 0 ? [] : (await list()).map((container) => container.id));
    return matching(stream, labels, known, call.signal);
  } catch (error) {
    given.abort();
    throw error;
  }
}

/** What happened earlier in this millisecond is past; the engine's answer takes longer than the rest of it. */
function nextMillisecond(): number {
  return Date.now() + 1;
}

async function* matching(
  stream: ByteStream,
  labels: readonly (readonly [string, string])[],
  known: Set<string>,
  signal: AbortSignal | undefined,
): AsyncIterable<EngineEvent> {
  try {
    for await (const document of readJsonLines(stream)) {
      const event = readEvent(document);
      if (event !== null && concerns(event, labels, known)) yield event;
    }
  } catch (error) {
    if (signal?.aborted) return;
    throw error;
  }
  if (!signal?.aborted) throw new TwinhullError('TH_ENGINE_UNREACHABLE', 'the engine ended its stream of events');
}

function concerns(event: EngineEvent, labels: readonly (readonly [string, string])[], known: Set<string>): boolean {
  if (labels.length === 0) return true;
  if (event.type === 'network') return known.has(event.containerId);
  const matches = labels.every(
    ([key, value]) => Object.hasOwn(event.attributes, key) && (value === '' || event.attributes[key] === value),
  );
  if (matches && event.action !== 'destroy') known.add(event.containerId);
  if (event.action === 'destroy') known.delete(event.containerId);
  return matches;
}

function readEvent(document: unknown): EngineEvent | null {
  const type = field(document, 'Type');
  if (type !== 'container' && type !== 'network') return null;
  const actor = field(document, 'Actor');
  const attributes = textMap(field(actor, 'Attributes'));
  return {
    type,
    action: text(field(document, 'Action')),
    containerId: type === 'container' ? text(field(actor, 'ID')) : (attributes['container'] ?? ''),
    attributes,
    at: Math.floor(count(field(document, 'timeNano')) / 1e6) || count(field(document, 'time')) * 1000,
  };
}
