import { execFileSync } from 'node:child_process';
import { cpus, release, totalmem } from 'node:os';
import type { Engine } from '../src/ports/engine.ts';

/** What the figures were measured on: published beside them. */
export interface Machine {
  readonly measuredAt: string;
  readonly processors: string;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly engine: string;
  readonly node: string;
  readonly haproxy: string;
}

export async function describeMachine(engine: Engine): Promise<Machine> {
  const processors = cpus();
  return {
    measuredAt: new Date().toISOString(),
    processors: `${processors.length} x ${processors[0]?.model.trim() ?? 'unknown'}`,
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    kernel: release(),
    engine: `Docker Engine ${(await engine.info()).version}`,
    node: process.version,
    haproxy: versionOf('haproxy', '-v'),
  };
}

function versionOf(program: string, flag: string): string {
  try {
    return execFileSync(program, [flag], { encoding: 'utf8', timeout: 5000 }).split('\n')[0] ?? '';
  } catch {
    return 'not installed here';
  }
}
