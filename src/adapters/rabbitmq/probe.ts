/**
 * A queue of RabbitMQ, by its management interface: GET /api/queues/VHOST/NAME. Messages that were delivered and not
 * acknowledged count too. The time of the oldest is there only where publishers set the timestamp property.
 */

import { type Answer, known, type Question, unknown } from '../../ports/prober.ts';
import type { Fetcher } from '../http/fetch.ts';
import { valueAt } from '../http/pointer.ts';

type RabbitQuestion = Extract<Question, { kind: 'rabbitmq' }>;

export async function askRabbit(
  fetcher: Fetcher,
  host: string,
  { port, vhost, queue, user, password }: RabbitQuestion,
  now: number,
  signal: AbortSignal,
): Promise<Answer> {
  const path = `/api/queues/${encodeURIComponent(vhost)}/${encodeURIComponent(queue)}`;
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  const { status, text } = await fetcher.get(host, port, path, { authorization }, signal);
  if (status !== 200) return unknown(`RabbitMQ's management interface answers with status ${status}`);
  return readQueue(text, now);
}

/** @param now milliseconds since 1970 */
export function readQueue(text: string, now: number): Answer {
  const document = parsed(text);
  const messages = valueAt(document, '/messages');
  if (typeof messages !== 'number') return unknown("RabbitMQ's management interface does not tell the queue's length");
  const seconds = valueAt(document, '/head_message_timestamp');
  if (messages === 0 || typeof seconds !== 'number') return known(messages);
  return known(messages, { marks: [], ageMs: Math.max(0, now - seconds * 1000) });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
