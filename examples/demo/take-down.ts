import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { COMPOSE_FILE, pidFile, PROJECT } from './project.ts';

const run = promisify(execFile);

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

async function takeDown(stateFolder: string): Promise<boolean> {
  const twinhull = join(import.meta.dirname, '..', '..', 'bin', 'twinhull');
  const parameters = ['-f', COMPOSE_FILE, '-p', PROJECT, 'down', '--volumes', '--timeout', '2'];
  const isDown = await run(twinhull, parameters, { timeout: 120_000 }).then(() => true, sayWords);
  if (!isDown) {
    await endSupervisor(stateFolder);
    await removeByLabel();
  }
  await rm(stateFolder, { recursive: true, force: true });
  return isDown;
}

function sayWords(error: Error): false {
  console.error(`script/demo: twinhull down: ${error.message}`);
  return false;
}

/** Before anything else: it would bring back what goes missing. */
async function endSupervisor(stateFolder: string): Promise<void> {
  const pid = Number(await readFile(pidFile(stateFolder), 'utf8').catch(() => ''));
  if (pid > 0) process.kill(pid, 'SIGTERM'); // one that is killed is started again
}

/** What twinhull could not take down goes by its labels. */
async function removeByLabel(): Promise<void> {
  const label = `label=com.docker.compose.project=${PROJECT}`;
  const found = async (...list: readonly string[]): Promise<string[]> => {
    const { stdout } = await run('docker', [...list, '--quiet', '--filter', label], { timeout: 30_000 });
    return stdout.split('\n').filter((id) => id !== '');
  };
  const remove = async (kind: readonly string[], ids: readonly string[]): Promise<void> => {
    if (ids.length > 0) await run('docker', [...kind, ...ids], { timeout: 60_000 });
  };
  await remove(['rm', '--force', '--volumes'], await found('ps', '--all'));
  await remove(['network', 'rm'], await found('network', 'ls'));
  await remove(['volume', 'rm'], await found('volume', 'ls'));
}

if (import.meta.main) {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
  process.stdin.resume().once('close', () => {
    void takeDown(process.env['TWINHULL_STATE_DIR'] ?? '')
      .catch(sayWords)
      .then((isDown) => process.exit(isDown ? 0 : 1));
  });
}
