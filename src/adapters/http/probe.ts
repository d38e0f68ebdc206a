/** Numbers and signs of life over HTTP. */

import { type Answer, known, type Question, unknown } from '../../ports/prober.ts';
import type { Fetcher } from './fetch.ts';
import { valueAt } from './pointer.ts';

type JsonQuestion = Extract<Question, { kind: 'json' }>;
type AnswersQuestion = Extract<Question, { kind: 'answers' }>;

export async function askJson(
  fetcher: Fetcher,
  host: string,
  { port, path, pointer }: JsonQuestion,
  signal: AbortSignal,
): Promise<Answer> {
  const { status, text } = await fetcher.get(host, port, path, { accept: 'application/json' }, signal);
  if (status !== 200) return unknown(`${path} answers with status ${status}`);
  const value = valueAt(parsed(text), pointer);
  const number = typeof value === 'number' || (typeof value === 'string' && value !== '') ? Number(value) : Number.NaN;
  return Number.isFinite(number) ? known(number) : unknown(`there is no number at "${pointer}" in ${path}`);
}

/** Silence after a connection came about is an answer too: that of a process that hangs. */
export async function askForLife(
  fetcher: Fetcher,
  host: string,
  { port, path }: AnswersQuestion,
  signal: AbortSignal,
): Promise<Answer> {
  try {
    const { status } = await fetcher.get(host, port, path, {}, signal);
    return known(status >= 200 && status < 300 ? 1 : 0);
  } catch (error) {
    if (isOutOfReach(error)) throw error;
    return known(0);
  }
}

/** Nothing there has said anything, not even no: that may be the way to it. */
function isOutOfReach(error: unknown): boolean {
  const code: unknown = typeof error === 'object' && error !== null && 'code' in error ? error.code : '';
  return ['UND_ERR_CONNECT_TIMEOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT', 'EACCES', 'EPERM'].some(
    (known) => known === code,
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
