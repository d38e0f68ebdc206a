/**
 * bin/twinhull-sim: one seed with its trace, or many seeds with a line for each that breaks a rule.
 * The text of a run is the same on every machine; how long it took goes to standard error.
 */

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { faults as allFaults, noise } from './faults.ts';
import type { Fault } from './faults/fault.ts';
import { runSeed, type RunResult } from './run.ts';

const USAGE = `twinhull-sim --seed N [--minutes M | --hours H] [--services N] [--faults a,b] [--quiet]
    one run with its trace
twinhull-sim --seeds A..B [--minutes M] [--jobs N] [...]
    many runs, each violation with its seed; exit code 1 when there was one
twinhull-sim --list
    the faults by family and name; --faults takes both, and noise happens only where it is asked for`;

interface Options {
  readonly from: number;
  readonly to: number;
  readonly isOne: boolean;
  readonly minutes: number;
  readonly services: number | undefined;
  readonly faults: readonly Fault[];
  readonly jobs: number;
  readonly isQuiet: boolean;
}

class BadUsage extends Error {}

const known: readonly Fault[] = [...allFaults, ...noise];

/** What is passed from the runs to whoever adds them up: a line of JSON each, with `--lines`. */
export interface Summary {
  readonly seed: string;
  readonly services: number;
  readonly violations: readonly string[];
  readonly virtualMs: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly requests: RunResult['requests'];
  readonly switches: number;
}

export async function main(argv: readonly string[]): Promise<number> {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        seed: { type: 'string' },
        seeds: { type: 'string' },
        minutes: { type: 'string' },
        hours: { type: 'string' },
        services: { type: 'string' },
        faults: { type: 'string' },
        jobs: { type: 'string' },
        quiet: { type: 'boolean', default: false },
        list: { type: 'boolean', default: false },
        lines: { type: 'boolean', default: false },
      },
    });
    if (values.list) return list();
    const options = read(values);
    if (options.isOne) return await runOne(options);
    return values.lines ? await runLines(options) : await runMany(options, argv);
  } catch (error) {
    process.stderr.write(`twinhull-sim: ${error instanceof Error ? error.message : String(error)}\n${USAGE}\n`);
    return 2;
  }
}

type Values = Readonly<Record<string, string | boolean | undefined>>;

function read(values: Values): Options {
  const range = /^(\d+)(?:\.\.(\d+))?$/.exec(String(values['seeds'] ?? values['seed'] ?? ''));
  if (!range) throw new BadUsage('--seed takes a number, --seeds two with .. between them');
  const from = Number(range[1]);
  const hours = number(values, 'hours');
  return {
    from,
    to: Number(range[2] ?? from),
    isOne: values['seeds'] === undefined,
    minutes: number(values, 'minutes') ?? (hours === undefined ? 10 : hours * 60),
    services: number(values, 'services'),
    faults: chosen(values['faults']),
    jobs: number(values, 'jobs') ?? 1,
    isQuiet: values['quiet'] === true,
  };
}

function number(values: Values, name: string): number | undefined {
  const text = values[name];
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!(value > 0)) throw new BadUsage(`--${name} takes a number above 0`);
  return value;
}

function chosen(names: unknown): readonly Fault[] {
  if (typeof names !== 'string') return allFaults;
  return names.split(',').flatMap((name) => {
    const found = known.filter((fault) => fault.name === name || fault.family === name);
    if (found.length === 0) throw new BadUsage(`no fault is called ${JSON.stringify(name)}; --list tells them`);
    return found;
  });
}

function list(): number {
  for (const { name, family } of known) process.stdout.write(`${family.padEnd(10)} ${name}\n`);
  return 0;
}

function run(options: Options, seed: number): Promise<RunResult> {
  const { minutes, services, faults } = options;
  return runSeed({ seed: String(seed), minutes, faults, ...(services === undefined ? {} : { services }) });
}

