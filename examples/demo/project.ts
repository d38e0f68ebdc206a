import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

/** The example as the demo runs it: under a project name, on ports and with a state folder of its own. */

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '..', '..');
export const PROJECT = 'twinhull-demo';
export const COMPOSE_FILE = join(ROOT, 'examples', 'ai-company', 'compose.yaml');

export interface Member {
  readonly name: string;
  readonly role: string;
  readonly verdict: string;
  readonly containerId: string | null;
}

export interface Service {
  readonly name: string;
  readonly serving: boolean;
  readonly members: readonly Member[];
  readonly gateway: { readonly containerId: string | null } | null;
  readonly lastIncident: { readonly id: string; readonly endedAt: number | null } | null;
}

/** What `twinhull status` says, as far as it is read here. */
export interface Status {
  readonly supervised: boolean;
  /** '' or why repairs are frozen */
  readonly frozen: string;
  readonly services: readonly Service[];
}

/** The environment in which everything of the demo runs. */
export async function demoEnvironment(stateFolder: string): Promise<NodeJS.ProcessEnv> {
  return {
    ...process.env,
    TWINHULL_STATE_DIR: stateFolder,
    TWINHULL_GATEWAY_IMAGE: process.env['TWINHULL_GATEWAY_IMAGE'] || 'twinhull-local/haproxy:latest',
    // a process and no container: it ends with the demo, whatever ends that
    TWINHULL_SUPERVISOR_IMAGE: 'none',
    AI_COMPANY_PORT: String(await freePort(8080)),
    AI_COMPANY_DASHBOARD_PORT: String(await freePort(8000)),
  };
}

/** The wanted port if nobody listens there, else any that is free. */
async function freePort(wanted: number): Promise<number> {
  return (await tryPort(wanted)) ?? (await tryPort(0)) ?? wanted;
}

function tryPort(port: number): Promise<number | null> {
  const { promise, resolve } = Promise.withResolvers<number | null>();
  const server = createServer();
  server.once('error', () => resolve(null));
  server.listen(port, () => {
    const address = server.address();
    server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : null));
  });
  return promise;
}

export const pidFile = (stateFolder: string): string => join(stateFolder, 'supervisor.pid');

export class DemoProject {
  readonly environment: NodeJS.ProcessEnv;
  readonly #signal: AbortSignal;
  readonly #host: string;

  /** @param host an address of this machine at which its published ports are asked */
  constructor(environment: NodeJS.ProcessEnv, signal: AbortSignal, host = '127.0.0.1') {
    this.environment = environment;
    this.#signal = signal;
    this.#host = host;
  }

  get url(): string {
    return `http://${this.#host}:${this.environment['AI_COMPANY_PORT']}`;
  }
  get dashboardUrl(): string {
    return `http://${this.#host}:${this.environment['AI_COMPANY_DASHBOARD_PORT']}`;
  }

  /** Gives standard output. Throws with the program's own words. */
  async command(program: string, ...parameters: readonly string[]): Promise<string> {
    const options = { env: this.environment, signal: this.#signal, timeout: 300_000, maxBuffer: 16 * 1024 * 1024 };
    return (await run(program, parameters, options)).stdout.trim();
  }

  twinhull(...parameters: readonly string[]): Promise<string> {
    return this.command(join(ROOT, 'bin', 'twinhull'), '-f', COMPOSE_FILE, '-p', PROJECT, ...parameters);
  }

  docker(...parameters: readonly string[]): Promise<string> {
    return this.command('docker', ...parameters);
  }

  buildImages(): Promise<string> {
    return this.command(join(ROOT, 'script', 'images'), 'haproxy', 'node', 'redis', 'ai-company');
  }

  /** Starts everything, and leaves the supervisor's process id where the clean-up finds it. */
  async start(): Promise<void> {
    const answer = JSON.parse(await this.twinhull('--json', 'up', '-d')) as {
      readonly supervisor?: { readonly pid?: unknown };
    };
    const pid = answer.supervisor?.pid;
    if (typeof pid === 'number') await writeFile(pidFile(this.environment['TWINHULL_STATE_DIR'] ?? ''), String(pid));
  }

  async readStatus(): Promise<Status> {
    return JSON.parse(await this.twinhull('--json', 'status')) as Status;
  }

  async readService(name: string): Promise<Service> {
    const service = (await this.readStatus()).services.find((one) => one.name === name);
    if (service === undefined) throw new Error(`twinhull status knows no service ${name}`);
    return service;
  }

  /** The member of this name, or of this role at the moment. */
  async findMember(service: string, nameOrRole: string): Promise<Member & { readonly containerId: string }> {
    const { members } = await this.readService(service);
    const found = members.find(({ name }) => name === nameOrRole) ?? members.find(({ role }) => role === nameOrRole);
    if (typeof found?.containerId !== 'string') throw new Error(`${service} has no ${nameOrRole} with a container`);
    return { ...found, containerId: found.containerId };
  }

  /** True once the service serves with every member in order and no incident open; false when that takes too long. */
  async untilWell(service: string, withinMs: number): Promise<boolean> {
    const end = performance.now() + withinMs;
    while (performance.now() < end) {
      if (isWell(await this.readService(service))) return true;
      await sleep(250, undefined, { signal: this.#signal });
    }
    return false;
  }
}

function isWell({ serving, members, lastIncident }: Service): boolean {
  const inOrder = members.every(({ verdict }) => verdict === 'healthy' || verdict === 'standby');
  return serving && inOrder && (lastIncident === null || lastIncident.endedAt !== null);
}
