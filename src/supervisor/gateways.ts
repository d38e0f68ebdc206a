/** The open gateways of a fleet, each watched for as long as it is in the plan. */

import type { Signal } from '../core/model.ts';
import type { Gateway, GatewaySignal } from '../ports/gateway.ts';
import type { Fleet, GatewayPlan } from '../redundancy/fleet.ts';

interface Open {
  readonly gateway: Gateway;
  /** the configuration it was opened with; another one is another gateway */
  readonly config: string;
  readonly close: AbortController;
}

export interface GatewaysParts {
  readonly openGateway: (plan: GatewayPlan) => Gateway;
  /** told within a millisecond of the gateway's saying it */
  readonly onSignal: (signal: Signal) => void;
  /** it came up: read it anew */
  readonly onStarted: (service: string, gateway: Gateway) => void;
  readonly onDefect: (error: unknown) => void;
}

export class Gateways {
  readonly #parts: GatewaysParts;
  readonly #open = new Map<string, Open>();

  constructor(parts: GatewaysParts) {
    this.#parts = parts;
  }

  get(service: string): Gateway | null {
    return this.#open.get(service)?.gateway ?? null;
  }

  all(): [string, Gateway][] {
    return [...this.#open].map(([service, { gateway }]) => [service, gateway]);
  }

  /** Opens what is new in the plan and lets go of what has left it. */
  fit(fleet: Fleet): void {
    const wanted = new Map(fleet.services.flatMap(({ name, gateway }) => (gateway ? [[name, gateway] as const] : [])));
    for (const [service, open] of this.#open) {
      const plan = wanted.get(service);
      if (plan && JSON.stringify(plan.config) === open.config) continue;
      open.close.abort();
      this.#open.delete(service);
    }
    for (const [service, plan] of wanted) if (!this.#open.has(service)) this.#watch(service, plan);
  }

  #watch(service: string, plan: GatewayPlan): void {
    const gateway = this.#parts.openGateway(plan);
    const close = new AbortController();
    this.#open.set(service, { gateway, config: JSON.stringify(plan.config), close });
    const onSignal = (signal: GatewaySignal): void => {
      if (close.signal.aborted) return;
      if (signal.kind === 'started') this.#parts.onStarted(service, gateway);
      else this.#parts.onSignal({ ...signal, service });
    };
    gateway.watch(onSignal, close.signal).catch((error: unknown) => {
      if (!close.signal.aborted) this.#parts.onDefect(error);
    });
  }

  close(): void {
    for (const { close } of this.#open.values()) close.abort();
    this.#open.clear();
  }
}
