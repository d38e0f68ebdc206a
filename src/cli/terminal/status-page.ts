import type { Verdict } from '../../core/model.ts';
import { spanText } from '../../core/span.ts';
import type {
  FreezeStatus,
  LastIncident,
  MemberStatus,
  ProjectStatus,
  ServiceStatus,
} from '../../supervisor/status.ts';
import { printable } from './printable.ts';
import { countText } from './up-result.ts';
import { clockTime, cut, table, wrap } from './table.ts';
import type { Colour } from './terminal.ts';

export interface PageOptions {
  readonly columns: number;
  readonly now: number;
  readonly colour: (colour: Colour, text: string) => string;
  /** who supervises, in words; '' when nobody does */
  readonly supervisor: string;
}

const COLOUR_OF_VERDICT: Readonly<Record<Verdict, Colour>> = {
  healthy: 'green',
  standby: 'green',
  completed: 'green',
  starting: 'yellow',
  suspect: 'yellow',
  stopped: 'yellow',
  unknown: 'yellow',
  unhealthy: 'red',
  quarantined: 'red',
  foreign: 'red',
};

/** The answer to: is it serving, who is primary, what went wrong last. */
export function statusPage(status: ProjectStatus, options: PageOptions): string[] {
  const finished = status.services.filter(hasFinished).length;
  const serving = status.services.filter(({ serving: serves }) => serves).length - finished;
  const notServing = status.services.length - serving - finished;
  const summary = `${printable(status.project)}: ${countText(serving, notServing, finished)}`;
  return [
    options.colour(notServing === 0 ? 'green' : 'red', summary),
    options.supervisor === '' ? options.colour('yellow', NOBODY) : `supervised by ${options.supervisor}`,
    ...unrecordedLines(status, options),
    ...frozenLines(status, options),
    ...emergencyLines(status, options),
    ...serviceTable(status, options),
    ...lastIncidents(status, options),
  ];
}

function unrecordedLines({ unrecorded }: ProjectStatus, { columns, now, colour }: PageOptions): string[] {
  if (unrecorded === null) return [];
  const { since, reason } = unrecorded;
  const text = `the record cannot be written since ${clockTime(since, now)}: ${printable(reason)}; traffic is moved and what is down is started, and nothing more is done until there is room`;
  return wrap(text, columns, '').map((line) => colour('red', line));
}

function frozenLines({ freeze }: ProjectStatus, { columns, now, colour }: PageOptions): string[] {
  if (freeze === null) return [];
  return wrap(frozenText(freeze, now), columns, '').map((line) => colour('yellow', line));
}

/** @returns who froze repairs and how they go on, for a person */
export function frozenText({ cause, since, reason }: FreezeStatus, now: number): string {
  const why = printable(reason);
  const from = clockTime(since, now);
  switch (cause) {
    case 'brake':
      return `repairs are frozen: ${why}`;
    case 'person':
      return `repairs are frozen since ${from}, somebody asked for it${why === '' ? '' : ` (${why})`}; "twinhull thaw" ends it`;
    case 'rule':
      return `repairs are frozen since ${from}: ${why}; "twinhull thaw" ends it`;
  }
}

function emergencyLines({ emergency }: ProjectStatus, { columns, now, colour }: PageOptions): string[] {
  if (emergency === null) return [];
  const { id, since, reason, steps } = emergency;
  const head = wrap(`EMERGENCY since ${clockTime(since, now)}: ${printable(reason)}`, columns, '');
  const returns = steps.filter(({ kind }) => kind === 'bring_back');
  const line = (when: string, text: string): string[] =>
    wrap(printable(text), columns, '        ').map((row, index) =>
      index === 0 ? `  ${when}  ${row.trimStart()}` : row,
    );
  return [
    ...head.map((row) => colour('red', row)),
    ...returns.flatMap(({ state, what, startedAt, deadlineMs }) => {
      const until = deadlineMs === null ? '' : `, until ${clockTime((startedAt ?? now) + deadlineMs, now)}`;
      return state === 'running' ? line('now ', `${what}${until}`) : [];
    }),
    ...returns.flatMap(({ state, what, reason: why }) => (state === 'planned' ? line('then', `${what}, ${why}`) : [])),
    `  "twinhull incident ${printable(id)}" tells the whole plan, "twinhull freeze" stops it`,
  ];
}

