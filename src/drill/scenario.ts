/** `drills.yaml`: drills one after the other, each from a steady state, with what is expected of it. */

import { locate, toValue } from '../compose/node.ts';
import { type Problem, problemAt, problemLine, showValue } from '../compose/problems.ts';
import { readYaml } from '../compose/read-yaml.ts';
import { TwinhullError } from '../errors.ts';
import {
  type Complaint,
  duration,
  group,
  isMapping,
  list,
  listOfDifferent,
  oneOf,
  text,
  type ValueOf,
  whole,
} from '../redundancy/shape.ts';
import { type Fault, faultNames } from './fault.ts';
import type { Expectation } from './judge.ts';

export interface Scenario {
  readonly steadyState: {
    /** these are well before each drill; null: all of the project */
    readonly services: readonly string[] | null;
    /** how long is waited for that, milliseconds */
    readonly withinMs: number;
  };
  readonly drills: readonly ScenarioDrill[];
}

export interface ScenarioDrill {
  readonly name: string;
  readonly fault: Fault;
  readonly service: string;
  readonly ratePerSecond: number;
  readonly durationMs: number;
  readonly methods: readonly LoadMethod[];
  /** null: what the gateway checks */
  readonly path: string | null;
  /** null: the gateway's own address */
  readonly url: string | null;
  /** how often a crash loop kills */
  readonly times: number;
  readonly expectation: Expectation;
}

export const loadMethods = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS'] as const;
export type LoadMethod = (typeof loadMethods)[number];

/** What a drill does where it is not told. */
export const usualDrill = { ratePerSecond: 200, durationMs: 10_000, times: 3, methods: ['GET'] } as const;
const STEADY_WITHIN_MS = 60_000;

const SECOND = 1000;
const HOUR = 3_600_000;
const name = text('a name', (value) => value !== '');
const anySpan = duration({ minMs: 1, maxMs: HOUR });

const expectation = group({
  failed_requests: { shape: whole(0, 1_000_000), doc: 'At most, of all methods together.' },
  longest_gap: { shape: anySpan, doc: 'The longest time without a good answer.' },
  switched_within: { shape: anySpan, doc: 'Traffic is elsewhere by then.' },
  repaired_within: { shape: anySpan, doc: 'Every member is well by then.' },
});

const load = group({
  rate: { shape: whole(1, 10_000), doc: 'Requests a second.' },
  duration: { shape: duration({ minMs: SECOND, maxMs: HOUR }), doc: 'How long.' },
  methods: { shape: listOfDifferent(oneOf(loadMethods), 'name one'), doc: 'In equal parts.' },
  path: { shape: text('a path that begins with "/"', (value) => /^\/[\x21-\x7e]*$/.test(value)), doc: 'What to ask.' },
  url: { shape: text('http://HOST:PORT', isHttpUrl), doc: 'Where to ask.' },
});

const drill = group({
  name: { shape: name, doc: 'For the report.' },
  fault: { shape: oneOf(faultNames), doc: 'What to break.' },
  service: { shape: name, doc: 'Whose member, or what is put under load.' },
  times: { shape: whole(1, 100), doc: 'crash-loop: how often it is killed.' },
  load: { shape: load, doc: 'The requests meanwhile.' },
  expect: { shape: expectation, doc: 'What has to come of it.' },
});

const scenario = group({
  steady_state: {
    shape: group({
      services: { shape: listOfDifferent(name, 'leave it out for all'), doc: 'Well before each drill.' },
      within: { shape: duration({ minMs: SECOND, maxMs: HOUR }), doc: 'How long is waited for that.' },
    }),
    doc: 'What holds before each drill.',
  },
  drills: { shape: list(drill), doc: 'One after the other.' },
});

type Written = ValueOf<typeof drill>;

/**
 * @param file for messages
 * @param services of the project; null: not known yet
 * @throws TH_DRILLS_INVALID with a line for each problem: file, line, column, what was expected
 */
