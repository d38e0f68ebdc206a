import assert from 'node:assert/strict';
import { test } from 'node:test';
import { draw } from './fault.ts';
import type { Injection } from './injection.ts';
import { KINDS } from './kinds.ts';
import { renderReport, summarize } from './report.ts';

const calm: Injection = {
  number: 1,
  at: '2026-01-01T00:00:00.000Z',
  kind: 'kill',
  struck: 'api-primary',
  handled: true,
  problems: [],
  repairMs: 2000,
  sent: 500,
  failedByMethod: { GET: 0, POST: 3 },
  failedByReason: {},
  longestGapMs: 100,
  unsent: 0,
  ownDelayMs: 5,
  jobs: { taken: 100, lost: 0, doneTwice: 0 },
};
const machine = {
  measuredAt: '2026-01-01T00:00:00.000Z',
  processors: '2 x any',
  memoryGiB: 8,
  kernel: '6',
  engine: 'Docker Engine 20.10',
  node: 'v24',
  haproxy: 'HAProxy 2.6',
};
const injections: readonly Injection[] = [
  calm,
  { ...calm, number: 2, repairMs: 4000, failedByMethod: { GET: 2, POST: 0 } },
  { ...calm, number: 3, kind: 'hang', handled: false, repairMs: null, problems: ['api-primary is frozen'] },
];

test('counts, shares and times of a campaign', () => {
  const { handled, coverage, failedByMethod, jobs, kinds } = summarize(injections);
  assert.deepEqual([handled, coverage], [2, 2 / 3]);
  assert.deepEqual(failedByMethod, { GET: 2, POST: 6 });
  assert.deepEqual(jobs, { taken: 300, lost: 0, doneTwice: 0 });
  assert.deepEqual(
    kinds.map(({ kind, injections: n, handled: well, repairMs }) => [kind, n, well, repairMs]),
    [
      ['kill', 2, 2, { median: 3000, max: 4000 }],
      ['hang', 1, 0, { median: 0, max: 0 }],
    ],
  );
});

test('the report names what was not handled, and why', () => {
  const report = renderReport(injections, { seed: 'a', injections: 5 }, machine);
  assert.match(report, /3 random faults \(of 5 planned\), seed a: 2 handled without a person, coverage 0\.667 \[/);
  assert.match(report, /- number 3, hang of api-primary: api-primary is frozen/);
});

test('a fault of a seed is the same whatever was drawn before it, and all kinds come', () => {
  const of = (number: number): string => {
    const { kind, service, random } = draw(KINDS, 'a seed', number);
    return `${kind.name} ${service} ${random.next()}`;
  };
  const ahead = of(7);
  assert.deepEqual([of(6), of(7)], [of(6), ahead]);
  const names = new Set(Array.from({ length: 300 }, (_, number) => draw(KINDS, 'a seed', number).kind.name));
  assert.equal(names.size, KINDS.length);
});
