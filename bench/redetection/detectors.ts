/**
 * What has to notice that something is broken: the unit tests of the part that it is in, then those of what is built on
 * it, then the simulator. The quick ones first, and each only until it has found something.
 */

import { spawn } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface Detector {
  readonly title: string;
  /** of node, for the source in a folder */
  readonly args: (folder: string) => Promise<readonly string[]>;
  /** what a line of its output says that was found; null: nothing */
  readonly read: (line: string) => Finding | null;
  /** what does not end by then has met something that never comes */
  readonly withinMs: number;
}

export interface Finding {
  /** the test, or the seed */
  readonly by: string;
  readonly words: string;
}

const RUNNER = [
  '--import',
  join(import.meta.dirname, 'tell-failures.ts'),
  '--test',
  '--test-isolation=none',
  '--test-force-exit',
  '--test-reporter=dot',
  '--test-reporter-destination=stderr',
];

/** @param withHistories tests over thousands of random histories, which take their time; or those without */
function tests(part: string, withHistories: boolean, withinMs: number): Detector {
  return {
    title: `${withHistories ? 'histories' : 'tests'} of ${part}`,
    args: async (folder) => [...RUNNER, ...(await testsIn(join(folder, 'src', part), withHistories))],
    read: (line) => {
      const by = /^failed: (.*)/.exec(line)?.[1];
      return by === undefined ? null : { by, words: by };
    },
    withinMs,
  };
}

async function testsIn(folder: string, withHistories: boolean): Promise<string[]> {
  const found: string[] = [];
  for (const name of (await readdir(folder)).filter((one) => one.endsWith('.test.ts'))) {
    const path = join(folder, name);
    if ((await readFile(path, 'utf8')).includes("from 'fast-check'") === withHistories) found.push(path);
  }
  return found;
}

function simulator(seeds: string, minutes: number): Detector {
  return {
    title: 'simulator',
    args: (folder) =>
      Promise.resolve([join(folder, 'src/simulator/main.ts'), '--seeds', seeds, '--minutes', String(minutes)]),
    read: (line) => {
      const by = /^(seed \d+): /.exec(line)?.[1];
      return by === undefined ? null : { by, words: line };
    },
    withinMs: 400_000,
  };
}

const CORE = tests('core', false, 60_000);
const HISTORIES = tests('core', true, 180_000);
const SUPERVISOR = tests('supervisor', false, 300_000);
const FENCING = tests('fencing', false, 60_000);
const SEEDS = simulator('1..40', 10);

/** In the order in which they are asked. */
export function detectorsOf(file: string): readonly Detector[] {
  const part = file.split('/')[1];
  if (part === 'core') return [CORE, HISTORIES, SUPERVISOR, SEEDS];
  if (part === 'fencing') return [FENCING, SUPERVISOR, SEEDS];
  if (part === 'supervisor') return [SUPERVISOR, SEEDS];
  throw new Error(`nothing is known that looks at ${file}`);
}

/** One after the other, as they come; whoever has enough ends it by reading no more. */
export async function* findings(
  { args, read, withinMs }: Detector,
  folder: string,
  signal: AbortSignal,
): AsyncGenerator<Finding> {
  // what is broken may go round for ever: it ends with us, however we end
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', process.execPath, ...(await args(folder))], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  });
  const exit = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('exit', resolve));
  const over = AbortSignal.any([signal, AbortSignal.timeout(withinMs)]);
  const end = (): void => endGroup(child.pid);
  over.addEventListener('abort', end, { once: true });
  try {
    let isSilent = true;
    for await (const line of createInterface({ input: child.stdout })) {
      const finding = read(line);
      if (finding === null) continue;
      isSilent = false;
      yield finding;
    }
    const code = await exit;
    signal.throwIfAborted();
    if (over.aborted) yield { by: 'time', words: `does not end within ${withinMs / 1000} s` };
    else if (code !== 0 && isSilent) yield { by: 'exit code', words: `ends with exit code ${code}` };
  } finally {
    over.removeEventListener('abort', end);
    end();
  }
}

/** With what it has started itself. */
function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // it has ended by itself
  }
}
