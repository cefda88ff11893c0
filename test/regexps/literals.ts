import { glob, readFile } from 'node:fs/promises';
import { parseSync, Visitor } from 'oxc-parser';

/** A regular expression as it stands in the source. */
export type Literal = { readonly at: string; readonly source: string; readonly flags: string };

/** Files of the repository that run at run time. */
const files = '{src,commands,tools,sandbox,doctor,setup}/**/*.ts';

/** Every regular expression literal of the program, each once, and the files that build one from a text. */
export async function regexpsOfProgram(): Promise<{
  readonly literals: readonly Literal[];
  readonly builders: readonly string[];
}> {
  const literals = new Map<string, Literal>();
  const builders: string[] = [];
  for await (const path of glob(files)) {
    const text = await readFile(path, 'utf8');
    const build = ({ callee }: { readonly callee: object }) => {
      if ('name' in callee && callee.name === 'RegExp') builders.push(path);
    };
    new Visitor({
      Literal(node) {
        if (!('regex' in node)) return;
        const { pattern: source, flags } = node.regex;
        const line = text.slice(0, node.start).split('\n').length;
        literals.set(`/${source}/${flags}`, { at: `${path}:${line}`, source, flags });
      },
      NewExpression: build,
      CallExpression: build,
    }).visit(parseSync(path, text).program);
  }
  return { literals: [...literals.values()], builders: builders.sort() };
}
