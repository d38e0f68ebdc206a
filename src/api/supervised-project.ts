/**
 * A project while this process supervises it: the one place from which it is changed. Commands reach it over
 * the control socket (api/control.ts), `up` in the foreground directly. Operations that change the project run
 * one after the other; reading never waits.
 */

import type { EventSelection, Progress, ProjectControl, SupervisorInfo, UpOptions, UpResult } from './control.ts';
import { isCode, messageOf, TwinhullError } from '../errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { EventRecord } from '../ports/store.ts';
import type { Fleet } from '../redundancy/fleet.ts';
import type { PatientStore } from '../supervisor/patient-store.ts';
import { forgetProject } from '../supervisor/record.ts';
import type { Explanation, Order, SupervisorHandle } from '../supervisor/parts.ts';
import type { ProjectStatus } from '../supervisor/status.ts';
import { unknownName } from './unknown-name.ts';

export type Report = (progress: Progress) => void;
/** Why supervising ended: asked to, taken down by us, taken down by others, or a defect. */
export type Ending =
  | { readonly why: 'stopped' | 'down' | 'gone' }
  | { readonly why: 'failed'; readonly error: unknown };

/** What carries a plan out; made by wire.ts. */
export interface Deployer {
  /**
   * Makes the engine match the plan. Everything that can be refused is refused first; then, and also when
   * nothing differs, `aside` is called once with the services that change and the work of changing them.
   */
  up(
    fleet: Fleet,
    options: UpOptions,
    hooks: { readonly report: Report; readonly aside: Aside },
    signal: AbortSignal,
  ): Promise<UpResult>;
  down(
    project: string,
    fleet: Fleet | null,
    options: { readonly volumes: boolean; readonly timeoutSeconds: number | null },
    report: Report,
  ): Promise<void>;
  /** What was being made anew or reloaded when a process was killed: finished, or put back as it was. */
  finishBegun(fleet: Fleet, report: Report): Promise<void>;
  /** Stops containers and removes none, dependents first, as `docker compose up` does on Ctrl-C. */
  stop(project: string, fleet: Fleet | null, report: Report): Promise<void>;
}
export type Aside = <Result>(services: readonly string[], work: () => Promise<Result>) => Promise<Result>;

export interface SupervisedProjectParts {
  readonly project: string;
  /** its lease is held by this process */
  readonly store: PatientStore;
  readonly clock: Clock;
  readonly deployer: Deployer;
  readonly makeSupervisor: (fleet: Fleet) => SupervisorHandle;
  /** anything of the project's containers is on the engine; true also when the engine cannot be asked */
  readonly isThere: () => Promise<boolean>;
  readonly info: SupervisorInfo;
}

interface Running {
  readonly handle: SupervisorHandle;
  /** ends supervising and waits for the end */
  stop(): Promise<void>;
}

/** the document that says: the project was stopped by us, its containers are to stay as they are until `up` */
const STOPPED = 'stopped';
/** how long a first look at everything may take, in milliseconds */
const FIRST_LOOK_MS = 10_000;

export class SupervisedProject implements ProjectControl {
  /** Resolves once, when this process has nothing more to do. */
  readonly ended: Promise<Ending>;
  readonly #parts: SupervisedProjectParts;
  readonly #end: (ending: Ending) => void;
  #running: Running | null = null;
  #ending = false;
  #resuming = false;
  #busy = false;
  #last: Promise<unknown> = Promise.resolve();

  constructor(parts: SupervisedProjectParts) {
    this.#parts = parts;
    const { promise, resolve } = Promise.withResolvers<Ending>();
    this.ended = promise;
    this.#end = resolve;
  }

