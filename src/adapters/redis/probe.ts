/**
 * Queues in Redis. A list does not say when an entry came, so what lies at its ends is told (by digests: entries are none
 * of our business), and for how long that has been the same is for others to see. A stream has the time in its ids, by
 * the server's clock, which is asked for too.
 */

import { createHash } from 'node:crypto';
import { type Answer, known, type Question, type RedisAsk, unknown } from '../../ports/prober.ts';
import { sendCommands } from './connection.ts';
import { type Reply, ReplyError } from './resp.ts';

type RedisQuestion = Extract<Question, { kind: 'redis' }>;

export async function askRedis(host: string, question: RedisQuestion, signal: AbortSignal): Promise<Answer> {
  const { port, ask } = question;
  const opening = openingOf(question);
  const replies = await sendCommands(host, port, [...opening, ...commandsFor(ask)], signal);
  const refused = replies.find((reply) => reply instanceof ReplyError);
  if (refused?.message.includes('no such key')) return known(0);
  if (refused) return unknown(`Redis answers: ${refused.message.slice(0, 200)}`);
  const told = replies.slice(opening.length);
  if (ask.kind !== 'stream') return ask.kind === 'list' ? readList(told) : readValue(told);
  if (ask.group === null) return readStream(told);
  const position = readGroup(told, ask.group);
  if (position === null) return unknown(`the stream ${ask.key} has no consumer group ${ask.group} that tells its lag`);
  return await oldestOfGroup(host, port, opening, { key: ask.key, group: ask.group, position }, signal);
}

function openingOf({ user, password, database }: RedisQuestion): string[][] {
  const login = user === '' ? [password] : [user, password];
  return [...(password === '' ? [] : [['AUTH', ...login]]), ...(database === 0 ? [] : [['SELECT', String(database)]])];
}

function commandsFor(ask: RedisAsk): string[][] {
  switch (ask.kind) {
    case 'list':
      // whoever pushes on one end takes from the other; which is which cannot be seen, so both ends are looked at
      return [
        ['LLEN', ask.key],
        ['LINDEX', ask.key, '0'],
        ['LINDEX', ask.key, '-1'],
      ];
    case 'number':
      return [['GET', ask.key]];
    case 'stream':
      return ask.group === null
        ? [['TIME'], ['XLEN', ask.key], ['XRANGE', ask.key, '-', '+', 'COUNT', '1']]
        : [['TIME'], ['XINFO', 'GROUPS', ask.key]];
  }
}

function readList([length, first, last]: readonly Reply[]): Answer {
  if (typeof length !== 'number') return unknown('Redis did not tell the length of the list');
  const marks = [markOf(first), markOf(last)];
  // several that are alike cannot be told from each other
  if (length === 0 || (length > 1 && marks[0] === marks[1])) return known(length);
  return known(length, { marks, ageMs: null });
}

function markOf(entry: Reply | undefined): string {
  return typeof entry === 'string' ? createHash('sha256').update(entry).digest('base64').slice(0, 16) : '';
}

function readValue([value]: readonly Reply[]): Answer {
  if (value === null) return known(0);
  const number = typeof value === 'string' ? Number(value) : Number.NaN;
  return Number.isFinite(number) ? known(number) : unknown('the value in Redis is no number');
}

function readStream([time, length, range]: readonly Reply[]): Answer {
  if (typeof length !== 'number') return unknown('Redis did not tell the length of the stream');
  const id = firstId(range);
  return known(length, length === 0 || id === null ? null : { marks: [], ageMs: ageOf(id, time) });
}

interface Position {
  /** not acknowledged yet, or not even delivered */
  readonly open: number;
  readonly pending: number;
  readonly lastDelivered: string;
  readonly time: Reply | undefined;
}

/** Null: no such group, or one whose lag Redis does not know (before 7.0; after entries were deleted). */
function readGroup([time, groups]: readonly Reply[], name: string): Position | null {
  const found = (Array.isArray(groups) ? groups : []).map(asTable).find((group) => group.get('name') === name);
  const pending = found?.get('pending');
  const lag = found?.get('lag');
  const lastDelivered = found?.get('last-delivered-id');
  if (typeof pending !== 'number' || typeof lag !== 'number' || typeof lastDelivered !== 'string') return null;
  return { open: pending + lag, pending, lastDelivered, time };
}

/** The oldest that nobody has acknowledged; where all that was delivered is, the first that was not. */
async function oldestOfGroup(
  host: string,
  port: number,
  opening: readonly string[][],
  { key, group, position }: { readonly key: string; readonly group: string; readonly position: Position },
  signal: AbortSignal,
): Promise<Answer> {
  const { open, pending, lastDelivered, time } = position;
  if (open === 0) return known(0);
  const command = pending > 0 ? ['XPENDING', key, group] : ['XRANGE', key, `(${lastDelivered}`, '+', 'COUNT', '1'];
  const reply = (await sendCommands(host, port, [...opening, command], signal)).at(-1);
  const id = pending > 0 ? textAt(reply, 1) : firstId(reply);
  return known(open, id === null ? null : { marks: [], ageMs: ageOf(id, time) });
}

/** A flat list of names and values. */
function asTable(reply: Reply): ReadonlyMap<string, Reply> {
  const items = Array.isArray(reply) ? (reply as readonly Reply[]) : [];
  const table = new Map<string, Reply>();
  for (let at = 0; at + 1 < items.length; at += 2) {
    const [name, value] = [items[at], items[at + 1]];
    if (typeof name === 'string' && value !== undefined) table.set(name, value);
  }
  return table;
}

function firstId(range: Reply | undefined): string | null {
  return Array.isArray(range) ? textAt(range[0], 0) : null;
}

function textAt(reply: Reply | undefined, at: number): string | null {
  const item: unknown = Array.isArray(reply) ? reply[at] : null;
  return typeof item === 'string' ? item : null;
}

/** "1764288000000-0" against TIME: seconds and microseconds. */
function ageOf(id: string, time: Reply | undefined): number | null {
  const nowMs = Number(textAt(time, 0)) * 1000 + Number(textAt(time, 1)) / 1000;
  const at = Number(id.split('-')[0]);
  return Number.isFinite(nowMs) && Number.isFinite(at) ? Math.max(0, nowMs - at) : null;
}
