/** A Compose project whose generated file Debian's docker-compose 1.29 judges and runs, with no twinhull beside it. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../../..');
const GENERATED = 'docker-compose.redundancy.yml';

export interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export class GeneratedProject implements AsyncDisposable {
  readonly folder: string;
  readonly #parent = mkdtempSync(join(tmpdir(), 'th-generate-'));
  readonly #env: NodeJS.ProcessEnv;

  /** The folder has the project's name, as Compose takes it from there. */
  constructor(name: string, compose: string, environment: Readonly<Record<string, string>> = {}) {
    this.folder = join(this.#parent, name);
    mkdirSync(this.folder);
    writeFileSync(join(this.folder, 'compose.yaml'), compose);
    this.#env = {
      ...process.env,
      TWINHULL_STATE_DIR: join(this.#parent, 'state'),
      TWINHULL_GATEWAY_IMAGE: 'twinhull-local/haproxy:latest',
      ...environment,
    };
  }

  /** Writes a further file of the project. */
  write(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text);
  }

  async generate(): Promise<string> {
    const { code, stderr } = await this.#run(join(root, 'bin/twinhull'), ['-f', 'compose.yaml', 'generate']);
    if (code !== 0) throw new Error(`twinhull generate: exit code ${code}\n${stderr}`);
    return readFileSync(join(this.folder, GENERATED), 'utf8');
  }

  /** /usr/bin/docker-compose 1.29.2 on the generated file. */
  compose(...argv: readonly string[]): Promise<Result> {
    return this.#run('/usr/bin/docker-compose', ['-f', GENERATED, ...argv]);
  }

  docker(...argv: readonly string[]): Promise<Result> {
    return this.#run('docker', argv);
  }

  #run(file: string, argv: readonly string[]): Promise<Result> {
    const options = { cwd: this.folder, env: this.#env, timeout: 120_000, maxBuffer: 16 << 20 };
    return new Promise((done) => {
      execFile(file, argv, options, (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
        done({ code, stdout, stderr: code === -1 ? `${stderr}\n${error?.message ?? ''}` : stderr });
      });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.compose('down', '-v', '-t', '1', '--remove-orphans');
    rmSync(this.#parent, { recursive: true, force: true });
  }
}
