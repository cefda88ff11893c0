import { readFile } from 'node:fs/promises';
import { sourceFiles } from '#test/source-files.ts';

/** A document of the repository; its path begins at the root. */
export type ProjectDocument = { readonly path: string; readonly text: string };

/** One command as a document tells people to type it, without `sudo`, variables before it, and comments. */
export type DocumentedCommand = {
  readonly path: string;
  readonly words: readonly string[];
};

const places = [
  '{README,ARCHITECTURE,CONTRIBUTING}.md',
  '{docs,deploy,examples}/*.md',
  '{src,bench,test,sandbox,doctor,setup,commands,page}/**/*.md',
];
/** Beginnings of a command in the middle of a sentence. */
const programs =
  /^(?:[A-Z_]+=\S+ )*(?:sudo )?(?:npm|npx|docker|curl|ssh|install|sysctl|pg_dump|pg_restore|echo|deploy\/image-steps\.sh|\.ci\/[a-z-]+) |^node \S+\.(?:ts|mjs)\b/;

export async function readDocuments() {
  const documents: ProjectDocument[] = [];
  for (const place of places) {
    for await (const path of sourceFiles(place))
      documents.push({
        path: path.replaceAll('\\', '/'),
        text: await readFile(path, 'utf8'),
      });
  }
  return documents.sort((one, other) => one.path.localeCompare(other.path));
}

/** Commands of blocks for a shell, and those in the middle of a sentence. */
export function listCommands({ path, text }: ProjectDocument) {
  const blocks = [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(
    ([, block = '']) => block,
  );
  const sentences = text.replace(/^```[\s\S]*?^```$/gm, '');
  const spans = [...sentences.matchAll(/`([^`\n]+)`/g)].map(([, span = '']) => span);
  const lines = [
    ...blocks.flatMap((block) => block.replaceAll('\\\n', ' ').split('\n')),
    ...spans.filter((span) => programs.test(span)),
  ];
  return lines.flatMap(splitCommand).map((words) => ({ path, words }));
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