  /**
   * Goes on with the plan on record. Does nothing when there is none, when we stopped the project ourselves, or when
   * nothing of it is left on the engine: what somebody took down while nobody supervised is not brought back. Resolves when everything was looked at once.
   */
  async resume(): Promise<void> {
    const fleet = this.#fleet();
    if (fleet === null || this.#running || this.#parts.store.document(STOPPED) === true) return;
    this.#resuming = true;
    try {
      const there = await this.#parts.isThere();
      if (!there || this.#running) return;
      await this.#finishBegun(fleet);
      if (this.#running || this.#ending) return;
      this.#start(this.#parts.makeSupervisor(fleet));
    } finally {
      this.#resuming = false;
    }
    await this.#firstLook();
  }

  async #firstLook(): Promise<void> {
    const handle = this.#running?.handle;
    if (!handle) return;
    const patience = new AbortController();
    const tooLong = this.#parts.clock.sleep(FIRST_LOOK_MS, patience.signal).catch(() => undefined);
    await Promise.race([handle.whenSeen(), this.ended, tooLong]);
    patience.abort();
  }

  /** What a process that was killed had begun is finished or undone before anybody judges what is there. */
  async #finishBegun(fleet: Fleet): Promise<void> {
    const { deployer, store, clock } = this.#parts;
    const note = (message: string): void => {
      store.appendEvent({
        time: clock.now(),
        kind: 'supervisor',
        service: null,
        member: null,
        incident: null,
        message,
      });
    };
    await this.#alone(
      () => undefined,
      () => deployer.finishBegun(fleet, ({ text }) => note(text)),
    ).catch((error: unknown) => note(`could not finish what was begun: ${messageOf(error)}`));
  }

  /** Nothing is supervised and nothing is being done. */
  isIdle(): boolean {
    return this.#running === null && !this.#busy;
  }

  info(): SupervisorInfo {
    return this.#parts.info;
  }

  async status(): Promise<ProjectStatus | null> {
    return this.#running?.handle.status() ?? null;
  }

  async why(name: string): Promise<Explanation> {
    const explanation = this.#supervisor().why(name);
    if (explanation) return explanation;
    this.#knows(name, 'all');
    throw new TwinhullError('TH_NOT_RUNNING', `nothing is known of ${name} yet`);
  }

  async *events(selection: EventSelection, signal: AbortSignal): AsyncGenerator<EventRecord> {
    const { store, clock } = this.#parts;
    let lastId = selection.afterId ?? 0;
    for (;;) {
      for (const event of store.events({
        afterId: lastId,
        ...(selection.sinceMs === undefined ? {} : { sinceMs: selection.sinceMs }),
      })) {
        yield event;
        lastId = event.id;
      }
      if (!selection.follow || signal.aborted) return;
      await clock.sleep(100, signal).catch(() => undefined);
    }
  }

