/**
 * Where the gateways' own networks lie. Each protected service has one internal network with a subnet of ours
 * and fixed addresses, so that a restart or a reboot changes no address and the gateway's file stays true.
 *
 * The subnet follows from project and service alone (a hash into the pool), so that two machines, or `generate`
 * and `up`, come to the same one; it moves on to the next free block only when something else is there.
 */

import { createHash } from 'node:crypto';
import type { Role } from '../core/model.ts';

export interface Subnet {
  /** the first address, as an unsigned number */
  readonly base: number;
  readonly prefix: number;
}

/** 10.0.0.0/8 and the like; null when it is no IPv4 subnet. Host bits are cut off. */
export function parseSubnet(text: string): Subnet | null {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text.trim());
  if (!match) return null;
  const octets = match.slice(1, 5).map(Number);
  const prefix = Number(match[5]);
  if (octets.some((octet) => octet > 255) || prefix > 32) return null;
  const address = octets.reduce((sum, octet) => sum * 256 + octet, 0);
  const size = sizeOf(prefix);
  return { base: Math.floor(address / size) * size, prefix };
}

export function formatSubnet(subnet: Subnet): string {
  return `${formatAddress(subnet.base)}/${subnet.prefix}`;
}

function formatAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
}

function sizeOf(prefix: number): number {
  return 2 ** (32 - prefix);
}

function overlaps(a: Subnet, b: Subnet): boolean {
  return a.base < b.base + sizeOf(b.prefix) && b.base < a.base + sizeOf(a.prefix);
}

/** Addresses at the start of a subnet that no member gets: the network, the engine's bridge, the gateway. */
const RESERVED = 3;

/**
 * A pair's two places stay free in a cluster, since a change of mode has both running for a moment: old members
 * serve until new ones do, and no address is taken twice.
 */
const PAIR: Readonly<Record<Role, number>> = { primary: 0, backup: 1, replica: 2 };

/** Where each member has its place, from 0, by what the others are. */
function places(roles: readonly Role[]): readonly number[] {
  let replicas = 0;
  return roles.map((role) => PAIR[role] + (role === 'replica' ? replicas++ : 0));
}

/** The smallest prefix, /28 at most, that holds the members beside network, bridge, gateway and broadcast. */
export function prefixFor(roles: readonly Role[]): number {
  const needed = Math.max(-1, ...places(roles)) + 1;
  let prefix = 28;
  while (sizeOf(prefix) < needed + RESERVED + 1) prefix--;
  return prefix;
}

export function gatewayAddress(subnet: Subnet): string {
  return formatAddress(subnet.base + RESERVED - 1);
}

/** The addresses of members with these roles, in their order. */
export function memberAddresses(subnet: Subnet, roles: readonly Role[]): readonly string[] {
  return places(roles).map((place) => formatAddress(subnet.base + RESERVED + place));
}

/**
 * A free block of the pool for a service: where its hash points, else the next free one.
 * @returns null when the pool has none left
 */
export function chooseSubnet(pool: Subnet, key: string, prefix: number, used: readonly Subnet[]): Subnet | null {
  const size = sizeOf(prefix);
  const blocks = Math.floor(sizeOf(pool.prefix) / size);
  if (blocks === 0) return null;
  const start = createHash('sha256').update(key).digest().readUInt32BE(0) % blocks;
  const near = used.filter((subnet) => overlaps(subnet, pool));
  for (let step = 0; step < blocks; step++) {
    const candidate = { base: pool.base + ((start + step) % blocks) * size, prefix };
    if (!near.some((subnet) => overlaps(subnet, candidate))) return candidate;
  }
  return null;
}
