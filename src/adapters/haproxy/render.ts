import { createHash } from 'node:crypto';
import { isIPv4 } from 'node:net';
import { TwinhullError } from '../../errors.ts';
import type { CheckConfig, GatewayConfig, GatewayMember, GatewayPort } from '../../ports/gateway.ts';
import { checkLines } from './check.ts';
import { headerNames } from './header-names.ts';
import {
  backend,
  brakeName,
  CHECK_RING,
  checked,
  CONFIGURATION,
  files,
  frontend,
  LEADER_KEY,
  NO_LEADER,
} from './names.ts';
import { bareName, quote } from './quote.ts';
import type { Row } from './reading.ts';

/**
 * A member on the same host accepts within a millisecond; what takes longer is tried elsewhere. Not shorter: where
 * processors are short, it is HAProxy itself that looks late, and well members would be marked down for it.
 */
export const CONNECT_TIMEOUT_MS = 500;
/** Connections the gateway holds at once. Two file descriptors each; more would cost memory even when idle. */
const MAX_CONNECTIONS = 8000;

/**
 * Bodies up to this size fit into HAProxy's buffer of 16 KiB with the headers before them. A larger buffer would
 * cost every request: what may be sent again is copied whole (32 KiB: 20 µs of processor a request, 16 KiB: 16).
 */
const REPEATABLE_BODY_BYTES = 12_000;
/**
 * What a process that was taken over from gets for the connections it has, WebSockets too. For a stop it is the engine
 * that does not wait so long (driver.ts).
 */
const LONGEST_FAREWELL = '1h';
const IDEMPOTENT = 'GET HEAD OPTIONS PUT DELETE TRACE';

/**
 * The whole of haproxy.cfg. Valid for HAProxy 2.6 to 3.2. All paths are relative to the folder it lies in, so
 * that the same file serves inside a container and outside, and no socket path grows too long.
 *
 * Roles are an entry of a map, and both members ordinary servers: a switch is one command, and a request that
 * meets a dead leader is sent to the other member with nobody's help.
 */
export function renderConfig(config: GatewayConfig): string {
  const identity = section('global', [`setenv ${CONFIGURATION} ${configurationOf(config)}`]);
  return joinBlocks([...blocksOf(config), identity]);
}

/** Names what HAProxy is configured to do: the same for equal configurations of one version of twinhull. */
export function configurationOf(config: GatewayConfig): string {
  return createHash('sha256')
    .update(joinBlocks(blocksOf(config)))
    .digest('hex')
    .slice(0, 32);
}

function blocksOf(config: GatewayConfig): string[][] {
  const blocks = [heading(config), globalBlock(), ringBlock(), defaultsBlock(config)];
  for (const [index, port] of config.ports.entries()) {
    blocks.push(frontendBlock(port), backendBlock(config, port, index));
  }
  return blocks;
}

const joinBlocks = (blocks: readonly (readonly string[])[]): string =>
  `${blocks.map((lines) => lines.join('\n')).join('\n\n')}\n`;

function heading(config: GatewayConfig): string[] {
  return [
    `# Gateway of the service ${bareName(config.service)} of the project ${bareName(config.project)}, written by twinhull.`,
    '# Roles and states of the moment are beside it, in leader.map and state.',
  ];
}

function globalBlock(): string[] {
  return section('global', [
    `stats socket unix@${files.socket} mode 600 level admin expose-fd listeners`,
    'stats timeout 1d',
    // From start.sh, where the container may not open as many files as these connections need.
    '.if defined(TWINHULL_MAXCONN)',
    'maxconn "${TWINHULL_MAXCONN}"',
    '.else',
    `maxconn ${MAX_CONNECTIONS}`,
    '.endif',
    `hard-stop-after ${LONGEST_FAREWELL}`,
    `server-state-file ${files.state}`,
    // First checks would otherwise be spread over a whole interval, and the last member wait so long for its first.
    'max-spread-checks 100ms',
    // More than browsers and the proxies before us add up to; 15 kB in all, as with any HAProxy.
    'tune.http.maxhdr 256',
    // HAProxy works with lower-case names inside; these are sent as the world writes them.
    ...headerNames.map((name) => `h1-case-adjust ${name.toLowerCase()} ${name}`),
    // Without this HAProxy reads every CA certificate of the system at its start: 30 ms when every one counts.
    '.if feature(OPENSSL)',
    'httpclient.ssl.verify none',
    '.endif',
    // A gateway a service: on a large host each would take a thread a processor.
    '.if version_atleast(2.8)',
    'thread-hard-limit 4',
    '.endif',
  ]);
}

function ringBlock(): string[] {
  return section(`ring ${CHECK_RING}`, ['format timed', 'maxlen 600', 'size 65536']);
}

