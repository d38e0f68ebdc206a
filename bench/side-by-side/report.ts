import type { Machine } from '../machine.ts';
import { describe, type Statistics } from '../statistics.ts';
import { CLIENT_TIMEOUT_MS, type Injection, RATE, WATCH_AT_MOST_MS } from './injection.ts';

export interface Cell {
  readonly system: string;
  readonly fault: string;
  readonly injections: readonly Injection[];
  /** why the cell has fewer injections than asked for; null when it has all */
  readonly brokenOff: string | null;
  /** when it was complete */
  readonly measuredAt?: string;
}

export interface Summary {
  readonly system: string;
  readonly fault: string;
  /** requests failed in one injection */
  readonly failedIdempotent: Statistics;
  readonly failedPost: Statistics;
  readonly longestGapMs: Statistics;
  readonly recovered: number;
  readonly brokenOff: string | null;
}

export function summarizeCell({ system, fault, injections, brokenOff }: Cell): Summary {
  return {
    system,
    fault,
    failedIdempotent: describe(injections.map(({ failedByMethod }) => failedByMethod['GET'] ?? 0)),
    failedPost: describe(injections.map(({ failedByMethod }) => failedByMethod['POST'] ?? 0)),
    longestGapMs: describe(injections.map(({ longestGapMs }) => Math.round(longestGapMs))),
    recovered: injections.filter(({ recovered }) => recovered).length,
    brokenOff,
  };
}

/** The table of the README, with machine and method beneath. */
export function renderTable(cells: readonly Cell[], machine: Machine): string {
  const rows = cells.map(summarizeCell).map(renderRow);
  return [
    `| system | fault | n | failed GET: median, max [95 %] | failed POST: median, max [95 %] | longest gap, ms: median, max [95 %] | calm again within ${WATCH_AT_MOST_MS / 1000} s |`,
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...rows,
    '',
    method(machine),
    '',
  ].join('\n');
}

function renderRow(summary: Summary): string {
  const { n } = summary.longestGapMs;
  const broken =
    summary.brokenOff === null ? '' : ` (broken off: ${summary.brokenOff.replaceAll(/[|\n]/g, ' ').slice(0, 120)})`;
  const figures = [summary.failedIdempotent, summary.failedPost, summary.longestGapMs].map(renderStatistics);
  return `| ${summary.system} | ${summary.fault} | ${n}${broken} | ${figures.join(' | ')} | ${summary.recovered} of ${n} |`;
}

const renderStatistics = ({ median, max, interval: [low, high] }: Statistics): string =>
  `${rounded(median)}, ${rounded(max)} [${rounded(low)}, ${rounded(high)}]`;

const rounded = (value: number): string => String(Math.round(value));

function method(machine: Machine): string {
  return (
    `${RATE} requests a second, open loop (two fifths GET on kept connections, two fifths GET on a connection each, one fifth POST), ` +
    `through the published port; a client gives up after ${CLIENT_TIMEOUT_MS / 1000} s and never retries; one member serves and one stands by, ` +
    `the fault hits the one that serves and is undone when the load is calm again, after ${WATCH_AT_MOST_MS / 1000} s at the latest; one system at a time. The interval is that of the median, by order statistics. ` +
    `${machine.processors}, ${machine.memoryGiB} GiB, Linux ${machine.kernel}, ${machine.engine}, ${machine.haproxy}, ${machine.measuredAt.slice(0, 10)}.`
  );
}
