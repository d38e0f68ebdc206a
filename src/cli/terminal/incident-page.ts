import type { Emergency, EmergencyStep } from '../../core/memory.ts';
import { spanText } from '../../core/span.ts';
import type { IncidentRecord } from '../../ports/store.ts';
import type { IncidentReport, TimelineEntry } from '../../supervisor/incident-report.ts';
import { printable } from './printable.ts';
import { storyLines } from './story.ts';
import { clockTime, table, wrap } from './table.ts';

export interface IncidentPageOptions {
  readonly columns: number;
  readonly now: number;
}

export type OnRecord =
  | { readonly is: 'incident'; readonly record: IncidentRecord }
  | { readonly is: 'emergency'; readonly record: Emergency };

/** One line each, newest first. */
export function incidentList(records: readonly OnRecord[], options: IncidentPageOptions): string[] {
  if (records.length === 0) return ['no incident on record'];
  const rows = records.map((one) =>
    one.is === 'incident' ? incidentRow(one.record, options) : emergencyRow(one.record, options),
  );
  const lines = table([['ID', 'BEGAN', 'TOOK', 'WHAT'], ...rows]);
  const textAt = (lines[0] ?? '').indexOf('WHAT');
  return lines.flatMap((line) => {
    const [head, text] = [line.slice(0, textAt), line.slice(textAt)];
    return wrap(text, options.columns, ' '.repeat(textAt)).map((row, index) =>
      index === 0 ? head + row.trimStart() : row,
    );
  });
}

function incidentRow(incident: IncidentRecord, { now }: IncidentPageOptions): string[] {
  const { id, member, startedAt, endedAt, drill } = incident;
  const how = `${printable(member)} ${kindWords(incident)}${drill ? ' (a drill)' : ''}: ${outcomeWords(incident)}`;
  return [printable(id), clockTime(startedAt, now), endedAt === null ? 'open' : spanText(endedAt - startedAt), how];
}

function emergencyRow({ id, since, endedAt, reason }: Emergency, { now }: IncidentPageOptions): string[] {
  return [
    printable(id),
    clockTime(since, now),
    endedAt === null ? 'open' : spanText(endedAt - since),
    `EMERGENCY: ${printable(reason)}`,
  ];
}

/** What happened to the member, for somebody who does not know our words. */
function kindWords({ kind }: Pick<IncidentRecord, 'kind'>): string {
  switch (kind) {
    case 'container_exit':
      return 'ended (container_exit)';
    case 'unresponsive':
      return 'stopped answering (unresponsive)';
    case 'network_partition':
      return 'was cut off (network_partition)';
    case 'resource_exhaustion':
      return 'used up what it may use (resource_exhaustion)';
    case 'critical_failure':
      return 'failed, the last of its service (critical_failure)';
  }
}

function outcomeWords({ outcome, endedAt }: IncidentRecord): string {
  if (endedAt === null || outcome === null) return 'goes on';
  switch (outcome) {
    case 'repaired':
      return 'repaired';
    case 'quarantined':
      return 'given up and stopped';
    case 'superseded':
      return 'of no matter any more';
  }
}

/** The whole story. */
export function incidentPage(report: IncidentReport, options: IncidentPageOptions): string[] {
  const { incident, timeline } = report;
  const { id, service, member, startedAt, endedAt, drill } = incident;
  const { now, columns } = options;
  const time =
    endedAt === null
      ? `open since ${clockTime(startedAt, now)}, ${spanText(now - startedAt)}`
      : `${clockTime(startedAt, now)} to ${clockTime(endedAt, now)}, ${spanText(endedAt - startedAt)}: ${outcomeWords(incident)}`;
  const of = service === member ? '' : ` of ${printable(service)}`;
  return [
    ...wrap(
      `incident ${printable(id)}: ${printable(member)}${of} ${kindWords(incident)}${drill ? ', a drill' : ''}`,
      columns,
      '',
    ),
    ...wrap(time, columns, '  '),
    '',
    ...storyLines(
      timeline.map((entry) => ({ at: entry.at, word: WORDS[entry.kind], text: entryText(entry, now) })),
      {
        ...options,
        indent: '  ',
      },
    ),
    '',
    ...wrap(costText(report), columns, '  '),
  ];
}

const WORDS: Readonly<Record<TimelineEntry['kind'], string>> = {
  seen: 'seen',
  state: 'state',
  weighed: 'thought',
  done: 'done',
  failed: 'failed',
  under_way: 'doing',
  over: 'over',
};

function entryText({ text, tookMs, until }: TimelineEntry, now: number): string {
  const took = tookMs === null ? '' : ` (${spanText(tookMs)})`;
  const end = until === null ? '' : `, until ${clockTime(until, now)} at the latest`;
  return `${text}${took}${end}`;
}

function costText({ cost, isOpen, hasGateway }: IncidentReport): string {
  const { failedRequests, retriedRequests, withoutServiceMs } = cost;
  const without = withoutServiceMs === 0 ? 'no time without service' : `${spanText(withoutServiceMs)} without service`;
  if (!hasGateway) return `cost${isOpen ? ' so far' : ''}: ${without}; without a gateway nobody counts requests`;
  if (isOpen) return `cost so far: ${without}; requests are counted at the end`;
  return `cost: ${without}; ${requestsText(failedRequests, 'failed')}, ${requestsText(retriedRequests, 'sent again to another member')}`;
}

function requestsText(count: number, what: string): string {
  return count === 0 ? `no request ${what}` : `${count} ${count === 1 ? 'request' : 'requests'} ${what}`;
}

export function emergencyPage(emergency: Emergency, options: IncidentPageOptions): string[] {
  const { id, reason, since, endedAt, outcome, steps } = emergency;
  const { now, columns } = options;
  const time =
    endedAt === null
      ? `goes on since ${clockTime(since, now)}, ${spanText(now - since)}; "twinhull freeze" stops it`
      : `${clockTime(since, now)} to ${clockTime(endedAt, now)}, ${spanText(endedAt - since)}: ${endWords(outcome)}`;
  const lines = steps.map((step, index) => ({
    at: step.endedAt ?? step.startedAt,
    word: step.state,
    text: `${index + 1}. ${stepText(step, now)}`,
  }));
  return [
    ...wrap(`emergency ${printable(id)}: ${printable(reason)}`, columns, ''),
    ...wrap(time, columns, '  '),
    '',
    ...storyLines(lines, { ...options, indent: '  ' }),
  ];
}

function stepText({ what, reason, state, startedAt, endedAt, deadlineMs }: EmergencyStep, now: number): string {
  const why = reason === '' ? '' : `: ${reason}`;
  const isTimed = deadlineMs !== null && deadlineMs > 0;
  if (state === 'running' && isTimed) return `${what}, until ${clockTime((startedAt ?? now) + deadlineMs, now)}${why}`;
  if (state === 'planned' && isTimed) return `${what}, within ${spanText(deadlineMs)}${why}`;
  const took =
    startedAt === null || endedAt === null || endedAt === startedAt ? '' : `, ${spanText(endedAt - startedAt)}`;
  return `${what}${took}${why}`;
}

function endWords(outcome: Emergency['outcome']): string {
  switch (outcome) {
    case 'well':
      return 'everything is well';
    case 'frozen':
      return 'stopped, since repairs were frozen';
    case 'ended':
      return 'ended by a person';
    case null:
      return 'over';
  }
}
