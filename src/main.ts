#!/usr/bin/env node
import { run } from './cli/program.ts';
import { isNoRoom } from './replace-file.ts';

// `twinhull events | head` is no failure, and neither is a line of the log for which its disk has no room
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: Error & { code?: string }) => {
    if (error.code === 'EPIPE') process.exit(0);
    if (stream === process.stderr && isNoRoom(error)) return;
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
