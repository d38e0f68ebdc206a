/**
 * One container of the engine in memory: its state, its process, and what Docker's restart manager does when
 * the process ends (moby restartmanager: 100 ms, doubling to a minute, from the beginning after ten good seconds).
 */

import type {
  Container,
  ContainerSpec,
  EngineHealth,
  FileStat,
  LogLine,
  NetworkAttachment,
} from '../../ports/engine.ts';

const FIRST_BACKOFF_MS = 100;
const LONGEST_BACKOFF_MS = 60_000;
const GOOD_RUN_MS = 10_000;
const KILLED = 137;
const MAX_EXEC_CHARACTERS = 1024 * 1024;

/** What the process of a container does. All of it optional: it then runs, says nothing, and ends when asked. */
export interface Program {
  /** written at each start */
  readonly output?: readonly { readonly stream: LogLine['stream']; readonly text: string }[];
  /** ends by itself */
  readonly exits?: { readonly afterMs: number; readonly exitCode: number };
  /** its exit code for a signal; null: it goes on. Default: 128 and the signal's number. SIGKILL is not asked about. */
  readonly onSignal?: (signal: string) => number | null;
  readonly exec?: (
    command: readonly string[],
    options: { readonly env: readonly string[]; readonly user: string; readonly workingDir: string },
  ) => {
    readonly exitCode: number;
    readonly stdout?: string;
    readonly stderr?: string;
  };
}

export type RestartPolicy = Container['restartPolicy'];

export class MemoryContainer {
  readonly id: string;
  readonly spec: ContainerSpec;
  readonly program: Program;
  readonly imageId: string;
  readonly createdAt: number;
  readonly mounts: Container['mounts'];
  /** network name -> how it is attached; whether it runs or not */
  readonly attachments = new Map<string, NetworkAttachment>();
  readonly log: LogLine[] = [];
  /** by path; they outlive a run */
  readonly files = new Map<string, FileStat>();
  /** as it was set while the container exists */
  cpuLimit: number | null = null;
  name: string;
  state: Container['state'] = 'created';
  health: EngineHealth = 'none';
  healthFailingStreak = 0;
  healthOutput = '';
  exitCode = 0;
  oomKilled = false;
  error = '';
  pid = 0;
  startedAt = 0;
  finishedAt = 0;
  restartCount = 0;
  policy: RestartPolicy;
  readonly #maximumRetries: number;
  /** the process does nothing any more, not even end when asked (SIGSTOP, a deadlock) */
  hung = false;
  /** the engine itself gets stuck on this container */
  jammed = false;
  /** grows with every run: what was waited for in an earlier run is no longer true */
  run = 0;
  ports: Container['ports'] = {};
  #stoppedOnPurpose = false;
  #restartsCancelled = false;
  #backoffMs = 0;
  #waiters: (() => void)[] = [];

  constructor(
    id: string,
    name: string,
    spec: ContainerSpec,
    made: {
      readonly program: Program;
      readonly imageId: string;
      readonly at: number;
      readonly mounts: Container['mounts'];
    },
  ) {
    this.id = id;
    this.name = name;
    this.spec = spec;
    this.program = made.program;
    this.imageId = made.imageId;
    this.createdAt = made.at;
    this.mounts = made.mounts;
    const policy = spec.HostConfig['RestartPolicy'];
    this.policy = policyOf(policy);
    this.#maximumRetries = numberIn(policy, 'MaximumRetryCount');
  }

  get isRunning(): boolean {
    return this.state === 'running' || this.state === 'paused';
  }

  /** A start by request begins a new count of restarts; one by the policy does not. */
  begin(at: number, pid: number, byRequest: boolean): void {
    if (byRequest) this.#forgetRestarts();
    this.state = 'running';
    this.run += 1;
    this.pid = pid;
    this.startedAt = at;
    this.exitCode = 0;
    this.oomKilled = false;
    this.error = '';
    this.hung = false;
    this.health = this.#hasHealthcheck() ? 'starting' : 'none';
    this.healthFailingStreak = 0;
    for (const line of this.program.output ?? []) this.write(at, line.stream, line.text);
  }

  /** The process has ended. Gives how long the engine waits until it starts it again; null: it does not. */
  end(at: number, exitCode: number): number | null {
    const waitMs = this.#nextRestart(at, exitCode);
    this.state = waitMs === null ? 'exited' : 'restarting';
    if (waitMs !== null) this.restartCount += 1;
    this.exitCode = exitCode;
    this.finishedAt = at;
    this.pid = 0;
    this.ports = {};
    // The engine calls the health of what has ended "unhealthy", for compatibility (moby CloseMonitorChannel).
    if (this.health !== 'none') this.health = 'unhealthy';
    this.#wake();
    return waitMs;
  }

  /** A stop during the wait for a restart: it is not started again. */
  giveUpRestart(): void {
    this.run += 1;
    this.state = 'exited';
    this.#wake();
  }