/** Long times where requests flow (a hang is found by checks, never by cutting what is slow), short ones where a member is reached. */
function defaultsBlock(config: GatewayConfig): string[] {
  return section('defaults', [
    'load-server-state-from-file global',
    `timeout connect ${CONNECT_TIMEOUT_MS}ms`,
    'timeout queue 1m',
    'timeout client 1h',
    'timeout server 1h',
    'timeout tunnel 1d',
    'timeout http-request 10s',
    // Longer than the proxies that may stand before us keep a connection idle (Google's: 600 s).
    'timeout http-keep-alive 620s',
    'retries 8',
    'option redispatch 1',
    ...[502, 503, 504].map((status) => errorPage(config, status)),
  ]);
}

function errorPage(config: GatewayConfig, status: number): string {
  const said = {
    502: 'A member of it broke off while it had this request, and sending it again might do the work twice.',
    503: 'No member of it answers at this moment.',
    504: 'The member that had this request did not answer in time.',
  }[status];
  const body = `The service ${config.service} cannot answer right now. ${said}\n(twinhull gateway)\n`;
  const headers = `hdr Cache-Control no-store${status === 503 ? ' hdr Retry-After 1' : ''}`;
  return `http-error status ${status} content-type "text/plain; charset=utf-8" string ${quote(body)} ${headers}`;
}

function frontendBlock(port: GatewayPort): string[] {
  return section(`frontend ${frontend(port.port)}`, [
    ...modeLines(port, 'client'),
    // Set by start.sh: empty for every address, and IPv6 too where the kernel has it.
    `bind "\${TWINHULL_BIND}:${port.port}"`,
    '.if defined(TWINHULL_IPV6)',
    `bind "[::]:${port.port}" v6only`,
    '.endif',
    ...(port.protocol === 'http' ? HTTP_CLIENT_LINES : []),
    `default_backend ${backend(port.port)}`,
  ]);
}

/**
 * A connection that rests is not closed by a reload: the client's next request may be on its way. The process that was
 * taken over from answers it, and says with the answer that the connection ends.
 */
const HTTP_CLIENT_LINES: readonly string[] = [
  'option forwardfor',
  'option h1-case-adjust-bogus-client',
  'option idle-close-on-response',
];

/**
 * Every member stands twice: checked, and unchecked as `backup`, which is the brake. When every check fails, what
 * fails may be a dependency that all members share, so whoever accepts a connection is tried. Both in one backend,
 * because a request that is being retried, or waits in a queue, never leaves its backend.
 */
function backendBlock(config: GatewayConfig, port: GatewayPort, index: number): string[] {
  return section(`backend ${backend(port.port)}`, [
    ...modeLines(port, 'server'),
    `id ${backendId(index)}`,
    `log ring@${CHECK_RING} local0 notice`,
    'option log-health-checks',
    `timeout check ${wholeMs(port.check.timeoutMs)}ms`,
    ...checkLines(config, port),
    `balance ${config.balance === 'leader' ? 'roundrobin' : 'leastconn'}`,
    'option allbackups',
    ...(port.protocol === 'http' ? RETRY_LINES : []),
    ...(config.balance === 'leader' ? leaderLines(config, port) : []),
    ...config.members.map((member, at) => `${serverLine(member, port, at)} ${checkWords(config, port)}`),
    ...config.members.map((member, at) => `${brakeLine(member, port, at)} maxconn ${config.maxConnectionsPerMember}`),
  ]);
}

/** Connections of a database's clients may rest for hours; dead peers are found by keep-alive probes instead. */
function modeLines(port: GatewayPort, side: 'client' | 'server'): string[] {
  if (port.protocol === 'http') return ['mode http'];
  return ['mode tcp', `timeout ${side} 1d`, side === 'client' ? 'option clitcpka' : 'option srvtcpka'];
}

/** A server that is down is passed by. With all of them down the leader still goes first. */
function leaderLines(config: GatewayConfig, { port }: GatewayPort): string[] {
  const leader = `%[str(${LEADER_KEY}),map(${files.leader},${NO_LEADER})]`;
  const allDown = config.members.map(({ name }) => `!{ srv_is_up(${checked(port, bareName(name))}) }`).join(' ');
  return [`use-server ${leader} if TRUE`, `use-server ${brakeName(leader)} if ${allDown}`];
}

/**
 * Connection failures are always retried: nothing was sent. Requests that were sent are sent again only when
 * their method allows it (RFC 9110, 9.2.2). A body can be sent again only when the buffer holds it, so small
 * ones are waited for.
 */
