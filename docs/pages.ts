/**
 * The pages of docs/ that are made from the code, by name. `script/docs` writes them, `docs/pages.test.ts`
 * fails when one on disk differs from what the code says.
 */
import { keysPage } from '../src/compose/keys-page.ts';
import { errorCatalogue } from '../src/errors.ts';
import { explainSettings } from '../src/redundancy/settings.ts';

export const pages: Readonly<Record<string, () => string>> = {
  'errors.md': errorsPage,
  'compose-keys.md': keysPage,
  'configuration.md': configurationPage,
};

function errorsPage(): string {
  const entries = Object.entries(errorCatalogue).sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    '# Errors',
    '',
    'Every error says what happened, what state things are in now, and what to do next. With `--json` it also',
    'carries its code. Exit codes: 1 the thing asked for failed, 2 bad usage or bad input, 3 the engine or a',
    'gateway is out of reach. This page is made from `src/errors.ts` by `script/docs`.',
    '',
    ...entries.flatMap(([code, { exitCode, meaning, remedy }]) => [
      `## ${code}`,
      '',
      `${meaning} Exit code ${exitCode}.`,
      '',
      `**What to do.** ${remedy}`,
      '',
    ]),
  ].join('\n');
}

function configurationPage(): string {
  return [
    '# Configuration',
    '',
    'Everything is in your own Compose file, in the extension field `x-twinhull`: at the top level for the whole',
    'project, in a service for that service. Every key has a default; durations and sizes are strings with a unit.',
    '`twinhull config --explain` prints this list. This page is made from `src/redundancy` by `script/docs`.',
    '',
    '```yaml',
    'x-twinhull:',
    '  monitoring_interval: 10s',
    'services:',
    '  web:',
    '    image: example/web:1',
    '    ports: ["8080:80"]',
    '    x-twinhull:',
    '      mode: pair',
    '      gateway: { protocol: http, check: { path: /health } }',
    '```',
    '',
    explainSettings().trimEnd(),
    '',
  ].join('\n');
}