  /** Every signal by request counts as "stopped on purpose" (moby killWithSignal); most end the policy's reign too. */
  noteSignal(signal: string): void {
    this.#stoppedOnPurpose = true;
    const own = this.spec.StopSignal;
    if (own === undefined || signal === 'SIGKILL' || signalName(own) === signal) this.#restartsCancelled = true;
  }

  /** The exit code if this signal ends the process, else null. A frozen process gets nothing but SIGKILL. */
  exitCodeFor(signal: string): number | null {
    if (signal === 'SIGKILL') return KILLED;
    if (this.hung || this.state === 'paused') return null;
    return this.program.onSignal === undefined ? 128 + (SIGNALS[signal] ?? 15) : this.program.onSignal(signal);
  }

  /** A health probe has ended. Tells whether the health is another one now. */
  probed(health: EngineHealth, output: string): boolean {
    const isNews = this.health !== health;
    this.health = health;
    this.healthFailingStreak = health === 'unhealthy' ? this.healthFailingStreak + 1 : 0;
    this.healthOutput = output;
    return isNews;
  }

  exec(...call: Parameters<NonNullable<Program['exec']>>): { exitCode: number; stdout: string; stderr: string } {
    const { exitCode, stdout = '', stderr = '' } = this.program.exec?.(...call) ?? { exitCode: 0 };
    const kept = stdout.slice(0, MAX_EXEC_CHARACTERS);
    return { exitCode, stdout: kept, stderr: stderr.slice(0, MAX_EXEC_CHARACTERS - kept.length) };
  }

  write(at: number, stream: LogLine['stream'], text: string): void {
    this.log.push({ at, stream, text });
    this.#wake();
  }

  /** @param check throws when the reader's stream breaks */
  async *lines(
    options: { readonly follow: boolean; readonly tail?: number; readonly sinceMs?: number },
    signal: AbortSignal | undefined,
    check: () => void,
  ): AsyncIterable<LogLine> {
    const { follow, sinceMs = 0, tail = Number.POSITIVE_INFINITY } = options;
    const known = this.log.filter((line) => line.at >= sinceMs).length;
    let next = this.log.length - Math.min(tail, known);
    while (!signal?.aborted) {
      check();
      const line = this.log[next];
      if (line !== undefined) {
        next += 1;
        yield line;
      } else if (follow && this.isRunning) await this.changed(signal);
      else return;
    }
  }

  /** Resolves at the next line or change of state. */
  async changed(signal?: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#waiters.push(resolve);
      signal?.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  /** Wakes who waits, when something outside changed. */
  wake(): void {
    this.#wake();
  }

  #wake(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }

  #hasHealthcheck(): boolean {
    const test = this.spec.Healthcheck?.Test;
    return test !== undefined && test.length > 0 && test[0] !== 'NONE';
  }

  #forgetRestarts(): void {
    this.restartCount = 0;
    this.#backoffMs = 0;
    this.#stoppedOnPurpose = false;
    this.#restartsCancelled = false;
  }

  #nextRestart(at: number, exitCode: number): number | null {
    if (this.#restartsCancelled || !this.#policyWants(exitCode)) return null;
    if (at - this.startedAt > GOOD_RUN_MS) this.#backoffMs = 0;
    this.#backoffMs = this.#backoffMs === 0 ? FIRST_BACKOFF_MS : Math.min(this.#backoffMs * 2, LONGEST_BACKOFF_MS);
    return this.#backoffMs;
  }

  #policyWants(exitCode: number): boolean {
    switch (this.policy) {
      case 'no':
        return false;
      case 'always':
        return true;
      case 'unless-stopped':
        return !this.#stoppedOnPurpose;
      case 'on-failure':
        return exitCode !== 0 && (this.#maximumRetries === 0 || this.restartCount < this.#maximumRetries);
    }
  }
}

const SIGNALS: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGUSR2: 12,
  SIGTERM: 15,
  SIGCONT: 18,
  SIGSTOP: 19,
  SIGWINCH: 28,
};

/** "TERM", "15" and "SIGTERM" are one. */
export function signalName(written: string): string {
  const byNumber = Object.entries(SIGNALS).find(([, number]) => String(number) === written)?.[0];
  return byNumber ?? (written.startsWith('SIG') ? written : `SIG${written}`);
}

export function signalNumber(name: string): number {
  return SIGNALS[name] ?? 0;
}

function policyOf(value: unknown): RestartPolicy {
  const name = typeof value === 'object' && value !== null && 'Name' in value ? value.Name : '';
  return name === 'always' || name === 'unless-stopped' || name === 'on-failure' ? name : 'no';
}

function numberIn(value: unknown, name: string): number {
  const found: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, name) : 0;
  return typeof found === 'number' ? found : 0;
}
