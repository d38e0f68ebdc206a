/**
 * Measures, round after round: what members use, and the host. It never holds up a decision: a decision takes what is
 * there. One sample of a container is out at a time, and of a source that fails nothing is known.
 */

import type { HostSeen, OomSeen, ResourcesSeen } from '../core/model.ts';
import type { Clock } from '../ports/clock.ts';
import type { Container, Engine } from '../ports/engine.ts';
import type { HostSample, Meter } from '../ports/meter.ts';
import type { Fleet, MemberPlan, ServicePlan } from '../redundancy/fleet.ts';
import { runOf } from './measured.ts';
import type { Picture } from './picture.ts';
import { killsOver, resourcesOver, Ring, type UseSample } from './samples.ts';

const LONGEST_INTERVAL_MS = 5000;
/** of plans of an older version, which say none */
const USUAL_WINDOW_MS = 60_000;

export interface SamplingParts {
  readonly meter: Meter;
  readonly engine: Pick<Engine, 'info'>;
  readonly clock: Clock;
  readonly picture: Picture;
  readonly fleet: () => Fleet;
  /** something was measured: decide */
  readonly onSample: () => void;
}

export class Sampling {
  readonly #parts: SamplingParts;
  readonly #uses = new Map<string, Ring<UseSample>>();
  readonly #out = new Set<string>();
  #host = new Ring<HostSample>(USUAL_WINDOW_MS);
  #dataRoot: string | null = null;
  /** something was measured since it was last said */
  #hasNews = false;

  constructor(parts: SamplingParts) {
    this.#parts = parts;
  }

