/** What the gateways said when they were last asked. */

import { isDeepStrictEqual } from 'node:util';
import type { MemberSeen } from '../core/model.ts';
import type { GatewayReading } from '../ports/gateway.ts';
import type { ServicePlan } from '../redundancy/fleet.ts';

type MemberReading = NonNullable<MemberSeen['gateway']>;

interface Reading {
  readonly reading: GatewayReading;
  /** when it was asked for, milliseconds since 1970 */
  readonly readAt: number;
  readonly members: ReadonlyMap<string, MemberReading>;
}

export class Readings {
  readonly #last = new Map<string, Reading>();
  /** services whose gateway did not answer when it was last asked */
  readonly #silent = new Set<string>();

  /**
   * @param reading null: it did not answer; what it said before stays
   * @returns whether it says something else than before of who leads and of members
   */
  set(service: string, reading: GatewayReading | null, readAt: number): boolean {
    const wasSilent = this.isSilent(service);
    if (!reading) {
      this.#silent.add(service);
      return !wasSilent;
    }
    const last = this.#last.get(service);
    const next = { reading, readAt, members: membersOf(reading, readAt) };
    this.#silent.delete(service);
    this.#last.set(service, next);
    return wasSilent || !last || !saysTheSame(last, next);
  }

  of(service: string): GatewayReading | null {
    return this.#last.get(service)?.reading ?? null;
  }

  ofMember(service: string, member: string): MemberReading | null {
    return this.#last.get(service)?.members.get(member) ?? null;
  }

  /** It did not answer when it was last asked, or was never asked. */
  isSilent(service: string): boolean {
    return this.#silent.has(service) || !this.#last.has(service);
  }

  /** What the last check of a member took, of the time it may take, at the port that is worst off. */
  checkShare({ name, gateway }: ServicePlan, member: string): number | null {
    const servers = this.of(name)?.servers ?? [];
    const shares = servers
      .filter((server) => server.member === member && server.traffic !== 'out')
      .map(({ port, checkDurationMs }) => {
        const timeoutMs = gateway?.config.ports.find((served) => served.port === port)?.check.timeoutMs ?? 0;
        return timeoutMs > 0 ? checkDurationMs / timeoutMs : 0;
      });
    return shares.length === 0 ? null : Math.max(...shares);
  }
}

function saysTheSame(one: Reading, other: Reading): boolean {
  return one.reading.leader === other.reading.leader && isDeepStrictEqual(said(one), said(other));
}

/** Without its time. */
function said({ members }: Reading): readonly unknown[] {
  return [...members].map(([name, member]) => [name, { ...member, readAt: 0 }]);
}

const BADNESS = { passing: 0, unknown: 1, failing: 2 } as const;

function membersOf({ servers }: GatewayReading, readAt: number): ReadonlyMap<string, MemberReading> {
  const byMember = Map.groupBy(servers, ({ member }) => member);
  return new Map([...byMember].map(([member, own]) => [member, overPorts(own, readAt)]));
}

/** Over all ports: the worst of them counts. */
function overPorts(servers: GatewayReading['servers'], readAt: number): MemberReading {
  const { check, checkFailure, checkStatus } = servers.reduce((worst, server) =>
    BADNESS[server.check] > BADNESS[worst.check] ? server : worst,
  );
  const traffic = servers.some((server) => server.traffic === 'out')
    ? 'out'
    : servers.some((server) => server.traffic === 'draining')
      ? 'draining'
      : 'in';
  const failuresInARow = Math.max(...servers.map((server) => server.failuresInARow));
  const sessions = servers.reduce((sum, server) => sum + server.sessions + server.queued, 0);
  return { traffic, check, checkFailure, checkStatus, failuresInARow, sessions, readAt };
}
