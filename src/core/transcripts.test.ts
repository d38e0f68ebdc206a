/**
 * Decisions over time, as text that is reviewed as a diff: lines with ">" are what is seen and said, the lines
 * under them what the core wants. TRANSCRIPTS=write script/node --test src/core/transcripts.test.ts writes
 * them anew.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { CoreStory, lineOf, serviceModel, START } from '../../test/support/core-story.ts';
import { parseDuration } from '../duration.ts';
import type { Action } from './actions.ts';
import type { CheckFailure, MemberSeen, ServiceModel, Signal } from './model.ts';

const folder = join(import.meta.dirname, 'testdata');

const models: Readonly<Record<string, ServiceModel>> = {
  pair: serviceModel('web'),
  'one-writer': serviceModel('web', { policy: { ...serviceModel('web').policy, standby: 'cold', oneWriter: true } }),
  warm: serviceModel('web', { policy: { ...serviceModel('web').policy, standby: 'warm' } }),
  cluster: serviceModel('web', {
    mode: 'cluster',
    balance: 'spread',
    members: ['web-1', 'web-2', 'web-3'].map((name) => ({ name, role: 'replica' as const, startsAtUp: true })),
  }),
  single: serviceModel('web', {
    mode: 'single',
    balance: null,
    members: [{ name: 'web', role: 'primary', startsAtUp: true }],
    policy: { ...serviceModel('web').policy, hasGateway: false },
  }),
};

for (const file of readdirSync(folder).filter((name) => name.endsWith('.txt'))) {
  test(`transcript ${file}`, () => {
    const path = join(folder, file);
    const text = readFileSync(path, 'utf8');
    const replayed = replay(text);
    if (process.env['TRANSCRIPTS'] === 'write') writeFileSync(path, replayed);
    else assert.equal(replayed, text);
  });
}

function replay(text: string): string {
  const kind = /^# (pair|one-writer|warm|cluster|single)\b/.exec(text)?.[1] ?? 'pair';
  const story = new CoreStory([models[kind] ?? serviceModel('web')]);
  const lines = text.split('\n').filter((line) => line.startsWith('#'));
  for (const line of text.split('\n').filter((one) => one.startsWith('>'))) {
    lines.push('', line, ...follow(story, line.slice(1).trim().split(' ')));
  }
  return `${lines.join('\n')}\n`;
}

function follow(story: CoreStory, words: readonly string[]): string[] {
  const [verb = '', ...rest] = words;
  if (verb === 'advance') return advance(story, rest[0] ?? '');
  const signal = perform(story, verb, rest);
  return told(story, story.decide(...signal));
}

/** Asks whenever the core wants to be asked. */
function advance(story: CoreStory, duration: string): string[] {
  const until = story.now + (parseDuration(duration) ?? assert.fail(duration));
  const lines: string[] = [];
  while (story.wakeAt <= until) {
    story.now = Math.max(story.now + 1, story.wakeAt);
    lines.push(...told(story, story.decide()));
  }
  story.now = Math.max(story.now, until);
  lines.push(...told(story, story.decide()));
  return lines;
}

function told(story: CoreStory, actions: readonly Action[]): string[] {
  return actions.map((action) => `${String(story.now - START).padStart(8)} ${lineOf(action)}`);
}

function perform(story: CoreStory, verb: string, [member = '', ...rest]: readonly string[]): Signal[] {
  const service = 'web';
  switch (verb) {
    case 'see':
      story.seeMember(service, member, fields(rest, story) as Partial<MemberSeen>);
      return [];
    case 'read':
      story.read(service, member, fields(rest, story));
      return [];
    case 'leader': {
      const { gateway } = story.service(service);
      if (gateway) story.see(service, { gateway: { ...gateway, leader: member } });
      return [];
    }
    case 'check_failed':
      return [checkFailed(member, rest)];
    case 'check_passed':
      return [{ kind: 'check_passed', service, member, port: 80 }];
    case 'stalled':
      return [{ kind: 'stalled', service, member, forMs: 160 }];
    case 'done':
    case 'failed':
    case 'missed': {
      const outcome = verb === 'done' ? 'done' : 'failed';
      const key = `${member} ${service} ${rest[0] ?? ''}`;
      return [{ kind: 'action_ended', key, service, outcome, missedCheck: verb === 'missed', detail: verb }];
    }
    case 'engine':
      story.engineAnswers = member === 'back';
      return member === 'away' ? [{ kind: 'engine_lost' }] : [];
    case 'look':
      return [];
    default:
      return assert.fail(`unknown verb ${verb}`);
  }
}

function checkFailed(member: string, [how = 'other', ...words]: readonly string[]): Signal {
  const detail = words.join(' ') || 'L7TOUT';
  return { kind: 'check_failed', service: 'web', member, port: 80, checkFailure: how as CheckFailure, detail };
}

function fields(pairs: readonly string[], story: CoreStory): Record<string, unknown> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const [key = '', value = ''] = pair.split('=');
      if (key === 'startedAt' || key === 'unclearUntil') return [key, story.now + Number(value)];
      if (value === 'true' || value === 'false') return [key, value === 'true'];
      return [key, /^\d+$/.test(value) ? Number(value) : value];
    }),
  );
}
