import type { CheckState, GatewayConfig, GatewayReading, GatewayServer, TrafficState } from '../../ports/gateway.ts';
import { checkFailureOf } from './check-failure.ts';
import { backend, brake, checked, CONFIGURATION, frontend, LEADER_KEY, portOfProxy } from './names.ts';
import { downIntervalMs } from './render.ts';

/** What {@link parseReport} needs to have asked: one go, so that all of it is of one moment. */
export const reportCommands = [
  'show servers state',
  'show stat -1 7 -1',
  'show map leader.map',
  `show env ${CONFIGURATION}`,
];
/** What is counted of the servers alone: for looking often. */
export const serverCounters = 'show stat -1 4 -1';

/** The columns that are read, of the more than a hundred there are. */
const columns = [
  ...(['be_name', 'srv_name', 'srv_addr', 'srv_op_state', 'srv_admin_state', 'srv_uweight', 'srv_iweight'] as const),
  ...(['srv_time_since_last_change', 'srv_check_status', 'srv_check_result', 'srv_check_health'] as const),
  ...(['srv_check_state', 'srv_agent_state'] as const),
  ...(['pxname', 'svname', 'status', 'qcur', 'scur', 'stot', 'bout', 'req_tot', 'lastchg'] as const),
  ...(['check_status', 'check_duration', 'check_rise', 'check_fall', 'check_health', 'chkfail', 'last_chk'] as const),
  ...(['hrsp_1xx', 'hrsp_2xx', 'hrsp_3xx', 'hrsp_4xx', 'hrsp_5xx', 'hrsp_other'] as const),
  ...(['econ', 'srv_abrt', 'wretr', 'wredis'] as const),
];
export type Column = (typeof columns)[number];

/** One line of HAProxy's tables. */
export type Row = Readonly<Partial<Record<Column, string>>>;

export interface Report {
  /** `show servers state`, by "backend/server" */
  readonly states: ReadonlyMap<string, Row>;
  /** `show stat`, by "proxy/server", FRONTEND and BACKEND included */
  readonly stats: ReadonlyMap<string, Row>;
  readonly leader: string | null;
  /** what HAProxy was started with, see configurationOf(); null: by nobody that says so */
  readonly configuration: string | null;
}

/** Takes apart what the commands above answer. Lines that are none of theirs are passed over. */
export function parseReport(text: string): Report {
  const states = new Map<string, Row>();
  const stats = new Map<string, Row>();
  let leader: string | null = null;
  let configuration: string | null = null;
  let table: Table | null = null;
  for (const line of text.split('\n')) {
    if (line === '') table = null;
    else if (line.startsWith('# be_id ')) table = tableOf(line, ' ', 'states');
    else if (line.startsWith('# pxname,')) table = tableOf(line, ',', 'stats');
    else if (table !== null) {
      const row = rowOf(table, line);
      if (table.is === 'states') states.set(`${row.be_name}/${row.srv_name}`, row);
      else stats.set(`${row.pxname}/${row.svname}`, row);
    } else if (line.startsWith(`${CONFIGURATION}=`)) configuration = line.slice(CONFIGURATION.length + 1);
    else leader = leaderOf(line) ?? leader;
  }
  return { states, stats, leader, configuration };
}

interface Table {
  readonly is: 'states' | 'stats';
  readonly separator: string;
  /** where the columns that are read stand */
  readonly places: readonly (readonly [Column, number])[];
}

function tableOf(header: string, separator: string, is: Table['is']): Table {
  const names = header.slice(2).split(separator);
  const places = columns.map((column) => [column, names.indexOf(column)] as const).filter(([, at]) => at >= 0);
  return { is, separator, places };
}

function rowOf({ places, separator }: Table, line: string): Row {
  const values = line.split(separator);
  const row: Partial<Record<Column, string>> = {};
  for (const [column, at] of places) row[column] = values[at] ?? '';
  return row;
}

/** A line of `show map`: an address, the key, the value. */
function leaderOf(line: string): string | null {
  const [address, key, value] = line.split(' ');
  return address?.startsWith('0x') && key === LEADER_KEY && value !== undefined ? value : null;
}

export function readingOf(config: GatewayConfig, report: Report): GatewayReading {
  const servers = config.ports.flatMap(({ port }) =>
    config.members.flatMap((member) => {
      const server = serverOf(config, report, member.name, port);
      return server === null ? [] : [server];
    }),
  );
  return {
    configuration: report.configuration,
    leader: report.leader,
    servers,
    counters: countersOf(config, report),
    serving: config.ports.every(({ port }) =>
      servers.some((server) => server.port === port && server.traffic === 'in' && server.check === 'passing'),
    ),
  };
}

/** Who could lead in place of `member`: the first other one that serves every port. */
export function heirOf(config: GatewayConfig, reading: GatewayReading, member: string): string | null {
  const serves = (name: string): boolean => {
    const own = reading.servers.filter((server) => server.member === name);
    return own.length > 0 && own.every((server) => server.traffic === 'in' && server.check === 'passing');
  };
  return config.members.map(({ name }) => name).find((name) => name !== member && serves(name)) ?? null;
}

