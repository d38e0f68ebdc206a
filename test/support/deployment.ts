/**
 * A Compose project under twinhull on the real engine, for the end-to-end tests: a folder, a state folder, the
 * command line as a user calls it, docker and docker-compose beside it, and an end that leaves nothing.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openStore } from '../../src/adapters/sqlite/store.ts';
import type { Store } from '../../src/ports/store.ts';

const root = resolve(import.meta.dirname, '../..');

export interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The issue's `status --json`, as far as tests read it. */
export interface Status {
  readonly project: string;
  readonly supervised: boolean;
  readonly unrecorded: { readonly reason: string } | null;
  readonly services: readonly {
    readonly name: string;
    readonly mode: string;
    readonly serving: boolean;
    readonly members: readonly {
      readonly name: string;
      readonly role: string;
      readonly verdict: string;
      readonly containerId: string | null;
    }[];
    readonly lastIncident: {
      readonly id: string;
      readonly kind: string;
      readonly member: string;
      readonly startedAt: number | string;
      readonly endedAt: number | string | null;
      readonly actions: readonly unknown[];
    } | null;
  }[];
}

function run(
  file: string,
  argv: readonly string[],
  options: { cwd: string; env: NodeJS.ProcessEnv; timeoutMs?: number },
): Promise<Result> {
  return new Promise((done) => {
    execFile(
      file,
      argv,
      {
        cwd: options.cwd,
        env: options.env,
        timeout: options.timeoutMs ?? 120_000,
        maxBuffer: 64 << 20,
        killSignal: 'SIGKILL',
      },
      (error, stdout, stderr) => {
        if (error === null) return done({ code: 0, stdout, stderr });
        if (typeof error.code === 'number') return done({ code: error.code, stdout, stderr });
        done({ code: -1, stdout, stderr: `${stderr}\n${error.message}` });
      },
    );
  });
}

