import assert from 'node:assert/strict';
import { test } from 'node:test';
import { known, unknown } from '../ports/prober.ts';
import { beatOf, ErrorsTrack, HeartbeatTrack, ProgressTrack, QueueTrack, ZombiesTrack } from './sign-tracks.ts';

/** Looks every five seconds, from `fromMs` to `untilMs`. */
function look(fromMs: number, untilMs: number, at: (now: number) => void): void {
  for (let now = fromMs; now <= untilMs; now += 5000) at(now);
}

test('a queue: its shortest length in the window, and nothing before the window is over', () => {
  const track = new QueueTrack(60_000);
  look(0, 40_000, (now) => track.note(known(500), now));
  assert.equal(track.seen('q', 40_000), null);
  look(45_000, 60_000, (now) => track.note(known(now === 45_000 ? 20 : 500), now));
  assert.deepEqual(track.seen('q', 60_000), { name: 'q', kind: 'queue', length: 20, ageMs: null });
});

test('a list whose end stays the same is as old as we have seen that; new entries at the other end change nothing', () => {
  const track = new QueueTrack(60_000);
  look(0, 60_000, (now) => track.note(known(9, { marks: [`new ${now}`, 'old'], ageMs: null }), now));
  const seen = track.seen('q', 60_000);
  assert.equal(seen?.kind === 'queue' && seen.ageMs, 60_000);
  track.note(known(9, { marks: ['new', 'next'], ageMs: null }), 65_000);
  const moved = track.seen('q', 65_000);
  assert.equal(moved?.kind === 'queue' && moved.ageMs, 0);
});

test('a queue that tells its age is believed', () => {
  const track = new QueueTrack(60_000);
  look(0, 60_000, (now) => track.note(known(9, { marks: [], ageMs: 123 }), now));
  const seen = track.seen('q', 60_000);
  assert.equal(seen?.kind === 'queue' && seen.ageMs, 123);
});

test('a source that does not answer is not known, with how long and why; an answer ends that', () => {
  const track = new QueueTrack(60_000);
  look(0, 30_000, (now) => track.note(unknown('no password'), now));
  assert.deepEqual(track.seen('q', 30_000), { name: 'q', kind: 'unknown', forMs: 30_000, why: 'no password' });
  track.note(known(1), 35_000);
  assert.equal(track.seen('q', 35_000), null);
});

test('errors: their share in what was done in the window', () => {
  const track = new ErrorsTrack(60_000);
  look(0, 60_000, (now) => track.note(known(1000 + now / 1000), known(5000 + now / 250), now));
  assert.deepEqual(track.seen('e', 60_000), { name: 'e', kind: 'errors', share: 0.25 });
});

test('errors among a few pieces of work say little, and counters that begin anew say nothing', () => {
  const few = new ErrorsTrack(60_000);
  look(0, 60_000, (now) => few.note(known(now / 10_000), known(now / 5000), now));
  assert.deepEqual(few.seen('e', 60_000), { name: 'e', kind: 'errors', share: 0 });
  const anew = new ErrorsTrack(60_000);
  look(0, 60_000, (now) => anew.note(known(now < 30_000 ? 50 : 1), known(now < 30_000 ? 900 : 10), now));
  assert.equal(anew.seen('e', 60_000), null);
});

test('progress: for how long the number has not changed while there was work', () => {
  const track = new ProgressTrack();
  look(0, 30_000, (now) => track.note(known(now), known(5), now));
  look(35_000, 90_000, (now) => track.note(known(30_000), known(5), now));
  assert.deepEqual(track.seen('p'), { name: 'p', kind: 'progress', stuckMs: 60_000 });
  track.note(known(30_000), known(0), 95_000);
  assert.deepEqual(track.seen('p'), { name: 'p', kind: 'progress', stuckMs: 0 }, 'nothing to do');
});

test('progress without a queue is expected at all times; a queue that cannot be asked excuses it', () => {
  const always = new ProgressTrack();
  look(0, 60_000, (now) => always.note(known(7), null, now));
  assert.deepEqual(always.seen('p'), { name: 'p', kind: 'progress', stuckMs: 60_000 });
  const excused = new ProgressTrack();
  look(0, 60_000, (now) => excused.note(known(7), unknown('away'), now));
  assert.deepEqual(excused.seen('p'), { name: 'p', kind: 'unknown', forMs: 60_000, why: 'away' });
});

const file = (mark: string | null, isFresh = true) => ({ known: true, mark, isFresh }) as const;

test('a heartbeat file that is written again is a beat, whatever its time says', () => {
  const track = new HeartbeatTrack();
  look(0, 30_000, (now) => track.note(file(String(now)), now));
  look(35_000, 90_000, (now) => track.note(file('30000'), now));
  assert.deepEqual(track.seen('h'), { name: 'h', kind: 'heartbeat', ageMs: 60_000, hasBeaten: true });
  track.note(file('1'), 95_000);
  assert.deepEqual(track.seen('h'), { name: 'h', kind: 'heartbeat', ageMs: 0, hasBeaten: true }, 'also backwards');
});

test('a file from an earlier run is no beat of this one, and none is none', () => {
  for (const mark of ['old', null]) {
    const track = new HeartbeatTrack();
    look(0, 30_000, (now) => track.note(file(mark, false), now));
    assert.deepEqual(track.seen('h'), { name: 'h', kind: 'heartbeat', ageMs: 30_000, hasBeaten: false });
  }
});

test('time in which nobody looked makes nothing older: a supervisor that was held up blames nobody', () => {
  const track = new HeartbeatTrack();
  track.note(file('1'), 0);
  track.note(file('1'), 5000);
  track.note(file('1'), 605_000);
  const seen = track.seen('h');
  assert.equal(seen?.kind === 'heartbeat' && seen.ageMs, 20_000);
});

test('each answer is a beat, and an answer that is no success is none', () => {
  const track = new HeartbeatTrack();
  look(0, 30_000, (now) => track.note(beatOf(known(1), now), now));
  look(35_000, 60_000, (now) => track.note(beatOf(known(0), now), now));
  assert.deepEqual(track.seen('h'), { name: 'h', kind: 'heartbeat', ageMs: 30_000, hasBeaten: true });
  track.note(beatOf(known(1), 65_000), 65_000);
  assert.deepEqual(track.seen('h'), { name: 'h', kind: 'heartbeat', ageMs: 0, hasBeaten: true });
});

test('zombies: the fewest in the window; where nobody can count them nothing is said', () => {
  const track = new ZombiesTrack(60_000);
  look(0, 60_000, (now) => track.note(now === 20_000 ? 3 : 50, now));
  assert.deepEqual(track.seen('z', 60_000), { name: 'z', kind: 'zombies', count: 3 });
  const blind = new ZombiesTrack(60_000);
  look(0, 60_000, (now) => blind.note(null, now));
  assert.equal(blind.seen('z', 60_000), null);
});
