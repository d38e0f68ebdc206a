/** The prober of this process: each kind of question by the technology it is about, each within a time of its own. */

import { isIP } from 'node:net';
import { messageOf } from '../../errors.ts';
import type { Clock } from '../../ports/clock.ts';
import { type Answer, type Prober, type Question, unknown } from '../../ports/prober.ts';
import { Fetcher } from '../http/fetch.ts';
import { askForLife, askJson } from '../http/probe.ts';
import { askMetric } from '../prometheus/probe.ts';
import { askRabbit } from '../rabbitmq/probe.ts';
import { askRedis } from '../redis/probe.ts';

const ANSWERS_WITHIN_MS = 2000;

export class NetworkProber implements Prober {
  readonly #clock: Clock;
  readonly #fetcher = new Fetcher();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async ask(host: string, question: Question, signal: AbortSignal): Promise<Answer> {
    if (isIP(host) === 0) return unknown('it has no address to be asked at');
    const late = AbortSignal.timeout(ANSWERS_WITHIN_MS);
    try {
      const answer = await this.#ask(host, question, AbortSignal.any([signal, late]));
      signal.throwIfAborted();
      return answer;
    } catch (error) {
      signal.throwIfAborted();
      return unknown(late.aborted ? `no answer within ${ANSWERS_WITHIN_MS / 1000} s` : messageOf(error));
    }
  }

  #ask(host: string, question: Question, signal: AbortSignal): Promise<Answer> {
    switch (question.kind) {
      case 'redis':
        return askRedis(host, question, signal);
      case 'rabbitmq':
        return askRabbit(this.#fetcher, host, question, this.#clock.now(), signal);
      case 'json':
        return askJson(this.#fetcher, host, question, signal);
      case 'prometheus':
        return askMetric(this.#fetcher, host, question, signal);
      case 'answers':
        return askForLife(this.#fetcher, host, question, signal);
    }
  }
}
