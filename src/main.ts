#!/usr/bin/env node
import { run } from './cli/program.ts';

// `twinhull events | head` is no failure
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: Error & { code?: string }) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
}

process.exitCode = await run({
  argv: process.argv.slice(2),
  environment: process.env,
  currentDir: process.cwd(),
  stdout: process.stdout,
  stderr: process.stderr,
});
