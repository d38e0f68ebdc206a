/**
 * Reads the signs that services give of themselves, round after round. Addresses come from the engine: what a setting
 * can name is a service of this project, never a host. Nothing is run in a container, and what does not answer delays
 * nobody else.
 */

import type { SignSeen } from '../core/model.ts';
import { messageOf } from '../errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Container, Engine } from '../ports/engine.ts';
import { type Answer, type Prober, type Question, unknown } from '../ports/prober.ts';
import type { Fleet, ServicePlan, SignPlan, SourcePlan } from '../redundancy/fleet.ts';
import { runOf } from './measured.ts';
import type { Picture } from './picture.ts';
import type { Sampling } from './sampling.ts';
import {
  type Beat,
  beatOf,
  ErrorsTrack,
  HeartbeatTrack,
  ProgressTrack,
  QueueTrack,
  ZombiesTrack,
} from './sign-tracks.ts';

const FILE_DEADLINE_MS = 2000;

export interface SignReaderParts {
  readonly prober: Prober;
  readonly engine: Pick<Engine, 'statFile'>;
  readonly clock: Clock;
  readonly picture: Picture;
  readonly sampling: Pick<Sampling, 'intervalMs' | 'zombies'>;
  readonly fleet: () => Fleet;
  readonly onRead: () => void;
}

type Track = QueueTrack | ErrorsTrack | ProgressTrack | ZombiesTrack | HeartbeatTrack;
/** What was answered in this round already. */
type Round = Map<string, Promise<Answer>>;

export class SignReader {
  readonly #parts: SignReaderParts;
  /** by whom they are of (a service, or a run of a container), and the sign's name */
  readonly #tracks = new Map<string, Track>();

  constructor(parts: SignReaderParts) {
    this.#parts = parts;
  }

