/** What is measured, in one: use of resources, the host, and the signs of services. */

import type { HostSeen, OomSeen, ResourcesSeen, SignSeen } from '../core/model.ts';
import type { Container, Engine } from '../ports/engine.ts';
import type { Prober } from '../ports/prober.ts';
import type { ServicePlan } from '../redundancy/fleet.ts';
import type { Measured } from './measured.ts';
import { Sampling, type SamplingParts } from './sampling.ts';
import { SignReader } from './signs.ts';

interface MeasuringParts extends Omit<SamplingParts, 'onSample'> {
  readonly engine: Pick<Engine, 'info' | 'statFile'>;
  readonly prober: Prober;
  /** something was measured: decide */
  readonly onMeasured: () => void;
}

export class Measuring implements Measured {
  readonly #sampling: Sampling;
  readonly #signs: SignReader;

  constructor({ onMeasured, prober, ...parts }: MeasuringParts) {
    this.#sampling = new Sampling({ ...parts, onSample: onMeasured });
    this.#signs = new SignReader({ ...parts, prober, sampling: this.#sampling, onRead: onMeasured });
  }

  /** Until `signal` is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#sampling.run(signal), this.#signs.run(signal)]);
  }

  resources(container: Container): ResourcesSeen | null {
    return this.#sampling.resources(container);
  }

  oomKills(container: Container): Pick<OomSeen, 'kills' | 'killsInWindow'> {
    return this.#sampling.oomKills(container);
  }

  memberSigns(service: ServicePlan, container: Container): readonly SignSeen[] {
    return this.#signs.memberSigns(service, container);
  }

  serviceSigns(service: ServicePlan): readonly SignSeen[] {
    return this.#signs.serviceSigns(service);
  }

  host(): HostSeen | null {
    return this.#sampling.host();
  }
}
