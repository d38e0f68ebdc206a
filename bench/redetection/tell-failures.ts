/**
 * Imported before tests: says at once which one has failed. A reporter says it when the process comes to rest, which
 * may be at the end.
 */

import { writeSync } from 'node:fs';
import { afterEach } from 'node:test';

afterEach((context) => {
  // known since Node.js 22, and not yet to its types
  const hasPassed = 'passed' in context && context.passed === true;
  if (!hasPassed) writeSync(process.stdout.fd, `failed: ${context.fullName}\n`);
});