  /** Until `signal` is aborted. One round at a time. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, sampling, picture, fleet, onRead } = this.#parts;
    while (!signal.aborted) {
      await clock.sleep(sampling.intervalMs, signal).catch(() => undefined);
      if (signal.aborted) return;
      const services = fleet().services.filter(({ signs = [] }) => signs.length > 0);
      if (!picture.engineAnswers || services.length === 0) continue;
      const round: Round = new Map();
      await Promise.all(services.map((service) => this.#read(service, round, signal)));
      this.#forgetEnded();
      if (!signal.aborted) onRead();
    }
  }

  async #read(service: ServicePlan, round: Round, signal: AbortSignal): Promise<void> {
    const reads = (service.signs ?? []).flatMap((sign) => {
      if (sign.kind === 'queue') return [this.#readQueue(service, sign, round, signal)];
      return this.#running(service).map((container) => this.#readOf(service, container, sign, round, signal));
    });
    // what is given up, or fails otherwise than by an answer, is not known: the others are
    await Promise.allSettled(reads);
  }

  #running(service: ServicePlan): Container[] {
    return service.members.flatMap((member) => {
      const container = this.#parts.picture.containerOf(service, member);
      return container?.state === 'running' ? [container] : [];
    });
  }

  async #readQueue(
    service: ServicePlan,
    sign: Extract<SignPlan, { kind: 'queue' }>,
    round: Round,
    signal: AbortSignal,
  ): Promise<void> {
    const [own] = this.#running(service);
    const answer = await this.#answerOf(sign.from, own ?? null, round, signal);
    this.#track(service.name, sign.name, QueueTrack, () => new QueueTrack(sign.windowMs)).note(answer, this.#now());
  }

  async #readOf(
    service: ServicePlan,
    container: Container,
    sign: Exclude<SignPlan, { kind: 'queue' }>,
    round: Round,
    signal: AbortSignal,
  ): Promise<void> {
    const run = runOf(container);
    const ask = (from: SourcePlan): Promise<Answer> => this.#answerOf(from, container, round, signal);
    switch (sign.kind) {
      case 'errors': {
        const [failed, all] = await Promise.all([ask(sign.failed), ask(sign.all)]);
        this.#track(run, sign.name, ErrorsTrack, () => new ErrorsTrack(sign.windowMs)).note(failed, all, this.#now());
        return;
      }
      case 'progress': {
        const [number, work] = await Promise.all([ask(sign.number), sign.work && ask(sign.work)]);
        this.#track(run, sign.name, ProgressTrack, () => new ProgressTrack()).note(number, work, this.#now());
        return;
      }
      case 'zombies': {
        const track = this.#track(run, sign.name, ZombiesTrack, () => new ZombiesTrack(sign.windowMs));
        track.note(this.#parts.sampling.zombies(container), this.#now());
        return;
      }
      case 'heartbeat': {
        const beat = await this.#beat(service, container, sign, signal);
        this.#track(run, sign.name, HeartbeatTrack, () => new HeartbeatTrack()).note(beat, this.#now());
      }
    }
  }

  async #beat(
    service: ServicePlan,
    container: Container,
    { file, question }: Extract<SignPlan, { kind: 'heartbeat' }>,
    signal: AbortSignal,
  ): Promise<Beat> {
    if (question) return beatOf(await this.#ask(this.#addressOf(service, container), question, signal), this.#now());
    try {
      const call = { signal, deadlineMs: FILE_DEADLINE_MS };
      const found = await this.#parts.engine.statFile(container.id, file ?? '', call);
      const isFresh = found !== null && found.modifiedAt >= container.startedAt;
      return { known: true, mark: found && String(found.modifiedAt), isFresh };
    } catch (error) {
      signal.throwIfAborted();
      return { known: false, why: messageOf(error) };
    }
  }

  /** @param own whom a source that names no service is about; null: nobody of it runs */
  #answerOf(from: SourcePlan, own: Container | null, round: Round, signal: AbortSignal): Promise<Answer> {
    const { service, question } = from;
    const host = service === null ? (own ? firstAddress(own) : '') : this.#addressOfService(service, question);
    const key = `${host} ${JSON.stringify(question)}`;
    const asked = round.get(key) ?? this.#ask(host, question, signal);
    round.set(key, asked);
    return asked;
  }

  #ask(host: string, question: Question, signal: AbortSignal): Promise<Answer> {
    if (host === '') return Promise.resolve(unknown('nobody of it runs that has an address of its own'));
    return this.#parts.prober.ask(host, question, signal);
  }

  /** The gateway of a service leads to whoever of it serves; a port it does not have is that of a member. */
  #addressOfService(name: string, { port }: Question): string {
    const plan = this.#parts.fleet().services.find((service) => service.name === name);
    if (!plan) return '';
    const isServed = plan.gateway?.config.ports.some((served) => served.port === port) === true;
    const gateway = isServed ? this.#parts.picture.containerOf(plan, null) : null;
    if (gateway?.state === 'running') return firstAddress(gateway);
    const [member] = this.#running(plan);
    return member ? this.#addressOf(plan, member) : '';
  }

  /** On its service's own network where it has one: that is of this host. */
  #addressOf({ gateway }: ServicePlan, container: Container): string {
    return container.networks[gateway?.network.name ?? '']?.ipv4 || firstAddress(container);
  }

  #track<Kind extends Track>(
    of: string,
    name: string,
    kind: abstract new (...values: never[]) => Kind,
    make: () => Kind,
  ): Kind {
    const key = `${of}\n${name}`;
    const known = this.#tracks.get(key);
    if (known instanceof kind) return known;
    const track = make();
    this.#tracks.set(key, track);
    return track;
  }

  /** Runs that are over, and what is no longer in the plan. */
  #forgetEnded(): void {
    const { services } = this.#parts.fleet();
    const current = new Set(
      services.flatMap((service) => {
        const owners = [service.name, ...this.#running(service).map(runOf)];
        return (service.signs ?? []).flatMap(({ name }) => owners.map((of) => `${of}\n${name}`));
      }),
    );
    for (const key of this.#tracks.keys()) if (!current.has(key)) this.#tracks.delete(key);
  }

  memberSigns(service: ServicePlan, container: Container): SignSeen[] {
    return this.#seen(service, runOf(container), ({ kind }) => kind !== 'queue');
  }

  serviceSigns(service: ServicePlan): SignSeen[] {
    return this.#seen(service, service.name, ({ kind }) => kind === 'queue');
  }

  #seen(service: ServicePlan, of: string, isOne: (sign: SignPlan) => boolean): SignSeen[] {
    return (service.signs ?? []).filter(isOne).flatMap(({ name }) => {
      return this.#tracks.get(`${of}\n${name}`)?.seen(name, this.#now()) ?? [];
    });
  }

  #now(): number {
    return this.#parts.clock.monotonic();
  }
}

function firstAddress({ networks }: Container): string {
  return Object.values(networks).find(({ ipv4 }) => ipv4 !== '')?.ipv4 ?? '';
}
