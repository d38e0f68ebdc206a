/** What members say of themselves when they are asked: that they live, and how many requests they did and failed. */

import type { MemoryClock } from '../adapters/memory/clock.ts';
import type { MemoryProber } from '../adapters/memory/prober.ts';
import type { Container } from '../ports/engine.ts';
import { type Answer, known, type Question } from '../ports/prober.ts';
import type { Members } from './members.ts';

/** Where each member answers, and the names of its numbers. */
export const SIGN_PORT = 9100;
export const DONE = 'requests_total';
export const FAILED = 'requests_failed';
const REQUESTS_A_SECOND = 20;

export interface SignsParts {
  readonly clock: MemoryClock;
  readonly prober: MemoryProber;
  readonly members: Members;
  /** the question, or its answer, is lost on the way */
  readonly isLost: () => boolean;
}

export class Signs {
  readonly #parts: SignsParts;
  readonly #counts = new Map<string, { done: number; failed: number; at: number }>();

  constructor(parts: SignsParts) {
    this.#parts = parts;
  }

  /** A run of a member has begun: it answers at its addresses, and has done nothing yet. */
  begin(member: string, { networks }: Container): void {
    const { clock, prober } = this.#parts;
    this.#counts.set(member, { done: 0, failed: 0, at: clock.now() });
    for (const { ipv4 } of Object.values(networks))
      if (ipv4) prober.put(ipv4, SIGN_PORT, (question) => this.#answer(member, question));
  }

  #answer(member: string, question: Question): Answer | null {
    const { members, isLost } = this.#parts;
    const condition = members.conditionOf(member);
    if (isLost() || (condition !== 'up' && condition !== 'sick')) return null;
    if (question.kind === 'answers') return known(condition === 'up' ? 1 : 0);
    if (question.kind !== 'prometheus') return null;
    const { done, failed } = this.#count(member);
    return known(question.metric === FAILED ? failed : done);
  }

  /** As it would have counted since it was last asked. */
  #count(member: string): { readonly done: number; readonly failed: number } {
    const now = this.#parts.clock.now();
    const last = this.#counts.get(member) ?? { done: 0, failed: 0, at: now };
    const more = ((now - last.at) / 1000) * REQUESTS_A_SECOND;
    const count = {
      done: last.done + more,
      failed: last.failed + more * this.#parts.members.errorShareOf(member),
      at: now,
    };
    this.#counts.set(member, count);
    return count;
  }
}
