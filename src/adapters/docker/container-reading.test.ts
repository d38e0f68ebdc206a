import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readContainer } from './container-reading.ts';

test('a container with a health check is none without, before its first probe', () => {
  const of = (test: unknown, health: unknown): string =>
    readContainer({ Config: { Healthcheck: { Test: test } }, State: { Status: 'created', Health: health } }).health;
  assert.equal(of(['CMD', 'true'], undefined), 'starting');
  assert.equal(of(['CMD', 'true'], { Status: 'unhealthy' }), 'unhealthy');
  assert.equal(of(['NONE'], undefined), 'none');
  assert.equal(of([], undefined), 'none');
  assert.equal(of(undefined, undefined), 'none');
});
