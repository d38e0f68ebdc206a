import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { resolveEndpoint } from './endpoint.ts';

// in a suite of its own: at the top level its hooks would run around the tests of every file
describe('which engine is meant', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'twinhull-docker-config.'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function context(name: string, host: string, tls: Readonly<Record<string, string>> = {}): void {
    const digest = createHash('sha256').update(name).digest('hex');
    const meta = join(folder, 'contexts', 'meta', digest);
    mkdirSync(meta, { recursive: true });
    writeFileSync(
      join(meta, 'meta.json'),
      JSON.stringify({ Name: name, Endpoints: { docker: { Host: host, SkipTLSVerify: false } } }),
    );
    const certificates = join(folder, 'contexts', 'tls', digest, 'docker');
    mkdirSync(certificates, { recursive: true });
    for (const [file, content] of Object.entries(tls)) writeFileSync(join(certificates, file), content);
  }

  test('without anything it is the default socket', () => {
    const endpoint = resolveEndpoint({ DOCKER_CONFIG: folder });
    assert.equal(endpoint.kind === 'unix' && endpoint.socketPath, '/var/run/docker.sock');
  });

  test('DOCKER_HOST wins over contexts', () => {
    context('far', 'tcp://far:2375');
    const endpoint = resolveEndpoint({
      DOCKER_CONFIG: folder,
      DOCKER_HOST: 'unix:///run/here.sock',
      DOCKER_CONTEXT: 'far',
    });
    assert.equal(endpoint.kind === 'unix' && endpoint.socketPath, '/run/here.sock');
    assert.deepEqual(endpoint.commandEnvironment, { DOCKER_HOST: 'unix:///run/here.sock' });
  });

  test('tcp has 2375, with TLS 2376, or the port that is named', () => {
    const at = (environment: Record<string, string>) => {
      const endpoint = resolveEndpoint({ DOCKER_CONFIG: folder, ...environment });
      return endpoint.kind === 'tcp' ? [endpoint.host, endpoint.port, endpoint.tls?.verify] : endpoint.kind;
    };
    assert.deepEqual(at({ DOCKER_HOST: 'tcp://far' }), ['far', 2375, undefined]);
    assert.deepEqual(at({ DOCKER_HOST: 'tcp://far', DOCKER_TLS_VERIFY: '1' }), ['far', 2376, true]);
    assert.deepEqual(at({ DOCKER_HOST: 'tcp://far:80', DOCKER_TLS: '1' }), ['far', 80, false]);
    assert.deepEqual(at({ DOCKER_HOST: 'tcp://[::1]:4000' }), ['[::1]', 4000, undefined]);
  });

  test('certificates come from DOCKER_CERT_PATH', () => {
    for (const name of ['ca', 'cert', 'key']) writeFileSync(join(folder, `${name}.pem`), `the ${name}`);
    const endpoint = resolveEndpoint({ DOCKER_HOST: 'tcp://far', DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: folder });
    assert.deepEqual(endpoint.kind === 'tcp' && endpoint.tls, {
      verify: true,
      ca: 'the ca',
      cert: 'the cert',
      key: 'the key',
    });
  });

  test('the current context of the configuration, or the one DOCKER_CONTEXT names', () => {
    context('far', 'tcp://far:2376', { 'ca.pem': 'the ca' });
    context('near', 'unix:///run/near.sock');
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ currentContext: 'far' }));
    const far = resolveEndpoint({ DOCKER_CONFIG: folder });
    assert.deepEqual(far.kind === 'tcp' && [far.host, far.tls], ['far', { verify: true, ca: 'the ca' }]);
    assert.deepEqual(far.commandEnvironment, { DOCKER_CONTEXT: 'far' });
    const near = resolveEndpoint({ DOCKER_CONFIG: folder, DOCKER_CONTEXT: 'near' });
    assert.equal(near.kind === 'unix' && near.socketPath, '/run/near.sock');
    assert.equal(resolveEndpoint({ DOCKER_CONFIG: folder, DOCKER_CONTEXT: 'default' }).kind, 'unix');
  });

  test('what cannot be used is refused with a reason', () => {
    const refusal = (environment: Record<string, string>, message: RegExp) =>
      assert.throws(() => resolveEndpoint({ DOCKER_CONFIG: folder, ...environment }), {
        code: 'TH_ENGINE_UNREACHABLE',
        message,
      });
    refusal({ DOCKER_HOST: 'ssh://user@far' }, /over ssh/);
    refusal({ DOCKER_HOST: 'npipe:////./pipe/docker_engine' }, /no address/);
    refusal({ DOCKER_HOST: 'unix://relative.sock' }, /no address/);
    refusal({ DOCKER_HOST: 'tcp://user@far' }, /no address/);
    refusal({ DOCKER_HOST: 'far' }, /no address/);
    refusal({ DOCKER_CONTEXT: 'nowhere' }, /"nowhere" does not exist/);
  });
});
