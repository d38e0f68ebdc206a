import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openDockerEngine } from '../../src/adapters/docker/engine.ts';
import type { Engine } from '../../src/ports/engine.ts';
import { command } from '../docker.ts';
import { describeMachine } from '../machine.ts';
import { type Fault, faults } from './faults.ts';
import { type Injection, inject } from './injection.ts';
import { type Cell, renderTable, summarizeCell } from './report.ts';
import type { System } from './system.ts';
import { caddy } from './systems/caddy.ts';
import { haproxy } from './systems/haproxy.ts';
import { nginx } from './systems/nginx.ts';
import { restartPolicy } from './systems/restart-policy.ts';
import { twinhull } from './systems/twinhull.ts';

const SYSTEMS: readonly System[] = [twinhull, restartPolicy, caddy, nginx, haproxy];
/** Without the control, which only shows that the load itself fails nothing. */
const PUBLISHED = 'kill,stop,pause,hang,disconnect';
const ROOT = join(import.meta.dirname, '..', '..');

interface Options {
  readonly injections: number;
  readonly systems: readonly System[];
  readonly faults: readonly Fault[];
  readonly resultFolder: string;
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      injections: { type: 'string' },
      systems: { type: 'string' },
      faults: { type: 'string' },
      out: { type: 'string', default: join(ROOT, 'bench', 'results') },
    },
  });
  const injections = Number(values.injections ?? (values.quick ? 5 : 30));
  if (!Number.isInteger(injections) || injections < 1) throw new Error('--injections: a whole number from 1');
  return {
    injections,
    systems: choose(SYSTEMS, values.systems),
    faults: choose(faults, values.faults ?? PUBLISHED),
    resultFolder: values.out,
  };
}

function choose<T extends { readonly name: string }>(all: readonly T[], names: string | undefined): readonly T[] {
  if (names === undefined) return all;
  return names.split(',').map((name) => {
    const found = all.find((one) => one.name === name);
    if (found === undefined) throw new Error(`${name}: there are ${all.map((one) => one.name).join(', ')}`);
    return found;
  });
}

/** All cells of one system, which runs for their length only. */
async function measureSystem(engine: Engine, system: System, options: Options): Promise<Cell[]> {
  say(`${system.title}: starting`);
  const cells: Cell[] = [];
  for (const fault of options.faults) {
    const running = await system.start(); // anew for each fault: what one leaves behind is not the next one's
    try {
      const injections: Injection[] = [];
      const brokenOff = await measureCell(options.injections, injections, () => inject(engine, running, fault));
      const cell = { system: system.title, fault: fault.title, injections, brokenOff };
      cells.push(cell);
      sayCell(cell);
    } finally {
      await running.stop();
    }
  }
  return cells;
}

/** Fills `injections`; gives the reason when it had to end early. */
async function measureCell(
  count: number,
  injections: Injection[],
  measure: () => Promise<Injection>,
): Promise<string | null> {
  try {
    while (injections.length < count) injections.push(await measure());
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function sayCell(cell: Cell): void {
  const { failedIdempotent, failedPost, longestGapMs, brokenOff } = summarizeCell(cell);
  const figures = `failed GET ${failedIdempotent.median} (max ${failedIdempotent.max}), POST ${failedPost.median} (max ${failedPost.max}), gap ${longestGapMs.median} ms (max ${longestGapMs.max})`;
  say(`${cell.system}, ${cell.fault}: ${figures}${brokenOff === null ? '' : `; broken off: ${brokenOff}`}`);
}

const say = (text: string): void => console.error(`bench/failover: ${Math.round(performance.now() / 1000)} s: ${text}`);

const options = readOptions();
const engine = openDockerEngine(process.env);
await command(join(ROOT, 'script', 'images'), ...new Set(options.systems.flatMap((system) => system.images)));
const machine = await describeMachine(engine);
const cells: Cell[] = [];
for (const system of options.systems) cells.push(...(await measureSystem(engine, system, options)));
const table = renderTable(cells, machine);
await mkdir(options.resultFolder, { recursive: true });
await writeFile(
  join(options.resultFolder, 'failover.json'),
  `${JSON.stringify({ machine, summary: cells.map(summarizeCell), cells })}\n`,
);
await writeFile(join(options.resultFolder, 'failover.md'), table);
console.log(table);
await engine.close();
process.exitCode = cells.some(({ brokenOff }) => brokenOff !== null) ? 1 : 0;