function serverOf(config: GatewayConfig, report: Report, member: string, port: number): GatewayServer | null {
  const state = report.states.get(checked(port, member));
  const stat = report.stats.get(checked(port, member));
  if (!state || !stat) return null;
  const unchecked = report.stats.get(brake(port, member));
  const traffic = trafficOf(state);
  const check = traffic === 'out' ? 'unknown' : checkOf(stat, state);
  return {
    member,
    port,
    traffic,
    check,
    checkFailure: check === 'failing' ? checkFailureOf(checkStatusOf(stat), stat.last_chk ?? '') : null,
    checkStatus: checkStatusOf(stat),
    checkDurationMs: number(stat, 'check_duration'),
    checkFailures: number(stat, 'chkfail'),
    failuresInARow: check === 'failing' ? failuresInARow(config, port, stat, state) : 0,
    sessions: number(stat, 'scur') + number(unchecked, 'scur'),
    queued: number(stat, 'qcur') + number(unchecked, 'qcur'),
  };
}

/** Bits of srv_admin_state (management guide, `show servers state`): maintenance is 0x01 | 0x02 | 0x04 | 0x20, drain 0x08 | 0x10. */
function trafficOf(state: Row): TrafficState {
  const bits = number(state, 'srv_admin_state');
  if ((bits & 0x27) !== 0) return 'out';
  return (bits & 0x18) !== 0 ? 'draining' : 'in';
}

/**
 * By the outcome of the last finished check (`srv_check_result` is no use: it is reset whenever a check begins).
 * A server that passed and is not up yet, for it needs two in a row, is not passing.
 */
function checkOf(stat: Row, state: Row): CheckState {
  const status = checkStatusOf(stat);
  if (status === '' || status === 'INI' || status === 'UNK') return 'unknown';
  if (!/^L[467]OKC?$/.test(status)) return 'failing';
  return isUp(state) ? 'passing' : 'unknown';
}

/** srv_op_state: 0 stopped, 1 starting, 2 running, 3 stopping. */
const isUp = (state: Row): boolean => number(state, 'srv_op_state') !== 0;

/** Without the star that stands before it while the next check runs. */
export const checkStatusOf = (stat: Row): string => (stat.check_status ?? '').replace(/^\* /, '');

/**
 * HAProxy counts failures in a row only until it has marked a server down. From then on they are counted by
 * the time since: one a check, and a check takes its duration and then the interval.
 */
function failuresInARow(config: GatewayConfig, port: number, stat: Row, state: Row): number {
  const fall = number(stat, 'check_fall');
  if (isUp(state)) return Math.max(1, fall + number(stat, 'check_rise') - 1 - number(stat, 'check_health'));
  const check = config.ports.find((one) => one.port === port)?.check;
  const interval = check ? downIntervalMs(check) : 1000;
  const downMs = number(stat, 'lastchg') * 1000;
  return fall + Math.floor(downMs / (interval + number(stat, 'check_duration')));
}

/**
 * What the gateway itself answered with 5xx is what its frontend counted beyond its servers. Responses that
 * broke off after they had begun are counted by the backends.
 */
function countersOf(config: GatewayConfig, report: Report): GatewayReading['counters'] {
  const total = { requests: 0, failed: 0, retried: 0, redispatched: 0 };
  for (const { port, protocol } of config.ports) {
    const front = report.stats.get(`${frontend(port)}/FRONTEND`);
    const back = report.stats.get(`${backend(port)}/BACKEND`);
    total.requests += number(front, protocol === 'http' ? 'req_tot' : 'stot');
    total.failed +=
      number(back, 'srv_abrt') + (protocol === 'http' ? own5xx(report, front, port) : number(back, 'econ'));
    total.retried += number(back, 'wretr');
    total.redispatched += number(back, 'wredis');
  }
  return total;
}

function own5xx(report: Report, front: Row | undefined, port: number): number {
  let fromMembers = 0;
  for (const row of report.stats.values()) {
    const isServer = row.svname !== 'FRONTEND' && row.svname !== 'BACKEND';
    if (isServer && portOfProxy(row.pxname ?? '') === port) fromMembers += number(row, 'hrsp_5xx');
  }
  return Math.max(0, number(front, 'hrsp_5xx') - fromMembers);
}

/** Requests in these members; not what went by their brakes, which may lead elsewhere. */
export function sessionsIn({ stats }: Report, members: readonly string[]): number {
  const names = new Set(members);
  return [...stats.values()].reduce((sum, row) => sum + (names.has(row.svname ?? '') ? number(row, 'scur') : 0), 0);
}

/** A column as a number; absent and empty are 0. */
export function number(row: Row | undefined, column: Column): number {
  const value = Number(row?.[column] ?? 0);
  return Number.isFinite(value) ? value : 0;
}
