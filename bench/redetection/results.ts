import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Mutation } from './mutation.ts';
import { renderReport } from './report.ts';
import type { Result } from './result.ts';

/** What fails with nothing broken, in one commit: it says nothing about what is broken. */
interface Known {
  readonly commit: string;
  /** tests and seeds, by the title of their detector */
  readonly failing: Readonly<Record<string, readonly string[]>>;
}

interface Saved {
  readonly known: Known | null;
  readonly results: readonly Result[];
}

/** Results as they come, each on disk before the next one begins, so that a run may be ended and gone on with. */
export class Results {
  readonly #folder: string;
  readonly #mutations: readonly Mutation[];
  readonly #results: Map<string, Result>;
  #known: Known | null;

  private constructor(folder: string, mutations: readonly Mutation[], { known, results }: Saved) {
    this.#folder = folder;
    this.#mutations = mutations;
    this.#known = known;
    this.#results = new Map(results.map((result) => [result.mutation.name, result]));
  }

  /** @param resumes with what is there, as far as it is of the same mutations */
  static async open(folder: string, mutations: readonly Mutation[], resumes: boolean): Promise<Results> {
    await mkdir(folder, { recursive: true });
    const saved = (resumes ? await readSaved(join(folder, 'redetect.json')) : null) ?? { known: null, results: [] };
    const isSame = ({ mutation }: Result): boolean =>
      mutations.some(
        ({ name, file, find, replace }) =>
          name === mutation.name && file === mutation.file && find === mutation.find && replace === mutation.replace,
      );
    return new Results(folder, mutations, { known: saved.known, results: saved.results.filter(isSame) });
  }

  of({ name }: Mutation): Result | undefined {
    return this.#results.get(name);
  }

  /** @returns null when it is not known yet what this detector finds in this commit with nothing broken */
  known(commit: string, detector: string): readonly string[] | null {
    return (this.#known?.commit === commit ? this.#known.failing[detector] : null) ?? null;
  }

  async addKnown(commit: string, detector: string, found: readonly string[]): Promise<void> {
    const before = this.#known?.commit === commit ? this.#known.failing : {};
    this.#known = { commit, failing: { ...before, [detector]: found } };
    await this.#save();
  }

  async add(result: Result): Promise<void> {
    this.#results.set(result.mutation.name, result);
    await this.#save();
  }

  async #save(): Promise<void> {
    const results = this.all();
    const saved: Saved = { known: this.#known, results };
    await writeFile(join(this.#folder, 'redetect.json'), `${JSON.stringify(saved, null, 1)}\n`);
    await writeFile(join(this.#folder, 'redetect.md'), renderReport(results, this.#mutations.length));
  }

  /** In the order of the table. */
  all(): Result[] {
    return this.#mutations.flatMap((mutation) => {
      const result = this.of(mutation);
      return result ? [{ ...result, mutation }] : [];
    });
  }
}

async function readSaved(path: string): Promise<Saved | null> {
  const text = await readFile(path, 'utf8').catch(() => null);
  return text === null ? null : (JSON.parse(text) as Saved);
}
