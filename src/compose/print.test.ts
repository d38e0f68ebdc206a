import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';

import { loadProject } from './load.ts';
import { printProject } from './print.ts';
import type { Project } from './project.ts';

async function load(text: string): Promise<Project> {
  return loadProject({ files: ['-'], readStandardInput: async () => text, environment: {}, currentDir: '/project' });
}

/** Text that readers of YAML, shells and variables have stumbled over, beside any text. */
const hostile = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.constantFrom(
    'yes',
    'No',
    'on',
    'null',
    '~',
    '0777',
    '0o17',
    '1e3',
    '.5',
    '1:30',
    '2024-01-02',
    '<<',
    '=',
    '*a',
    '&a',
    '!x',
    '- a',
    'a: b',
    '# c',
    ' a',
    'a ',
    '',
    '$A',
    '${A:?x}',
    '$$',
    '"',
    "'",
    '\t',
    'a\nb\n',
    '\n\n',
    '|',
    '>',
    '%',
    '@',
    '`',
    '{',
    '[',
    '\\',
    '\u0085',
    '\u2028',
    '\uFEFF',
  ),
);

for (const format of ['yaml', 'json'] as const) {
  it(`any text survives printing as ${format} and loading again`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(hostile, { minLength: 1, maxLength: 4 }), hostile, async (values, label) => {
        const service = {
          image: 'a',
          command: values,
          environment: Object.fromEntries(values.map((value, index) => [`K${index}`, value])),
          labels: { label },
        };
        const escaped = JSON.stringify({ name: 'p', services: { web: service } }).replaceAll('$', '$$$$');
        const project = await load(escaped);
        assert.deepEqual(project.services['web']?.command, values);
        const again = await load(printProject(project, format));
        assert.deepEqual(again.services, project.services);
      }),
      { numRuns: 300 },
    );
  });
}

it('names that look like something else survive, too', async () => {
  const project = await load(
    JSON.stringify({
      name: 'p',
      services: {
        '1.0': { image: 'a', labels: { yes: 'a', '0x1': 'b', 'a: b': 'c', '~': 'd', null: 'e' } },
        yes: { image: 'b' },
      },
    }),
  );
  const again = await load(printProject(project, 'yaml'));
  assert.deepEqual(again.services, project.services);
  assert.deepEqual(Object.keys(again.services), ['1.0', 'yes']);
});

it('the name comes first, then services, then what they use; services by the alphabet', async () => {
  const printed = printProject(
    await load(
      'x-mine: 1\nvolumes: {v: }\nservices: { z: { image: z, volumes: ["v:/v"] }, a: { image: a } }\nname: p\n',
    ),
    'yaml',
  );
  assert.deepEqual(
    printed.split('\n').filter((line) => /^(\w|x-| {2}\w)/.test(line)),
    ['name: p', 'services:', '  a:', '  z:', 'networks:', '  default:', 'volumes:', '  v:', 'x-mine: 1'],
  );
});

it('JSON has command and entrypoint always, as Compose prints them', async () => {
  const { services } = JSON.parse(
    printProject(await load('{"name": "p", "services": {"a": {"image": "a"}}}'), 'json'),
  ) as { readonly services: Record<string, object> };
  assert.deepEqual(services['a'], { command: null, entrypoint: null, image: 'a', networks: { default: null } });
});
