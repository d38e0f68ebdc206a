#!/usr/bin/env node
import { run } from './cli/program.ts';

process.exitCode = await run({
  argv: process.argv.slice(2),
  environment: process.env,
  currentDir: process.cwd(),
  stdout: process.stdout,
  stderr: process.stderr,
});
