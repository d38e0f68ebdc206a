/**
 * `x-twinhull`, described once: keys, shapes, defaults, one line of documentation each. Reading, refusing and
 * explaining are all made from these two tables.
 */

import type { Project } from '../compose/project.ts';
import { ComposeProblems, type Problem, problemAt, showValue } from '../compose/problems.ts';
import type { Protocol } from '../ports/gateway.ts';
import { parseSubnet } from './addresses.ts';
import { defaults } from './defaults.ts';
import { reactions } from './reaction-settings.ts';
import { number, sign, type SignSettings, signs, type SourceSettings } from './sign-settings.ts';
import {
  type Complaint,
  duration,
  either,
  type Field,
  type Fields,
  group,
  type Group,
  isMapping,
  list,
  oneOf,
  percent,
  type Shape,
  text,
  type ValueOf,
  whole,
  yesNo,
} from './shape.ts';

const SECOND = 1000;
const HOUR = 3_600_000;

const port = whole(1, 65_535);
const share = percent(1, 100);
const protocol = oneOf(['http', 'tcp']);
const path = text('a path that begins with "/", without spaces', (value) => /^\/[\x21-\x7e]*$/.test(value));
const host = text('a host name, with a port where needed', (value) => /^[A-Za-z0-9._-]+(:\d{1,5})?$/.test(value));

const check = group({
  kind: {
    shape: oneOf(['http', 'redis', 'postgres', 'mysql', 'smtp', 'connect']),
    doc: 'What is asked. connect: only whether it accepts a connection.',
    default: { text: 'found out', source: 'from health check, image and port; http with a path, else connect' },
  },
  path: {
    shape: path,
    doc: 'Path that must answer 2xx or 3xx.',
    default: { text: 'that of the health check', source: 'any answer counts where none is known' },
  },
  host: {
    shape: host,
    doc: 'Host header of the check.',
    default: { text: 'that of the health check', source: 'else the service name' },
  },
  port: {
    shape: port,
    doc: 'Port that is checked.',
    default: { text: 'that of the health check', source: 'else the first published one' },
  },
  interval: {
    shape: duration({ minMs: 100, maxMs: HOUR }),
    doc: 'Time between two checks of one member.',
    default: defaults.checkIntervalMs,
  },
  timeout: {
    shape: duration({ minMs: 20, maxMs: 60 * SECOND }),
    doc: 'A check that takes longer has failed.',
    default: {
      text: `${defaults.checkTimeoutMs.text}; with a health URL ${defaults.healthUrlTimeoutMs.text}`,
      source: defaults.healthUrlTimeoutMs.source,
    },
  },
});

const portEntry = either(
  (value) => typeof value === 'number',
  port,
  group({
    port: { shape: port, doc: 'The port members listen on.' },
    protocol: { shape: protocol, doc: 'What is spoken there.' },
  }),
);

const gateway = either(
  (value) => typeof value === 'string',
  oneOf(['none']),
  group({
    protocol: {
      shape: oneOf(['http', 'tcp', 'none']),
      doc: 'What the service speaks; `none`: no gateway, members keep the name.',
      default: { text: 'found out', source: 'app_protocol, health check, image and port tell; else tcp' },
    },
    ports: {
      shape: list(portEntry),
      doc: 'Ports beside those the project names, or their protocol: `[9000, {port: 9001, protocol: http}]`.',
    },
    check: { shape: check, doc: 'How the gateway sees whether a member answers.' },
    max_connections: {
      shape: whole(1, 100_000),
      doc: 'Requests at once inside one member; more wait unsent.',
      default: defaults.maxConnections,
    },
  }),
);

