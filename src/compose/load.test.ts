import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, it } from 'node:test';

import { loadProject, type LoadOptions } from './load.ts';
import { printProject } from './print.ts';
import type { Project } from './project.ts';

const made: string[] = [];
after(() => made.forEach((folder) => rmSync(folder, { recursive: true })));

/** A folder with these files, by relative name. */
function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'twinhull-load-'));
  made.push(folder);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

function load(folder: string, options: Partial<LoadOptions> = {}): Promise<Project> {
  return loadProject({ environment: {}, currentDir: folder, ...options });
}

function image(name: string): string {
  return `services: { web: { image: "${name}" } }`;
}

describe('finding the files', () => {
  it('compose.yaml before docker-compose.yml, with the override beside it', async () => {
    const folder = folderWith({
      'compose.yaml': image('a'),
      'docker-compose.yml': image('b'),
      'compose.override.yaml': image('c'),
    });
    const project = await load(folder);
    assert.equal(project.services['web']?.image, 'c');
    assert.deepEqual(project.files, [join(folder, 'compose.yaml'), join(folder, 'compose.override.yaml')]);
  });

  it('in a folder above; that one is the working folder', async () => {
    const folder = folderWith({ 'docker-compose.yml': image('a'), 'deep/er/x': '' });
    assert.equal((await load(join(folder, 'deep/er'))).workingDir, folder);
  });

  it('-f: in order, no override, relative to where one is', async () => {
    const folder = folderWith({
      'compose.override.yml': image('no'),
      'sub/a.yaml': image('a'),
      'sub/b.yaml': image('b'),
    });
    const project = await load(folder, { files: ['sub/a.yaml', join(folder, 'sub/b.yaml')] });
    assert.equal(project.services['web']?.image, 'b');
    assert.equal(project.workingDir, join(folder, 'sub'));
  });

  it('COMPOSE_FILE, with a separator of its own, from .env', async () => {
    const folder = folderWith({
      '.env': 'COMPOSE_FILE=a.yaml|b.yaml\nCOMPOSE_PATH_SEPARATOR=|',
      'a.yaml': image('a'),
      'b.yaml': image('b'),
      'compose.yaml': image('no'),
    });
    assert.equal((await load(folder)).services['web']?.image, 'b');
  });

  it('standard input', async () => {
    const project = await load(folderWith({}), { files: ['-'], readStandardInput: async () => image('piped') });
    assert.equal(project.services['web']?.image, 'piped');
  });

  it('--project-directory: paths and .env are there', async () => {
    const folder = folderWith({
      'files/a.yaml': 'services: { web: { image: "${I}", volumes: ["./d:/d"] } }',
      'place/.env': 'I=there',
    });
    const project = await load(folder, { files: ['files/a.yaml'], projectDirectory: 'place' });
    assert.equal(project.services['web']?.image, 'there');
    assert.equal(project.services['web']?.volumes?.[0]?.source, join(folder, 'place/d'));
  });

  it('none: says where it looked', () =>
    assert.rejects(load(folderWith({})), { code: 'TH_COMPOSE_NOT_FOUND', message: /no Compose file in/ }));
  it('a file that is not there', () =>
    assert.rejects(load(folderWith({}), { files: ['x.yaml'] }), { code: 'TH_COMPOSE_NOT_FOUND' }));
  it('a file that is no text', async () => {
    const folder = folderWith({});
    writeFileSync(join(folder, 'compose.yaml'), Buffer.from([0x61, 0xff, 0xfe]));
    await assert.rejects(load(folder), { code: 'TH_COMPOSE_INVALID', message: /is not UTF-8 text/ });
  });
});

