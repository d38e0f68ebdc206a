import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Machine } from '../machine.ts';
import { type Cell, renderTable, summarizeCell } from './report.ts';
import { SYSTEMS } from './systems.ts';

/** Cells as they are measured, each on disk before the next one begins: a run of hours may be ended and gone on with. */
export class Results {
  readonly #folder: string;
  readonly #machine: Machine;
  #cells: Cell[];

  private constructor(folder: string, machine: Machine, cells: Cell[]) {
    this.#folder = folder;
    this.#machine = machine;
    this.#cells = cells;
  }

  /** @param resumes with the cells that are there, if they are of the same machine */
  static async open(folder: string, machine: Machine, resumes: boolean): Promise<Results> {
    await mkdir(folder, { recursive: true });
    const known = resumes ? await readCells(join(folder, 'failover.json'), machine) : [];
    return new Results(folder, machine, known);
  }

  has(system: string, fault: string, injections: number): boolean {
    return this.#cells.some(
      (cell) => cell.system === system && cell.fault === fault && cell.injections.length >= injections,
    );
  }

  async add(cell: Cell): Promise<void> {
    const others = this.#cells.filter(({ system, fault }) => system !== cell.system || fault !== cell.fault);
    this.#cells = [...others, cell].toSorted((one, other) => placeOf(one) - placeOf(other));
    const text = JSON.stringify({
      machine: this.#machine,
      summary: this.#cells.map(summarizeCell),
      cells: this.#cells,
    });
    await writeFile(join(this.#folder, 'failover.json'), `${text}\n`);
    await writeFile(join(this.#folder, 'failover.md'), this.table());
  }

  table(): string {
    return renderTable(this.#cells, this.#machine);
  }

  isWhole(): boolean {
    return this.#cells.every(({ brokenOff }) => brokenOff === null);
  }
}

/** The systems' own order; the faults of one are measured in theirs. */
function placeOf({ system }: Cell): number {
  return SYSTEMS.findIndex(({ title }) => title === system);
}

async function readCells(path: string, machine: Machine): Promise<Cell[]> {
  const text = await readFile(path, 'utf8').catch(() => null);
  if (text === null) return [];
  const saved = JSON.parse(text) as { readonly machine: Machine; readonly cells: Cell[] };
  const same: readonly (keyof Machine)[] = ['processors', 'memoryGiB', 'kernel', 'engine', 'node', 'haproxy'];
  const other = same.find((key) => saved.machine[key] !== machine[key]);
  if (other !== undefined) throw new Error(`${path} is of another machine: its ${other} is ${saved.machine[other]}`);
  return saved.cells;
}
