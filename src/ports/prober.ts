/**
 * Questions to the programs of a project over its own networks: how long a queue is, what a number is now, whether
 * somebody answers. A prober asks the address it is given and no other: it follows no redirect, resolves no name, and
 * starts nothing.
 */

/** What is asked. Ports are those of the container; all text comes from the project's files. */
export type Question =
  | {
      readonly kind: 'redis';
      readonly port: number;
      readonly database: number;
      /** '' for none */
      readonly user: string;
      readonly password: string;
      readonly ask: RedisAsk;
    }
  | {
      readonly kind: 'rabbitmq';
      /** of the management interface */
      readonly port: number;
      readonly vhost: string;
      readonly queue: string;
      readonly user: string;
      readonly password: string;
    }
  /** a number in a JSON document; `pointer` is a JSON Pointer (RFC 6901), '' for the whole document */
  | { readonly kind: 'json'; readonly port: number; readonly path: string; readonly pointer: string }
  /** the sum of all series of this name that carry these labels */
  | {
      readonly kind: 'prometheus';
      readonly port: number;
      readonly path: string;
      readonly metric: string;
      readonly labels: Readonly<Record<string, string>>;
    }
  /** 1: a success, 0: another answer, or a refused connection, or silence after one */
  | { readonly kind: 'answers'; readonly port: number; readonly path: string };

export type RedisAsk =
  | { readonly kind: 'list'; readonly key: string }
  /** `group` null: all entries; else those that this consumer group has not acknowledged */
  | { readonly kind: 'stream'; readonly key: string; readonly group: string | null }
  | { readonly kind: 'number'; readonly key: string };

/** What is known of the oldest entry of a queue. */
export interface Oldest {
  /** one for each end of the queue where only its entries are known: the same as long as it is the same entry */
  readonly marks: readonly string[];
  /** null: the source does not tell when it came */
  readonly ageMs: number | null;
}

export type Answer =
  | {
      readonly known: true;
      readonly number: number;
      /** of a queue that is not empty */
      readonly oldest: Oldest | null;
    }
  /** for a person: why it is not known */
  | { readonly known: false; readonly why: string };

export interface Prober {
  /**
   * @param host an address, never a name
   * Rejects only when `signal` is aborted; whatever else is amiss is an answer.
   */
  ask(host: string, question: Question, signal: AbortSignal): Promise<Answer>;
}

export function unknown(why: string): Answer {
  return { known: false, why };
}

export function known(number: number, oldest: Oldest | null = null): Answer {
  return { known: true, number, oldest };
}
