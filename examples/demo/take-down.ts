import { spawn, type ChildProcess } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { COMPOSE_FILE, PROJECT } from './project.ts';

/**
 * Takes the demo down when it ends, however it ends. This program runs as a process of its own, started before
 * anything else is; its standard input is a pipe from the demo. When that closes, because the demo is through,
 * was interrupted or was killed, it runs `twinhull down` and removes the state folder.
 */

export interface TakeDown {
  /** Takes everything down now; resolves when that is done, false when something is left. */
  run(): Promise<boolean>;
}

export function startTakeDown(environment: NodeJS.ProcessEnv): TakeDown {
  const child: ChildProcess = spawn(process.execPath, [import.meta.filename], {
    env: environment,
    detached: true,
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const ended = new Promise<boolean>((resolve) => child.once('exit', (code) => resolve(code === 0)));
  child.stdin?.on('error', () => {});
  return {
    run: () => {
      child.stdin?.end();
      return ended;
    },
  };
}

async function takeDown(stateFolder: string): Promise<number> {
  const twinhull = join(import.meta.dirname, '..', '..', 'bin', 'twinhull');
  const down = spawn(twinhull, ['-f', COMPOSE_FILE, '-p', PROJECT, 'down', '--volumes', '--timeout', '2'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let words = '';
  down.stderr.on('data', (bytes: Buffer) => (words += bytes.toString()));
  const code = await new Promise<number>((resolve) => down.once('close', (status) => resolve(status ?? 1)));
  if (code !== 0) process.stderr.write(words);
  await rm(stateFolder, { recursive: true, force: true });
  return code;
}

if (import.meta.main) {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
  process.stdin.resume().once('close', () => {
    void takeDown(process.env['TWINHULL_STATE_DIR'] ?? '').then((code) => process.exit(code));
  });
}
