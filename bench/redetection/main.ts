import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Detector, detectorsOf, findings } from './detectors.ts';
import type { Mutation } from './mutation.ts';
import { mutations } from './mutations.ts';
import { summaryOf } from './report.ts';
import { type Result, verdictOf } from './result.ts';
import { Results } from './results.ts';
import { Workshop } from './workshop.ts';

const ROOT = join(import.meta.dirname, '..', '..');

interface Options {
  readonly commit: string;
  readonly wanted: readonly Mutation[];
  readonly resultFolder: string;
  readonly resumes: boolean;
  /** what was tried and not found is tried again */
  readonly again: boolean;
  readonly jobs: number;
  /** nothing is begun after this, milliseconds */
  readonly forMs: number;
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      commit: { type: 'string', default: 'HEAD' },
      only: { type: 'string', default: '' },
      resume: { type: 'boolean', default: false },
      again: { type: 'boolean', default: false },
      jobs: { type: 'string', default: '1' },
      minutes: { type: 'string' },
      out: { type: 'string', default: join(ROOT, 'bench', 'results') },
    },
  });
  const words = values.only.split(',');
  const resolved = execFileSync('git', ['-C', ROOT, 'rev-parse', '--verify', `${values.commit}^{commit}`]);
  return {
    commit: resolved.toString().trim(),
    wanted: mutations.filter(({ name, file }) => words.some((word) => `${file} ${name}`.includes(word))),
    resultFolder: values.out,
    resumes: values.resume || values.again,
    again: values.again,
    jobs: positive('jobs', values.jobs),
    forMs: values.minutes === undefined ? Number.POSITIVE_INFINITY : positive('minutes', values.minutes) * 60_000,
  };
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`--${name} takes a number above 0`);
  return value;
}

interface Trial {
  readonly wanted: readonly Mutation[];
  readonly workshop: Workshop;
  readonly results: Results;
  /** what each detector finds with nothing broken, as far as it was asked for */
  readonly known: Map<Detector, Promise<readonly string[]>>;
  readonly signal: AbortSignal;
}

/** A failure that is there with nothing broken says nothing. Asked once for a commit, before anything is broken. */
function knownOf(detector: Detector, trial: Trial): Promise<readonly string[]> {
  const known = trial.known.get(detector) ?? findKnown(detector, trial);
  trial.known.set(detector, known);
  return known;
}

async function findKnown(detector: Detector, { workshop, results, signal }: Trial): Promise<readonly string[]> {
  const before = results.known(workshop.commit, detector.title);
  if (before !== null) return before;
  const found: string[] = [];
  await using unbroken = await Workshop.open(ROOT, workshop.commit);
  for await (const { by, words } of findings(detector, unbroken.folder, signal)) {
    found.push(by);
    say(`fails with nothing broken, and counts for nothing: ${detector.title}: ${words}`);
  }
  await results.addKnown(workshop.commit, detector.title, found);
  return found;
}

/** Asks the next detector that was not asked yet. */
async function goOn(before: Result, trial: Trial): Promise<Result> {
  const { mutation, silent } = before;
  const detector = detectorsOf(mutation.file)[silent.length];
  if (detector === undefined) return before;
  const began = performance.now();
  const what = await trial.workshop.with(mutation, () => firstFound(detector, trial));
  const tookMs = before.tookMs + Math.round(performance.now() - began);
  const { commit } = trial.workshop;
  return what === null
    ? { ...before, commit, silent: [...silent, detector.title], tookMs }
    : { ...before, commit, foundBy: { detector: detector.title, what }, tookMs };
}

async function firstFound(detector: Detector, trial: Trial): Promise<string | null> {
  const ignored = await knownOf(detector, trial);
  const { workshop, signal } = trial;
  for await (const { by, words } of findings(detector, workshop.folder, signal))
    if (!ignored.includes(by)) return words;
  return null;
}

/** What the compiler refuses is no mutation. */
async function sortOut(wanted: readonly Mutation[], workshop: Workshop, results: Results): Promise<void> {
  const fitting = await workshop.fitting(wanted);
  const errors = await workshop.typeErrors(fitting);
  for (const mutation of fitting) {
    const typeError = errors.get(mutation.name) ?? '';
    const result = { mutation, commit: workshop.commit, typeError, silent: [], foundBy: null, tookMs: 0 };
    await results.add(result);
    if (typeError !== '') say(lineOf(result));
  }
}

/** The quick detectors for all of them first, and the slow ones only for what is left. */
async function work(until: number, trial: Trial, taken: Set<Mutation>): Promise<void> {
  const { results, wanted } = trial;
  const next = (): Result | undefined =>
    results
      .all()
      .filter((result) => verdictOf(result) === null && wanted.includes(result.mutation) && !taken.has(result.mutation))
      .toSorted((one, other) => one.silent.length - other.silent.length)[0];
  for (let before = next(); before !== undefined && performance.now() < until; before = next()) {
    taken.add(before.mutation);
    const result = await goOn(before, trial);
    taken.delete(before.mutation);
    await results.add(result);
    if (verdictOf(result) !== null) say(lineOf(result));
  }
}

async function tryAll(isNew: (mutation: Mutation) => boolean, options: Options, results: Results): Promise<void> {
  const until = performance.now() + options.forMs;
  const interrupt = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interrupt.abort());
  const { signal } = interrupt;
  const { commit } = options;
  await using workshops = new AsyncDisposableStack();
  const open = async (): Promise<Workshop> => workshops.use(await Workshop.open(ROOT, commit));
  const first = await open();
  const { wanted } = options;
  await sortOut(wanted.filter(isNew), first, results);
  const known = new Map<Detector, Promise<readonly string[]>>();
  const others = await Promise.all(Array.from({ length: options.jobs - 1 }, open));
  const taken = new Set<Mutation>();
  await Promise.all(
    [first, ...others].map((workshop) => work(until, { wanted, workshop, results, known, signal }, taken)),
  );
}

function lineOf({ mutation, typeError, foundBy, tookMs }: Result): string {
  const seconds = (tookMs / 1000).toFixed(1).padStart(6);
  if (typeError !== '') return `no program ${seconds} s  ${mutation.name}: ${typeError}`;
  return foundBy === null
    ? `NOT FOUND  ${seconds} s  ${mutation.name}`
    : `found      ${seconds} s  ${mutation.name}  <- ${foundBy.detector}: ${foundBy.what.slice(0, 100)}`;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

async function main(): Promise<void> {
  const options = readOptions();
  const results = await Results.open(options.resultFolder, mutations, options.resumes);
  const isNew = (mutation: Mutation): boolean => {
    const known = results.of(mutation);
    return known === undefined || (options.again && verdictOf(known) === 'missed');
  };
  await tryAll(isNew, options, results);
  const all = results.all();
  say(summaryOf(all, mutations.length));
  for (const { mutation } of all.filter((result) => verdictOf(result) === 'missed'))
    say(`not found: ${mutation.name} (${mutation.file}): ${mutation.whatItBreaks}`);
  process.exitCode = all.length === mutations.length && all.every((result) => verdictOf(result) === 'found') ? 0 : 1;
}

await main();
