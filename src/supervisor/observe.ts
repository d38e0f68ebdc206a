/**
 * Docker's events are lossy by design: a subscriber that is slow for 100 ms is skipped, 256 are kept for a
 * replay, and every exec of a health probe writes three. So an event means "look again now", and the truth is
 * a list: subscribe first, then list, so that nothing falls between; list again after every break of the
 * stream and every monitoring interval; an event has just the container it names inspected again. What is seen once
 * more as it was leads to no decision: a decision says itself when it wants to be asked again.
 */

import { isCode, messageOf } from '../errors.ts';
import { LABEL } from '../labels.ts';
import type { Clock } from '../ports/clock.ts';
import type { Container, Engine, EngineEvent } from '../ports/engine.ts';
import type { Gateway } from '../ports/gateway.ts';
import type { Picture } from './picture.ts';

const INSPECT_DEADLINE_MS = 5000;
const LIST_DEADLINE_MS = 10_000;
const READ_DEADLINE_MS = 1000;
const FIRST_RETRY_MS = 200;
const LONGEST_RETRY_MS = 5000;

export interface ObserverParts {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly project: string;
  readonly picture: Picture;
  /** something was looked at: decide now if the picture has news */
  readonly onLook: () => void;
  readonly onRead: (service: string) => void;
  readonly onEngineLost: (why: string) => void;
  readonly onEngineBack: () => void;
}

export class Observer {
  readonly #parts: ObserverParts;
  /** ids that are being inspected; true: an event came in between, look again */
  readonly #inspecting = new Map<string, boolean>();
  readonly #inspections = new Map<string, Promise<void>>();
  /** for each list under way, the ids that events have named since it began */
  readonly #lists = new Set<Set<string>>();
  readonly #reading = new Map<string, Promise<void>>();
  /** the engine's time of the last event, milliseconds since 1970; 0: none yet */
  lastEventAt: number;

  constructor(parts: ObserverParts, lastEventAt: number) {
    this.#parts = parts;
    this.lastEventAt = lastEventAt;
  }

  /** Follows the engine until `signal` is aborted. An engine that goes away is waited for. */
  async follow(signal: AbortSignal): Promise<void> {
    const { clock, picture } = this.#parts;
    let wait = FIRST_RETRY_MS;
    while (!signal.aborted) {
      try {
        await this.#subscribe(signal, () => (wait = FIRST_RETRY_MS));
      } catch (error) {
        if (signal.aborted) return;
        if (isDefect(error)) throw error;
        const wasThere = picture.engineAnswers;
        picture.engineLost();
        if (wasThere) this.#parts.onEngineLost(messageOf(error));
      }
      await clock.sleep(wait, signal).catch(() => undefined);
      wait = Math.min(LONGEST_RETRY_MS, wait * 2);
    }
  }

