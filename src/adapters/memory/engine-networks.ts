/** Networks of the engine in memory: subnets, and who holds which address. */

import type { ListFilter, Network, NetworkAttachment, NetworkSpec } from '../../ports/engine.ts';
import { matches } from './engine-description.ts';
import { refused } from './engine-refusal.ts';

/** The engine's own pools: 172.17.0.0/16 to 172.31.0.0/16, then 192.168.0.0/16 in sixteenths. */
const DEFAULT_POOLS = [
  ...Array.from({ length: 15 }, (_, index) => `172.${17 + index}.0.0/16`),
  ...Array.from({ length: 16 }, (_, index) => `192.168.${index * 16}.0/20`),
];

interface Range {
  readonly first: number;
  readonly last: number;
}

/** One network; addresses are held only while a container runs. */
export class MemoryNetwork {
  readonly id: string;
  readonly spec: NetworkSpec;
  readonly subnet: string;
  /** container id -> address */
  readonly held = new Map<string, string>();
  readonly #range: Range;
  readonly #gateway: string;
  readonly #hasOwnSubnet: boolean;

  constructor(id: string, spec: NetworkSpec, others: readonly MemoryNetwork[]) {
    this.id = id;
    this.spec = spec;
    const asked = spec.ipam?.config[0]?.subnet;
    this.subnet = asked ?? freePool(others);
    this.#hasOwnSubnet = asked !== undefined;
    this.#range = rangeOf(this.subnet);
    if (others.some((other) => overlaps(other.#range, this.#range))) {
      throw refused(403, 'Pool overlaps with other one on this address space');
    }
    this.#gateway = spec.ipam?.config[0]?.gateway ?? addressOf(this.#range.first + 1);
  }

  /** Takes the address asked for, or the lowest free one. */
  take(containerId: string, attachment: NetworkAttachment): void {
    const address = attachment.ipv4Address === undefined ? this.#lowestFree() : this.#asked(attachment.ipv4Address);
    this.held.set(containerId, address);
  }

  /** Refuses an address that this network could never give. */
  judge(attachment: NetworkAttachment): void {
    if (attachment.ipv4Address === undefined) return;
    if (!this.#hasOwnSubnet) {
      throw refused(
        400,
        'user specified IP address is supported only when connecting to networks with user configured subnets',
      );
    }
    const value = numberOf(attachment.ipv4Address);
    if (value < this.#range.first || value > this.#range.last) {
      throw refused(400, `invalid address ${attachment.ipv4Address}: it does not belong to ${this.subnet}`);
    }
  }

  describe(): Network {
    return {
      driver: 'bridge',
      driverOptions: {},
      internal: false,
      attachable: false,
      enableIpv6: false,
      ...this.spec,
      ipam: this.spec.ipam ?? { config: [{ subnet: this.subnet, gateway: this.#gateway }] },
      id: this.id,
      subnets: [this.subnet],
      containers: [...this.held.keys()],
    };
  }

  #asked(address: string): string {
    if (this.#isHeld(address)) throw refused(403, 'Address already in use');
    return address;
  }

  #lowestFree(): string {
    for (let value = this.#range.first + 1; value < this.#range.last; value++) {
      const address = addressOf(value);
      if (!this.#isHeld(address)) return address;
    }
    throw refused(403, `no available IPv4 addresses on this network's address pools: ${this.spec.name}`);
  }

  #isHeld(address: string): boolean {
    return address === this.#gateway || [...this.held.values()].includes(address);
  }
}

/** All networks of the engine in memory. */
export class NetworkTable {
  readonly #networks = new Map<string, MemoryNetwork>();

  list(filter: ListFilter): Network[] {
    const found = [...this.#networks.values()].filter(({ spec }) => matches(spec.labels, filter));
    return found.map((network) => network.describe());
  }

  find(idOrName: string): MemoryNetwork | undefined {
    const byName = (): MemoryNetwork | undefined =>
      [...this.#networks.values()].find(({ spec }) => spec.name === idOrName);
    return this.#networks.get(idOrName) ?? byName();
  }

  existing(idOrName: string): MemoryNetwork {
    const network = this.find(idOrName);
    if (network === undefined) throw refused(404, `network ${idOrName} not found`);
    return network;
  }

  create(id: string, spec: NetworkSpec): void {
    if (this.find(spec.name) !== undefined) throw refused(409, `network with name ${spec.name} already exists`);
    this.#networks.set(id, new MemoryNetwork(id, spec, [...this.#networks.values()]));
  }

  remove(idOrName: string): void {
    const network = this.find(idOrName);
    if (network === undefined) return;
    const { id, spec, held } = network;
    if (held.size > 0) {
      throw refused(403, `error while removing network: network ${spec.name} id ${id} has active endpoints`);
    }
    this.#networks.delete(id);
  }
}

function freePool(others: readonly MemoryNetwork[]): string {
  const pool = DEFAULT_POOLS.find((candidate) =>
    others.every((other) => !overlaps(rangeOf(other.subnet), rangeOf(candidate))),
  );
  if (pool === undefined) throw refused(403, 'could not find an available, non-overlapping IPv4 address pool');
  return pool;
}

function rangeOf(subnet: string): Range {
  const [address = '', length = ''] = subnet.split('/');
  const size = 2 ** (32 - Number(length));
  const first = Math.floor(numberOf(address) / size) * size;
  if (!Number.isFinite(first) || Number(length) > 32 || length === '') throw refused(400, `invalid subnet ${subnet}`);
  return { first, last: first + size - 1 };
}

function overlaps(one: Range, other: Range): boolean {
  return one.first <= other.last && other.first <= one.last;
}

function numberOf(address: string): number {
  const parts = address.split('.').map(Number);
  return parts.length === 4 ? parts.reduce((total, part) => total * 256 + part, 0) : Number.NaN;
}

function addressOf(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
}
