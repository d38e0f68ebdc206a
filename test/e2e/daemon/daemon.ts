/** The dockerd that script/with-engine has started for us alone: stopped, killed, and started again as it was. */
import { execFile, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const LOOK_EVERY_MS = 50;
const STARTS_WITHIN_MS = 30_000;
const LIVE_RESTORE = '--live-restore';

export class Daemon {
  readonly #folder: string;
  readonly #command: readonly string[];

  constructor(folder: string) {
    this.#folder = folder;
    this.#command = readFileSync(`/proc/${this.#pid()}/cmdline`, 'utf8').split('\0').filter(Boolean);
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    process.kill(this.#pid(), signal);
  }

  /** Resolves when it is gone. */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const pid = this.#pid();
    process.kill(pid, signal);
    while (isThere(pid)) await sleep(LOOK_EVERY_MS);
  }

  /** Resolves when it answers. @param liveRestore containers outlive it the next time */
  async start(liveRestore: boolean): Promise<void> {
    const [program = 'dockerd', ...argv] = this.#command.filter((word) => word !== LIVE_RESTORE);
    const log = openSync(join(this.#folder, 'dockerd.log'), 'a');
    const more = liveRestore ? [LIVE_RESTORE] : [];
    spawn(program, [...argv, ...more], { detached: true, stdio: ['ignore', log, log] }).unref();
    closeSync(log);
    const deadline = Date.now() + STARTS_WITHIN_MS;
    while (!(await answers())) {
      if (Date.now() > deadline) throw new Error(`dockerd did not start:\n${this.#lastWords()}`);
      await sleep(LOOK_EVERY_MS);
    }
  }

  #pid(): number {
    return Number(readFileSync(join(this.#folder, 'dockerd.pid'), 'utf8'));
  }

  #lastWords(): string {
    return readFileSync(join(this.#folder, 'dockerd.log'), 'utf8').split('\n').slice(-20).join('\n');
  }
}

function answers(): Promise<boolean> {
  return promisify(execFile)('docker', ['version']).then(
    () => true,
    () => false,
  );
}

/** One that has ended and that nobody has waited for yet has no program any more. */
function isThere(pid: number): boolean {
  try {
    readlinkSync(`/proc/${pid}/exe`);
    return true;
  } catch {
    return false;
  }
}