/** Keys that a service may set for itself and the project for all its services. */
const both = {
  failover: {
    shape: group({
      threshold: {
        shape: whole(1, 100),
        doc: 'Failed checks in a row before a running member is repaired.',
        default: defaults.failoverThreshold,
      },
      timeout: {
        shape: duration({ minMs: SECOND, maxMs: HOUR }),
        doc: 'How long one repair may take before the next stronger one.',
        default: defaults.failoverTimeoutMs,
      },
      on: { shape: reactions, doc: 'What is done about each kind of failure, where that is not the usual.' },
    }),
    doc: 'When and how long a member is repaired. Traffic moves at the first failed check in any case.',
  },
  budget: {
    shape: group({
      actions: {
        shape: whole(1, 1000),
        doc: 'Repairs allowed per service in a window; then it is quarantined with an alert.',
        default: defaults.budgetActions,
      },
      window: {
        shape: duration({ minMs: 10 * SECOND, maxMs: 24 * HOUR }),
        doc: 'The window.',
        default: defaults.budgetWindowMs,
      },
    }),
    doc: 'How much repair is allowed.',
  },
  resources: {
    shape: group({
      window: {
        shape: duration({ minMs: 15 * SECOND, maxMs: HOUR }),
        doc: 'For how long it must be so: one moment is no sign of anything.',
        default: defaults.resourceWindowMs,
      },
      memory: { shape: share, doc: 'Of the memory limit.', default: defaults.memoryShare },
      cpu: {
        shape: share,
        doc: 'Of the processors it may use. Being busy is said, and is no failure.',
        default: defaults.cpuShare,
      },
      throttled: {
        shape: share,
        doc: 'Of the time, that in which its quota holds it back.',
        default: defaults.throttledShare,
      },
      pids: { shape: share, doc: 'Of the processes it may have.', default: defaults.pidsShare },
      descriptors: { shape: share, doc: 'Of the open files it may have.', default: defaults.descriptorsShare },
      oom_kills: {
        shape: whole(1, 1000),
        doc: 'Processes inside that the kernel ends for want of memory in one window.',
        default: defaults.oomKills,
      },
    }),
    doc: 'From when on a member uses too much of something.',
  },
  drain_timeout: {
    shape: duration({ minMs: 0, maxMs: 24 * HOUR }),
    doc: 'How long requests in flight may take when a member is taken out on purpose.',
    default: defaults.drainTimeoutMs,
  },
} satisfies Fields;

const serviceShape = group({
  mode: {
    shape: oneOf(['single', 'pair', 'cluster', 'pair+cluster']),
    doc: 'single: as it is. pair: primary and backup; with state one of them runs at a time. cluster: replicas behind one name. pair+cluster: both.',
    default: { text: 'by replicas', source: '1: single, 2: pair, 3 and more: cluster' },
  },
  standby: {
    shape: oneOf(['hot', 'warm', 'cold']),
    doc: 'hot: the backup runs and takes no traffic. warm: it is paused and goes on within 10 ms. cold: it is created and started when needed.',
    default: {
      text: 'hot with ports, cold without, cold with state',
      source: 'a second consumer would take half of the work, a second writer destroy the data',
    },
  },
  gateway: { shape: gateway, doc: 'The proxy in front of the service; `none` for no gateway.' },
  shared_volumes: {
    shape: yesNo,
    doc: 'true: several members may write the same volumes at once; you know that the program can.',
    default: { text: 'false', source: 'two writers destroy most data files' },
  },
  signs: { shape: signs, doc: 'What the service tells of itself beside its port; see docs/signs.md.' },
  ...both,
});