  async #subscribe(signal: AbortSignal, onSuccess: () => void): Promise<void> {
    const { engine, project, onEngineBack } = this.#parts;
    const labels = { [LABEL.project]: project };
    const since = this.lastEventAt === 0 ? {} : { sinceMs: this.lastEventAt };
    const events = await engine.events({ labels, ...since }, { signal });
    await this.refresh(signal);
    onSuccess();
    onEngineBack();
    for await (const event of events) this.#see(event, signal);
  }

  /** Lists everything anew. Throws when the engine does not answer. */
  async refresh(signal: AbortSignal): Promise<void> {
    await this.#list(signal);
    this.#parts.onLook();
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { engine, project, picture } = this.#parts;
    const touched = new Set<string>();
    this.#lists.add(touched);
    try {
      const labels = { [LABEL.project]: project };
      const listed = await engine.listContainers({ labels }, { signal, deadlineMs: LIST_DEADLINE_MS });
      const { found, unknown } = await this.#lookFor(picture.missingFrom(listed), signal);
      picture.replaceAll([...listed, ...found], touched, unknown);
    } finally {
      this.#lists.delete(touched);
    }
    for (const id of touched) void this.inspect(id, signal);
  }

  /**
   * A list that is short is not a dead fleet: what is known or planned and not in it is asked for by itself, and only
   * the engine's "no such container" means that it is gone.
   */
  async #lookFor(
    missing: readonly string[],
    signal: AbortSignal,
  ): Promise<{ readonly found: readonly Container[]; readonly unknown: ReadonlySet<string> }> {
    const { engine, project } = this.#parts;
    const found: Container[] = [];
    const unknown = new Set<string>();
    const look = async (idOrName: string): Promise<void> => {
      try {
        const container = await engine.inspectContainer(idOrName, { signal, deadlineMs: INSPECT_DEADLINE_MS });
        if (container?.labels[LABEL.project] === project) found.push(container);
      } catch (error) {
        if (isDefect(error)) throw error;
        unknown.add(idOrName);
      }
    };
    await Promise.all(missing.map(look));
    return { found, unknown };
  }

  #see(event: EngineEvent, signal: AbortSignal): void {
    const { picture, clock, onLook } = this.#parts;
    this.lastEventAt = Math.max(this.lastEventAt, event.at);
    for (const touched of this.#lists) touched.add(event.containerId);
    const known = picture.see(event, clock.now());
    if (known || event.action === 'create' || event.action === 'start') void this.inspect(event.containerId, signal);
    if (known) onLook();
  }

  /** Looks at one container again; what changes while it looks is looked at once more. Resolves when it was seen. */
  inspect(id: string, signal: AbortSignal): Promise<void> {
    const running = this.#inspections.get(id);
    if (running) {
      this.#inspecting.set(id, true);
      return running;
    }
    const inspection = this.#inspectUntilCalm(id, signal).finally(() => this.#inspections.delete(id));
    this.#inspections.set(id, inspection);
    return inspection;
  }

  async #inspectUntilCalm(id: string, signal: AbortSignal): Promise<void> {
    do {
      this.#inspecting.set(id, false);
      await this.#inspectNow(id, signal);
    } while (this.#inspecting.get(id) === true && !signal.aborted);
    this.#inspecting.delete(id);
  }

  async #inspectNow(id: string, signal: AbortSignal): Promise<void> {
    const { engine, picture, onLook } = this.#parts;
    try {
      const found = await engine.inspectContainer(id, { signal, deadlineMs: INSPECT_DEADLINE_MS });
      // older than an event that came in between: what it says may be over
      if (this.#inspecting.get(id) === true) return;
      if (found && found.labels[LABEL.project] === this.#parts.project) picture.put(found);
      else picture.remove(id);
      onLook();
    } catch (error) {
      // it stays as it was last seen; the next list tells
      if (!signal.aborted && isDefect(error)) throw error;
    }
  }

  /** Reads a gateway anew; a gateway that does not answer is silent, not down. */
  async readGateway(service: string, gateway: Gateway, signal: AbortSignal): Promise<void> {
    await this.#read(service, gateway, signal);
    if (!signal.aborted) this.#parts.onRead(service);
  }

  /** At these gateways and, if it answers at all, at the engine's list; one decision when all have answered or given up. */
  async lookAt(gateways: readonly (readonly [string, Gateway])[], signal: AbortSignal): Promise<void> {
    const list = this.#parts.picture.engineAnswers ? this.#list(signal) : Promise.resolve();
    await Promise.all([list.catch(unlessDefect(signal)), this.#readAll(gateways, signal)]);
    if (!signal.aborted) this.#parts.onLook();
  }

  /** The same without the list. */
  async readGateways(gateways: readonly (readonly [string, Gateway])[], signal: AbortSignal): Promise<void> {
    await this.#readAll(gateways, signal);
    if (!signal.aborted) this.#parts.onLook();
  }

  async #readAll(gateways: readonly (readonly [string, Gateway])[], signal: AbortSignal): Promise<void> {
    await Promise.all(gateways.map(([service, gateway]) => this.#read(service, gateway, signal)));
  }

  #read(service: string, gateway: Gateway, signal: AbortSignal): Promise<void> {
    const running = this.#reading.get(service);
    if (running) return running;
    const read = this.#readNow(service, gateway, signal).finally(() => this.#reading.delete(service));
    this.#reading.set(service, read);
    return read;
  }

  async #readNow(service: string, gateway: Gateway, signal: AbortSignal): Promise<void> {
    const { clock, picture } = this.#parts;
    const askedAt = clock.now();
    const deadline = new AbortController();
    const cancel = clock.timer(READ_DEADLINE_MS, () => deadline.abort());
    try {
      picture.setReading(service, await gateway.read(AbortSignal.any([signal, deadline.signal])), askedAt);
    } catch {
      if (!signal.aborted) picture.setReading(service, null, askedAt);
    } finally {
      cancel();
    }
  }
}

/** An engine that does not answer is waited for; what is wrong with us is passed on. */
function unlessDefect(signal: AbortSignal): (error: unknown) => void {
  return (error) => {
    if (!signal.aborted && isDefect(error)) throw error;
  };
}

/** Not an answer of the engine: ours. */
function isDefect(error: unknown): boolean {
  return !isCode(error, 'TH_ENGINE_UNREACHABLE') && !isCode(error, 'TH_ENGINE_REFUSED');
}
