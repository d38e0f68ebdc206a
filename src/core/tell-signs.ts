/** Signs that are worth a word and no more: told once while they last. */

import { type Judged, judgeSigns } from './signs.ts';
import { newsOf } from './told.ts';
import { memberMemory, memberSeen, type Turn } from './turn.ts';

/** Load is met with more members; until that can be done it is said that it cannot. */
const NO_SCALING = 'more members could help; scale_up is not available: no maximum is set';

interface Said {
  readonly key: string;
  readonly member: string | null;
  readonly words: string;
}

export function tellSigns(turn: Turn): void {
  const { policy, name: service } = turn.model;
  if (policy.signs.length === 0) return;
  const about = 'sign ';
  const said = [
    ...judgeSigns(policy, turn.seen.signs).flatMap((judged) => worded(about, null, judged)),
    ...turn.model.members.flatMap(({ name }) => ofMember(turn, about, name)),
  ];
  const keys = said.map(({ key }) => key);
  const news = newsOf(turn.memory, about, keys, turn.now);
  for (const { key, member, words } of said) {
    if (news.includes(key)) turn.actions.push({ kind: 'alert', service, member, reason: words });
  }
}

/** What is being repaired is told as an incident. */
function ofMember(turn: Turn, about: string, name: string): Said[] {
  if (memberMemory(turn, name).incident) return [];
  return judgeSigns(turn.model.policy, memberSeen(turn, name).signs).flatMap((judged) => worded(about, name, judged));
}

function worded(about: string, member: string | null, { policy, level, words }: Judged): Said[] {
  if (level === 'well') return [];
  const key = `${about}${member ?? ''} ${policy.name} ${level}`;
  const what = member === null ? words : `${member}: ${words}`;
  return [{ key, member, words: policy.kind === 'queue' && level !== 'unknown' ? `${what}; ${NO_SCALING}` : what }];
}
