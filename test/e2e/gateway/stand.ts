/** A gateway as `twinhull up` makes it, with two members in containers, on the real engine. */
import { randomInt } from 'node:crypto';
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type DockerEngine, openDockerEngine } from '../../../src/adapters/docker/engine.ts';
import { HaproxyDriver } from '../../../src/adapters/haproxy/driver.ts';
import type { ContainerSpec } from '../../../src/ports/engine.ts';
import type { Gateway, GatewayConfig } from '../../../src/ports/gateway.ts';

export const image = process.env['TWINHULL_GATEWAY_IMAGE'] || 'twinhull-local/haproxy:latest';
/** Nobody: a gateway needs no right at all, not even for port 80. */
const uid = 65_534;

export class Stand {
  readonly engine: DockerEngine;
  readonly gateway: Gateway;
  readonly gatewayId: string;
  /** port of the service -> port of this host */
  readonly published: ReadonlyMap<number, number>;
  readonly #name: string;
  readonly #folder: string;

  private constructor(
    engine: DockerEngine,
    made: { name: string; folder: string; gateway: Gateway; gatewayId: string; published: Map<number, number> },
  ) {
    this.engine = engine;
    this.gateway = made.gateway;
    this.gatewayId = made.gatewayId;
    this.published = made.published;
    this.#name = made.name;
    this.#folder = made.folder;
  }

  static async open(): Promise<Stand> {
    const engine = openDockerEngine(process.env);
    const name = `gateway-e2e-${process.pid}`;
    const folder = await mkdtemp(join(tmpdir(), `${name}-`));
    try {
      return new Stand(engine, { name, folder, ...(await build(engine, name, folder)) });
    } catch (error) {
      await clear(engine, name, folder);
      throw error;
    }
  }

  url(path: string): string {
    return `http://127.0.0.1:${this.published.get(80)}${path}`;
  }

  member(name: string): string {
    return `${this.#name}-${name}`;
  }

  async close(): Promise<void> {
    await clear(this.engine, this.#name, this.#folder);
    await this.engine.close();
  }
}

async function build(
  engine: DockerEngine,
  name: string,
  folder: string,
): Promise<{ gateway: Gateway; gatewayId: string; published: Map<number, number> }> {
  const third = `10.214.${randomInt(256)}`;
  const config = configOf(third);
  const labels = { 'twinhull-test': name };
  await engine.createNetwork({ name: `${name}-front`, labels });
  await engine.createNetwork({
    name: `${name}-own`,
    labels,
    internal: true,
    ipam: { config: [{ subnet: `${third}.0/28` }] },
  });
  for (const member of config.members) {
    const id = await engine.createContainer(
      `${name}-${member.name}`,
      memberSpec(member.name, member.address, `${name}-own`, labels),
    );
    await engine.startContainer(id);
  }
  const driver = new HaproxyDriver({ image, user: `${uid}:${uid}` });
  for (const [file, { text, mode }] of Object.entries(driver.files(config))) {
    await writeFile(join(folder, file), text, { mode });
    await chown(join(folder, file), uid, uid);
  }
  await chown(folder, uid, uid);
  const { HostConfig, ...base } = driver.container(config, folder);
  const PortBindings = { '80/tcp': [{ HostPort: '' }], '443/tcp': [{ HostPort: '' }] };
  const gatewayId = await engine.createContainer(`${name}-gateway`, {
    ...base,
    Labels: labels,
    ExposedPorts: { '80/tcp': {}, '443/tcp': {} },
    HostConfig: { ...HostConfig, PortBindings },
    Networks: [
      { network: `${name}-front`, aliases: [] },
      { network: `${name}-own`, aliases: [], ipv4Address: `${third}.2` },
    ],
  });
  await engine.startContainer(gatewayId);
  const gateway = driver.open(config, folder);
  await serving(gateway);
  const container = await engine.inspectContainer(gatewayId);
  const published = Object.entries(container?.ports ?? {}).map(
    ([port, to]) => [Number.parseInt(port, 10), to[0]?.hostPort ?? 0] as const,
  );
  return { gateway, gatewayId, published: new Map(published) };
}

function configOf(third: string): GatewayConfig {
  const check = { kind: 'http', path: '/health', expect: 'success', intervalMs: 500, timeoutMs: 500 } as const;
  return {
    project: 'e2e',
    service: 'web',
    members: [
      { name: 'a', address: `${third}.3`, takesTraffic: true },
      { name: 'b', address: `${third}.4`, takesTraffic: true },
    ],
    balance: 'leader',
    leader: 'a',
    ports: [
      { port: 80, protocol: 'http', check },
      { port: 443, protocol: 'tcp', check: { ...check, port: 80 } },
    ],
    maxConnectionsPerMember: 1024,
  };
}

function memberSpec(name: string, address: string, network: string, labels: Record<string, string>): ContainerSpec {
  return {
    Image: 'twinhull-local/node:latest',
    Cmd: ['node', '/app/member.ts'],
    Env: [`MEMBER=${name}`],
    Labels: labels,
    HostConfig: {
      Mounts: [{ Type: 'bind', Source: import.meta.dirname, Target: '/app', ReadOnly: true }],
      RestartPolicy: { Name: 'unless-stopped' },
    },
    Networks: [{ network, aliases: [], ipv4Address: address }],
  };
}

async function serving(gateway: Gateway): Promise<void> {
  for (let tries = 0; tries < 300; tries += 1) {
    const reading = await gateway.read().catch(() => null);
    if (reading?.servers.every(({ check }) => check === 'passing')) return;
    await pause(50);
  }
  throw new Error('the gateway did not start to serve within 15 s');
}

async function clear(engine: DockerEngine, name: string, folder: string): Promise<void> {
  const labels = { 'twinhull-test': name };
  for (const { id } of await engine.listContainers({ labels }))
    await engine.removeContainer(id, { force: true, volumes: true });
  for (const { id } of await engine.listNetworks({ labels })) await engine.removeNetwork(id);
  await rm(folder, { recursive: true, force: true });
}
