import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { splitReference } from './images.ts';
import { registryAuthorization, registryOf } from './registry-credentials.ts';

test("a reference without a tag means latest; a digest takes the tag's place", () => {
  assert.deepEqual(splitReference('nginx'), { name: 'nginx', tag: 'latest' });
  assert.deepEqual(splitReference('host:5000/a/b'), { name: 'host:5000/a/b', tag: 'latest' });
  assert.deepEqual(splitReference('host:5000/a/b:1.2'), { name: 'host:5000/a/b', tag: '1.2' });
  assert.deepEqual(splitReference('a@sha256:0123'), { name: 'a', tag: 'sha256:0123' });
});

test('the registry of a reference', () => {
  const hub = 'https://index.docker.io/v1/';
  assert.deepEqual(['nginx', 'me/app', 'docker.io/me/app'].map(registryOf), [hub, hub, hub]);
  assert.deepEqual(['ghcr.io/a/b', 'localhost/a', 'host:5000/a'].map(registryOf), [
    'ghcr.io',
    'localhost',
    'host:5000',
  ]);
});

test('credentials from the configuration, or from the helper it names', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'twinhull-credentials.'));
  try {
    const auth = Buffer.from('me:pass:word').toString('base64');
    const config = {
      auths: { 'ghcr.io': { auth } },
      credHelpers: { 'helped.io': 'test', 'broken.io': 'missing', 'bad.io': '../x' },
    };
    writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
    const helper = join(folder, 'docker-credential-test');
    writeFileSync(helper, '#!/bin/sh\nread -r server\nprintf \'{"Username":"<token>","Secret":"for %s"}\' "$server"\n');
    chmodSync(helper, 0o700);
    const environment = { DOCKER_CONFIG: folder, PATH: `${folder}:/usr/bin:/bin` };
    const ask = async (reference: string): Promise<unknown> => {
      const header = await registryAuthorization(environment, reference);
      return header === null ? null : JSON.parse(Buffer.from(header, 'base64url').toString());
    };
    assert.deepEqual(await ask('ghcr.io/a/b:1'), { username: 'me', password: 'pass:word', serveraddress: 'ghcr.io' });
    assert.deepEqual(await ask('helped.io/a'), { identitytoken: 'for helped.io', serveraddress: 'helped.io' });
    assert.equal(await ask('broken.io/a'), null);
    assert.equal(await ask('bad.io/a'), null);
    assert.equal(await ask('nginx'), null);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
