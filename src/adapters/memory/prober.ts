/** The prober's twin: programs that answer at the addresses they were put at, and nobody elsewhere. */

import { isIP } from 'node:net';
import { type Answer, known, type Prober, type Question, unknown } from '../../ports/prober.ts';

/** What a program answers; null: nothing, though it accepts connections. */
export type Respondent = (question: Question) => Answer | null;

export class MemoryProber implements Prober {
  readonly #respondents = new Map<string, Respondent>();

  /** @param respondent null: nobody is there any more */
  put(host: string, port: number, respondent: Respondent | null): void {
    const key = `${host}:${port}`;
    if (respondent === null) this.#respondents.delete(key);
    else this.#respondents.set(key, respondent);
  }

  async ask(host: string, question: Question, signal: AbortSignal): Promise<Answer> {
    await Promise.resolve();
    signal.throwIfAborted();
    if (isIP(host) === 0) return unknown('it has no address to be asked at');
    const respondent = this.#respondents.get(`${host}:${question.port}`);
    const answer = respondent?.(question) ?? null;
    if (answer !== null) return answer;
    // nobody answers: that is an answer where just that was asked
    return question.kind === 'answers' ? known(0) : unknown('nobody answers there');
  }
}
