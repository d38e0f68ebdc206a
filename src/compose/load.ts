/**
 * From files to a Project. The stages, each in a file of its own:
 *
 *   find-files, environment     which files, which variables
 *   read-yaml                   text -> nodes with positions; bombs refused
 *   read-document               variables filled in, keys read by the table, short forms made long
 *   extends                     services that begin with others
 *   merge                       (the table's rules) one file over the other
 *   settle                      profiles, names, defaults, env_file
 *   references                  does everything that is named exist, do dependencies end
 *
 * Problems are collected over all stages and thrown together.
 */

import { dirname, resolve } from 'node:path';
import { text as streamText } from 'node:stream/consumers';

import { readEnvironment } from './environment.ts';
import { carryOutExtends } from './extends.ts';
import { findComposeFiles } from './find-files.ts';
import { MAX_GROWTH } from './keys/key.ts';
import { project as projectShape } from './keys/project.ts';
import { locate, map, type Node, type Path } from './node.ts';
import { ComposeProblems, formatPath, problemAt, problemLine, showValue, type Problem } from './problems.ts';
import type { Project } from './project.ts';
import { projectName } from './project-name.ts';
import { documentName, readDocument, type DocumentContext } from './read-document.ts';
import { readFileText, readingOnce } from './read-file.ts';
import { readYaml } from './read-yaml.ts';
import { checkReferences } from './references.ts';
import { settle } from './settle.ts';
import { toProject } from './to-project.ts';

export interface LoadOptions {
  /** -f, in order; relative to `currentDir`; "-" is standard input */
  readonly files?: readonly string[];
  /** -p */
  readonly projectName?: string;
  readonly projectDirectory?: string;
  /** --profile; "*" is all */
  readonly profiles?: readonly string[];
  /** --env-file */
  readonly envFiles?: readonly string[];
  /** services that are active whatever their profile says: those that a command names */
  readonly targets?: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly currentDir: string;
  /**
   * false: `${VAR}` and `env_file` stay as they are written, paths stay relative to the project's folder. A short
   * form that holds a variable ("${PORT}:80" in `ports`, a `command`) stays the string it was, wherever the
   * types of Project promise its long form.
   */
  readonly interpolate?: boolean;
  /**
   * What else can be wrong, told together with the rest; of a project with problems, what is left of it is given,
   * and a service may be anything.
   */
  readonly alsoCheck?: (project: Project) => readonly Problem[];
  /** the text of standard input, for "-" */
  readonly readStandardInput?: () => Promise<string>;
}

interface Sources {
  readonly files: readonly string[];
  readonly workingDir: string;
  readonly variables: ReadonlyMap<string, string>;
}

interface FileRoots {
  readonly file: string;
  readonly roots: readonly Node[];
}

/**
 * @throws ComposeProblems (TH_COMPOSE_INVALID) with everything that is wrong
 * @throws TwinhullError TH_COMPOSE_NOT_FOUND for a missing file, TH_COMPOSE_INVALID for an impossible project name
 */
export async function loadProject(options: LoadOptions): Promise<Project> {
  const problems: Problem[] = [];
  const sources = await findSources(options, problems);
  const files = await readFiles(sources.files, options, problems);
  const name = nameOf(files, sources, options);
  const variables = new Map([...sources.variables, ['COMPOSE_PROJECT_NAME', name]]);
  const context = contextOf(sources, variables, options, problems);
  const merged = await mergeFiles(files, context);
  const settled = await settle(merged, {
    ...context,
    name,
    profiles: activeProfiles(options, variables),
    targets: options.targets ?? [],
  });
  checkReferences(settled, context);
  const project = toProject(settled, {
    name,
    workingDir: sources.workingDir,
    files: sources.files,
    variables,
    warnings: context.warnings.map(problemLine),
    interpolated: context.interpolated,
    locate: (path) => locate(settled.root, path),
  });
  problems.push(...(options.alsoCheck?.(project) ?? []));
  if (problems.length > 0) throw new ComposeProblems(withoutRepetition(problems));
  return project;
}

function nameOf(files: readonly FileRoots[], { variables, workingDir }: Sources, options: LoadOptions): string {
  const written = files.flatMap(({ roots }) => roots.map((root) => documentName(root, variables)));
  return projectName({
    flag: options.projectName,
    variable: variables.get('COMPOSE_PROJECT_NAME'),
    file: written.findLast((name) => name !== undefined),
    workingDir,
  });
}

function contextOf(
  { workingDir }: Sources,
  variables: ReadonlyMap<string, string>,
  options: LoadOptions,
  problems: Problem[],
): DocumentContext {
  return {
    variables,
    interpolated: options.interpolate ?? true,
    folder: workingDir,
    workingDir,
    problems,
    warnings: [],
    missing: new Set(),
    growth: { left: MAX_GROWTH },
  };
}

