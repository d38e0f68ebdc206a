/** What drills came to, for a person (Markdown) and for a program (JSON). */

import { spanText } from '../core/span.ts';
import type { Fault } from './fault.ts';
import type { DrillReport } from './judge.ts';

/** One drill of a run. */
export type Outcome =
  | { readonly name: string; readonly done: true; readonly report: DrillReport }
  /** it was refused, or there was no steady state to begin from */
  | {
      readonly name: string;
      readonly done: false;
      readonly fault: Fault;
      readonly service: string;
      readonly reason: string;
    };

export interface DrillRun {
  readonly project: string;
  /** milliseconds since 1970 */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly outcomes: readonly Outcome[];
}

/** Every drill was done, and passed. */
export function hasPassed({ outcomes }: Pick<DrillRun, 'outcomes'>): boolean {
  return outcomes.every((outcome) => outcome.done && outcome.report.verdict === 'pass');
}

/** As `drill -f FILE --json` prints it, and as it is kept. */
export function runDocument(run: DrillRun): Readonly<Record<string, unknown>> {
  const { project, startedAt, endedAt, outcomes } = run;
  return {
    verdict: hasPassed(run) ? 'pass' : 'fail',
    project,
    startedAt,
    endedAt,
    drills: outcomes.map((outcome) =>
      outcome.done
        ? { name: outcome.name, ...outcome.report }
        : {
            name: outcome.name,
            verdict: 'fail',
            reasons: [outcome.reason],
            fault: outcome.fault,
            service: outcome.service,
          },
    ),
  };
}

export function runPage(run: DrillRun): string {
  const { project, startedAt, endedAt, outcomes } = run;
  const verdict = hasPassed(run) ? 'pass' : 'fail';
  return `${[
    `# Drills of ${cell(project)}: ${verdict}`,
    '',
    `${new Date(startedAt).toISOString()}, ${spanText(endedAt - startedAt)}.`,
    ...outcomes.flatMap((outcome) => ['', ...(outcome.done ? drillLines(outcome) : refusalLines(outcome))]),
  ].join('\n')}\n`;
}

function refusalLines({ name, reason }: Extract<Outcome, { done: false }>): string[] {
  return [`## ${cell(name)}: not done`, '', cell(reason)];
}

function drillLines({ name, report }: Extract<Outcome, { done: true }>): string[] {
  const { verdict, fault, member, service, faultAt, longestGapMs, note } = report;
  return [
    `## ${cell(name)}: ${verdict}`,
    '',
    `${fault} of ${cell(member)}, service ${cell(service)}, ${new Date(faultAt).toISOString()}${note === '' ? '' : `: ${cell(note)}`}.`,
    '',
    ...table(
      ['what', 'expected', 'seen', 'holds'],
      report.checks.map(({ what, expected, seen, holds }) => [what, expected, seen, holds ? 'yes' : '**no**']),
    ),
    '',
    ...requestLines(report),
    `Longest time without a good answer: ${longestGapMs === null ? 'not measured' : spanText(longestGapMs)}.`,
    '',
    ...timelineLines(report),
  ];
}

function requestLines({ requests }: DrillReport): string[] {
  const methods = Object.entries(requests.sentByMethod ?? {});
  if (methods.length === 0) return ['No requests were sent.', ''];
  const rows = methods.map(([method, sent]) => [method, String(sent), String(requests.failedByMethod[method] ?? 0)]);
  const reasons = Object.entries(requests.failedByReason ?? {}).map(([reason, count]) => `${count} ${reason}`);
  return [
    ...table(['method', 'sent', 'failed'], rows),
    '',
    ...(reasons.length === 0 ? [] : [`Failed: ${reasons.join(', ')}.`, '']),
  ];
}

function timelineLines({ timeline, faultAt }: DrillReport): string[] {
  if (timeline.length === 0) return ['Nothing is on record.'];
  return table(
    ['after', 'what', ''],
    timeline.map(({ at, kind, message }) => [spanText(at - faultAt), kind, message]),
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
  return [line(head), `|${' --- |'.repeat(head.length)}`, ...rows.map(line)];
}

/** Names and messages may hold what Markdown, or a terminal, would take for its own. */
function cell(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, ' ')
    .replaceAll(/[\\|<>[\]`]/g, (sign) => `\\${sign}`);
}
