import { execFileSync } from 'node:child_process';
import { cpus, release, totalmem } from 'node:os';
import type { Engine } from '../src/ports/engine.ts';

/** What the figures were measured on: published beside them. */
export interface Machine extends Host {
  readonly engine: string;
  readonly haproxy: string;
}

/** Where no engine has a part in it. */
export interface Host {
  readonly measuredAt: string;
  readonly processors: string;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly node: string;
}

export async function describeMachine(engine: Engine): Promise<Machine> {
  return {
    ...describeHost(),
    engine: `Docker Engine ${(await engine.info()).version}`,
    haproxy: versionOf('haproxy', '-v'),
  };
}

export function describeHost(): Host {
  const processors = cpus();
  return {
    measuredAt: new Date().toISOString(),
    processors: `${processors.length} x ${processors[0]?.model.trim() ?? 'unknown'}`,
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    kernel: release(),
    node: process.version,
  };
}

function versionOf(program: string, flag: string): string {
  try {
    return execFileSync(program, [flag], { encoding: 'utf8', timeout: 5000 }).split('\n')[0] ?? '';
  } catch {
    return 'not installed here';
  }
}