describe('variables', () => {
  const file = 'services: { web: { image: "${A:-none}" } }';
  const imageOf = async (folder: string, options: Partial<LoadOptions> = {}): Promise<string | undefined> =>
    (await load(folder, options)).services['web']?.image;

  it('.env, and the environment over it', async () => {
    const folder = folderWith({ 'compose.yaml': file, '.env': 'A=file' });
    assert.equal(await imageOf(folder), 'file');
    assert.equal(await imageOf(folder, { environment: { A: 'environment' } }), 'environment');
  });

  it('--env-file instead of .env, the last one winning', async () => {
    const folder = folderWith({ 'compose.yaml': file, '.env': 'A=no', one: 'A=one\nB=1', two: 'A=two-${B}' });
    assert.equal(await imageOf(folder, { envFiles: ['one', 'two'] }), 'two-1');
    assert.equal(await imageOf(folder, { environment: { COMPOSE_ENV_FILES: 'one' } }), 'one');
  });

  it('COMPOSE_DISABLE_ENV_FILE', async () => {
    assert.equal(
      await imageOf(folderWith({ 'compose.yaml': file, '.env': 'A=no' }), {
        environment: { COMPOSE_DISABLE_ENV_FILE: 'true' },
      }),
      'none',
    );
  });

  it('an --env-file that is not there', () =>
    assert.rejects(load(folderWith({ 'compose.yaml': file }), { envFiles: ['x'] }), { code: 'TH_COMPOSE_NOT_FOUND' }));
  it('a broken .env is a problem with its line', () =>
    assert.rejects(load(folderWith({ 'compose.yaml': file, '.env': 'A=1\n?' })), {
      message: /\.env:2:1: this line is no assignment/,
    }));

  it('one that is not set is told with its place', async () => {
    const project = await load(folderWith({ 'compose.yaml': 'services:\n  web:\n    image: "a$B"\n' }));
    assert.match(project.warnings?.join() ?? '', /compose\.yaml:3:12: services\.web\.image: the variable B is not set/);
  });

  it('secrets and passwords of env_file: environment wins, variables are filled in, values with dollars stay', async () => {
    const folder = folderWith({
      'compose.yaml':
        'services: { web: { image: a, env_file: [one, { path: two }, { path: raw, format: raw }, { path: no, required: false }], environment: { C: own, D: , E: } } }',
      one: 'A=one\nB=${HOST_SAYS}\nC=file',
      two: "A=two\nP='pa$$word'",
      raw: 'R="$x"',
    });
    const project = await load(folder, { environment: { HOST_SAYS: 'hi', D: 'from-host' } });
    assert.deepEqual(project.services['web']?.environment, {
      A: 'two',
      B: 'hi',
      C: 'own',
      P: 'pa$$word',
      R: '"$x"',
      D: 'from-host',
      E: null,
    });
    assert.equal(project.services['web']?.env_file, undefined);
  });
});

describe('the name of the project', () => {
  const file = `name: of-\${X:-the}-file\n${image('a')}`;
  it('-p, COMPOSE_PROJECT_NAME, name:, the folder', async () => {
    const folder = folderWith({ 'compose.yaml': file, 'My App.2/compose.yaml': image('a') });
    assert.equal(
      (await load(folder, { projectName: 'flag', environment: { COMPOSE_PROJECT_NAME: 'variable' } })).name,
      'flag',
    );
    assert.equal((await load(folder, { environment: { COMPOSE_PROJECT_NAME: 'variable' } })).name, 'variable');
    assert.equal((await load(folder)).name, 'of-the-file');
    assert.equal((await load(join(folder, 'My App.2'))).name, 'myapp2');
  });

  it('one that is given must fit', () =>
    assert.rejects(load(folderWith({ 'compose.yaml': file }), { projectName: 'My App' }), {
      code: 'TH_COMPOSE_INVALID',
      next: 'Take for example myapp.',
    }));
});

describe('profiles', () => {
  const file =
    'services: { web: { image: a }, debug: { image: b, profiles: [debug], env_file: not-there } , all: { image: c, profiles: [x, y] } }';
  const names = async (options: Partial<LoadOptions>): Promise<string[]> =>
    Object.keys((await load(folderWith({ 'compose.yaml': file }), options)).services);

  it('without any, services with profiles are left out, files of theirs are not read', async () =>
    assert.deepEqual(await names({}), ['web']));
  it('--profile and COMPOSE_PROFILES', async () =>
    assert.deepEqual(await names({ environment: { COMPOSE_PROFILES: 'y,z' } }), ['web', 'all']));
  it('a service that a command names is active', async () =>
    assert.deepEqual(await names({ targets: ['all'] }), ['web', 'all']));
  it('left-out services are told', async () =>
    assert.deepEqual((await load(folderWith({ 'compose.yaml': file }))).inactiveServices, ['debug', 'all']));
});

