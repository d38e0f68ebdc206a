import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TwinhullError } from '../errors.ts';
import { readScenario } from './scenario.ts';

const services = ['web', 'worker'];

function problemsOf(source: string): string[] {
  try {
    readScenario(source, 'drills.yaml', services);
  } catch (error) {
    assert.ok(error instanceof TwinhullError);
    assert.equal(error.code, 'TH_DRILLS_INVALID');
    assert.equal(error.exitCode, 2);
    return error.message.split('\n');
  }
  return [];
}

describe('a file of drills', () => {
  test('says what to break, under which load, and what has to come of it', () => {
    const source = `
steady_state: { services: [web], within: 30s }
drills:
  - name: the leader dies
    fault: kill
    service: web
    load: { rate: 50, duration: 8s, methods: [GET, POST], path: /health }
    expect: { failed_requests: 0, longest_gap: 500ms, switched_within: 1s, repaired_within: 30s }
`;
    assert.deepEqual(readScenario(source, 'drills.yaml', services), {
      steadyState: { services: ['web'], withinMs: 30_000 },
      drills: [
        {
          name: 'the leader dies',
          fault: 'kill',
          service: 'web',
          ratePerSecond: 50,
          durationMs: 8000,
          methods: ['GET', 'POST'],
          path: '/health',
          url: null,
          times: 3,
          expectation: { failedRequests: 0, longestGapMs: 500, switchedWithinMs: 1000, repairedWithinMs: 30_000 },
        },
      ],
    });
  });

  test('what it leaves out is as on the command line', () => {
    const { steadyState, drills } = readScenario('drills: [{ fault: hang, service: web }]', 'drills.yaml', null);
    assert.deepEqual(steadyState, { services: null, withinMs: 60_000 });
    assert.deepEqual(
      drills.map(({ name, ratePerSecond, durationMs, methods, expectation }) => ({
        name,
        ratePerSecond,
        durationMs,
        methods,
        expectation,
      })),
      [{ name: 'hang web', ratePerSecond: 200, durationMs: 10_000, methods: ['GET'], expectation: {} }],
    );
  });

  test('everything wrong is told in one go, with its place and what was expected', () => {
    const source = `drills:
  - fault: burn
    service: web
    load: { rate: many }
  - service: shop
    fault: crash-loop
    times: 0
  - fault: kill
    times: 2
    expect: { repaired_within: 30 }
`;
    assert.deepEqual(problemsOf(source), [
      'drills.yaml:2:5: drills[0].fault: "burn" is not one of the choices; expected kill, hang, stop, pause, disconnect, oom, cpu, leak, crash-loop, gateway, supervisor, daemon',
      'drills.yaml:4:13: drills[0].load.rate: "many" is not a number; expected a whole number from 1 to 10000',
      'drills.yaml:5:5: drills[1].service: "shop" is no service of this project; expected web, worker',
      'drills.yaml:7:5: drills[1].times: 0 is out of range; expected a whole number from 1 to 100',
      'drills.yaml:8:5: drills[2]: has no service; expected a name',
      'drills.yaml:9:5: drills[2].times: 2 is for a crash-loop; expected no such key',
      'drills.yaml:10:15: drills[2].expect.repaired_within: 30 has no unit; expected a duration with a unit, 1ms to 1h, such as "10s"',
    ]);
  });

  test('what is no file of drills at all is told, too', () => {
    assert.match(problemsOf('').join(), /drills\.yaml: .*is not a mapping/);
    assert.match(problemsOf('drills: []').join(), /drills\.yaml:1:1: drills: \[\] has no drill/);
    assert.match(problemsOf('drills: [').join(), /drills\.yaml:1:/);
    assert.match(problemsOf('drils: []').join(), /did you mean "drills"/);
  });

  test('a steady state of services that are none is refused', () => {
    const source = 'steady_state: { services: [api] }\ndrills: [{ fault: kill, service: web }]';
    assert.match(problemsOf(source).join(), /^drills\.yaml:1:28: steady_state\.services\[0\]: "api" is no service/);
  });
});
