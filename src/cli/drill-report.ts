import { spanText } from '../core/span.ts';
import type { DrillReport } from '../drill/judge.ts';
import type { Context } from './command.ts';
import { printable } from './terminal/printable.ts';

export function showReport({ terminal }: Context, report: DrillReport): void {
  if (terminal.json) {
    terminal.document(report);
    return;
  }
  const { verdict, requests, longestGapMs, switchedMs, repairedMs } = report;
  const lines = [
    `${report.fault} of ${printable(report.member)}: ${verdict}`,
    ...report.reasons.map((reason) => `  ${printable(reason)}`),
    ...(longestGapMs === null
      ? []
      : [
          `  requests     ${requests.sent} sent, ${requests.failed} failed${counts(requests.failedByMethod)}${counts(requests.failedByReason ?? {})}`,
          `  longest gap  ${spanText(longestGapMs)}`,
        ]),
    `  switched     ${switchedMs === null ? 'no switch was seen' : `after ${spanText(switchedMs)}`}`,
    `  repaired     ${repairedMs === null ? 'no' : `after ${spanText(repairedMs)}`}`,
  ];
  const [head = '', ...rest] = lines;
  terminal.say([terminal.colour(verdict === 'pass' ? 'green' : 'red', head), ...rest].join('\n'));
}

function counts(failed: Readonly<Record<string, number>>): string {
  const parts = Object.entries(failed).filter(([, count]) => count > 0);
  return parts.length === 0 ? '' : ` (${parts.map(([method, count]) => `${count} ${method}`).join(', ')})`;
}
