/** Every command by name, in the order a user meets them. A command's own file is read when it is called, or its help asked for. */

import type { Command } from 'commander';
import type { Entry } from './command.ts';

export interface Listed {
  readonly name: string;
  /** as it stands in the list of commands; '' when it takes none */
  readonly parameters: string;
  readonly summary: string;
  /** for twinhull's own use: not in the list of commands */
  readonly hidden: boolean;
  /** short letters that mean something else after this command than in the global flags */
  readonly ownLetters?: readonly string[];
  readonly load: () => Promise<(entry: Entry) => Command>;
}

export const commands: readonly Listed[] = [
  {
    name: 'init',
    parameters: '',
    summary: 'propose how each service is protected, with reasons',
    hidden: false,
    load: async () => (await import('./commands/init.ts')).initCommand,
  },
  {
    name: 'config',
    parameters: '',
    summary: 'print the project as Compose resolves it',
    hidden: false,
    load: async () => (await import('./commands/config.ts')).configCommand,
  },
  {
    name: 'plan',
    parameters: '',
    summary: 'what would exist, what is refused and why',
    hidden: false,
    load: async () => (await import('./commands/plan.ts')).planCommand,
  },
  {
    name: 'generate',
    parameters: '',
    summary: 'write plain Compose files that work without twinhull running',
    hidden: false,
    load: async () => (await import('./commands/generate.ts')).generateCommand,
  },
  {
    name: 'up',
    parameters: '',
    summary: 'start the project and supervise it',
    hidden: false,
    load: async () => (await import('./commands/up.ts')).upCommand,
  },
  {
    name: 'down',
    parameters: '',
    summary: 'take the project down: containers, gateways, networks, supervisor',
    hidden: false,
    load: async () => (await import('./commands/down.ts')).downCommand,
  },
  {
    name: 'status',
    parameters: '',
    summary: 'is it serving, who is primary, what went wrong last',
    hidden: false,
    load: async () => (await import('./commands/status.ts')).statusCommand,
  },
  {
    name: 'events',
    parameters: '',
    summary: 'what happened and what was done about it, as it happens',
    hidden: false,
    load: async () => (await import('./commands/events.ts')).eventsCommand,
  },
  {
    name: 'incident',
    parameters: '[id]',
    summary: 'the story of a failure: what was seen, thought, done, and what it cost',
    hidden: false,
    load: async () => (await import('./commands/incident.ts')).incidentCommand,
  },
  {
    name: 'why',
    parameters: '<name>',
    summary: 'why a service or member is as it is, and what happens next, and when',
    hidden: false,
    load: async () => (await import('./commands/why.ts')).whyCommand,
  },
  {
    name: 'logs',
    parameters: '[names...]',
    summary: 'what members write, merged and told apart',
    hidden: false,
    ownLetters: ['f'],
    load: async () => (await import('./commands/logs.ts')).logsCommand,
  },
  {
    name: 'exec',
    parameters: '<name> <command...>',
    summary: 'run a command in a member; for a service, in its primary of this moment',
    hidden: false,
    load: async () => (await import('./commands/exec.ts')).execCommand,
  },
  {
    name: 'restart',
    parameters: '<names...>',
    summary: 'restart services or members, one member at a time',
    hidden: false,
    load: async () => (await import('./commands/restart.ts')).restartCommand,
  },
  {
    name: 'failover',
    parameters: '<service>',
    summary: 'a planned switch to another member, with no failed request',
    hidden: false,
    load: async () => (await import('./commands/failover.ts')).failoverCommand,
  },
  {
    name: 'freeze',
    parameters: '[reason...]',
    summary: 'stop all repairs until thaw; gateways and watching go on',
    hidden: false,
    load: async () => (await import('./commands/freeze.ts')).freezeCommand,
  },
  {
    name: 'thaw',
    parameters: '',
    summary: 'repairs go on',
    hidden: false,
    load: async () => (await import('./commands/thaw.ts')).thawCommand,
  },
  {
    name: 'maintenance',
    parameters: '<switch> <service>',
    summary: 'on: leave one service to you, for a time or until off',
    hidden: false,
    load: async () => (await import('./commands/maintenance.ts')).maintenanceCommand,
  },
  {
    name: 'drill',
    parameters: '[fault] [service]',
    summary: 'break something on purpose under load, and judge what happened',
    hidden: false,
    ownLetters: ['f'],
    load: async () => (await import('./commands/drill.ts')).drillCommand,
  },
  {
    name: 'doctor',
    parameters: '',
    summary: 'check engine, permissions, images, supervisor, leftovers',
    hidden: false,
    load: async () => (await import('./commands/doctor.ts')).doctorCommand,
  },
  {
    name: 'supervise',
    parameters: '',
    summary: 'supervise a project (started by up -d)',
    hidden: true,
    load: async () => (await import('./commands/supervise.ts')).superviseCommand,
  },
  {
    name: 'drill-guard',
    parameters: '',
    summary: 'clean up after a drill that was killed (started by drill)',
    hidden: true,
    load: async () => (await import('./commands/drill-guard.ts')).drillGuardCommand,
  },
];
