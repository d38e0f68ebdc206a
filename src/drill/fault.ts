/** The failures that can be made on purpose, each described once. */

export interface FaultDescription {
  /** for the command's help and the documentation */
  readonly what: string;
  readonly breaks: 'member' | 'gateway' | 'supervisor' | 'daemon';
  /** true: it stays until the load is over and is then taken back. false: repairing it is the supervisor's work. */
  readonly lasts: boolean;
}

const faults = {
  kill: { what: 'every process ends at once (SIGKILL)', breaks: 'member', lasts: false },
  hang: { what: 'every process is frozen, sockets stay open (SIGSTOP)', breaks: 'member', lasts: false },
  stop: { what: 'stopped as a person does (docker stop); started again after the load', breaks: 'member', lasts: true },
  pause: { what: 'paused by the engine (docker pause)', breaks: 'member', lasts: false },
  disconnect: { what: 'taken off the network that its gateway reaches it by', breaks: 'member', lasts: false },
  oom: { what: 'fills its memory up to its limit until the kernel ends it', breaks: 'member', lasts: false },
  cpu: { what: 'gets one hundredth of a processor while the load lasts', breaks: 'member', lasts: true },
  leak: { what: 'its memory grows towards its limit while the load lasts', breaks: 'member', lasts: true },
  'crash-loop': { what: 'killed again each time it is back', breaks: 'member', lasts: false },
  gateway: { what: 'HAProxy in the gateway is killed', breaks: 'gateway', lasts: false },
  supervisor: { what: 'the supervisor of the project is killed', breaks: 'supervisor', lasts: false },
  daemon: { what: 'the Docker daemon is killed; systemd starts it again', breaks: 'daemon', lasts: false },
} as const satisfies Record<string, FaultDescription>;

export type Fault = keyof typeof faults;
export const faultDescriptions: Readonly<Record<Fault, FaultDescription>> = faults;
export const faultNames = Object.keys(faults) as readonly Fault[];

export function isFault(value: unknown): value is Fault {
  return faultNames.some((name) => name === value);
}