async function runOne(options: Options): Promise<number> {
  const began = performance.now();
  const result = await run(options, options.from);
  if (!options.isQuiet) for (const line of result.trace) process.stdout.write(`${line}\n`);
  const verdict = result.violations.length === 0 ? 'nothing was violated' : `${result.violations.length} violations`;
  process.stdout.write(`seed ${result.seed}: ${verdict}\n`);
  sayPace(result.virtualMs, performance.now() - began);
  return result.violations.length === 0 ? 0 : 1;
}

/** One line of JSON a seed. */
async function runLines(options: Options): Promise<number> {
  for (let seed = options.from; seed <= options.to; seed++) {
    const { services, violations, virtualMs, faults, requests, switches } = await run(options, seed);
    const summary: Summary = {
      seed: String(seed),
      services,
      violations: violations.map(({ at, rule, what }) => `${(at / 1000).toFixed(1)} s ${rule}: ${what}`),
      virtualMs,
      faults: Object.fromEntries(faults),
      requests,
      switches,
    };
    process.stdout.write(`${JSON.stringify(summary)}\n`);
  }
  return 0;
}

async function runMany(options: Options, argv: readonly string[]): Promise<number> {
  const began = performance.now();
  const total = options.to - options.from + 1;
  const jobs = Math.min(options.jobs, total);
  const summaries: Summary[] = [];
  const worker = async (job: number): Promise<void> => {
    const from = options.from + Math.floor((total * job) / jobs);
    const to = options.from + Math.floor((total * (job + 1)) / jobs) - 1;
    for await (const summary of summariesOf(argv, from, to)) {
      summaries.push(summary);
      if (summary.violations.length > 0) sayViolations(summary);
    }
  };
  await Promise.all(Array.from({ length: jobs }, (_, job) => worker(job)));
  return sayTotal(summaries, total, performance.now() - began);
}

async function* summariesOf(argv: readonly string[], from: number, to: number): AsyncGenerator<Summary> {
  const program = process.argv[1] ?? '';
  const child = spawn(process.execPath, [program, ...argv, '--seeds', `${from}..${to}`, '--lines'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout })) yield JSON.parse(line) as Summary;
}

function sayViolations({ seed, violations }: Summary): void {
  const more = violations.length > 3 ? ` (and ${violations.length - 3} more)` : '';
  process.stdout.write(`seed ${seed}: ${violations.slice(0, 3).join('; ')}${more}\n`);
}

function sayTotal(summaries: readonly Summary[], total: number, tookMs: number): number {
  const bad = summaries.filter(({ violations }) => violations.length > 0).length;
  const virtualMs = summaries.reduce((sum, summary) => sum + summary.virtualMs, 0);
  const happened = new Map<string, number>();
  for (const { faults } of summaries)
    for (const [name, count] of Object.entries(faults)) happened.set(name, (happened.get(name) ?? 0) + count);
  const count = [...happened.values()].reduce((sum, one) => sum + one, 0);
  const hours = (virtualMs / 3_600_000).toFixed(1);
  process.stdout.write(
    `${summaries.length} seeds, ${bad} with violations; ${hours} hours, ${count} faults of ${happened.size} kinds\n`,
  );
  const sum = (of: (summary: Summary) => number): number => summaries.reduce((all, one) => all + of(one), 0);
  const [sent, failed] = [sum(({ requests }) => requests.sent), sum(({ requests }) => requests.failed)];
  process.stdout.write(`${sent} requests, ${failed} of them failed; ${sum(({ switches }) => switches)} switches\n`);
  sayPace(virtualMs, tookMs);
  if (summaries.length < total) process.stdout.write(`${total - summaries.length} seeds did not come to an end\n`);
  return bad === 0 && summaries.length === total ? 0 : 1;
}

function sayPace(virtualMs: number, tookMs: number): void {
  process.stderr.write(`${(tookMs / 1000).toFixed(1)} s, ${Math.round(virtualMs / tookMs)} times as fast as time\n`);
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
