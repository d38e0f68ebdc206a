/** What one failure did to the users of the project. Times are milliseconds. */
export interface Outcome {
  readonly failure: string;
  readonly member: string;
  readonly requests: number;
  readonly failedByMethod: Readonly<Record<string, number>>;
  readonly failedByReason: Readonly<Record<string, number>>;
  readonly longestGapMs: number;
  /** from the failure until every member was in order; null when that did not come to pass in time */
  readonly repairedMs: number | null;
  readonly jobsTaken: number;
  readonly jobsLost: number;
  readonly jobsDoneTwice: number;
}

const HEADINGS = [
  'failure',
  'member',
  'requests',
  'GET failed',
  'POST failed',
  'longest gap',
  'repaired after',
  'jobs',
  'lost',
  'done twice',
];

export function renderOutcomes(outcomes: readonly Outcome[]): string {
  const rows = [HEADINGS, ...outcomes.map(cells)];
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row.map((cell, column) => pad(cell, widths[column] ?? 0, column)).join('  ');
  return [line(HEADINGS), widths.map((width) => '-'.repeat(width)).join('  '), ...rows.slice(1).map(line)].join('\n');
}

function cells(outcome: Outcome): string[] {
  const { failedByMethod, repairedMs } = outcome;
  return [
    outcome.failure,
    outcome.member,
    String(outcome.requests),
    String(failedByMethod['GET'] ?? 0),
    String(failedByMethod['POST'] ?? 0),
    `${Math.round(outcome.longestGapMs)} ms`,
    repairedMs === null ? 'not in time' : `${(repairedMs / 1000).toFixed(1)} s`,
    String(outcome.jobsTaken),
    String(outcome.jobsLost),
    String(outcome.jobsDoneTwice),
  ];
}

/** Words to the left, figures to the right. */
const pad = (cell: string, width: number, column: number): string =>
  column < 2 ? cell.padEnd(width) : cell.padStart(width);

/** What twinhull promises: no idempotent request failed, no job lost or done twice, everything repaired. */
export function isKept({ failedByMethod, repairedMs, jobsLost, jobsDoneTwice }: Outcome): boolean {
  return (failedByMethod['GET'] ?? 0) === 0 && repairedMs !== null && jobsLost === 0 && jobsDoneTwice === 0;
}

export function hints(url: string, dashboardUrl: string, twinhull: string): string {
  return `
It goes on running, under a light load. Look:
  ${url}             the front door (who answers?)
  ${dashboardUrl}             jobs in, done, done twice
In another terminal, with the same DOCKER_HOST and TWINHULL_STATE_DIR as below, try:
  ${twinhull} status
  ${twinhull} events
  ${twinhull} failover api
  ${twinhull} drill hang api
  docker kill -s KILL twinhull-demo-api-primary-1
  docker stop twinhull-demo-api-backup-1
Requests that fail are shown here. Ctrl-C ends it and takes everything down.`;
}