describe('with variables as they are written', () => {
  const file = `
services:
  web:
    image: app:\${TAG}
    env_file: [web.env]
    ports: ["\${PORT}:80", "81:81"]
    volumes: ["./data:/data", "\${DIR}:/dir"]
    command: run \${ARGS}
    environment: ["A=\${A}", B=$$5]
    deploy: { replicas: "\${N:-2}" }
    depends_on: [db]
  db: { image: db, healthcheck: { test: "check $$X", interval: "\${I}" } }
volumes: { maybe: }
`;
  it('keeps them, and paths, and env_file', async () => {
    const { services, volumes } = await load(folderWith({ 'compose.yaml': file }), { interpolate: false });
    const web = services['web'];
    assert.equal(web?.image, 'app:${TAG}');
    assert.deepEqual(web?.env_file, [{ path: 'web.env', required: true }]);
    assert.deepEqual(web?.environment, { A: '${A}', B: '$$5' });
    assert.deepEqual(web?.ports, ['${PORT}:80', { mode: 'ingress', target: 81, published: '81', protocol: 'tcp' }]);
    assert.equal(web?.volumes?.[0]?.source, './data');
    assert.equal(web?.command as unknown, 'run ${ARGS}');
    assert.deepEqual(Object.keys(volumes), ['maybe']);
  });

  it('is printed as it is written', async () => {
    const printed = printProject(await load(folderWith({ 'compose.yaml': file }), { interpolate: false }), 'yaml');
    assert.match(printed, /image: app:\$\{TAG\}\n/);
    assert.match(printed, /B: \$\$5\n/);
  });

  it('mistakes that can be seen are still seen', () =>
    assert.rejects(
      load(folderWith({ 'compose.yaml': 'services: { web: { image: "${I}", restart: sometimes } }' }), {
        interpolate: false,
      }),
      /"sometimes" is not allowed/,
    ));

  it('paths of an extended file are made relative to the project', async () => {
    const folder = folderWith({
      'compose.yaml': 'services: { web: { extends: { file: sub/base.yaml, service: base } } }',
      'sub/base.yaml': 'services: { base: { image: a, env_file: x.env, volumes: ["./d:/d"] } }',
    });
    const { services } = await load(folder, { interpolate: false });
    assert.deepEqual(services['web']?.env_file, [{ path: './sub/x.env', required: true }]);
    assert.equal(services['web']?.volumes?.[0]?.source, './sub/d');
  });
});

it('a variable that is not set is one mistake, not two', () =>
  assert.rejects(
    load(folderWith({ 'compose.yaml': 'services: { web: { image: "app:${TAG:?set TAG}" } }' })),
    ({ message }: Error) => /set TAG/.test(message) && !message.includes('\n'),
  ));

it('locate: the place of a value, after merging, in the file it came from', async () => {
  const folder = folderWith({
    'compose.yaml': 'services:\n  web:\n    image: a\n    x-twinhull:\n      mode: pair\n',
    'compose.override.yaml':
      'services:\n  web:\n    x-twinhull:\n      standby: hot\nx-twinhull:\n  monitoring_interval: 5s\n',
  });
  const { locate } = await load(folder);
  assert.deepEqual(locate(['services', 'web', 'x-twinhull', 'mode']), {
    file: join(folder, 'compose.yaml'),
    line: 5,
    column: 7,
  });
  assert.deepEqual(locate(['services', 'web', 'x-twinhull', 'standby']), {
    file: join(folder, 'compose.override.yaml'),
    line: 4,
    column: 7,
  });
  assert.deepEqual(locate(['x-twinhull', 'monitoring_interval']), {
    file: join(folder, 'compose.override.yaml'),
    line: 6,
    column: 3,
  });
  assert.equal(locate(['nothing']), null);
});

