/**
 * Whoever asks the project for something, all the while: requests through the gateways that may be sent again, each
 * judged by what members really were while it was under way.
 */

import type { MemoryGateway } from '../adapters/memory/gateway.ts';
import type { Random } from './random.ts';
import type { World } from './world.ts';

/** A service is asked once in so long, on average. */
const MEAN_PAUSES_MS: readonly number[] = [2000, 5000, 15_000];
/** Most answers come at once; others take up to so long. */
const LONGEST_WORK_MS = 120;

export class Clients {
  readonly #world: World;
  readonly #random: Random;
  readonly #onLost: (service: string, what: string) => void;
  sent = 0;
  failed = 0;

  /** @param onLost a request failed although one member could have answered it from its beginning to its end */
  constructor(world: World, random: Random, onLost: (service: string, what: string) => void) {
    this.#world = world;
    this.#random = random;
    this.#onLost = onLost;
  }

  /** Until the world ends. */
  begin(): void {
    for (const { name, gateway } of this.#world.fleet.services) {
      const ports = gateway?.config.ports.filter(({ protocol }) => protocol === 'http') ?? [];
      const meanMs = this.#random.pick(MEAN_PAUSES_MS);
      for (const { port } of ports) this.#askAgain(name, port, meanMs);
    }
  }

  #askAgain(service: string, port: number, meanMs: number): void {
    const pauseMs = Math.ceil(-Math.log(1 - this.#random.next()) * meanMs);
    this.#world.clock.timer(pauseMs, () => {
      void this.#ask(service, port).then(() => this.#askAgain(service, port, meanMs));
    });
  }

  async #ask(service: string, port: number): Promise<void> {
    const takesMs = this.#random.chance(0.8) ? 0 : this.#random.whole(1, LONGEST_WORK_MS);
    const run = this.#world.gatewayRun(service);
    const gateway = this.#world.gateway(service);
    if (run === '' || !gateway) return;
    const begunAt = this.#world.clock.now();
    const ready = await readyIn(gateway);
    this.sent += 1;
    const { status } = await gateway.request(port, { method: 'GET', takesMs });
    if (status === 200) return;
    this.failed += 1;
    const could = ready.filter((member) => this.#wasWell(member, begunAt));
    if (could.length === 0 || this.#world.gatewayRun(service) !== run) return;
    const tookMs = this.#world.clock.now() - begunAt;
    this.#onLost(service, `a GET to ${service} got ${status} after ${tookMs} ms, although ${could.join(', ')} is well`);
  }

  #wasWell(member: string, from: number): boolean {
    const since = this.#world.members.wellSince(member);
    return since !== null && since <= from;
  }
}

/** Members that the gateway would send requests to; none when it does not answer. */
async function readyIn(gateway: MemoryGateway): Promise<readonly string[]> {
  try {
    const { servers } = await gateway.read();
    return servers.filter(({ traffic, check }) => traffic === 'in' && check === 'passing').map(({ member }) => member);
  } catch {
    return [];
  }
}
