/** What members use and say, for stories of the core. */
import type { CoreStory } from './core-story.ts';
import { lineOf } from './core-story.ts';
import type { MemberSeen, ResourcesSeen } from '../../src/core/model.ts';

/** Over a whole minute; what is not said is not known. */
export function using(use: Partial<ResourcesSeen>): Pick<MemberSeen, 'resources'> {
  const nothing = { memory: null, cpu: null, throttledShare: null, pids: null, descriptors: null, checkShare: null };
  return { resources: { overMs: 60_000, ...nothing, ...use } };
}

export const MIB = 1024 ** 2;
export const fullMemory = using({ memory: { share: 0.94, limitBytes: 256 * MIB } });
export const littleMemory = using({ memory: { share: 0.3, limitBytes: 256 * MIB } });

/** Asks every second, as events and alarms would; gives what was wanted, one line each. */
export function pass(story: CoreStory, seconds: number): string[] {
  return story.pass(seconds).map(lineOf);
}

/** The effects among them, by kind and member. */
export function effectsIn(lines: readonly string[]): string[] {
  const effect =
    /^(lead|drain|take_out|put_in|start|unpause|reconnect|restart_soft|restart_hard|replace|stop|quarantine) /;
  return lines.filter((line) => effect.test(line)).map((line) => line.replace(/ \(.*$/s, ''));
}

/** What was asked for has been done, and the gateway shows it. */
export function done(story: CoreStory, key: string, change: Partial<MemberSeen> = {}): string[] {
  const [kind = '', service = '', member = ''] = key.split(' ');
  story.now += 100;
  if (kind === 'lead') {
    const { gateway } = story.service(service);
    if (gateway) story.see(service, { gateway: { ...gateway, leader: member } });
    for (const { name } of story.service(service).members) story.read(service, name, {});
  }
  if (kind === 'drain') story.read(service, member, { traffic: 'draining' });
  if (kind === 'take_out') story.read(service, member, { traffic: 'out', check: 'unknown' });
  if (kind === 'put_in') story.read(service, member, { traffic: 'in', check: 'passing' });
  const isNewRun = /^(start|restart_soft|restart_hard|replace)$/.test(kind);
  if (isNewRun) {
    story.seeMember(service, member, {
      state: 'running',
      ended: 'unseen',
      startedAt: story.now,
      exitCode: null,
      oomKilled: false,
      resources: null,
      oom: { kills: null, killsInWindow: null, events: 0, eventsBefore: 0 },
      signs: [],
    });
  }
  story.seeMember(service, member, change);
  const ended = { kind: 'action_ended', key, service, outcome: 'done', missedCheck: false, detail: '' } as const;
  return story.decide(ended).map(lineOf);
}
