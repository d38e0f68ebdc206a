/**
 * The generated file: the fleet as plain Compose, for whoever wants the members and gateways without twinhull
 * running. It is made from the project as written, so that `${VARIABLES}` and env_file stay what they are and no
 * secret is frozen into it.
 */

import { basename } from 'node:path';
import { Document, isScalar, visit } from 'yaml';
import type { Project } from '../compose/project.ts';
import type { GatewayConfig, GatewayDriver } from '../ports/gateway.ts';
import type { Fleet } from './fleet.ts';
import { generatedServices } from './generated-services.ts';
import { ownNetworkKey } from './names.ts';
import { mapOf, omit, type Raw, withoutEmpty } from './portable.ts';

export interface GeneratedFile {
  /** relative to the folder of the Compose file */
  readonly path: string;
  readonly text: string;
  readonly mode: number;
}

/**
 * @param project loaded with `interpolate: false`
 * @param fleet planned from the same files, interpolated
 * @returns the Compose file first, then the gateways' files; all for the project's folder
 */
export function generateFiles(
  project: Project,
  fleet: Fleet,
  driver: GatewayDriver,
  options: { readonly fileName: string },
): readonly GeneratedFile[] {
  const folder = options.fileName.replace(/\.ya?ml$/, '');
  const source = { project, fleet, driver, folder: `./${folder}` };
  const services = Object.assign({}, ...fleet.services.map((plan) => generatedServices(plan, source))) as Readonly<
    Record<string, Raw>
  >;
  const content = withoutEmpty({
    services,
    networks: networks(project, fleet, services),
    volumes: volumes(project, services),
    configs: files(project, project.configs, services, 'configs'),
    secrets: files(project, project.secrets, services, 'secrets'),
  });
  const text = `${header(project, fleet, options.fileName, folder)}\n${print(content)}`;
  // Values that people wrote literally may be secrets: for the owner only.
  return [{ path: options.fileName, text, mode: 0o600 }, ...gatewayFiles(fleet, driver, folder)];
}

function gatewayFiles(fleet: Fleet, driver: GatewayDriver, folder: string): readonly GeneratedFile[] {
  return fleet.services.flatMap(({ name, gateway }) => {
    const made = gateway === null ? {} : driver.files(withAllIn(gateway.config));
    return Object.entries(made).map(([file, { text, mode }]) => ({ path: `${folder}/${name}/${file}`, text, mode }));
  });
}

/** Nobody puts a standby in: the gateway takes every member that passes its check, the leader first. */
function withAllIn(config: GatewayConfig): GatewayConfig {
  return { ...config, members: config.members.map((member) => ({ ...member, takesTraffic: true })) };
}

function networks(project: Project, fleet: Fleet, services: Readonly<Record<string, Raw>>): Raw {
  const used = new Set(Object.values(services).flatMap((service) => Object.keys(mapOf(service['networks']))));
  const given = Object.entries(project.networks).filter(([key]) => used.has(key));
  const own = fleet.services.flatMap(({ name, gateway }) =>
    gateway === null
      ? []
      : [
          [
            ownNetworkKey(name),
            { internal: true, ipam: { config: gateway.network.ipam?.config.map(({ subnet }) => ({ subnet })) } },
          ] as const,
        ],
  );
  return Object.fromEntries(
    [
      ...given.map(([key, definition]) => [key, ownDefinition(project, key, { ...definition })] as const),
      ...own,
    ].filter(([key, definition]) => key !== 'default' || definition !== null),
  );
}

/** Without a name that Compose gives by itself; null when nothing is left to say. */
function ownDefinition(project: Project, key: string, definition: Raw): Raw | null {
  const rest = definition['name'] === `${project.name}_${key}` ? omit(definition, ['name']) : definition;
  const said = withoutEmpty(rest);
  return Object.keys(said).length === 0 ? null : said;
}

function volumes(project: Project, services: Readonly<Record<string, Raw>>): Raw {
  const mounts = Object.values(services).flatMap((service) =>
    Array.isArray(service['volumes']) ? (service['volumes'] as readonly unknown[]) : [],
  );
  const names = new Set(
    mounts.map((mount) => (typeof mount === 'string' ? mount.split(':')[0] : mapOf(mount)['source'])),
  );
  const used = Object.entries(project.volumes).filter(([key]) => names.has(key));
  return Object.fromEntries(used.map(([key, definition]) => [key, ownDefinition(project, key, { ...definition })]));
}

/** Configs and secrets that some service still names. */
function files(
  project: Project,
  definitions: Project['configs'],
  services: Readonly<Record<string, Raw>>,
  kind: 'configs' | 'secrets',
): Raw {
  const uses = Object.values(services).flatMap((service) =>
    Array.isArray(service[kind]) ? (service[kind] as readonly unknown[]) : [],
  );
  const names = new Set(uses.map((use) => (typeof use === 'string' ? use : mapOf(use)['source'])));
  const used = Object.entries(definitions).filter(([key]) => names.has(key));
  return Object.fromEntries(used.map(([key, definition]) => [key, ownDefinition(project, key, { ...definition })]));
}

function header(project: Project, fleet: Fleet, fileName: string, folder: string): string {
  const sources = project.files.map((file) => basename(file)).join(', ');
  const isFolderName =
    basename(project.workingDir)
      .toLowerCase()
      .replaceAll(/[^a-z0-9_-]/g, '') === fleet.project;
  const name = isFolderName ? '' : ` -p ${fleet.project}`;
  const inactive =
    project.inactiveServices.length === 0
      ? []
      : ['', `Not in it, since their profiles were not active: ${project.inactiveServices.join(', ')}.`];
  const gateways = fleet.services.some(({ gateway }) => gateway !== null);
  return [
    `Made by twinhull from ${sources}. Plain Compose: it works without twinhull running.`,
    '',
    `  docker compose${name} -f ${fileName} up -d`,
    '',
    `Use it instead of ${sources}. Change things there, and make this file anew with "twinhull generate".`,
    ...(gateways
      ? [`The folder ${folder} has the configuration of the gateways; they write their state into it.`]
      : []),
    ...inactive,
  ]
    .map((line) => `# ${line}`.trimEnd())
    .join('\n');
}

/** YAML 1.1 is what docker-compose 1.29 reads: text that it would take for a number, a time or a truth value is quoted. */
function print(content: Raw): string {
  const document = new Document(content, { version: '1.1', aliasDuplicateObjects: false });
  visit(document, {
    Scalar(_key, node) {
      if (isScalar(node) && typeof node.value === 'string' && /^[\d.]+:[\d:.]+|\$\{/.test(node.value))
        node.type = 'QUOTE_DOUBLE';
    },
  });
  return document.toString({ lineWidth: 0, directives: false, nullStr: '' });
}
