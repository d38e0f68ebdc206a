/**
 * Long series of simulated worlds, for the published figures:
 *
 *   script/node bench/soak.ts --seeds 10000 [--minutes 20] [--jobs 2] [--chunk 50] [--stop-after MINUTES] [--noise]
 *
 * A chunk of seeds at a time; after each, bench/results/soak.{json,md} (soak-noise with --noise) holds all until then.
 * The next run goes on after the last seed that is there, if it asks for the same minutes, and adds what code it ran.
 */

import { execFileSync, spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { messageOf } from '../src/errors.ts';
import type { Summary } from '../src/simulator/main.ts';
import { describeHost, type Host } from './machine.ts';

const FOLDER = join(import.meta.dirname, 'results');
const SIMULATOR = join(import.meta.dirname, '../src/simulator/main.ts');
const YEAR_MS = 365.25 * 24 * 3_600_000;

/** What all seeds until now came to. */
interface Total {
  readonly machine: Host;
  /** of the code, in the order they were run */
  readonly commits: readonly string[];
  readonly minutes: number;
  /** seeds 1 to this one, without those that came to no end */
  readonly lastSeed: number;
  readonly ended: number;
  readonly virtualMs: number;
  /** virtual time, of each service */
  readonly serviceMs: number;
  /** how long processes ran, one core each */
  readonly machineMs: number;
  /** by name */
  readonly faults: Readonly<Record<string, number>>;
  readonly requests: { readonly sent: number; readonly failed: number };
  readonly switches: number;
  readonly violations: readonly { readonly seed: string; readonly rules: readonly string[] }[];
}

interface Chunk {
  readonly from: number;
  readonly to: number;
  readonly tookMs: number;
  readonly summaries: readonly Summary[];
}

interface Options {
  readonly name: string;
  readonly seeds: number;
  readonly minutes: number;
  readonly jobs: number;
  readonly chunk: number;
  readonly stopAfterMs: number;
  readonly isNoise: boolean;
}

function options(): Options {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string' },
      minutes: { type: 'string', default: '20' },
      jobs: { type: 'string', default: '2' },
      chunk: { type: 'string', default: '50' },
      'stop-after': { type: 'string', default: '1000000' },
      noise: { type: 'boolean', default: false },
    },
  });
  const number = (name: 'seeds' | 'minutes' | 'jobs' | 'chunk' | 'stop-after'): number => {
    const value = Number(values[name]);
    if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} takes a whole number above 0`);
    return value;
  };
  return {
    name: values.noise ? 'soak-noise' : 'soak',
    seeds: number('seeds'),
    minutes: number('minutes'),
    jobs: number('jobs'),
    chunk: number('chunk'),
    stopAfterMs: number('stop-after') * 60_000,
    isNoise: values.noise,
  };
}

async function totalUntilNow({ name, minutes }: Options): Promise<Total> {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  const known = await readFile(join(FOLDER, `${name}.json`), 'utf8').catch(() => null);
  const before = known === null ? null : (JSON.parse(known) as Total);
  if (before && before.minutes !== minutes)
    throw new Error(`${name}.json is of seeds of ${before.minutes} minutes: go on with these, or move it away`);
  return {
    lastSeed: 0,
    ended: 0,
    virtualMs: 0,
    serviceMs: 0,
    machineMs: 0,
    faults: {},
    requests: { sent: 0, failed: 0 },
    switches: 0,
    violations: [],
    ...before,
    minutes,
    machine: describeHost(),
    commits: [...new Set([...(before?.commits ?? []), commit])],
  };
}

async function runChunk({ minutes, isNoise }: Options, from: number, to: number): Promise<Chunk> {
  const began = performance.now();
  const range = ['--seeds', `${from}..${to}`, '--minutes', String(minutes), '--lines'];
  const child = spawn(process.execPath, [SIMULATOR, ...range, ...(isNoise ? ['--faults', 'noise'] : [])], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const summaries: Summary[] = [];
  for await (const line of createInterface({ input: child.stdout })) summaries.push(JSON.parse(line) as Summary);
  return { from, to, tookMs: performance.now() - began, summaries };
}

function withChunk(total: Total, { to, tookMs, summaries }: Chunk): Total {
  const sum = (of: (one: Summary) => number): number => summaries.reduce((all, one) => all + of(one), 0);
  const faults = { ...total.faults };
  for (const one of summaries)
    for (const [name, count] of Object.entries(one.faults)) faults[name] = (faults[name] ?? 0) + count;
  const violated = summaries.filter(({ violations }) => violations.length > 0);
  return {
    ...total,
    lastSeed: to,
    ended: total.ended + summaries.length,
    virtualMs: total.virtualMs + sum(({ virtualMs }) => virtualMs),
    serviceMs: total.serviceMs + sum(({ virtualMs, services }) => virtualMs * services),
    machineMs: total.machineMs + tookMs,
    faults,
    requests: {
      sent: total.requests.sent + sum(({ requests }) => requests.sent),
      failed: total.requests.failed + sum(({ requests }) => requests.failed),
    },
    switches: total.switches + sum(({ switches }) => switches),
    violations: [...total.violations, ...violated.map(({ seed, violations }) => ({ seed, rules: violations }))],
  };
}

async function write(name: string, total: Total): Promise<void> {
  await mkdir(FOLDER, { recursive: true });
  await writeFile(join(FOLDER, `${name}.json`), `${JSON.stringify(total)}\n`);
  await writeFile(join(FOLDER, `${name}.md`), page(name, total));
}

function page(name: string, total: Total): string {
  const { machine, violations, faults } = total;
  const kinds = Object.entries(faults).toSorted(([one], [other]) => one.localeCompare(other));
  const count = kinds.reduce((sum, [, times]) => sum + times, 0);
  const facts: readonly (readonly [string, string | number])[] = [
    ['seeds, each with this many minutes of faults', `${total.ended}, ${total.minutes}`],
    ['seeds that came to no end', total.lastSeed - total.ended],
    ['seeds with a violation', violations.length],
    ['virtual years', (total.virtualMs / YEAR_MS).toFixed(3)],
    ['service-years', (total.serviceMs / YEAR_MS).toFixed(3)],
    ['faults, of kinds', `${count}, ${kinds.length}`],
    ['requests, failed', `${total.requests.sent}, ${total.requests.failed}`],
    ['switches of traffic', total.switches],
    ['machine hours, of one core', (total.machineMs / 3_600_000).toFixed(2)],
    ['commits', total.commits.join(', ')],
  ];
  const rule = ({ seed, rules }: Total['violations'][number]): string =>
    `- seed ${seed}: ${rules.slice(0, 3).join('; ')}`;
  return [
    '| what | how many |',
    '| --- | --- |',
    ...facts.map(([what, value]) => `| ${what} | ${value} |`),
    '',
    ...(violations.length === 0 ? ['No rule was violated.'] : ['Violations:', '', ...violations.map(rule)]),
    '',
    '| fault | times |',
    '| --- | --- |',
    ...kinds.map(([kind, times]) => `| ${kind} | ${times} |`),
    '',
    `\`${name}.json\` has all of it. ${machine.processors}, ${machine.memoryGiB} GiB, Linux ${machine.kernel}, Node ${machine.node}, ${machine.measuredAt.slice(0, 10)}.`,
    '',
  ].join('\n');
}

/** `jobs` chunks side by side, then what they came to is on disk. */
async function soak(asked: Options): Promise<number> {
  const began = performance.now();
  let total = await totalUntilNow(asked);
  while (total.lastSeed < asked.seeds && performance.now() - began < asked.stopAfterMs) {
    const starts = Array.from({ length: asked.jobs }, (_, job) => total.lastSeed + 1 + job * asked.chunk);
    const wanted = starts.filter((from) => from <= asked.seeds);
    const chunks = await Promise.all(
      wanted.map((from) => runChunk(asked, from, Math.min(asked.seeds, from + asked.chunk - 1))),
    );
    for (const chunk of chunks) total = withChunk(total, chunk);
    await write(asked.name, total);
    console.log(`${total.lastSeed} of ${asked.seeds} seeds, ${total.violations.length} with violations`);
  }
  return total.violations.length === 0 && total.lastSeed === total.ended ? 0 : 1;
}

try {
  process.exitCode = await soak(options());
} catch (error) {
  console.error(`soak: ${messageOf(error)}`);
  process.exitCode = 2;
}