const projectShape = group({
  monitoring_interval: {
    shape: duration({ minMs: SECOND, maxMs: HOUR }),
    doc: 'Full look at every container; events make reactions immediate.',
    default: defaults.monitoringIntervalMs,
  },
  history: {
    shape: group({
      entries: {
        shape: whole(1, 100_000),
        doc: 'Health entries kept for each service.',
        default: defaults.historyEntries,
      },
      retention: {
        shape: duration({ minMs: 60 * SECOND, maxMs: 10_000 * HOUR }),
        doc: 'How long history is kept.',
        default: defaults.historyRetentionMs,
      },
    }),
    doc: 'What is remembered.',
  },
  host_actions: {
    shape: whole(1, 10_000),
    doc: 'Repairs allowed on the whole host in one window.',
    default: defaults.hostActions,
  },
  host: {
    shape: group({
      memory: { shape: share, doc: 'Of its memory.', default: defaults.hostMemoryShare },
      disk: {
        shape: share,
        doc: "Of the engine's disk, and of those that are mounted into members.",
        default: defaults.hostDiskShare,
      },
      inodes: { shape: share, doc: 'Of their inodes.', default: defaults.hostInodesShare },
    }),
    doc: 'From when on the host is nearly full. It is said, and no container is replaced while its disk is.',
  },
  address_pool: {
    shape: text('an IPv4 subnet from /8 to /28 such as "10.213.0.0/16"', (value) => isPool(value)),
    doc: 'Where the gateways take their networks from.',
    default: defaults.addressPool,
  },
  ...both,
});

function isPool(value: string): boolean {
  const subnet = parseSubnet(value);
  return subnet !== null && subnet.prefix >= 8 && subnet.prefix <= 28;
}

export type ServiceSettings = ValueOf<typeof serviceShape>;
export type ProjectSettings = ValueOf<typeof projectShape>;
export type CheckSettings = ValueOf<typeof check>;

/** The gateway's settings in one form, whichever way they were written. */
export interface GatewaySettings {
  readonly wanted: boolean;
  readonly protocol?: Protocol;
  readonly ports: readonly { readonly port: number; readonly protocol?: Protocol }[];
  readonly check: CheckSettings;
  readonly maxConnections: number;
}

export interface Settings {
  readonly project: ProjectSettings;
  /** by service name; services without x-twinhull have an empty entry */
  readonly services: Readonly<Record<string, ServiceSettings>>;
}

const KEY = 'x-twinhull';

/** What settings are read from: also the remains of a project whose Compose keys have mistakes. */
type Written = Pick<Project, 'files' | 'extensions' | 'services' | 'locate'>;

/**
 * Reads `x-twinhull` of the project and of every service.
 * @throws ComposeProblems with everything that is wrong, each with file, line and column
 */
export function readSettings(project: Written): Settings {
  const { settings, problems } = examine(project);
  if (problems.length > 0) throw new ComposeProblems(problems);
  return settings;
}

/** Everything that is wrong in `x-twinhull`, to be told together with what is wrong beside it. */
export function settingsProblems(project: Written): readonly Problem[] {
  return examine(project).problems;
}

function examine(project: Written): { readonly settings: Settings; readonly problems: readonly Problem[] } {
  const complaints: Complaint[] = [];
  const complain = (complaint: Complaint) => void complaints.push(complaint);
  const read = <T extends object>(shape: Shape<T>, value: unknown, at: readonly string[]): Partial<T> =>
    value === undefined || value === null ? {} : (shape.read(value, at, complain) ?? {});
  const settings: Settings = {
    project: read(projectShape, project.extensions[KEY], [KEY]),
    services: Object.fromEntries(
      Object.entries(project.services).map(([name, service]) => [
        name,
        read(serviceShape, isMapping(service) ? service[KEY] : undefined, ['services', name, KEY]),
      ]),
    ),
  };
  complaints.push(...strangersIn(project, settings));
  return { settings, problems: complaints.map((complaint) => located(project, complaint)) };
}

/** Services that signs name and the project does not have. */
function strangersIn({ services }: Written, settings: Settings): Complaint[] {
  const known = Object.keys(services);
  return Object.entries(settings.services).flatMap(([name, { signs: all = [] }]) =>
    all.flatMap((one, index) =>
      servicesNamedIn(one, ['services', name, KEY, 'signs', index]).flatMap(({ at, service }) => {
        if (known.includes(service)) return [];
        return [{ path: at, value: service, message: 'is no service of this project', expected: known.join(', ') }];
      }),
    ),
  );
}

