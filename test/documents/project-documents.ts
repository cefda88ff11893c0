import { readFile } from 'node:fs/promises';
import { sourceFiles } from '#test/source-files.ts';

/** A document of the repository; its path begins at the root. */
export type ProjectDocument = { readonly path: string; readonly text: string };

/** One command as a document tells people to type it, without `sudo`, variables before it, and comments. */
export type DocumentedCommand = {
  readonly path: string;
  readonly words: readonly string[];
};

/** A fenced block, with the language behind its fence. */
export type CodeBlock = {
  readonly path: string;
  readonly language: string;
  readonly code: string;
};

const places = [
  '{README,ARCHITECTURE,CONTRIBUTING}.md',
  '{docs,deploy,examples}/*.md',
  '{src,bench,test,sandbox,doctor,setup,commands,page}/**/*.md',
];
/** Beginnings of a command in the middle of a sentence. */
const programs =
  /^(?:[A-Z_]+=\S+ )*(?:sudo )?(?:npm|npx|docker|curl|ssh|install|sysctl|pg_dump|pg_restore|echo|git|kubectl|ollama|systemctl|deploy\/[a-z-]+(?:\.sh)?|\.ci\/[a-z-]+) |^\.ci\/[a-z-]+$|^node \S+\.(?:ts|mjs)\b/;

export async function readDocuments() {
  const documents: ProjectDocument[] = [];
  for (const placeName of places) {
    for await (const path of sourceFiles(placeName))
      documents.push({
        path: path.replaceAll('\\', '/'),
        text: await readFile(path, 'utf8'),
      });
  }
  return documents.sort((document, otherDocument) =>
    document.path.localeCompare(otherDocument.path),
  );
}

/** Fenced blocks of a document in their order. */
export function listBlocks({ path, text }: ProjectDocument) {
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(
    ([, language = '', code = '']) => ({ path, language, code }),
  );
}

/** Lines for a shell in their order: of blocks, and those in the middle of a sentence. */
export function listShellLines({ text }: ProjectDocument) {
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$|`([^`\n]+)`/gm)].flatMap(
    ([, language, block = '', span]) => {
      if (span !== undefined)
        return programs.test(span) ? [{ line: span, isInBlock: false }] : [];
      if (language !== 'sh') return [];
      return block
        .replaceAll(/\\\n */g, '')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => ({ line, isInBlock: true }));
    },
  );
}

/** Commands of blocks for a shell, and those in the middle of a sentence. */
export function listCommands(document: ProjectDocument) {
  return listShellLines(document)
    .flatMap(({ line }) => splitCommand(line))
    .map((words) => ({ path: document.path, words }));
}

/** Commands of one line of a shell, in their order. */
function splitCommand(line: string) {
  const plain = line
    .replace(/\s+#.*$/, '')
    .replace(/'[^']*'|"[^"]*"/g, 'WORDS')
    .replace(/\$\([^)]*\)/g, 'WORDS');
  return plain
    .split(/&&|[;|()]/)
    .map((piece) => piece.trim().replace(/^(?:sudo |[A-Za-z_]+=\S* ?)+/, ''))
    .map((piece) => piece.split(/\s+/).filter((word) => word !== ''))
    .filter((words) => words.length > 0);
}

/** Names of options, as `once` of `--once`. */
export function listOptions(words: readonly string[]) {
  return words.flatMap((word) => /^--([a-z][a-z-]*)/.exec(word)?.[1] ?? []);
}
