import { link, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { isCode, TwinhullError } from '../../errors.ts';
import type {
  Farewell,
  Gateway,
  GatewayConfig,
  GatewayReading,
  GatewayServer,
  GatewaySignal,
  RunBeside,
  TrafficState,
} from '../../ports/gateway.ts';
import { isNoRoom, replaceFile } from '../../replace-file.ts';
import { AdminSocket } from './admin.ts';
import { farewellTo } from './farewell.ts';
import { brake, checked, files, LEADER_KEY, MOUNT_POINT } from './names.ts';
import { heirOf, parseReport, readingOf, type Report, reportCommands, serverCounters, sessionsIn } from './reading.ts';
import { configurationOf, CONNECT_TIMEOUT_MS, renderConfig, renderLeaderMap, renderState } from './render.ts';
import type { AdminSession } from './session.ts';
import { watchGateway } from './watch.ts';

/** How often a change that takes its time is looked at. */
const LOOK_EVERY_MS = 20;
/** Longer than a connection under way may take: a stream that still connects is not retried when it is cut. */
const SETTLE_MS = CONNECT_TIMEOUT_MS + 50;
/** A HAProxy starts within 20 ms; the rest is for machines with other things to do. */
const TAKE_OVER_MS = 5000;

/**
 * One running HAProxy, steered through its admin socket. A change is read back before it counts, and then
 * written to the files it starts from, because HAProxy never writes them: one that crashes comes back with the
 * roles and states of that moment.
 */
export class HaproxyGateway implements Gateway {
  readonly #config: GatewayConfig;
  readonly #folder: string;
  readonly #admin: AdminSocket;
  #saving: Promise<void> = Promise.resolve();
  /** the files say what held before, since there was no room for what holds */
  #isUnsaved = false;

  constructor(config: GatewayConfig, at: { readonly folder: string; readonly socket: string }) {
    this.#config = config;
    this.#folder = at.folder;
    this.#admin = new AdminSocket(at.socket);
  }

  async read(signal?: AbortSignal): Promise<GatewayReading> {
    if (this.#isUnsaved) await this.#save(signal);
    return readingOf(this.#config, await this.#report(signal));
  }

  async lead(member: string, signal?: AbortSignal): Promise<void> {
    this.#know(member);
    const before = await this.read(signal);
    await this.#change(
      [`set map ${files.leader} ${LEADER_KEY} ${member}`],
      (reading) => reading.leader === member,
      signal,
    );
    const old = before.leader;
    if (old === null || old === member) return;
    if (before.servers.some((server) => server.member === old && server.traffic === 'in' && server.queued > 0)) {
      await this.#emptyQueue(old, signal);
    }
  }

  /** A leader is followed even while it drains, so the lead goes over first, if there is somebody to take it. */
  async drain(member: string, signal?: AbortSignal): Promise<void> {
    const reading = await this.read(signal);
    const heir = reading.leader === member ? heirOf(this.#config, reading, member) : null;
    if (heir !== null) await this.lead(heir, signal);
    await this.#setTraffic(member, 'drain', 'draining', signal);
  }

  async drainAndWait(member: string, timeoutMs: number, signal?: AbortSignal): Promise<number> {
    await this.drain(member, signal);
    const until = performance.now() + timeoutMs;
    for (;;) {
      const left = sessionsOf(await this.read(signal), member);
      if (left === 0 || performance.now() >= until) return left;
      await pause(LOOK_EVERY_MS, undefined, { signal });
    }
  }

  async takeOut(member: string, signal?: AbortSignal): Promise<void> {
    await this.#setTraffic(member, 'maint', 'out', signal);
    if (sessionsOf(await this.read(signal), member) === 0) return;
    await pause(SETTLE_MS, undefined, { signal });
    await this.#admin.run(
      this.#eachServer(member, (server) => `shutdown sessions server ${server}`),
      signal,
    );
  }

  /**
   * A member that comes out of maintenance is UP for HAProxy at once, by the check it passed last. So it comes
   * out draining, is called down by hand, and only then let in: HAProxy itself lets nothing through to it until
   * its checks pass, whatever becomes of us in the meantime.
   */
  async putIn(member: string, timeoutMs: number, signal?: AbortSignal): Promise<void> {
    const before = serversOf(this.#know(member), await this.read(signal));
    const undrain = before.every((server) => server.traffic !== 'out' && server.check === 'passing');
    if (undrain) return await this.#setTraffic(member, 'ready', 'in', signal);
    const out = before.filter((server) => server.traffic === 'out');
    await this.#admin.run(
      [
        ...out.flatMap((server) => comeDown(checked(server.port, member))),
        ...this.#checkedServers(member).map((server) => `set server ${server} state ready`),
      ],
      signal,
    );
    if (await this.#passes(member, timeoutMs, signal)) return await this.#setTraffic(member, 'ready', 'in', signal);
    if (out.length > 0) await this.#setTraffic(member, 'maint', 'out', signal);
    throw new TwinhullError(
      'TH_GATEWAY_CHECK_FAILED',
      `${member} did not pass the gateway's check within ${timeoutMs} ms`,
      {
        state: out.length > 0 ? `${member} gets no traffic.` : `${member} gets traffic as soon as its check passes.`,
      },
    );
  }

  /**
   * The HAProxy that is to read it says first whether it is good; only then does it take the old file's place, for
   * whatever is there is what a HAProxy that crashes starts with. A process that dies in between leaves a file on
   * disk that the running HAProxy does not have yet: what comes next finds that by {@link GatewayReading.configuration}.
   */
  async reload(beside: RunBeside, farewell: Farewell, signal?: AbortSignal): Promise<void> {
    await this.#tryOut(beside, signal);
    const old = await this.#admin.session(signal);
    try {
      await this.#save(signal);
      await this.#leading(farewell.members, old, () => this.#exchange(beside, signal), signal);
      await this.#save(signal);
      await this.#untilGone(old, farewell, signal);
    } finally {
      old.close();
    }
  }

  /** Runs `exchange` while the old process leads nothing to members that go any more, see farewell.ts. */
  async #leading(
    leaving: readonly string[],
    old: AdminSession,
    exchange: () => Promise<void>,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { begin, undo } = farewellTo(leaving, this.#config, await this.#report(signal));
    try {
      for (const command of begin) await old.ask(command);
      await exchange();
    } catch (error) {
      // where another one serves by now, the old one refuses this
      for (const command of undo) await old.ask(command).catch(() => '');
      throw error;
    }
  }

  async #tryOut(beside: RunBeside, signal: AbortSignal | undefined): Promise<void> {
    this.#replace(files.nextConfig, renderConfig(this.#config));
    const { exitCode, output } = await beside([...SCRIPT, 'check', files.nextConfig], signal);
    if (exitCode === 0) return;
    await rm(join(this.#folder, files.nextConfig), { force: true });
    throw new TwinhullError(
      'TH_GATEWAY_REFUSED',
      `the gateway of ${this.#config.service} cannot work with its new configuration: ${alertsOf(output)}`,
      { state: 'It goes on with the old one.' },
    );
  }

  /**
   * The old file is kept under another name until the new one runs; it is not opened, for the gateway's container
   * writes into the folder too. It comes back where HAProxy has said no; whoever was interrupted does not know what it
   * will do yet, and leaves the new one.
   */
  async #exchange(beside: RunBeside, signal: AbortSignal | undefined): Promise<void> {
    const config = join(this.#folder, files.config);
    const last = join(this.#folder, files.lastConfig);
    await rm(last, { force: true });
    await link(config, last);
    await rename(join(this.#folder, files.nextConfig), config);
    try {
      await this.#takeOver(beside, signal);
    } catch (error) {
      if (isCode(error, 'TH_GATEWAY_REFUSED') && !(await this.#runsConfiguration())) await rename(last, config);
      throw error;
    } finally {
      await rm(last, { force: true });
    }
  }

  async #takeOver(beside: RunBeside, signal: AbortSignal | undefined): Promise<void> {
    const { exitCode, output } = await beside([...SCRIPT, 'reload'], signal);
    const until = performance.now() + TAKE_OVER_MS;
    while (exitCode === 0 && performance.now() < until) {
      if (await this.#runsConfiguration(signal)) return;
      await pause(LOOK_EVERY_MS, undefined, { signal });
    }
    throw new TwinhullError(
      'TH_GATEWAY_REFUSED',
      `the gateway of ${this.#config.service} did not take its new configuration within ${TAKE_OVER_MS / 1000} s${output === '' ? '' : `: ${alertsOf(output)}`}`,
      { state: 'It goes on with the old one; its log says more.' },
    );
  }

  async #runsConfiguration(signal?: AbortSignal): Promise<boolean> {
    const report = await this.#report(signal).catch(() => null);
    signal?.throwIfAborted();
    return report?.configuration === configurationOf(this.#config);
  }

  /** The old process takes nothing new; it answers on the connection that was opened to it before. */
  async #untilGone(
    old: AdminSession,
    { members, timeoutMs }: Farewell,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const until = performance.now() + timeoutMs;
    while (members.length > 0 && performance.now() < until) {
      const said = await old.ask(serverCounters).catch(() => '');
      if (sessionsIn(parseReport(said), members) === 0) return;
      await pause(LOOK_EVERY_MS, undefined, { signal });
    }
  }

  watch(onSignal: (signal: GatewaySignal) => void, abort: AbortSignal): Promise<void> {
    return watchGateway(this.#config, this.#admin, { onSignal, onChange: () => this.#save(abort) }, abort);
  }

  async #passes(member: string, timeoutMs: number, signal: AbortSignal | undefined): Promise<boolean> {
    const until = performance.now() + timeoutMs;
    for (;;) {
      const servers = serversOf(member, await this.read(signal));
      if (servers.length > 0 && servers.every((server) => server.check === 'passing')) return true;
      if (performance.now() >= until) return false;
      await pause(LOOK_EVERY_MS, undefined, { signal });
    }
  }

  /** Requests that wait unsent for the old leader are handed on when it stops taking new ones, and by nothing else. */
  async #emptyQueue(old: string, signal: AbortSignal | undefined): Promise<void> {
    await this.#setTraffic(old, 'drain', 'draining', signal);
    await pause(LOOK_EVERY_MS);
    await this.#setTraffic(old, 'ready', 'in', undefined);
  }

  async #setTraffic(
    member: string,
    word: 'drain' | 'maint' | 'ready',
    wanted: TrafficState,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    this.#know(member);
    const commands = this.#eachServer(member, (server) => `set server ${server} state ${word}`);
    await this.#change(commands, (reading) => areAll(wanted, serversOf(member, reading)), signal);
  }

  /** Sends commands, reads back, writes the files. */
  async #change(
    commands: readonly string[],
    holds: (reading: GatewayReading) => boolean,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const said = await this.#admin.run([...commands, ...reportCommands], signal);
    if (!holds(readingOf(this.#config, parseReport(said)))) {
      throw new TwinhullError(
        'TH_GATEWAY_REFUSED',
        `the gateway of ${this.#config.service} did not do "${commands.join('; ')}": ${firstLine(said)}`,
      );
    }
    await this.#save(signal);
  }

  async #report(signal: AbortSignal | undefined): Promise<Report> {
    return parseReport(await this.#admin.run(reportCommands, signal));
  }

  /** One at a time, each with what holds when its turn comes: the last one written is the truth. */
  #save(signal: AbortSignal | undefined): Promise<void> {
    const turn = this.#saving.then(async () => {
      const report = await this.#report(signal);
      if (report.states.size === 0) return;
      this.#write(report);
    });
    this.#saving = turn.catch(() => undefined);
    return turn;
  }

  /**
   * A full disk undoes no change: HAProxy has it, and goes by it. Only one that crashes now would start with what held
   * before, so it is written with the next reading that finds room.
   */
  #write(report: Report): void {
    try {
      if (this.#config.balance === 'leader') this.#replace(files.leader, renderLeaderMap(this.#leaderNow(report)));
      this.#replace(files.state, renderState(this.#config, report.states));
      this.#isUnsaved = false;
    } catch (error) {
      if (!isNoRoom(error)) throw error;
      this.#isUnsaved = true;
    }
  }

  /** One that runs with an older configuration may have none, or one that is no member any more. */
  #leaderNow({ leader }: Report): string | null {
    return this.#config.members.some(({ name }) => name === leader) ? leader : this.#config.leader;
  }

  #replace(name: string, text: string): void {
    replaceFile(join(this.#folder, name), text);
  }

  #know(member: string): string {
    if (this.#config.members.some(({ name }) => name === member)) return member;
    throw new TwinhullError(
      'TH_INTERNAL',
      `the gateway of ${this.#config.service} has no member ${JSON.stringify(member)}`,
    );
  }

  #checkedServers(member: string): string[] {
    return this.#config.ports.map(({ port }) => checked(port, member));
  }

  #eachServer(member: string, command: (server: string) => string): string[] {
    const brakes = this.#config.ports.map(({ port }) => brake(port, member));
    return [...this.#checkedServers(member), ...brakes].map(command);
  }
}

const SCRIPT = ['/bin/sh', `${MOUNT_POINT}/${files.script}`] as const;

/** What HAProxy complains of, without its warnings and the headings before each line. */
function alertsOf(output: string): string {
  const alerts = output
    .split('\n')
    .flatMap((line) => /^\[ALERT\]\s*\(\d+\) : (?:config : )?(.*)/.exec(line)?.[1] ?? []);
  return alerts.length > 0 ? alerts.join('; ') : output.trim();
}

const comeDown = (server: string): string[] => [`set server ${server} state drain`, `set server ${server} health down`];

const serversOf = (member: string, reading: GatewayReading): GatewayServer[] =>
  reading.servers.filter((server) => server.member === member);

const areAll = (traffic: TrafficState, servers: readonly GatewayServer[]): boolean =>
  servers.length > 0 && servers.every((server) => server.traffic === traffic);

/** What is inside the member; what waits in its queue is unsent and moves on. */
const sessionsOf = (reading: GatewayReading, member: string): number =>
  serversOf(member, reading).reduce((sum, server) => sum + server.sessions, 0);

const firstLine = (text: string): string =>
  text.split('\n').find((line) => line !== '' && !line.startsWith('1')) ?? 'no answer';
