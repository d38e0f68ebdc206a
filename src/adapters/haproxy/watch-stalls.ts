import { setTimeout as pause } from 'node:timers/promises';
import { isCode } from '../../errors.ts';
import type { CheckConfig, GatewayConfig, GatewaySignal } from '../../ports/gateway.ts';
import type { AdminSocket } from './admin.ts';
import type { AdminSession } from './session.ts';
import { knock } from './knock.ts';
import { brake, checked } from './names.ts';
import { type Probe, probeFor } from './probe.ts';
import { checkStatusOf, type Column, number, parseReport, type Report, type Row, serverCounters } from './reading.ts';
import {
  isDue,
  KNOCK,
  knockTimeoutMs,
  nextTurn,
  observe,
  PROBE,
  probeTimeoutMs,
  type Sample,
  type Stall,
  usually,
} from './stall.ts';

const LOOK_EVERY_MS = 25;
/** While nobody asks anything. */
const REST_EVERY_MS = 250;
/** How long after the last sign of traffic it is looked at closely. */
const BUSY_FOR_MS = 2000;
/** A look that comes so much later than planned saw a busy machine, not a hanging member. */
const LATE_BY_MS = 75;
/**
 * A connection for each look would cost twice the processor. One for ever would go on looking at a process that
 * another one has taken over from.
 */
const KEEP_CONNECTION_MS = 1000;
/** How soon a member that could not be probed from here is tried again. */
const ACQUAINT_EVERY_MS = 10_000;

interface Seen {
  /** null: the gateway is away */
  readonly report: Report | null;
  readonly wasLate: boolean;
  /** how late looks have come lately: on a busy machine members answer late too, and are given the time */
  readonly lagMs: number;
}

type OnSignal = (signal: GatewaySignal) => void;

/** Looks at response counters until aborted, see stall.ts; a gateway that is away is waited for. */
export async function watchForStalls(
  config: GatewayConfig,
  admin: AdminSocket,
  onSignal: OnSignal,
  abort: AbortSignal,
): Promise<void> {
  const watched = config.ports.flatMap(({ port, check }) =>
    config.members.flatMap(({ name, address }) => {
      const probe = probeFor(config, address, port, check);
      return probe === null ? [] : [new WatchedServer({ name, address }, port, check, probe)];
    }),
  );
  if (watched.length === 0) return;
  const counters = new Counters(admin);
  let planned = performance.now();
  let lagMs = 0;
  while (!abort.aborted) {
    const lateMs = performance.now() - planned;
    lagMs = Math.max(lateMs, lagMs * 0.95);
    const seen = { report: await counters.look(abort), wasLate: lateMs > LATE_BY_MS, lagMs };
    for (const server of watched) server.look(seen, onSignal, abort);
    const rest = watched.some((server) => server.busyUntil > planned) ? LOOK_EVERY_MS : REST_EVERY_MS;
    planned = performance.now() + rest;
    await pause(rest, undefined, { signal: abort }).catch(() => undefined);
  }
  counters.close();
}

/** The gateway's counters, asked for many times a second. */
class Counters {
  readonly #admin: AdminSocket;
  #session: AdminSession | null = null;
  #openedAt = 0;

  constructor(admin: AdminSocket) {
    this.#admin = admin;
  }

