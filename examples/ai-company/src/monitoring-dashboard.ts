import { appendFile, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Counts, readCounts } from './company.ts';
import { endSignal } from './end-signal.ts';
import { serveUntil } from './http.ts';
import { Redis } from './redis.ts';
import { readSettings } from './settings.ts';

/**
 * How the company does: a page that renews itself, and the same as JSON at /status. Every ten seconds the
 * counts are written to a file, which outlives the container, and each day has a report with its last counts.
 */

const SAMPLE_EVERY_MS = 10_000;
const KEEP_SAMPLES = 8640; // one day

interface Sample extends Counts {
  readonly at: string;
}

async function readSamples(file: string): Promise<Sample[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .flatMap(readSample);
}

/** A line that was cut by a crash is left out. */
function readSample(line: string): Sample[] {
  try {
    return [JSON.parse(line) as Sample];
  } catch {
    return [];
  }
}

async function sampleUntil(signal: AbortSignal, redis: Redis, file: string, reportFolder: string): Promise<void> {
  await shorten(file);
  while (!signal.aborted) {
    await sleep(SAMPLE_EVERY_MS, undefined, { signal }).catch(() => {});
    const counts = await readCounts(redis).catch(() => null);
    if (counts === null || signal.aborted) continue;
    const at = new Date().toISOString();
    await appendFile(file, `${JSON.stringify({ at, ...counts })}\n`);
    await writeFile(join(reportFolder, `${at.slice(0, 10)}.json`), JSON.stringify(counts));
  }
}

async function shorten(file: string): Promise<void> {
  const kept = (await readSamples(file)).slice(-KEEP_SAMPLES);
  await writeFile(`${file}.new`, kept.map((sample) => `${JSON.stringify(sample)}\n`).join(''));
  await rename(`${file}.new`, file);
}

function page(counts: Counts | null): string {
  const rows =
    counts === null ? '<tr><td>the queue does not answer</td></tr>' : Object.entries(counts).map(row).join('');
  return `<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="2"><title>ai-company</title>
<style>body{font:16px system-ui;margin:2rem}td{padding:.2rem 1rem .2rem 0}td+td{text-align:right;font-variant-numeric:tabular-nums}</style>
<h1>ai-company</h1><table>${rows}</table>\n`;
}

const row = ([name, value]: [string, number]): string => `<tr><td>${name}</td><td>${value}</td></tr>`;

const settings = readSettings(process.env);
const redis = new Redis(settings.queue);
const end = endSignal();
const samples = join(settings.dataFolder || '/tmp', 'samples.jsonl');
const sampling = sampleUntil(end, redis, samples, settings.reportFolder || '/tmp');
await serveUntil(end, settings.port, async (_, path) => {
  if (path === '/health') return { status: 200, body: { healthy: true } };
  if (path === '/status') return { status: 200, body: await readCounts(redis) };
  if (path === '/history') return { status: 200, body: await readSamples(samples) };
  if (path === '/') return { status: 200, body: page(await readCounts(redis).catch(() => null)) };
  return { status: 404, body: { error: `there is nothing at ${path}` } };
});
await sampling;
redis.close();