  up(fleet: Fleet, options: UpOptions, report: Report, signal: AbortSignal): Promise<UpResult> {
    this.#check(fleet);
    return this.#alone(report, async () => {
      try {
        return await this.#parts.deployer.up(fleet, options, { report, aside: this.#aside(fleet) }, signal);
      } finally {
        // refused before anything was touched: nothing to supervise
        if (!this.#running && !this.#resuming) this.#end({ why: 'stopped' });
      }
    });
  }

  /** The plan is put on record, and a first supervisor is started, just before the first change. */
  #aside(fleet: Fleet): Aside {
    return (services, work) => {
      refusing(() =>
        this.#parts.store.durably((disk) => {
          disk.saveDocument('fleet', fleet);
          disk.saveDocument(STOPPED, false);
        }),
      );
      const running = this.#running?.handle;
      const handle = running ?? this.#parts.makeSupervisor(fleet);
      return handle.withBusy(services, () => {
        if (!running) this.#start(handle);
        handle.setFleet(fleet); // told to a new one too: what was stopped or quarantined before counts again
        return work();
      });
    };
  }

  failover(
    { service, to }: { readonly service: string; readonly to: string | null },
    report: Report,
  ): Promise<{ readonly from: string | null; readonly to: string }> {
    return this.#alone(report, () => {
      this.#knows(service, 'services');
      this.#demandRoom();
      return this.#supervisor().failover(service, ...(to === null ? [] : [to]));
    });
  }

  drill(
    { service, member, forMs }: { readonly service: string; readonly member: string; readonly forMs: number },
    report: Report,
  ): Promise<void> {
    return this.#alone(report, async () => {
      this.#knows(member, 'all');
      this.#demandRoom();
      this.#supervisor().announceDrill(service, member, forMs);
    });
  }

  /** Not one after the other: a freeze that waits for a long `up` would come too late. */
  async order(order: Order): Promise<readonly string[]> {
    if (order.kind === 'maintenance_asked') this.#knows(order.service, 'services');
    const supervisor = this.#supervisor();
    this.#demandRoom();
    const told = supervisor.order(order);
    this.#demandRoom('It is heeded, until this supervisor ends.');
    return told;
  }

  restart({ target }: { readonly target: string }, report: Report): Promise<void> {
    return this.#alone(report, () => {
      this.#knows(target, 'all');
      this.#demandRoom();
      return this.#supervisor().restart(target, (text) => report(this.#progress(text)));
    });
  }

  down(request: { readonly volumes: boolean; readonly timeoutSeconds: number | null }, report: Report): Promise<void> {
    return this.#alone(report, async () => {
      this.#ending = true;
      await this.#running?.stop();
      try {
        await this.#parts.deployer.down(this.#parts.project, this.#fleet(), request, report);
      } catch (error) {
        this.#ending = false; // what is left can be taken down by the next one
        throw error;
      }
      this.#parts.store.saveDocument('fleet', null);
      forgetProject(this.#parts.store, this.#parts.clock.now());
      this.#end({ why: 'down' });
    });
  }

  /** Ends supervising; with `containers`, stops them too. */
  async stop(containers: { readonly report: Report } | null = null): Promise<void> {
    this.#ending = true;
    await this.#running?.stop();
    if (containers) {
      this.#parts.store.saveDocument(STOPPED, true);
      await this.#parts.deployer.stop(this.#parts.project, this.#fleet(), containers.report);
    }
    this.#end({ why: 'stopped' });
  }

  #fleet(): Fleet | null {
    return (this.#parts.store.document('fleet') ?? null) as Fleet | null;
  }

  #start(handle: SupervisorHandle): void {
    const abort = new AbortController();
    const run = handle.run(abort.signal).then(
      ({ ended }) => this.#over(ended === 'gone' ? { why: 'gone' } : { why: 'stopped' }),
      (error: unknown) => this.#over({ why: 'failed', error }),
    );
    this.#running = {
      handle,
      stop: async () => {
        abort.abort();
        await run;
      },
    };
  }

  /** The loop ended by itself; one that was asked to end is reported by who asked. */
  #over(ending: Ending): void {
    this.#running = null;
    if (this.#ending) return;
    if (ending.why === 'gone') this.#parts.store.saveDocument('fleet', null);
    this.#end(ending);
  }

  #supervisor(): SupervisorHandle {
    if (this.#running) return this.#running.handle;
    throw new TwinhullError('TH_NOT_RUNNING', `nothing is running for the project ${this.#parts.project}`);
  }

  /** What a person is told was done is on disk, or it is not done. @param state what things are in otherwise, for him */
  #demandRoom(state?: string): void {
    refusing(() => this.#parts.store.demandRoom(), state);
  }

  #check(fleet: Fleet): void {
    if (fleet?.project === this.#parts.project && Array.isArray(fleet.services)) return;
    throw new TwinhullError('TH_USAGE', `this supervisor is for the project ${this.#parts.project} alone`);
  }

  #knows(name: string, among: 'services' | 'all'): void {
    const services = this.#fleet()?.services ?? [];
    const known = services.flatMap((service) => [
      service.name,
      ...(among === 'all' ? service.members.map((member) => member.name) : []),
    ]);
    if (!known.includes(name)) throw unknownName(name, known);
  }

  async #alone<Result>(report: Report, work: () => Promise<Result>): Promise<Result> {
    const waited = this.#parts.clock.timer(500, () =>
      report(this.#progress('waiting for another twinhull command to finish')),
    );
    const mine = this.#last
      .catch(() => undefined)
      .then(async () => {
        waited();
        if (this.#ending)
          throw new TwinhullError('TH_NOT_RUNNING', `the project ${this.#parts.project} is being taken down`);
        this.#busy = true;
        try {
          return await work();
        } finally {
          this.#busy = false;
        }
      });
    this.#last = mine;
    return mine;
  }

  #progress(text: string): Progress {
    return { at: this.#parts.clock.now(), service: null, text };
  }
}

function refusing(write: () => void, state = 'Nothing was changed.'): void {
  try {
    write();
  } catch (error) {
    if (!isCode(error, 'TH_STATE_FULL')) throw error;
    throw new TwinhullError('TH_STATE_FULL', messageOf(error), { state, cause: error });
  }
}
