import type { DrillReport } from '../drill/judge.ts';
import type { Context } from './command.ts';
import { printable } from './terminal/printable.ts';
import { tookText } from './terminal/table.ts';

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
          `  longest gap  ${tookText(longestGapMs)}`,
        ]),
    `  switched     ${switchedMs === null ? 'no switch was seen' : `after ${tookText(switchedMs)}`}`,
    `  repaired     ${repairedMs === null ? 'no' : `after ${tookText(repairedMs)}`}`,
  ];
  const [head = '', ...rest] = lines;
  terminal.say([terminal.colour(verdict === 'pass' ? 'green' : 'red', head), ...rest].join('\n'));
}

function counts(failed: Readonly<Record<string, number>>): string {
  const parts = Object.entries(failed).filter(([, count]) => count > 0);
  return parts.length === 0 ? '' : ` (${parts.map(([method, count]) => `${count} ${method}`).join(', ')})`;
}
