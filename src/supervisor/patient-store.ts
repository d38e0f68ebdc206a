/**
 * A store whose disk may be full for hours. Supervising needs it less than the services need supervising, so what
 * cannot be written waits in memory, in order and bounded, and is read back as if it were written; when there is room
 * again it is, all of it in one step. What waits is lost with the process, and whoever promises something to a person
 * asks first: {@link PatientStore.demandRoom}.
 *
 * That what is not on disk must not be begun is not for a store to say: see core/unrecorded.ts.
 */

import { isCode, messageOf, TwinhullError } from '../errors.ts';
import type { Clock } from '../ports/clock.ts';
import type {
  DurableStore,
  EventRecord,
  HealthRecord,
  IncidentRecord,
  JournalEntry,
  LeaseHolder,
  Store,
} from '../ports/store.ts';
import { Backlog } from './backlog.ts';

/** Written to find out whether anything can be. */
const PROOF = 'proof';

/** Nothing could be written since then. */
export interface Unrecorded {
  /** milliseconds since 1970 */
  readonly since: number;
  /** for a person */
  readonly reason: string;
}

export class PatientStore implements Store {
  readonly #disk: DurableStore;
  readonly #clock: Pick<Clock, 'now'>;
  #unrecorded: Unrecorded | null = null;
  #backlog: Backlog | null = null;
  /** disk ids of what was announced while it could not be written, and is not completed yet */
  readonly #ids = new Map<number, number>();
  #lastAnnounced = 0;
  /** lines of the record that found no room in memory either, since the disk was last full */
  lost = 0;

  constructor(disk: DurableStore, clock: Pick<Clock, 'now'>) {
    this.#disk = disk;
    this.#clock = clock;
  }

  /** null: everything is on disk */
  get unrecorded(): Unrecorded | null {
    return this.#unrecorded;
  }

  /** Writes what waits, if there is room now. @returns whether everything is on disk */
  catchUp(): boolean {
    if (!this.#backlog) return true;
    try {
      for (const [waiting, written] of this.#backlog.writeTo(this.#disk)) this.#ids.set(waiting, written);
    } catch (error) {
      if (isCode(error, 'TH_STATE_FULL')) return false;
      throw error;
    }
    this.lost = this.#backlog.lost;
    this.#lastAnnounced = this.#backlog.lastAnnounced;
    this.#backlog = null;
    this.#unrecorded = null;
    return true;
  }

  /**
   * What is promised: all that `write` writes, and all that waited, is on disk when this returns.
   * @throws TH_STATE_FULL; nothing of it waits then
   */
  durably(write: (disk: Store) => void): void {
    if (!this.catchUp()) throw new TwinhullError('TH_STATE_FULL', this.#unrecorded?.reason ?? '');
    this.#disk.atOnce(() => write(this.#disk));
  }

  /** @throws TH_STATE_FULL when nothing can be put on disk now */
  demandRoom(): void {
    this.durably((disk) => disk.saveDocument(PROOF, this.#clock.now()));
  }

  announce(at: number, action: unknown, incident: string | null): number {
    return this.#write(
      () => this.#disk.announce(at, action, incident),
      (backlog) => backlog.announce(at, action, incident),
    );
  }

  complete(id: number, at: number, outcome: 'done' | 'failed' | 'abandoned', detail: string): void {
    const onDisk = this.#ids.get(id) ?? id;
    this.#write(
      () => this.#disk.complete(onDisk, at, outcome, detail),
      (backlog) => backlog.complete(onDisk, { at, outcome, detail }),
    );
    this.#ids.delete(id);
  }

  saveIncident(incident: IncidentRecord): void {
    this.#write(
      () => this.#disk.saveIncident(incident),
      (backlog) => backlog.saveIncident(incident),
    );
  }

  appendEvent(event: Omit<EventRecord, 'id'>): EventRecord {
    return this.#write(
      () => this.#disk.appendEvent(event),
      (backlog) => backlog.appendEvent(event),
    );
  }

  appendHealth(records: readonly HealthRecord[]): void {
    this.#write(
      () => this.#disk.appendHealth(records),
      (backlog) => backlog.appendHealth(records),
    );
  }

  saveDocument(name: string, value: unknown): void {
    this.#write(
      () => this.#disk.saveDocument(name, value),
      (backlog) => backlog.saveDocument(name, value),
    );
  }

  /** With no room, another time. */
  prune(limits: Parameters<Store['prune']>[0]): void {
    this.#write(
      () => this.#disk.prune(limits),
      () => undefined,
    );
  }

  pending(): JournalEntry[] {
    const written = this.#disk.pending();
    return this.#backlog?.pending(written) ?? written;
  }

  journal(range: Parameters<Store['journal']>[0]): JournalEntry[] {
    const written = this.#disk.journal(range);
    return this.#backlog?.journal(written, range) ?? written;
  }

  incident(id: string): IncidentRecord | null {
    return this.#backlog?.incident(id) ?? this.#disk.incident(id);
  }

  incidents(options: Parameters<Store['incidents']>[0] = {}): IncidentRecord[] {
    if (!this.#backlog) return this.#disk.incidents(options);
    const { limit: _limit, ...all } = options;
    return this.#backlog.incidents(this.#disk.incidents(all), options);
  }

  events(options: Parameters<Store['events']>[0] = {}): EventRecord[] {
    const written = this.#disk.events(options);
    return this.#backlog?.events(written, options) ?? written;
  }

  health(service: string, limit: number): HealthRecord[] {
    const written = this.#disk.health(service, limit);
    return this.#backlog?.health(written, service, limit) ?? written;
  }

  document(name: string): unknown {
    const waiting = this.#backlog?.document(name);
    return waiting === undefined ? this.#disk.document(name) : waiting;
  }

  acquireLease(purpose: string, now: number): ReturnType<Store['acquireLease']> {
    return this.#disk.acquireLease(purpose, now);
  }

  leaseHolder(): LeaseHolder | null {
    return this.#disk.leaseHolder();
  }

  releaseLease(): void {
    this.#disk.releaseLease();
  }

  /** A last try: what waits still is lost. */
  close(): void {
    this.catchUp();
    this.#disk.close();
  }

  /** While anything waits, everything does: what is on disk is always how it was at one moment. */
  #write<Result>(onDisk: () => Result, later: (backlog: Backlog) => Result): Result {
    if (this.#backlog) return later(this.#backlog);
    try {
      return onDisk();
    } catch (error) {
      if (!isCode(error, 'TH_STATE_FULL')) throw error;
      return later(this.#fallBehind(messageOf(error)));
    }
  }

  #fallBehind(reason: string): Backlog {
    const [last] = this.#disk.events({ limit: 1 });
    this.#unrecorded = { since: this.#clock.now(), reason };
    this.#backlog = new Backlog(last?.id ?? 0, this.#lastAnnounced);
    return this.#backlog;
  }
}
