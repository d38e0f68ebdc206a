/** One small change for the worse. */
export interface Change {
  /** names it in the table; unique */
  readonly name: string;
  /** text of the file that occurs in it once */
  readonly find: string;
  readonly replace: string;
  /** what a user would have of it */
  readonly whatItBreaks: string;
  /** the commit that mended the bug which this brings back; without it the change is an invented one */
  readonly mendedIn?: string;
}

export interface Mutation extends Change {
  /** from the root of the project, with slashes */
  readonly file: string;
}

export function inFile(file: string, changes: readonly Change[]): Mutation[] {
  return changes.map((change) => ({ file, ...change }));
}

/** Throws when the text to be changed is not there exactly once. */
export function mutated(source: string, { name, file, find, replace }: Mutation): string {
  const parts = source.split(find);
  if (parts.length !== 2) throw new Error(`${name}: its text occurs ${parts.length - 1} times in ${file}`);
  return parts.join(replace);
}
