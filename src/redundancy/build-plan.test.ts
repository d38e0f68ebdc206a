import assert from 'node:assert/strict';
import { test } from 'node:test';
import { imagePlan, unsupportedBuildKeys } from './build-plan.ts';

test('a build becomes an argument array, nothing of it is ever a shell word', () => {
  const build = {
    context: '/srv/shop/web',
    dockerfile: 'docker/Dockerfile.prod',
    args: { LEVEL: '1; rm -rf /', TOKEN: null, LD_PRELOAD: './x.so' },
    target: 'run',
    labels: { team: 'shop' },
    cache_from: ['acme/web:cache'],
    extra_hosts: ['db=10.0.0.5'],
    no_cache: true,
  };
  assert.deepEqual(imagePlan({ build, platform: 'linux/arm64', pull_policy: 'always' }, 'shop-web'), {
    reference: 'shop-web',
    pull: 'always',
    build: {
      context: '/srv/shop/web',
      dockerfileInline: null,
      // for the environment of docker build: argument lists can be read by everybody
      environment: { LEVEL: '1; rm -rf /' },
      arguments: [
        '--file',
        '/srv/shop/web/docker/Dockerfile.prod',
        '--build-arg',
        'LEVEL',
        '--build-arg',
        'TOKEN',
        '--build-arg',
        'LD_PRELOAD=./x.so',
        '--target',
        'run',
        '--label',
        'team=shop',
        '--platform',
        'linux/arm64',
        '--cache-from',
        'acme/web:cache',
        '--add-host',
        'db:10.0.0.5',
        '--no-cache',
      ],
    },
  });
});

test('the Dockerfile of a remote context is named as it is', () => {
  const plan = imagePlan({ build: { context: 'https://example.com/web.git', dockerfile: 'Dockerfile' } }, 'web');
  assert.deepEqual(plan.build?.arguments, ['--file', 'Dockerfile']);
});

test('keys of a build that are not handed on are named', () => {
  assert.deepEqual(
    unsupportedBuildKeys({ context: '.', privileged: true, 'x-note': 1 }).map(({ what }) => what),
    ['build.privileged'],
  );
  assert.deepEqual(unsupportedBuildKeys(undefined), []);
});
