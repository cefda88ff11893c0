import { readFile } from 'node:fs/promises';
import { type Node, parseSync, Visitor } from 'oxc-parser';
import { sourceFiles } from '#test/source-files.ts';
import { fileOf, type Interfaces, interfacesIn } from './interfaces.ts';

/** Figures of one source file. */
export type SourceFile = Interfaces & {
  readonly path: string;
  readonly lines: number;
  /** Syntax nodes. */
  readonly nodes: number;
  /** References to `Pick<`. */
  readonly picks: number;
  /** Types whose names end in Options, Parts or Context. */
  readonly bags: number;
  /** First sentences of docstrings that begin with What, How, Of, As or Whoever. */
  readonly relative: number;
  /** Files that it imports, by their path from the root. */
  readonly imports: readonly string[];
};

/** Folders of the bot's own code. */
export const codeFolders = ['src', 'commands', 'doctor', 'setup'];
/** Folders of programs that run the bot's code from outside. */
export const programFolders = ['sandbox', 'bench'];
/** Folders of all other sources. */
export const otherFolders = ['page', 'scripts', 'test', 'examples'];

const relative = /^\*\s*(?:\*\s*)?(?:What|How|Of|As|Whoever)\b/;
const bag = /(?:Options|Parts|Context)$/;

/** Figures of the source files in folders. */
export async function readSources(folders: readonly string[]): Promise<readonly SourceFile[]> {
  const files: SourceFile[] = [];
  for (const folder of folders) {
    const paths = await Array.fromAsync(sourceFiles(`${folder}/**/*.{ts,mjs,js}`));
    for (const path of paths.toSorted()) files.push(measured(path, await readFile(path, 'utf8')));
  }
  return files;
}

/** Figures of one file. */
export function measured(path: string, source: string): SourceFile {
  const { program, comments } = parseSync(path, source);
  const bags: string[] = [];
  const imports = new Set<string>();
  let picks = 0;
  const noteName = ({ id }: { readonly id: { readonly name: string } }) => {
    if (bag.test(id.name)) bags.push(id.name);
  };
  const noteImport = ({ source: from }: { readonly source: Node | null }) => {
    if (from?.type === 'Literal' && typeof from.value === 'string')
      imports.add(fileOf(path, from.value));
  };
  new Visitor({
    TSTypeReference({ typeName }) {
      if (typeName.type === 'Identifier' && typeName.name === 'Pick') picks++;
    },
    TSTypeAliasDeclaration: noteName,
    TSInterfaceDeclaration: noteName,
    ImportDeclaration: noteImport,
    ImportExpression: noteImport,
    ExportNamedDeclaration: noteImport,
    ExportAllDeclaration: noteImport,
    TSImportType: noteImport,
  }).visit(program);
  return {
    path,
    lines: source.split('\n').length - 1,
    nodes: nodesIn(program),
    picks,
    bags: bags.length,
    relative: comments.filter(({ value }) => relative.test(value)).length,
    imports: [...imports],
    ...interfacesIn(path, program),
  };
}

function nodesIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const own = 'type' in value && typeof value.type === 'string' ? 1 : 0;
  const within: readonly unknown[] = Object.values(value);
  return within.reduce<number>((total, one) => total + nodesIn(one), own);
}
