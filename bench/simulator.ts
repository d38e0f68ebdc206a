/**
 * How fast the simulator is: `script/node bench/simulator.ts [--repeats N]` writes bench/results/simulator.{json,md}.
 * One core: what is counted is the processor time of the whole process (its compiler and its garbage collector too), so
 * that other work on the machine counts little. The first repeat is cold, as a run from the command line is.
 */

import { mkdir, writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { faults } from '../src/simulator/faults.ts';
import type { Fault } from '../src/simulator/faults/fault.ts';
import { runSeed } from '../src/simulator/run.ts';
import { describeHost, type Host } from './machine.ts';
import { describe, type Statistics } from './statistics.ts';

const FOLDER = join(import.meta.dirname, 'results');
const QUIET: readonly Fault[] = [{ name: 'nothing', family: 'noise', begin: () => null }];
const QUIET_HOURS = 12;
const SEEDS_A_REPEAT = 10;
const FAULTY_MINUTES = 20;

interface Case {
  readonly title: string;
  /** virtual milliseconds for each of processor time, a repeat each, in order */
  readonly timesReal: readonly number[];
}

const cases: readonly { readonly title: string; readonly run: (repeat: number) => Promise<number> }[] = [
  {
    title: `ten quiet services for ${QUIET_HOURS} hours`,
    run: async (repeat) =>
      (await runSeed({ seed: `quiet ${repeat}`, minutes: QUIET_HOURS * 60, services: 10, faults: QUIET })).virtualMs,
  },
  {
    title: `${SEEDS_A_REPEAT} seeds of ${FAULTY_MINUTES} minutes with faults, and what it takes until all is repaired`,
    run: async (repeat) => {
      let virtualMs = 0;
      for (let at = 0; at < SEEDS_A_REPEAT; at++) {
        const seed = String(repeat * SEEDS_A_REPEAT + at + 1);
        virtualMs += (await runSeed({ seed, minutes: FAULTY_MINUTES, faults })).virtualMs;
      }
      return virtualMs;
    },
  },
];

async function measure(repeats: number): Promise<Case[]> {
  const measured: Case[] = [];
  for (const { title, run } of cases) {
    const timesReal: number[] = [];
    for (let repeat = 0; repeat < repeats; repeat++) {
      const before = process.cpuUsage();
      const virtualMs = await run(repeat);
      const { user, system } = process.cpuUsage(before);
      timesReal.push(Math.round(virtualMs / ((user + system) / 1000)));
    }
    measured.push({ title, timesReal });
    console.log(row({ title, timesReal }));
  }
  return measured;
}

function row({ title, timesReal }: Case): string {
  const { n, median, interval, confidence }: Statistics = describe(timesReal);
  const [from, to] = interval;
  const percent = Math.round(confidence * 100);
  return `| ${title} | ${n} | ${median} [${from}, ${to}] (${percent} %) | ${timesReal.join(', ')} |`;
}

function page(
  measured: readonly Case[],
  { processors, memoryGiB, kernel, node, measuredAt }: Host,
  load: string,
): string {
  return [
    '| what | repeats | virtual time for each second of one core: median [interval] | each repeat, in order |',
    '| --- | --- | --- | --- |',
    ...measured.map(row),
    '',
    `Processor time of the whole process, compiler and garbage collector included; the first repeat is cold. The interval is that of the median, by order statistics. ${processors}, ${memoryGiB} GiB, Linux ${kernel}, Node ${node}, ${measuredAt.slice(0, 10)}; its load was ${load} in the minute before the end, 1 of it ours.`,
    '',
  ].join('\n');
}

const { values } = parseArgs({ options: { repeats: { type: 'string', default: '10' } } });
const repeats = Number(values.repeats);
if (!Number.isInteger(repeats) || repeats < 1) throw new Error('--repeats takes a whole number above 0');
const machine = describeHost();
const measured = await measure(repeats);
const load = (loadavg()[0] ?? 0).toFixed(1);
await mkdir(FOLDER, { recursive: true });
await writeFile(join(FOLDER, 'simulator.json'), `${JSON.stringify({ machine, load, cases: measured })}\n`);
await writeFile(join(FOLDER, 'simulator.md'), page(measured, machine, load));
