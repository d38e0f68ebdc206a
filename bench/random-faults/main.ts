import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { demoEnvironment, DemoProject } from '../../examples/demo/project.ts';
import { startTakeDown } from '../../examples/demo/take-down.ts';
import { openDockerEngine } from '../../src/adapters/docker/engine.ts';
import { describeMachine } from '../machine.ts';
import { hostAddress } from '../side-by-side/two-members.ts';
import { Company } from './company.ts';
import { draw, type FaultKind } from './fault.ts';
import { inject, type Injection } from './injection.ts';
import { KINDS } from './kinds.ts';
import { Results } from './results.ts';
import { Whole } from './whole.ts';

const STARTS_WITHIN_MS = 120_000;

interface Options {
  readonly seed: string;
  readonly injections: number;
  readonly kinds: readonly FaultKind[];
  /** no injection begins later than this after the start, milliseconds */
  readonly forMs: number;
  readonly resultFolder: string;
  readonly resumes: boolean;
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: '1' },
      injections: { type: 'string', default: '100' },
      kinds: { type: 'string' },
      minutes: { type: 'string', default: '1e6' },
      resume: { type: 'boolean', default: false },
      out: { type: 'string', default: join(import.meta.dirname, '..', 'results') },
    },
  });
  const injections = Number(values.injections);
  if (!Number.isInteger(injections) || injections < 1) throw new Error('--injections: a whole number from 1');
  const minutes = Number(values.minutes);
  if (!(minutes > 0)) throw new Error('--minutes: a number above 0');
  return {
    seed: values.seed,
    injections,
    kinds: chooseKinds(values.kinds),
    forMs: minutes * 60_000,
    resultFolder: values.out,
    resumes: values.resume,
  };
}

function chooseKinds(names: string | undefined): readonly FaultKind[] {
  if (names === undefined) return KINDS;
  return names.split(',').map((name) => {
    const found = KINDS.find((kind) => kind.name === name);
    if (found === undefined) throw new Error(`${name}: there are ${KINDS.map((kind) => kind.name).join(', ')}`);
    return found;
  });
}

async function untilWhole(whole: Whole): Promise<void> {
  const end = performance.now() + STARTS_WITHIN_MS;
  for (;;) {
    const problems = await whole.problems();
    if (problems.length === 0) return;
    if (performance.now() > end) throw new Error(`the example did not come up: ${problems.join('; ')}`);
  }
}

async function startAnew(project: DemoProject, whole: Whole): Promise<void> {
  await project.twinhull('down', '--timeout', '2');
  await project.start();
  await untilWhole(whole);
}

/** @returns whether all that were planned have been made */
async function campaign(options: Options, company: Company, results: Results, signal: AbortSignal): Promise<boolean> {
  const whole = new Whole(company);
  await untilWhole(whole);
  await whole.remember();
  while (results.injections.length < options.injections) {
    if (performance.now() > options.forMs) return false;
    const number = results.injections.length + 1;
    const injection = await inject(company, whole, number, draw(options.kinds, options.seed, number), {
      startAnew: () => startAnew(company.project, whole),
      signal,
    });
    await results.add(injection);
    sayInjection(injection);
  }
  return true;
}

function sayInjection({ number, kind, struck, repairMs, problems, sent, failedByMethod, jobs }: Injection): void {
  const outcome = repairMs === null ? `NOT HANDLED: ${problems.join('; ')}` : `whole after ${repairMs / 1000} s`;
  const failed = Object.entries(failedByMethod).map(([method, count]) => `${method} ${count}`);
  say(
    `${number} ${kind}, ${struck}: ${outcome}; of ${sent} failed ${failed.join(', ')}; jobs lost ${jobs.lost}, twice ${jobs.doneTwice}`,
  );
}

const say = (text: string): void => console.error(`bench/campaign: ${Math.round(performance.now() / 1000)} s: ${text}`);

const options = readOptions();
const end = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => end.abort());
const engine = openDockerEngine(process.env);
const stateFolder = mkdtempSync(join(process.env['TWINHULL_ENGINE_DIR'] ?? tmpdir(), 'twinhull-campaign.'));
const project = new DemoProject(await demoEnvironment(stateFolder), end.signal, await hostAddress());
const takeDown = startTakeDown(project.environment);
try {
  await project.buildImages();
  const results = await Results.open(options.resultFolder, await describeMachine(engine), options, options.resumes);
  say(`seed ${options.seed}, ${results.injections.length} of ${options.injections} made; starting the example`);
  await project.start();
  const isComplete = await campaign(options, new Company(project, engine), results, end.signal);
  console.log(results.report());
  if (!isComplete) say('time is up; --resume goes on');
  process.exitCode = results.injections.every(({ handled }) => handled) ? 0 : 1;
} finally {
  end.abort();
  await takeDown.run();
  await engine.close();
}
