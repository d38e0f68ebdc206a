import { spanText } from '../core/span.ts';
import type { DrillReport } from '../drill/judge.ts';
import { printable } from './terminal/printable.ts';
import type { Terminal } from './terminal/terminal.ts';

export function showReport(terminal: Terminal, report: DrillReport): void {
  const { verdict, requests, longestGapMs, switchedMs, checks } = report;
  const repaired = checks.find(({ what }) => what === 'repaired')?.seen ?? 'no';
  const lines = [
    `${report.fault} of ${printable(report.member)}: ${verdict}${report.note === '' ? '' : ` (${report.note})`}`,
    ...report.reasons.map((reason) => `  ${printable(reason)}`),
    ...(longestGapMs === null
      ? []
      : [
          `  requests     ${requests.sent} sent, ${requests.failed} failed${counts(requests.failedByMethod)}${counts(requests.failedByReason ?? {})}`,
          `  longest gap  ${spanText(longestGapMs)}`,
        ]),
    `  switched     ${switchedMs === null ? 'no switch was seen' : `after ${spanText(switchedMs)}`}`,
    `  repaired     ${repaired}`,
  ];
  const [head = '', ...rest] = lines;
  terminal.say([terminal.colour(verdict === 'pass' ? 'green' : 'red', head), ...rest].join('\n'));
}

function counts(failed: Readonly<Record<string, number>>): string {
  const parts = Object.entries(failed).filter(([, count]) => count > 0);
  return parts.length === 0 ? '' : ` (${parts.map(([method, count]) => `${count} ${method}`).join(', ')})`;
}
