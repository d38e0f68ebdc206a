import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Runs a program with an argument array, at most two minutes; gives its output, trimmed. Throws with its last words. */
export async function command(program: string, ...parameters: readonly string[]): Promise<string> {
  const { stdout } = await run(program, parameters, { timeout: 120_000, maxBuffer: 16 * 1024 * 1024 });
  return stdout.trim();
}

export const docker = (...parameters: readonly string[]): Promise<string> => command('docker', ...parameters);

/** Removes containers that may not be there. */
export async function removeContainers(...names: readonly string[]): Promise<void> {
  await docker('rm', '--force', '--volumes', ...names).catch(() => {});
}

/** Waits until the URL answers 2xx; throws after `withinMs`. */
export async function untilAnswers(url: string, withinMs: number): Promise<void> {
  const end = performance.now() + withinMs;
  for (;;) {
    const ok = await fetch(url, { signal: AbortSignal.timeout(1000) }).then(
      (response) => response.ok,
      () => false,
    );
    if (ok) return;
    if (performance.now() > end) throw new Error(`${url} did not answer within ${withinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
