import type { Machine } from '../machine.ts';
import { describe, wilson } from '../statistics.ts';
import { CLIENT_TIMEOUT_MS, ENGINE_CHECK_TAKES_MS, type Injection, RATE, WITHIN_MS } from './injection.ts';
import { KINDS } from './kinds.ts';
import type { Plan } from './results.ts';

/** Of all injections. Counts; times in milliseconds. */
export interface Summary {
  readonly injections: number;
  /** whole again in time, without a person */
  readonly handled: number;
  readonly coverage: number;
  /** Wilson's, at 95 % */
  readonly interval: readonly [number, number];
  readonly sent: number;
  readonly failedByMethod: Readonly<Record<string, number>>;
  readonly jobs: Injection['jobs'];
  /** the longest standstill of the load itself */
  readonly ownDelayMs: number;
  readonly kinds: readonly KindSummary[];
}

interface KindSummary {
  readonly kind: string;
  readonly injections: number;
  readonly handled: number;
  readonly failedByMethod: Readonly<Record<string, number>>;
  /** of those that were handled */
  readonly repairMs: { readonly median: number; readonly max: number };
}

export function summarize(injections: readonly Injection[]): Summary {
  const handled = injections.filter((one) => one.handled).length;
  return {
    injections: injections.length,
    handled,
    coverage: injections.length === 0 ? 0 : handled / injections.length,
    interval: wilson(handled, injections.length),
    sent: sum(injections.map(({ sent }) => sent)),
    failedByMethod: addUp(injections.map(({ failedByMethod }) => failedByMethod)),
    jobs: {
      taken: sum(injections.map(({ jobs }) => jobs.taken)),
      lost: sum(injections.map(({ jobs }) => jobs.lost)),
      doneTwice: sum(injections.map(({ jobs }) => jobs.doneTwice)),
    },
    ownDelayMs: Math.max(0, ...injections.map(({ ownDelayMs }) => ownDelayMs)),
    kinds: KINDS.map(({ name }) => summarizeKind(name, injections)).filter((kind) => kind.injections > 0),
  };
}

function summarizeKind(kind: string, injections: readonly Injection[]): KindSummary {
  const own = injections.filter((one) => one.kind === kind);
  const { median, max } = describe(own.flatMap(({ repairMs }) => (repairMs === null ? [] : [repairMs])));
  return {
    kind,
    injections: own.length,
    handled: own.filter((one) => one.handled).length,
    failedByMethod: addUp(own.map(({ failedByMethod }) => failedByMethod)),
    repairMs: { median, max },
  };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

function addUp(counts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const total: Record<string, number> = {};
  for (const [method, count] of counts.flatMap((one) => Object.entries(one)))
    total[method] = (total[method] ?? 0) + count;
  return total;
}

export function renderReport(injections: readonly Injection[], plan: Plan, machine: Machine): string {
  const summary = summarize(injections);
  return [
    ...headLines(summary, plan),
    '',
    ...kindTable(summary),
    '',
    ...notHandled(injections),
    method(machine),
    '',
  ].join('\n');
}

function headLines({ injections, handled, coverage, interval, ...rest }: Summary, plan: Plan): readonly string[] {
  const { sent, failedByMethod, jobs, ownDelayMs } = rest;
  const [low, high] = interval;
  const part = injections < plan.injections ? ` (of ${plan.injections} planned)` : '';
  return [
    `${injections} random faults${part}, seed ${plan.seed}: ${handled} handled without a person, coverage ${coverage.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}].`,
    '',
    `Of ${sent} requests failed: GET ${failedByMethod['GET'] ?? 0}, POST ${failedByMethod['POST'] ?? 0}. Of ${jobs.taken} jobs that were taken ${jobs.lost} were lost and ${jobs.doneTwice} done twice. The load itself was late by ${ownDelayMs} ms at most: more than some 100 ms is a machine busy with other work.`,
  ];
}

function kindTable({ kinds }: Summary): readonly string[] {
  return [
    '| fault | n | handled | failed GET | failed POST | whole again after, s: median, max |',
    '| --- | --- | --- | --- | --- | --- |',
    ...kinds.map(({ kind, injections, handled, failedByMethod, repairMs: { median, max } }) => {
      const title = KINDS.find(({ name }) => name === kind)?.title ?? kind;
      const times = handled === 0 ? '' : `${seconds(median)}, ${seconds(max)}`;
      return `| ${title} | ${injections} | ${handled} | ${failedByMethod['GET'] ?? 0} | ${failedByMethod['POST'] ?? 0} | ${times} |`;
    }),
  ];
}

const seconds = (ms: number): string => (ms / 1000).toFixed(1);

function notHandled(injections: readonly Injection[]): readonly string[] {
  const lines = injections
    .filter(({ handled }) => !handled)
    .map(({ number, kind, struck, problems }) => `- number ${number}, ${kind} of ${struck}: ${problems.join('; ')}`);
  return lines.length === 0 ? [] : ['Not handled in time:', '', ...lines, ''];
}

function method(machine: Machine): string {
  return (
    `examples/ai-company under ${RATE} requests a second through the published port, open loop: four fifths GET, one fifth POST that hands in a job; a client gives up after ${CLIENT_TIMEOUT_MS / 1000} s and never retries. ` +
    `The kind, the service and the member (of those that were not struck within the last minute, if there are any) are drawn at random, one fault at a time. Handled: within ${WITHIN_MS / 1000} s (${(WITHIN_MS + ENGINE_CHECK_TAKES_MS) / 1000} s for the dashboard, which Docker's health check alone watches) every member, link, network, gateway and the supervisor are in order, by what twinhull says and by what the engine, the kernel and requests of the campaign's own say, and stay so for 2 s without a failed request. ` +
    `What is not handled is taken down and started anew. ` +
    `${machine.processors}, ${machine.memoryGiB} GiB, Linux ${machine.kernel}, ${machine.engine}, ${machine.haproxy}, ${machine.measuredAt.slice(0, 10)}.`
  );
}