  async look(abort: AbortSignal): Promise<Report | null> {
    try {
      if (performance.now() - this.#openedAt > KEEP_CONNECTION_MS) this.close();
      if (this.#session === null) {
        this.#openedAt = performance.now();
        this.#session = await this.#admin.session(abort);
      }
      return parseReport(await this.#session.ask(serverCounters));
    } catch (error) {
      this.close();
      if (abort.aborted || isCode(error, 'TH_GATEWAY_UNREACHABLE')) return null;
      throw error;
    }
  }

  close(): void {
    this.#session?.close();
    this.#session = null;
  }
}

/** One member at one port: its counters, and what asking it has taught. */
class WatchedServer {
  readonly #member: string;
  readonly #address: string;
  readonly #port: number;
  readonly #check: CheckConfig;
  readonly #probe: Probe;
  #stall: Stall | null = null;
  #usualMs: number | null = null;
  /** What was answered once: members can be reached from here in this way, so that silence means something. */
  #answersProbes = false;
  #answersKnocks = false;
  #acquaintNotBefore = 0;
  #isProbing = false;
  #isKnocking = false;
  busyUntil = 0;

  constructor(
    { name, address }: { readonly name: string; readonly address: string },
    port: number,
    check: CheckConfig,
    probe: Probe,
  ) {
    this.#member = name;
    this.#address = address;
    this.#port = port;
    this.#check = check;
    this.#probe = probe;
  }

  look({ report, wasLate, lagMs }: Seen, onSignal: OnSignal, abort: AbortSignal): void {
    const stat = report?.stats.get(checked(this.#port, this.#member));
    if (!stat || stat.status?.startsWith('MAINT')) {
      this.#stall = null;
      return;
    }
    const sample = sampleOf([stat, report?.stats.get(brake(this.#port, this.#member))]);
    if (sample.sessions > 0 || sample.progress !== this.#stall?.progress) this.busyUntil = sample.at + BUSY_FOR_MS;
    const stall = observe(this.#stall, sample, wasLate);
    this.#stall = stall;
    this.#acquaint(stat, sample.at, abort);
    if (this.#answersKnocks && !this.#isKnocking && isDue(stall.knock, sample))
      void this.#hear('knock', this.#knock(lagMs, abort), stall.stillSince, onSignal, abort);
    if (this.#answersProbes && !this.#isProbing && isDue(stall.probe, sample)) {
      const timeoutMs = probeTimeoutMs(this.#usualMs, lagMs, this.#check.timeoutMs);
      void this.#hear('probe', this.#ask(timeoutMs, abort), stall.stillSince, onSignal, abort);
    }
  }

  /** While the gateway's own check passes, questions must be answered too; if not, we have no way to this member. */
  #acquaint(stat: Row, now: number, abort: AbortSignal): void {
    if (this.#answersProbes && this.#answersKnocks) return;
    const passes = /^L[67]OK/.test(checkStatusOf(stat));
    if (!passes || now < this.#acquaintNotBefore) return;
    this.#usualMs = usually(this.#usualMs, number(stat, 'check_duration'));
    this.#acquaintNotBefore = now + ACQUAINT_EVERY_MS;
    if (!this.#answersProbes)
      void this.#ask(this.#check.timeoutMs, abort).then((answered) => {
        this.#answersProbes = answered;
      });
    if (!this.#answersKnocks)
      void knock(this.#address, this.#check.timeoutMs, abort).then((answered) => {
        this.#answersKnocks = answered;
      });
  }

  async #knock(lagMs: number, abort: AbortSignal): Promise<boolean> {
    this.#isKnocking = true;
    const answered = await knock(this.#address, knockTimeoutMs(lagMs), abort);
    this.#isKnocking = false;
    return answered;
  }

  /** What moved while a question was out is no stall. */
  async #hear(
    question: 'knock' | 'probe',
    answer: Promise<boolean>,
    stillSince: number,
    onSignal: OnSignal,
    abort: AbortSignal,
  ): Promise<void> {
    const answered = await answer;
    const now = performance.now();
    const stall = this.#stall;
    if (abort.aborted || stall === null) return;
    const manner = question === 'knock' ? KNOCK : PROBE;
    this.#stall = { ...stall, [question]: nextTurn(manner, stall[question], now, answered) };
    if (answered || stall.stillSince !== stillSince) return;
    onSignal({ kind: 'stalled', member: this.#member, port: this.#port, forMs: Math.round(now - stillSince) });
  }

  /** @returns answered; a probe whose timer came late has proved nothing and counts as answered */
  async #ask(timeoutMs: number, abort: AbortSignal): Promise<boolean> {
    const began = performance.now();
    this.#isProbing = true;
    try {
      const tookMs = await this.#probe.ask(timeoutMs, abort);
      if (tookMs !== null) this.#usualMs = usually(this.#usualMs, tookMs);
      return tookMs !== null || (this.#answersProbes && performance.now() - began > timeoutMs + LATE_BY_MS);
    } finally {
      this.#isProbing = false;
    }
  }
}

const RESPONSES: readonly Column[] = ['hrsp_1xx', 'hrsp_2xx', 'hrsp_3xx', 'hrsp_4xx', 'hrsp_5xx', 'hrsp_other', 'bout'];

function sampleOf(rows: readonly (Row | undefined)[]): Sample {
  const sum = (columns: readonly Column[]): number =>
    rows.reduce((total, row) => total + columns.reduce((value, column) => value + number(row, column), 0), 0);
  return { at: performance.now(), progress: sum(RESPONSES), sessions: sum(['scur']) };
}