const RETRY_LINES: readonly string[] = [
  'retry-on conn-failure empty-response response-timeout 0rtt-rejected',
  `http-request disable-l7-retry if !{ method ${IDEMPOTENT} }`,
  `http-request wait-for-body time 1m if { method PUT DELETE } { req.hdr_val(content-length) gt 0 } { req.hdr_val(content-length) lt ${REPEATABLE_BODY_BYTES} }`,
  'http-reuse never',
  'option h1-case-adjust-bogus-server',
];

/**
 * `observe layer4`, because with layer7 only the last server of a retried request is marked (haproxy#2679).
 * `rise` and `fall` are 2: under full load checks fail in bursts without cause.
 */
function checkWords(config: GatewayConfig, port: GatewayPort): string {
  const { check } = port;
  const interval = wholeMs(check.intervalMs);
  const words = [
    `check inter ${interval}ms fastinter ${Math.min(100, interval)}ms downinter ${downIntervalMs(check)}ms fall 2 rise 2`,
    'observe layer4 error-limit 10 on-error mark-down',
    `maxconn ${config.maxConnectionsPerMember}`,
  ];
  if (check.port !== undefined && check.port !== port.port) words.push(`port ${check.port}`);
  return words.join(' ');
}

/** How often a member that is down is checked: its return should not wait for a long interval. */
export function downIntervalMs(check: CheckConfig): number {
  return Math.min(500, wholeMs(check.intervalMs));
}

const wholeMs = (ms: number): number => Math.max(1, Math.round(ms));

function serverLine(member: GatewayMember, port: GatewayPort, at: number): string {
  if (!isIPv4(member.address)) {
    throw new TwinhullError(
      'TH_INTERNAL',
      `the member ${member.name} has no address for its gateway: ${member.address}`,
    );
  }
  return `server ${bareName(member.name)} ${member.address}:${port.port} id ${at + 1}`;
}

function brakeLine(member: GatewayMember, port: GatewayPort, at: number): string {
  return `server ${brakeName(bareName(member.name))} ${member.address}:${port.port} id ${BRAKE_IDS + at + 1} backup`;
}

/** HAProxy finds a server's saved state by these numbers. */
const backendId = (portIndex: number): number => 1001 + portIndex;
const BRAKE_IDS = 1000;

/** leader.map at the first start. */
export function renderLeaderMap(leader: string | null): string {
  return leader === null ? '' : `${LEADER_KEY} ${bareName(leader)}\n`;
}

/** Those after srv_addr and before bk_f_forced_id are of the moment, the others follow from the configuration. */
const STATE_OF_THE_MOMENT = [
  'srv_op_state',
  'srv_admin_state',
  'srv_uweight',
  'srv_iweight',
  'srv_time_since_last_change',
  'srv_check_status',
  'srv_check_result',
  'srv_check_health',
  'srv_check_state',
  'srv_agent_state',
] as const satisfies readonly (keyof Row)[];
const STATE_FIELDS = `be_id be_name srv_id srv_name srv_addr ${STATE_OF_THE_MOMENT.join(' ')} bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr srv_agent_addr srv_agent_port`;

/**
 * The state file, in the form of `show servers state` (HAProxy management guide, 9.3). By itself HAProxy takes every
 * server for UP until two checks have failed; here all start DOWN, so that no request goes to a member that has not
 * passed a check while another one has. Members that take no traffic start in maintenance; the word `disabled` in the
 * configuration would put them there again at each restart.
 * @param live what a running HAProxy says of its servers, by "backend/server": those it knows stay as they are
 */
export function renderState(config: GatewayConfig, live: ReadonlyMap<string, Row> = new Map()): string {
  const lines = ['1', `# ${STATE_FIELDS}`];
  for (const [index, { port }] of config.ports.entries()) {
    for (const [at, member] of config.members.entries()) {
      const admin = member.takesTraffic ? 0 : 1;
      const line = (id: number, name: string, first: string): string => {
        const row = live.get(`${backend(port)}/${name}`);
        const known = row?.srv_addr === member.address;
        const moment = known ? STATE_OF_THE_MOMENT.map((field) => row[field] ?? '0').join(' ') : first;
        return `${backendId(index)} ${backend(port)} ${id} ${name} ${member.address} ${moment} 1 1 - ${port} - 0 0 - - 0`;
      };
      const name = bareName(member.name);
      lines.push(line(at + 1, name, `0 ${admin} 1 1 0 1 0 1 6 0`));
      lines.push(line(BRAKE_IDS + at + 1, brakeName(name), `2 ${admin} 1 1 0 1 0 2 0 0`));
    }
  }
  return `${lines.join('\n')}\n`;
}

function section(title: string, lines: readonly string[]): string[] {
  return [title, ...lines.map((line) => (line.startsWith('.') ? line : `  ${line}`))];
}
