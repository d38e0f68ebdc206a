import { formatDuration } from '../duration.ts';
import type { CheckConfig } from '../ports/gateway.ts';
import type { Fleet, GatewayPlan, MemberPlan, Note, ServicePlan } from './fleet.ts';

/** The document of `twinhull plan --json`. Its keys are an interface: they stay. */
export interface PlanDocument {
  readonly project: string;
  readonly services: readonly {
    readonly name: string;
    readonly mode: string;
    readonly members: readonly { readonly name: string; readonly role: string }[];
    readonly gateway: { readonly name: string; readonly ports: readonly number[] } | null;
    readonly refused: readonly Note[];
  }[];
}

export function planDocument(fleet: Fleet): PlanDocument {
  return {
    project: fleet.project,
    services: fleet.services.map(({ name, mode, members, gateway, refused }) => ({
      name,
      mode,
      members: members.map((member) => ({ name: member.name, role: member.role })),
      gateway: gateway === null ? null : { name, ports: gateway.config.ports.map(({ port }) => port) },
      refused,
    })),
  };
}

const WIDTH = 80;
const INDENT = '  ';
const LABEL = 11;

/** The plan for a person: 80 columns, one paragraph a service. */
export function formatPlan(fleet: Fleet): string {
  const containers = fleet.services.reduce(
    (sum, { members, gateway }) => sum + members.length + (gateway === null ? 0 : 1),
    0,
  );
  const lines = [
    `${fleet.project}: ${counted(fleet.services.length, 'service')}, ${counted(containers, 'container')}`,
    ...fleet.services.flatMap((service) => ['', ...serviceLines(service)]),
    ...(fleet.notes.length === 0 ? [] : ['', ...fleet.notes.flatMap((note) => labelled('beware', sentence(note)))]),
  ];
  return `${lines.map(harmless).join('\n')}\n`;
}

function serviceLines(service: ServicePlan): readonly string[] {
  const { name, mode, reason, members, gateway, refused, notes } = service;
  return [
    ...wrapped(`${name}: ${mode} (${reason})`, '', INDENT),
    ...(gateway === null ? [] : gatewayLines(gateway)),
    ...(mode === 'single' ? [] : members.flatMap((member) => labelled(member.role, memberLine(service, member)))),
    ...refused.flatMap((note) => labelled('refused', sentence(note))),
    ...notes.flatMap((note) => labelled('note', sentence(note))),
  ];
}

function memberLine({ policy }: ServicePlan, { name, role }: MemberPlan): string {
  if (role !== 'backup') return name;
  switch (policy.standby) {
    case 'hot':
      return name;
    case 'warm':
      return `${name}, paused until it is needed`;
    case 'cold':
      return `${name}, created and not started until it is needed${policy.oneWriter ? ' and the other is proven stopped' : ''}`;
  }
}

function gatewayLines({ containerName, config, published, network }: GatewayPlan): readonly string[] {
  const doors = published.map(
    ({ hostIp, published: port, target }) =>
      `${hostIp === '' ? '' : `${hostIp}:`}${port === '' ? 'a free port' : port} -> ${target}`,
  );
  const inside = config.ports.map(({ port, protocol }) => `${port} ${protocol}`).join(', ');
  const [check] = config.ports.map((port) => checkLine(port.check, port.port));
  return [
    ...labelled('gateway', `${containerName}, ports ${inside}`),
    ...labelled('published', doors.length === 0 ? 'nothing' : doors.join(', ')),
    ...labelled('check', check ?? ''),
    ...labelled('network', `${network.name} ${network.ipam?.config[0]?.subnet ?? ''}`),
  ];
}

function checkLine(check: CheckConfig, port: number): string {
  const at = `port ${check.port ?? port}`;
  const rhythm = `every ${formatDuration(check.intervalMs)}, answer within ${formatDuration(check.timeoutMs)}`;
  if (check.kind !== 'http') return `${check.kind} on ${at}, ${rhythm}`;
  return `http ${check.path ?? '/'} on ${at}${check.expect === 'any' ? ', any answer counts' : ''}, ${rhythm}`;
}

function sentence({ what, why }: Note): string {
  return `${what}: ${why}`;
}

function labelled(label: string, text: string): readonly string[] {
  return wrapped(text, INDENT + label.padEnd(LABEL), INDENT + ' '.repeat(LABEL));
}

/** Breaks at spaces; a word longer than the line stands alone. */
function wrapped(text: string, first: string, others: string): readonly string[] {
  const lines: string[] = [];
  let line = first;
  for (const word of text.split(' ')) {
    const isEmpty = line === first || line === others;
    if (!isEmpty && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = others + word;
    } else line += isEmpty || line === '' ? word : ` ${word}`;
  }
  return [...lines, line];
}

/** Text out of files must not steer the terminal. */
function harmless(line: string): string {
  return line.replaceAll(/[\p{Cc}\p{Cf}]/gu, '?');
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
