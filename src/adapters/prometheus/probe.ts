import { type Answer, known, type Question, unknown } from '../../ports/prober.ts';
import type { Fetcher } from '../http/fetch.ts';
import { sumOf } from './text.ts';

type MetricQuestion = Extract<Question, { kind: 'prometheus' }>;

export async function askMetric(
  fetcher: Fetcher,
  host: string,
  { port, path, metric, labels }: MetricQuestion,
  signal: AbortSignal,
): Promise<Answer> {
  const { status, text } = await fetcher.get(host, port, path, { accept: 'text/plain' }, signal);
  if (status !== 200) return unknown(`${path} answers with status ${status}`);
  const sum = sumOf(text, metric, labels);
  return sum === null ? unknown(`${path} has no metric ${metric} with these labels`) : known(sum);
}
