import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openDockerEngine } from '../../src/adapters/docker/engine.ts';
import type { Engine } from '../../src/ports/engine.ts';
import { command } from '../docker.ts';
import { describeMachine } from '../machine.ts';
import { type Fault, faults } from './faults.ts';
import { type Injection, inject } from './injection.ts';
import { type Cell, summarizeCell } from './report.ts';
import { Results } from './results.ts';
import type { System } from './system.ts';
import { SYSTEMS } from './systems.ts';

/** Without the control, which only shows that the load itself fails nothing. */
const PUBLISHED = 'kill,stop,pause,hang,disconnect';
const ROOT = join(import.meta.dirname, '..', '..');

interface Options {
  readonly injections: number;
  readonly systems: readonly System[];
  readonly faults: readonly Fault[];
  readonly resultFolder: string;
  /** cells that are in the results already, with as many injections, are not measured again */
  readonly resumes: boolean;
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      injections: { type: 'string' },
      systems: { type: 'string' },
      faults: { type: 'string' },
      resume: { type: 'boolean', default: false },
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
    resumes: values.resume,
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

/** All cells of one system that are wanting, which runs for their length only. */
async function measureSystem(engine: Engine, system: System, options: Options, results: Results): Promise<void> {
  const wanted = options.faults.filter((fault) => !results.has(system.title, fault.title, options.injections));
  if (wanted.length > 0) say(`${system.title}: starting`);
  for (const fault of wanted) {
    const running = await system.start(); // anew for each fault: what one leaves behind is not the next one's
    try {
      const injections: Injection[] = [];
      const brokenOff = await measureCell(options.injections, injections, () => inject(engine, running, fault));
      const measuredAt = new Date().toISOString();
      const cell = { system: system.title, fault: fault.title, injections, brokenOff, measuredAt };
      await results.add(cell);
      sayCell(cell);
    } finally {
      await running.stop();
    }
  }
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
const results = await Results.open(options.resultFolder, machine, options.resumes);
for (const system of options.systems) await measureSystem(engine, system, options, results);
console.log(results.table());
await engine.close();
process.exitCode = results.isWhole() ? 0 : 1;
