import { join } from 'node:path';
import { run } from '../../src/cli/program.ts';
import { type CommandResult, written } from './output.ts';

/** The command line in a folder, with its state in there. No engine is in reach: what is asked must work without one, or say so. */
export function withoutEngine(folder: string): (...argv: string[]) => Promise<CommandResult> {
  return async (...argv) => {
    const stdout = written();
    const stderr = written();
    const environment = {
      PATH: process.env['PATH'],
      HOME: folder,
      DOCKER_HOST: `unix://${folder}/no-engine.sock`,
      TWINHULL_STATE_DIR: join(folder, 'state'),
    };
    const code = await run({ argv, environment, currentDir: folder, stdout, stderr });
    return { code, stdout: stdout.text, stderr: stderr.text };
  };
}