  /** How long after one round the next one begins. */
  get intervalMs(): number {
    return Math.min(LONGEST_INTERVAL_MS, this.#parts.fleet().policy.monitoringIntervalMs);
  }

  /** Until `signal` is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, onSample, picture } = this.#parts;
    while (!signal.aborted) {
      await clock.sleep(this.intervalMs, signal).catch(() => undefined);
      if (signal.aborted) return;
      if (!picture.engineAnswers) continue;
      this.#forgetEnded();
      for (const target of this.#targets()) void this.#sample(target, signal);
      await this.#sampleHost(signal);
      if (signal.aborted || !this.#hasNews) continue;
      this.#hasNews = false;
      onSample();
    }
  }

  #targets(): { readonly service: ServicePlan; readonly member: MemberPlan; readonly container: Container }[] {
    return this.#parts.fleet().services.flatMap((service) =>
      service.members.flatMap((member) => {
        const container = this.#parts.picture.containerOf(service, member);
        return container?.state === 'running' ? [{ service, member, container }] : [];
      }),
    );
  }

  async #sample(
    { service, member, container }: { service: ServicePlan; member: MemberPlan; container: Container },
    signal: AbortSignal,
  ): Promise<void> {
    const run = runOf(container);
    if (this.#out.has(run)) return;
    this.#out.add(run);
    const countZombies = service.signs?.some(({ kind }) => kind === 'zombies') === true;
    const target = { containerId: container.id, pid: container.pid, cpuLimit: cpuLimitOf(member), countZombies };
    try {
      const sample = await this.#parts.meter.sampleContainer(target, signal);
      const checkShare = this.#parts.picture.checkShare(service, member.name);
      if (!sample) return;
      this.#ringOf(run, windowOf(service)).add({ ...sample, checkShare });
      this.#hasNews = true;
    } catch {
      // of a source that fails nothing is known
    } finally {
      this.#out.delete(run);
    }
  }

  #ringOf(run: string, windowMs: number): Ring<UseSample> {
    const known = this.#uses.get(run);
    if (known?.windowMs === windowMs) return known;
    const ring = new Ring<UseSample>(windowMs);
    this.#uses.set(run, ring);
    return ring;
  }

  #forgetEnded(): void {
    const running = new Set(this.#targets().map(({ container }) => runOf(container)));
    for (const run of this.#uses.keys()) if (!running.has(run)) this.#uses.delete(run);
  }

  async #sampleHost(signal: AbortSignal): Promise<void> {
    const { meter, engine, fleet, picture } = this.#parts;
    try {
      this.#dataRoot ??= (await engine.info({ signal })).dataRoot;
      const paths = fleet().services.flatMap((service) =>
        service.members.flatMap((member) => bindSources(picture.containerOf(service, member))),
      );
      const windowMs = fleet().policy.host?.windowMs ?? USUAL_WINDOW_MS;
      if (this.#host.windowMs !== windowMs) this.#host = new Ring(windowMs);
      const sample = await meter.sampleHost(this.#dataRoot, [...new Set(paths)], signal);
      this.#host.add(sample);
      this.#hasNews ||= sample.memory !== null || sample.fileSystems.length > 0;
    } catch {
      // an engine that does not say where it keeps things: nothing is known of its disk
    }
  }

  resources(container: Container): ResourcesSeen | null {
    const ring = this.#uses.get(runOf(container));
    return ring ? resourcesOver(ring, this.#parts.clock.monotonic()) : null;
  }

  oomKills(container: Container): Pick<OomSeen, 'kills' | 'killsInWindow'> {
    const ring = this.#uses.get(runOf(container));
    if (!ring) return { kills: null, killsInWindow: null };
    return killsOver(ring, this.#parts.clock.now() - container.startedAt);
  }

  /** As counted last; null: not known. */
  zombies(container: Container): number | null {
    return this.#uses.get(runOf(container))?.last?.zombies ?? null;
  }

  host(): HostSeen | null {
    const samples = this.#host.whole(this.#parts.clock.monotonic());
    return samples && hostOver(samples, this.#dataRoot ?? '');
  }
}

function windowOf({ policy }: ServicePlan): number {
  const known: Partial<ServicePlan['policy']> = policy;
  return known.resources?.windowMs ?? USUAL_WINDOW_MS;
}

/** The least that was used in all of the samples. */
function hostOver(samples: readonly HostSample[], dataRoot: string): HostSeen {
  const memory = samples.map(({ memory: one }) => (one ? 1 - one.availableBytes / one.totalBytes : 0));
  const paths = samples.at(-1)?.fileSystems.map(({ paths: all }) => all) ?? [];
  return {
    memoryShare: samples.every((sample) => sample.memory !== null) ? Math.min(...memory) : null,
    fileSystems: paths.flatMap((all) => {
      const same = samples.map(({ fileSystems }) =>
        fileSystems.find((one) => one.paths.some((path) => all.includes(path))),
      );
      const known = same.filter((one) => one !== undefined);
      if (known.length < samples.length) return [];
      const isEngines = all.includes(dataRoot);
      const inodes = known.map((one) => (one.inodes ? one.inodes.used / (one.inodes.used + one.inodes.free) : null));
      return [
        {
          what: isEngines ? `the engine (${dataRoot})` : all.join(', '),
          diskShare: Math.min(
            ...known.map(({ usedBytes, availableBytes }) => usedBytes / (usedBytes + availableBytes)),
          ),
          inodesShare: inodes.some((one) => one === null) ? null : Math.min(...inodes.filter((one) => one !== null)),
          isEngines,
        },
      ];
    }),
  };
}

function bindSources(container: Container | null): string[] {
  return (container?.mounts ?? []).filter(({ type }) => type === 'bind').map(({ source }) => source);
}

/** Processors that the plan gives it; null: as many as there are. */
function cpuLimitOf({ spec }: MemberPlan): number | null {
  const { NanoCpus, CpuQuota, CpuPeriod } = spec.HostConfig;
  if (typeof NanoCpus === 'number' && NanoCpus > 0) return NanoCpus / 1e9;
  if (typeof CpuQuota !== 'number' || CpuQuota <= 0) return null;
  return CpuQuota / (typeof CpuPeriod === 'number' && CpuPeriod > 0 ? CpuPeriod : 100_000);
}
