import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Machine } from '../machine.ts';
import type { Injection } from './injection.ts';
import { renderReport, summarize } from './report.ts';

export interface Plan {
  readonly seed: string;
  readonly injections: number;
}

/** Injections as they are made, each on disk before the next one begins: a campaign may be ended and gone on with. */
export class Results {
  readonly injections: Injection[];
  readonly #folder: string;
  readonly #machine: Machine;
  readonly #plan: Plan;

  private constructor(folder: string, machine: Machine, plan: Plan, injections: Injection[]) {
    this.#folder = folder;
    this.#machine = machine;
    this.#plan = plan;
    this.injections = injections;
  }

  /** @param resumes with what is there of the same seed and machine; throws when it is of another */
  static async open(folder: string, machine: Machine, plan: Plan, resumes: boolean): Promise<Results> {
    await mkdir(folder, { recursive: true });
    const known = resumes ? await readInjections(join(folder, 'campaign.json'), machine, plan) : [];
    return new Results(folder, machine, plan, known);
  }

  async add(injection: Injection): Promise<void> {
    this.injections.push(injection);
    const { seed } = this.#plan;
    const text = JSON.stringify({
      machine: this.#machine,
      seed,
      summary: summarize(this.injections),
      injections: this.injections,
    });
    await writeFile(join(this.#folder, 'campaign.json'), `${text}\n`);
    await writeFile(join(this.#folder, 'campaign.md'), this.report());
  }

  report(): string {
    return renderReport(this.injections, this.#plan, this.#machine);
  }
}

async function readInjections(path: string, machine: Machine, { seed }: Plan): Promise<Injection[]> {
  const text = await readFile(path, 'utf8').catch(() => null);
  if (text === null) return [];
  const saved = JSON.parse(text) as {
    readonly machine: Machine;
    readonly seed: string;
    readonly injections: Injection[];
  };
  if (saved.seed !== seed) throw new Error(`${path} is of the seed ${saved.seed}`);
  const same: readonly (keyof Machine)[] = ['processors', 'memoryGiB', 'kernel', 'engine', 'node', 'haproxy'];
  const other = same.find((key) => saved.machine[key] !== machine[key]);
  if (other !== undefined) throw new Error(`${path} is of another machine: its ${other} is ${saved.machine[other]}`);
  return saved.injections;
}