const NOBODY =
  'not supervised: gateways fail over by themselves, nothing is repaired; "twinhull up -d" supervises again';

function serviceTable(status: ProjectStatus, options: PageOptions): string[] {
  const rows = status.services.flatMap((service) => serviceRows(service, options));
  const reasons = new Map(rows.map(({ row, reason }) => [row, reason]));
  const lines = table([['SERVICE', 'MODE', 'ROLE', 'STATE'], ...rows.map(({ row }) => row)]);
  const withReasons = [...reasons.values()].flatMap((reason, index) => [
    lines[index + 1] ?? '',
    ...(reason === '' ? [] : wrap(printable(reason), options.columns, '      ')),
  ]);
  return ['', lines[0] ?? '', ...withReasons];
}

/** A job whose members have all done their work; for programs it counts as serving, as it is what it should be. */
function hasFinished({ serving, members }: ServiceStatus): boolean {
  return serving && members.length > 0 && members.every(({ verdict }) => verdict === 'completed');
}

function serviceRows(service: ServiceStatus, options: PageOptions): { row: string[]; reason: string }[] {
  const word = hasFinished(service) ? 'finished' : 'serving';
  const state = service.serving ? options.colour('green', word) : options.colour('red', 'NOT SERVING');
  const reason = [maintenanceText(service, options), service.reason].filter((part) => part !== '').join('; ');
  const head = { row: [cut(printable(service.name), 30), service.mode, '', state], reason };
  const members = service.members.map((member) => ({
    row: [
      `  ${cut(printable(member.name), 28)}`,
      '',
      member.role,
      options.colour(COLOUR_OF_VERDICT[member.verdict], member.verdict),
    ],
    reason: member.verdict === 'healthy' || isSaid(member, service.reason) ? '' : member.reason,
  }));
  return [head, ...members];
}

function maintenanceText({ maintenance }: ServiceStatus, { now }: PageOptions): string {
  if (maintenance === null) return '';
  const until = maintenance.until === null ? '' : ` until ${clockTime(maintenance.until, now)}`;
  return `in maintenance since ${clockTime(maintenance.since, now)}${until}: watched, not repaired`;
}

/** The service's own line says it already. */
function isSaid({ name, reason }: MemberStatus, serviceReason: string): boolean {
  return serviceReason === reason || serviceReason === `${name}: ${reason}`;
}

function lastIncidents(status: ProjectStatus, options: PageOptions): string[] {
  const found = status.services.flatMap(({ lastIncident }) => (lastIncident === null ? [] : [lastIncident]));
  const newest = found.toSorted((a, b) => b.startedAt - a.startedAt)[0];
  if (newest === undefined) return ['', 'no incident on record'];
  return ['', ...incidentLines(newest, options)];
}

function incidentLines(incident: LastIncident, { columns, now }: PageOptions): string[] {
  const took = incident.endedAt === null ? '' : spanText(incident.endedAt - incident.startedAt);
  const end =
    took === '' ? 'still open' : incident.outcome === 'quarantined' ? `given up after ${took}` : `over after ${took}`;
  const head = `last incident: ${clockTime(incident.startedAt, now)} ${incident.kind} of ${printable(incident.member)}${incident.drill ? ' (a drill)' : ''}, ${end}`;
  const actions = incident.actions.map(
    ({ what, outcome }) => `${what}${outcome === '' || outcome === 'done' ? '' : ` (${outcome})`}`,
  );
  return [
    ...wrap(head, columns, ''),
    ...actions.flatMap((action) =>
      wrap(printable(action), columns, '    ').map((line, index) => (index === 0 ? `  - ${line.trimStart()}` : line)),
    ),
  ];
}