it('problems of all files come in one go, sorted by place', async () => {
  const folder = folderWith({
    'compose.yaml': 'services:\n  web:\n    image: a\n    restart: x\n    cpus: y\n',
    'compose.override.yaml': 'services:\n  web:\n    init: z\n',
  });
  await assert.rejects(load(folder), (error: Error) => {
    assert.deepEqual(
      error.message.split('\n').map((line) => line.replace(`${folder}/`, '').slice(0, 30)),
      ['compose.yaml:4:14: services.we', 'compose.yaml:5:11: services.we', 'compose.override.yaml:3:11: se'],
    );
    return true;
  });
});

it('a volume and a port that a later file names again are not doubled', async () => {
  const folder = folderWith({
    'a.yaml': 'services: { web: { image: a, ports: ["80:80"], volumes: ["x:/x"] } }\nvolumes: {x: , y: }',
    'b.yaml': 'services: { web: { ports: [{ target: 80, published: 80 }], volumes: ["y:/x"] } }',
  });
  const web = (await load(folder, { files: ['a.yaml', 'b.yaml'] })).services['web'];
  assert.equal(web?.ports?.length, 1);
  assert.deepEqual(
    web?.volumes?.map(({ source }) => source),
    ['y'],
  );
});

it('a key that a later file leaves empty keeps what it had', async () => {
  const folder = folderWith({
    'a.yaml': 'services: { web: { image: a, environment: { A: "1" }, ports: ["80:80"], command: run } }',
    'b.yaml': 'services: { web: { environment: , ports: , command: } }',
  });
  const web = (await load(folder, { files: ['a.yaml', 'b.yaml'] })).services['web'];
  assert.deepEqual(web?.environment, { A: '1' });
  assert.equal(web?.ports?.length, 1);
  assert.equal(web?.command, undefined, 'a command may be taken away');
});

it('a command that would need a shell is cut as in Compose, and told', async () => {
  const project = await load(
    folderWith({ 'compose.yaml': 'services:\n  web: { image: a, command: npm install && npm start }\n' }),
  );
  assert.deepEqual(project.services['web']?.command, ['npm', 'install']);
  assert.match(
    project.warnings?.join() ?? '',
    /compose\.yaml:2:29: services\.web\.command: ends before "&& npm start", as in Compose/,
  );
});

it('a file without content is no base for a service', () =>
  assert.rejects(
    load(folderWith({ 'compose.yaml': 'services: { web: { extends: { file: b.yaml, service: a } } }', 'b.yaml': '' })),
    /b\.yaml: the file is empty/,
  ));

it('a chain of services that extend each other has an end', async () => {
  const services = Array.from({ length: 3_000 }, (_, index) => `  s${index}: { extends: s${index + 1} }`);
  const text = ['services:', ...services, '  s3000: { image: a }'].join('\n');
  await assert.rejects(
    load(folderWith({ 'compose.yaml': text })),
    /is one service too many; expected at most 50 in a chain/,
  );
});

it('a chain of dependencies may be long', async () => {
  const services = Array.from(
    { length: 3_000 },
    (_, index) => `  s${index}: { image: a, depends_on: [s${index + 1}] }`,
  );
  const project = await load(
    folderWith({ 'compose.yaml': ['services:', ...services, '  s3000: { image: a }'].join('\n') }),
  );
  assert.equal(Object.keys(project.services).length, 3_001);
});

it('a health check may be switched off by a later file', async () => {
  const folder = folderWith({
    'a.yaml': 'services: { web: { image: a, healthcheck: { test: check } } }',
    'b.yaml': 'services: { web: { healthcheck: { disable: true } } }',
  });
  assert.equal((await load(folder, { files: ['a.yaml', 'b.yaml'] })).services['web']?.healthcheck?.disable, true);
});