async function findSources(options: LoadOptions, problems: Problem[]): Promise<Sources> {
  const { currentDir, projectDirectory, envFiles = [] } = options;
  const sources = { process: options.environment, envFiles, currentDir, readFile: readingOnce() };
  const start = resolve(currentDir, projectDirectory ?? '.');
  const first = await readEnvironment(sources, [start], []);
  const files = await findComposeFiles({ files: options.files ?? [], projectDirectory, currentDir, variables: first });
  const main = files[0] ?? '-';
  const workingDir = projectDirectory !== undefined || main === '-' ? start : dirname(main);
  return { files, workingDir, variables: await readEnvironment(sources, [workingDir, start], problems) };
}

async function readFiles(files: readonly string[], options: LoadOptions, problems: Problem[]): Promise<FileRoots[]> {
  const read: FileRoots[] = [];
  for (const file of files) {
    const text =
      file === '-'
        ? await (options.readStandardInput ?? (() => streamText(process.stdin)))()
        : await composeText(file, problems);
    if (text === null) continue;
    const before = problems.length;
    const roots = readYaml(text, file, problems).filter((root) => isMapOrReported(root, problems));
    if (roots.length === 0 && problems.length === before) problems.push(emptyFile(file));
    read.push({ file, roots });
  }
  return read;
}

async function composeText(file: string, problems: Problem[]): Promise<string | null> {
  const read = await readFileText(file);
  if ('text' in read) return read.text;
  problems.push(
    problemAt(
      { file, line: 0, column: 0 },
      [],
      '',
      'missing' in read ? 'the file does not exist' : `the file ${read.refused}`,
    ),
  );
  return null;
}

function isMapOrReported(root: Node, problems: Problem[]): boolean {
  if (root.kind !== 'map')
    problems.push(
      problemAt(
        root.at,
        [],
        root.kind === 'scalar' ? showValue(root.value) : `this ${root.kind}`,
        'is not a Compose file',
        'a map with "services:"',
      ),
    );
  return root.kind === 'map';
}

function emptyFile(file: string): Problem {
  return problemAt({ file, line: 0, column: 0 }, [], '', 'the file is empty', 'a map with "services:"');
}

async function mergeFiles(files: readonly FileRoots[], context: DocumentContext): Promise<Node> {
  const loader = new DocumentLoader(context);
  let merged: Node | undefined;
  for (const { file, roots } of files) {
    for (const root of roots) {
      const document = readDocument(root, context);
      if (!document) continue;
      const whole = await carryOutExtends(document, {
        file,
        folder: context.folder,
        earlier: merged,
        load: loader.load,
        problems: context.problems,
        done: new Map(),
      });
      merged = merged ? projectShape.merge(merged, whole) : whole;
    }
  }
  return merged ?? map(new Map(), { file: files[0]?.file ?? '-', line: 1, column: 1 });
}

/** Documents of other files, for `extends`; each file is read once. */
class DocumentLoader {
  readonly #context: DocumentContext;
  readonly #loaded = new Map<string, Node | null>();

  constructor(context: DocumentContext) {
    this.#context = context;
  }

  readonly load = async (file: string, from: Node, path: Path): Promise<Node | null> => {
    const known = this.#loaded.get(file);
    if (known !== undefined) return known;
    const document = await this.#read(file, from, path);
    this.#loaded.set(file, document);
    return document;
  };

  async #read(file: string, from: Node, path: Path): Promise<Node | null> {
    const read = await readFileText(file);
    const { problems } = this.#context;
    if (!('text' in read)) {
      problems.push(
        problemAt(
          from.at,
          path,
          showValue(file),
          'missing' in read ? 'does not exist' : read.refused,
          'a Compose file',
        ),
      );
      return null;
    }
    const before = problems.length;
    const [root] = readYaml(read.text, file, problems).filter((document) => isMapOrReported(document, problems));
    if (!root && problems.length === before) problems.push(emptyFile(file));
    return root ? readDocument(root, { ...this.#context, folder: dirname(file) }) : null;
  }
}

function activeProfiles(options: LoadOptions, variables: ReadonlyMap<string, string>): string[] {
  const fromVariable = (variables.get('COMPOSE_PROFILES') ?? '').split(',').map((profile) => profile.trim());
  return [...new Set([...(options.profiles ?? []), ...fromVariable])].filter((profile) => profile !== '');
}

/**
 * An anchor used several times has its mistake once for each use, and what could not be read at all is often
 * refused again for what stands there instead: the first is enough.
 */
function withoutRepetition(problems: readonly Problem[]): Problem[] {
  const firstAt = new Map<string, Problem>();
  return problems.filter((problem) => {
    const { file, line, column, message, value } = problem;
    const place = `${file}:${line}:${column}:${line > 0 ? formatPath(problem.path) : message}`;
    const anchored = `${file}:${line}:${column}:${message}`;
    const first = firstAt.get(place) ?? firstAt.get(anchored);
    if (!first) firstAt.set(place, problem).set(anchored, problem);
    return !first || (first.value === value && first.message !== message);
  });
}
