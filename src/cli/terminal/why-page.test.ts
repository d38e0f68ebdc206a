import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Explanation } from '../../core/why.ts';
import { whyPage } from './why-page.ts';

const now = new Date(2026, 0, 31, 15, 0, 0).getTime();
const member: Explanation = {
  name: 'web-primary',
  service: 'web',
  is: 'unhealthy',
  since: now - 25_000,
  reason: "fails the gateway's check 3 times in a row (L7TOUT)",
  facts: [{ at: null, text: 'it was restarted, and has to show that this helped' }],
  next: [{ at: now + 12_000, text: 'in 12 s it is killed and started, unless it passes its check before' }],
  members: [],
};

test('what it is, since when, why, and what is next', () => {
  assert.deepEqual(whyPage(member, { columns: 80, now }), [
    'web-primary is unhealthy since 14:59:35, 25 s',
    "  fails the gateway's check 3 times in a row (L7TOUT)",
    '  it was restarted, and has to show that this helped',
    '  15:00:12  next  in 12 s it is killed and started, unless it passes its check',
    '                  before',
  ]);
});

test('a service with each of its members', () => {
  const service: Explanation = {
    ...member,
    name: 'web',
    is: 'serving',
    since: null,
    reason: '',
    facts: [],
    next: [],
    members: [member],
  };
  assert.deepEqual(whyPage(service, { columns: 80, now }).slice(0, 3), [
    'web is serving',
    '',
    '  web-primary is unhealthy since 14:59:35, 25 s',
  ]);
});