export function readScenario(source: string, file: string, services: readonly string[] | null): Scenario {
  const problems: Problem[] = [];
  const [root, second] = readYaml(source, file, problems);
  if (second) problems.push(problemAt(second.at, [], '', 'is a second document', 'one'));
  const nowhere = { file, line: 0, column: 0 };
  const complain = ({ path, value, message, expected }: Complaint): void => {
    const at = (root && locate(root, path)) ?? nowhere;
    problems.push(problemAt(at, path, showValue(value), message, expected));
  };
  const value = root ? toValue(root) : null;
  const read = problems.length === 0 || root ? scenario.read(value, [], complain) : undefined;
  if (read) demandsOf(value, services, complain);
  if (problems.length > 0) throw invalid(problems);
  return {
    steadyState: {
      services: read?.steady_state?.services ?? null,
      withinMs: read?.steady_state?.within ?? STEADY_WITHIN_MS,
    },
    drills: (read?.drills ?? []).map(toDrill),
  };
}

/** What no single key can say: what has to be there, what belongs to what, and who is known. */
function demandsOf(value: unknown, services: readonly string[] | null, complain: (complaint: Complaint) => void): void {
  const written = isMapping(value) ? value : {};
  const drills = Array.isArray(written['drills']) ? (written['drills'] as unknown[]) : [];
  if (drills.length === 0)
    complain({ path: ['drills'], value: written['drills'], message: 'has no drill', expected: drill.expected });
  for (const [index, one] of drills.entries()) {
    if (!isMapping(one)) continue;
    const path = ['drills', index];
    for (const key of ['fault', 'service'] as const)
      if (one[key] === undefined)
        complain({ path, value: undefined, message: `has no ${key}`, expected: drill.fields[key].shape.expected });
    if (one['times'] !== undefined && one['fault'] !== 'crash-loop')
      complain({
        path: [...path, 'times'],
        value: one['times'],
        message: 'is for a crash-loop',
        expected: 'no such key',
      });
    complainOfStranger(one['service'], [...path, 'service'], services, complain);
  }
  const steady = isMapping(written['steady_state']) ? written['steady_state']['services'] : undefined;
  for (const [index, service] of (Array.isArray(steady) ? steady : []).entries())
    complainOfStranger(service, ['steady_state', 'services', index], services, complain);
}

function complainOfStranger(
  service: unknown,
  path: Complaint['path'],
  services: readonly string[] | null,
  complain: (complaint: Complaint) => void,
): void {
  if (services === null || typeof service !== 'string' || services.includes(service)) return;
  complain({ path, value: service, message: 'is no service of this project', expected: services.join(', ') });
}

function toDrill({ fault, service, times, name: title, load: wanted, expect }: Written): ScenarioDrill {
  if (fault === undefined || service === undefined) throw new TwinhullError('TH_INTERNAL', 'a drill without a fault');
  return {
    name: title ?? `${fault} ${service}`,
    fault,
    service,
    ratePerSecond: wanted?.rate ?? usualDrill.ratePerSecond,
    durationMs: wanted?.duration ?? usualDrill.durationMs,
    methods: wanted?.methods ?? usualDrill.methods,
    path: wanted?.path ?? null,
    url: wanted?.url ?? null,
    times: times ?? usualDrill.times,
    expectation: toExpectation(expect ?? {}),
  };
}

function toExpectation(written: ValueOf<typeof expectation>): Expectation {
  const { failed_requests, longest_gap, switched_within, repaired_within } = written;
  return {
    ...(failed_requests !== undefined && { failedRequests: failed_requests }),
    ...(longest_gap !== undefined && { longestGapMs: longest_gap }),
    ...(switched_within !== undefined && { switchedWithinMs: switched_within }),
    ...(repaired_within !== undefined && { repairedWithinMs: repaired_within }),
  };
}

function isHttpUrl(value: string): boolean {
  return URL.parse(value)?.protocol === 'http:';
}

function invalid(problems: readonly Problem[]): TwinhullError {
  const sorted = problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
  return new TwinhullError('TH_DRILLS_INVALID', sorted.map(problemLine).join('\n'));
}
