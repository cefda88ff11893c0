import { globSync, readFileSync } from 'node:fs';
import { readTexts } from '#src/texts/texts.ts';

const folders = ['src', 'commands', 'tools', 'sandbox', 'doctor', 'setup'];
const code = globSync([...folders.map((folder) => `${folder}/**/*.ts`), 'page/**/*.js'])
  .map((file) => readFileSync(file, 'utf8'))
  .join('\n');

/** Strings as they stand in the sources, and what templates may become: each hole is one or more words of an id. */
const literals = new Set(
  Array.from(code.matchAll(/['"`]([a-z][\w.-]*)['"`]/g), ([, id]) => id),
);
const templates = [
  ...new Set(
    Array.from(
      code.matchAll(/`((?:[\w.-]|\$\{[\w.!?' ()[\]]+\})+)`/g),
      ([, one = '']) => one,
    ),
  ),
]
  .filter(
    (text) => text.includes('${') && /[a-z]{3}/.test(text.replace(/\$\{[^}]*\}/g, '')),
  )
  .map((text) => text.split(/\$\{[^}]*\}/).map((part) => part.replaceAll('.', '\\.')))
  .map((pieces) => new RegExp(`^${pieces.join('[a-z][\\w. -]*')}$`));

test('every text is used somewhere', () => {
  const ids = [...readTexts('en').keys()];
  expect(ids.length).toBeGreaterThan(300);
  const unused = ids.filter(
    (id) => !literals.has(id) && !templates.some((template) => template.test(id)),
  );
  expect(unused).toEqual([]);
});
