/** Services that a deployment or a person's command is changing; the same one may be changed by several. */
export class BusyServices {
  readonly #holders = new Map<string, number>();

  names(): string[] {
    return [...this.#holders.keys()];
  }

  hold(services: readonly string[]): void {
    for (const service of services) this.#holders.set(service, (this.#holders.get(service) ?? 0) + 1);
  }

  release(services: readonly string[]): void {
    for (const service of services) {
      const left = (this.#holders.get(service) ?? 1) - 1;
      if (left === 0) this.#holders.delete(service);
      else this.#holders.set(service, left);
    }
  }
}