/** Wherever in a sign a source names a service. */
function servicesNamedIn(
  settings: SignSettings | SourceSettings,
  at: Complaint['path'],
): { readonly at: Complaint['path']; readonly service: string }[] {
  return Object.entries(settings).flatMap(([key, value]) => {
    if (!isMapping(value)) return [];
    const { service } = value;
    const own = typeof service === 'string' ? [{ at: [...at, key, 'service'], service }] : [];
    return [...own, ...servicesNamedIn(value, [...at, key])];
  });
}

/** The nearest place that the file knows: the value itself, else what it stands in. */
function located(project: Written, complaint: Complaint): Problem {
  const { path: whole, value, message, expected } = complaint;
  for (let length = whole.length; length > 0; length--) {
    const position = project.locate(whole.slice(0, length));
    if (position) return problemAt(position, whole, showValue(value), message, expected);
  }
  return problemAt({ file: project.files[0] ?? '', line: 0, column: 0 }, whole, showValue(value), message, expected);
}

export function gatewaySettings(settings: ServiceSettings): GatewaySettings {
  const given = settings.gateway;
  const written = given === undefined || given === 'none' ? {} : given;
  return {
    wanted: given !== 'none' && written.protocol !== 'none',
    ...(written.protocol === undefined || written.protocol === 'none' ? {} : { protocol: written.protocol }),
    ports: (written.ports ?? []).flatMap((entry) => {
      if (typeof entry === 'number') return [{ port: entry }];
      return entry.port === undefined ? [] : [{ ...entry, port: entry.port }];
    }),
    check: written.check ?? {},
    maxConnections: written.max_connections ?? defaults.maxConnections.value,
  };
}

/** Every setting with default, source and meaning, for `twinhull config --explain`; Markdown, one table each. */
export function explainSettings(): string {
  return [
    '## For the whole project: top-level `x-twinhull`',
    ...settingsTable(projectShape),
    '',
    '## For one service: `services.NAME.x-twinhull`',
    ...settingsTable(serviceShape),
    '',
    '## One sign: an entry of `services.NAME.x-twinhull.signs`',
    '',
    'It has just one of the first keys. Where a number is needed it says with just one of `redis`, `rabbitmq`, `json`',
    'and `prometheus` where that comes from; the table after this one has their keys. `docs/signs.md` has examples.',
    ...settingsTable(sign, Object.keys(number.fields)),
    '',
    '## Where a number comes from',
    ...settingsTable(number),
    '',
    'Durations are strings with a unit (`500ms`, `10s`, `1m30s`); a bare number is refused.',
    '',
  ].join('\n');
}

/** @param elsewhere keys that have a table of their own */
function settingsTable(shape: Group<Fields>, elsewhere: readonly string[] = []): string[] {
  return [
    '',
    '| key | what it does | values | default | why this default |',
    '| --- | --- | --- | --- | --- |',
    ...rows(shape.fields, '', elsewhere),
  ];
}

function rows(fields: Fields, prefix: string, elsewhere: readonly string[]): string[] {
  return Object.entries(fields).flatMap(([key, field]) => {
    const inner = innerFields(field);
    if (elsewhere.includes(key)) return [];
    if (inner === null) return [row(`${prefix}${key}`, field, field.shape.expected)];
    return [row(`${prefix}${key}`, field, 'a mapping'), ...rows(inner, `${prefix}${key}.`, elsewhere)];
  });
}

function row(key: string, field: Field<unknown>, values: string): string {
  const cells = [`\`${key}\``, field.doc, values, field.default?.text ?? '', field.default?.source ?? ''];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function innerFields(field: Field<unknown>): Fields | null {
  const shape: unknown = field.shape === gateway ? gateway.second : field.shape;
  return isMapping(shape) && isMapping(shape['fields']) ? (shape['fields'] as Fields) : null;
}