export class Deployment implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'th-e2e-'));
  readonly env: NodeJS.ProcessEnv;
  readonly name: string;
  #foreground: ChildProcess | null = null;
  output = '';

  constructor(name: string, compose: string) {
    this.name = name;
    this.env = {
      ...process.env,
      TWINHULL_STATE_DIR: join(this.folder, 'state'),
      TWINHULL_GATEWAY_IMAGE: 'twinhull-local/haproxy:latest',
      // the supervisor as a process: tests kill it by its pid
      TWINHULL_SUPERVISOR_IMAGE: 'none',
      COMPOSE_PROJECT_NAME: name,
      NO_COLOR: '1',
    };
    this.edit(compose);
  }

  edit(compose: string): void {
    writeFileSync(join(this.folder, 'compose.yaml'), compose);
  }

  twinhull(...argv: string[]): Promise<Result> {
    return run(join(root, 'bin/twinhull'), argv, { cwd: this.folder, env: this.env });
  }

  docker(...argv: string[]): Promise<Result> {
    return run('docker', argv, { cwd: this.folder, env: this.env });
  }

  /** Debian's docker-compose 1.29.2 on the original file, as a user who forgets twinhull would call it. */
  compose(...argv: string[]): Promise<Result> {
    return run('/usr/bin/docker-compose', ['-f', 'compose.yaml', ...argv], {
      cwd: this.folder,
      env: { ...this.env, COMPOSE_IGNORE_ORPHANS: 'false' },
    });
  }

  async up(...argv: string[]): Promise<void> {
    const { code, stdout, stderr } = await this.twinhull('up', '-d', ...argv);
    if (code !== 0) throw new Error(`twinhull up -d: exit code ${code}\n${stdout}\n${stderr}`);
  }

  upInForeground(): ChildProcess {
    const child = spawn(join(root, 'bin/twinhull'), ['up'], {
      cwd: this.folder,
      env: this.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    this.#foreground = child;
    return child;
  }

  async status(): Promise<Status> {
    const { code, stdout, stderr } = await this.twinhull('status', '--json');
    if (code !== 0) throw new Error(`twinhull status: exit code ${code}\n${stderr}`);
    return JSON.parse(stdout) as Status;
  }

  async service(name: string): Promise<Status['services'][number]> {
    const found = (await this.status()).services.find((service) => service.name === name);
    if (!found) throw new Error(`no service ${name} in status`);
    return found;
  }

  /** The member that is primary now. */
  async primary(service: string): Promise<string> {
    const found = (await this.service(service)).members.find(({ role }) => role === 'primary');
    if (!found) throw new Error(`${service} has no primary`);
    return found.name;
  }

  async container(member: string): Promise<string> {
    for (const service of (await this.status()).services) {
      for (const { name, containerId } of service.members)
        if (name === member && containerId !== null) return containerId;
    }
    throw new Error(`no container of ${member}`);
  }

  /** Asks until `claim` holds; throws with the last status after `timeoutMs`. A supervisor may die while it is asked. */
  async until(what: string, timeoutMs: number, claim: (status: Status) => boolean): Promise<Status> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const status = await this.status().catch((error: Error) => error);
      if (!(status instanceof Error) && claim(status)) return status;
      if (Date.now() > deadline)
        throw new Error(
          `not within ${timeoutMs} ms: ${what}\n${status instanceof Error ? status.message : JSON.stringify(status, null, 1)}\n${(await this.twinhull('events', '--no-follow')).stdout}`,
        );
      await sleep(200);
    }
  }

  allHealthy(service: string, timeoutMs = 60_000): Promise<Status> {
    return this.until(`${service} whole again`, timeoutMs, (status) => {
      const found = status.services.find(({ name }) => name === service);
      return (
        found !== undefined &&
        found.serving &&
        found.members.every(({ verdict }) => verdict === 'healthy' || verdict === 'standby')
      );
    });
  }

  /** pid of the supervisor, from its lease */
  async supervisorPid(): Promise<number> {
    const { stdout } = await run('/bin/sh', ['-c', 'cat "$TWINHULL_STATE_DIR"/*/*/lease.json'], {
      cwd: this.folder,
      env: this.env,
    });
    return (JSON.parse(stdout) as { pid: number }).pid;
  }

  /** What its supervisor wrote down, from the files. */
  onRecord<Result>(read: (store: Store) => Result): Result {
    const [file] = globSync(join(this.env['TWINHULL_STATE_DIR'] ?? '', '*', this.name, 'state.db'));
    const store = openStore(dirname(file ?? ''), { now: () => Date.now() }, { readOnly: true });
    try {
      return read(store);
    } finally {
      store.close();
    }
  }

  /** With the shell that would start it again: nobody supervises after this. */
  async killSupervisor(): Promise<void> {
    const stat = readFileSync(`/proc/${await this.supervisorPid()}/stat`, 'utf8');
    const group = Number(stat.slice(stat.lastIndexOf(')')).split(' ')[3]);
    process.kill(-group, 'SIGKILL');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#foreground?.kill('SIGKILL');
    await this.twinhull('down', '-v');
    const { stdout } = await this.docker('ps', '-aq', '--filter', `label=com.docker.compose.project=${this.name}`);
    const left = stdout.split('\n').filter(Boolean);
    if (left.length > 0) await this.docker('rm', '-f', ...left);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A small HTTP server in one line of Node: /health (broken while /tmp/sick is there), an echo for who upgrades, the host's name after ?ms= on everything else. */
const server = `
const http = require("http"), fs = require("fs"), os = require("os");
http.createServer((q, s) => {
  const u = new URL(q.url, "http://x");
  if (u.pathname === "/health") { s.statusCode = fs.existsSync("/tmp/sick") ? 500 : 200; return s.end("ok"); }
  if (u.pathname === "/exit") process.exit(1);
  q.resume();
  q.on("end", () => setTimeout(() => s.end(os.hostname() + " " + (process.env.RELEASE || "")), Number(u.searchParams.get("ms") || 0)));
}).on("upgrade", (q, s) => s.write("HTTP/1.1 101 Switching Protocols\\r\\nConnection: Upgrade\\r\\nUpgrade: echo\\r\\n\\r\\n") && s.pipe(s).on("error", () => {})).listen(80).keepAliveTimeout = 60000;
process.on("SIGTERM", () => process.exit(0));
`;

/** The lines of a service under `services:` that runs {@link server}. */
export function webService(extra: string): string {
  return `
    image: twinhull-local/node:latest
    command: ["node", "-e", ${JSON.stringify(server.replaceAll('$', '$$$$'))}]
    restart: unless-stopped
    stop_grace_period: 3s
    healthcheck: { test: ["CMD", "node", "-e", "fetch('http://localhost:80/health').then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"], interval: 30s, timeout: 5s, retries: 3, start_period: 5s }
${extra
  .trim()
  .split('\n')
  .map((line) => `    ${line}`)
  .join('\n')}
`;
}
