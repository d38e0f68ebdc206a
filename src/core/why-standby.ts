/** Pairs of which one works, in words: what happens next to the one and to the other. */

import type { Handover } from './memory.ts';
import { spanText } from './span.ts';
import type { Place } from './why-member.ts';
import type { Saying } from './why.ts';

/** null: who works is not being changed, or this member has no part in it */
export function handoverNext({ service, model, name, now }: Place): Saying | null {
  const { handover } = service;
  if (!handover || (name !== handover.from && name !== handover.to)) return null;
  return {
    at: handover.step === 'prove' ? handover.until : null,
    text: stepWords(handover, model.policy.oneWriter, now),
  };
}

function stepWords({ from, to, step, until, cause }: Handover, oneWriter: boolean, now: number): string {
  switch (step) {
    case 'fence': {
      const proof = oneWriter ? ' and is proven stopped' : '';
      return `${from} is being ended; when it has ended${proof}, ${to} is started in its place`;
    }
    case 'renew':
      return `${to} is made anew, since starting it did not help, and then it is started in place of ${from}`;
    case 'start':
      return `${to} is being started in place of ${from}`;
    case 'prove': {
      const rest = spanText(Math.max(0, until - now));
      return `${to} has another ${rest} to serve${cause === 'person' ? `, else ${from} is started again` : ''}`;
    }
  }
}

/** What comes when the one that works fails; null: the pair has no standby. */
export function whenItFails({ model, name }: Place): string | null {
  const { standby, oneWriter } = model.policy;
  const isOfPair = model.members.some((member) => member.name === name && member.role !== 'replica');
  const twin = model.members.find((member) => member.name !== name && member.role !== 'replica')?.name;
  if (standby === 'hot' || !isOfPair || twin === undefined) return null;
  if (standby === 'warm') return `${twin} goes on in its place at once`;
  return oneWriter ? `it is ended and proven stopped, then ${twin} is started` : `${twin} is started in its place`;
}

/** It was stopped by somebody; what starts something again. */
export function stoppedWords({ model, service, name }: Place): string {
  const asked = 'nothing: somebody asked for it; "twinhull up" starts it again';
  const isCold = model.policy.standby === 'cold' && model.policy.oneWriter && service.leader === name;
  return isCold && model.members.length > 1 ? `${asked}, "twinhull failover ${model.name}" the other one` : asked;
}
