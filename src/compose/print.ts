import { Document, visit } from 'yaml';

import type { Project, Service } from './project.ts';

/**
 * The project in the form of `docker compose config`; loading it again gives the same project. A `$` is doubled,
 * unless the project was loaded with its variables as they are written.
 */
export function printProject(project: Project, format: 'yaml' | 'json'): string {
  const value = escaped(projectValue(project, format), project.interpolated ?? true);
  if (format === 'json') return `${JSON.stringify(value, null, 2)}\n`;
  const document = new Document(value, { aliasDuplicateObjects: false });
  visit(document, {
    Scalar: (_key, node) => {
      if (typeof node.value === 'string' && AMBIGUOUS.test(node.value)) node.type = 'QUOTE_DOUBLE';
    },
  });
  return document.toString({ lineWidth: 0 });
}

/** What one YAML reader or another takes for a number, a date, a truth value, null or a merge. */
const AMBIGUOUS =
  /^([-+]?(0[xob])?\d[\d_:]*(\.\d*)?(e[-+]?\d+)?|[-+]?\.(\d+|inf|nan)|0x[\da-f]+|\d{4}-\d\d?-\d\d?.*|y|n|yes|no|on|off|true|false|null|~|=|<<)$/i;

function projectValue(project: Project, format: 'yaml' | 'json'): Record<string, unknown> {
  const services = Object.fromEntries(
    sorted(project.services).map(([name, service]) => [name, serviceValue(service, format)]),
  );
  const value: Record<string, unknown> = { name: project.name, services };
  for (const key of ['networks', 'volumes', 'configs', 'secrets'] as const) {
    const entries = sorted(project[key]);
    if (entries.length > 0)
      value[key] = Object.fromEntries(entries.map(([name, definition]) => [name, ordered(definition)]));
  }
  for (const [name, extension] of sorted(project.extensions)) value[name] = extension;
  return value;
}

/** `profiles` first, as Compose has it, then by the alphabet. JSON has command and entrypoint always. */
function serviceValue(service: Service, format: 'yaml' | 'json'): Record<string, unknown> {
  const { profiles, ...rest } = service;
  const always = format === 'json' ? { command: null, entrypoint: null } : {};
  return { ...(profiles && { profiles }), ...ordered({ ...always, ...rest }) };
}

/** Keys that Compose prints in an order of its own, by the key they stand under. */
const ORDERS: Readonly<Record<string, readonly string[]>> = {
  ports: ['name', 'mode', 'host_ip', 'target', 'published', 'protocol', 'app_protocol'],
  volumes: ['type', 'source', 'target', 'read_only', 'consistency', 'bind', 'volume', 'tmpfs', 'image'],
  configs: ['source', 'target', 'uid', 'gid', 'mode'],
  secrets: ['source', 'target', 'uid', 'gid', 'mode'],
  healthcheck: ['test', 'timeout', 'interval', 'retries', 'start_period', 'start_interval', 'disable'],
  build: ['context', 'dockerfile', 'dockerfile_inline'],
};

/** Maps by the alphabet (or Compose's order); lists keep their order, x- fields are left alone. */
function ordered(value: object, under = ''): Record<string, unknown> {
  const order = ORDERS[under] ?? [];
  const first = order.flatMap((key) => sorted(value).filter(([name]) => name === key));
  const rest = sorted(value).filter(([name]) => !order.includes(name));
  return Object.fromEntries(
    [...first, ...rest].map(([key, child]) => [key, key.startsWith('x-') ? child : orderedChild(child, key)]),
  );
}

function orderedChild(value: unknown, under: string): unknown {
  if (Array.isArray(value)) return value.map((item) => orderedChild(item, under));
  return typeof value === 'object' && value !== null ? ordered(value, under) : value;
}

function sorted<T>(value: Readonly<Record<string, T>> | object): [string, T][] {
  return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

/** `$` doubled in every text, so that it is no variable when it is read again. */
function escaped(value: unknown, on: boolean): unknown {
  if (typeof value === 'string') return on ? value.replaceAll('$', '$$$$') : value;
  if (Array.isArray(value)) return value.map((item) => escaped(item, on));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, escaped(child, on)]));
}
