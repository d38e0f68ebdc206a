import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Mutation, mutated } from './mutation.ts';

const run = promisify(execFile);

/** Unused imports are the usual trace of a rule that was taken out: no reason to call the change no program. */
const TYPES = {
  extends: './tsconfig.json',
  compilerOptions: { noUnusedLocals: false, noUnusedParameters: false },
  include: ['src'],
};

/** A copy of one commit to break things in, so that whatever happens in the project meanwhile changes nothing. */
export class Workshop implements AsyncDisposable {
  readonly folder: string;
  readonly commit: string;

  private constructor(folder: string, commit: string) {
    this.folder = folder;
    this.commit = commit;
  }

  static async open(project: string, commit: string): Promise<Workshop> {
    const folder = await mkdtemp(join(tmpdir(), 'twinhull-redetect.'));
    const archive = join(folder, 'archive.tar');
    await run('git', ['-C', project, 'archive', '--output', archive, commit]);
    await run('tar', ['-x', '-f', archive, '-C', folder]);
    await rm(archive);
    await symlink(join(project, 'node_modules'), join(folder, 'node_modules'));
    await writeFile(join(folder, 'tsconfig.redetect.json'), JSON.stringify(TYPES));
    return new Workshop(folder, commit);
  }

  /** Does `work` with the mutation in place, and puts the file back as it was. */
  async with<Result>(mutation: Mutation, work: () => Promise<Result>): Promise<Result> {
    const path = join(this.folder, mutation.file);
    const source = await readFile(path, 'utf8');
    await writeFile(path, mutated(source, mutation));
    try {
      return await work();
    } finally {
      await writeFile(path, source);
    }
  }

  /** Those whose text is there in this commit. */
  async fitting(mutations: readonly Mutation[]): Promise<Mutation[]> {
    const found: Mutation[] = [];
    for (const mutation of mutations) {
      const source = await readFile(join(this.folder, mutation.file), 'utf8').catch(() => '');
      if (source.split(mutation.find).length === 2) found.push(mutation);
    }
    return found;
  }

  /**
   * All of them at once, each as a file beside the one that it changes.
   * @returns by name what the compiler says first, of those that are no program
   */
  async typeErrors(mutations: readonly Mutation[]): Promise<ReadonlyMap<string, string>> {
    const files = new Map(mutations.map((mutation, index) => [`${mutation.file.slice(0, -3)}.${index}.ts`, mutation]));
    for (const [file, mutation] of files) {
      const source = await readFile(join(this.folder, mutation.file), 'utf8');
      await writeFile(join(this.folder, file), mutated(source, mutation));
    }
    const errors = new Map<string, string>();
    for (const line of (await this.#compile()).split('\n')) {
      const [, file = '', error = ''] = /^(.*?)\(\d+,\d+\): error (.*)/.exec(line) ?? [];
      const mutation = files.get(file);
      if (mutation && !errors.has(mutation.name)) errors.set(mutation.name, error);
    }
    for (const file of files.keys()) await rm(join(this.folder, file));
    return errors;
  }

  /** @returns what the compiler says */
  async #compile(): Promise<string> {
    const compiler = join(this.folder, 'node_modules', '.bin', 'tsc');
    try {
      await run(compiler, ['-p', 'tsconfig.redetect.json', '--pretty', 'false'], { cwd: this.folder });
      return '';
    } catch (error) {
      const said = error instanceof Error && 'stdout' in error ? String(error.stdout) : '';
      if (said === '') throw error;
      return said;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
