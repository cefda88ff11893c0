import { readFile } from 'node:fs/promises';
import { type Comment, type ParseResult, parseSync } from 'oxc-parser';
import { sourceFiles } from '#test/source-files.ts';

type Statement = ParseResult['program']['body'][number];
type Member = { readonly name: string; readonly start: number };

const product = '{src,commands,doctor,setup}/**/*.ts';
const everyProgram = '{src,commands,doctor,setup,sandbox,bench,scripts}/**/*.ts';
/** `static`, `async` and so on between a docstring and its member. */
const onlyModifiers = /^\s*(?:(?:static|async|readonly|get|set|override)\s+)*$/;

async function listSources(pattern: string) {
  const paths = (await Array.fromAsync(sourceFiles(pattern))).sort();
  const sources = paths.filter((path) => !/\.test\.ts$|\.d\.ts$/.test(path));
  return await Promise.all(
    sources.map(async (path) => ({ path, text: await readFile(path, 'utf8') })),
  );
}

/** Members of the interfaces that a file exports: `Ear.tick`. */
function listDeclaredNames(statements: readonly Statement[], text: string) {
  return statements.flatMap((statement) => {
    const declared =
      statement.type === 'ExportNamedDeclaration' ? statement.declaration : undefined;
    if (declared?.type !== 'TSInterfaceDeclaration') return [];
    return declared.body.body.flatMap((member) =>
      'key' in member
        ? `${declared.id.name}.${text.slice(member.key.start, member.key.end)}`
        : [],
    );
  });
}

/**
 * Methods of a class, and methods and functions of an exported interface, that other files may call. What a class
 * implements stands in its interface, beside it.
 */
function listMembers(
  statement: Statement,
  declaredNames: readonly string[],
  text: string,
): readonly Member[] {
  const isExported = statement.type === 'ExportNamedDeclaration';
  const declared = isExported ? statement.declaration : statement;
  if (declared?.type === 'ClassDeclaration')
    return declared.body.body.flatMap((member) =>
      member.type === 'MethodDefinition' &&
      member.kind !== 'constructor' &&
      member.key.type !== 'PrivateIdentifier' &&
      !declared.implements?.some(({ expression }) =>
        declaredNames.includes(
          `${text.slice(expression.start, expression.end)}.${text.slice(member.key.start, member.key.end)}`,
        ),
      )
        ? [{ name: `${declared.id?.name}`, start: member.start }]
        : [],
    );
  if (!isExported || declared?.type !== 'TSInterfaceDeclaration') return [];
  return declared.body.body.flatMap((member) =>
    member.type === 'TSMethodSignature' ||
    (member.type === 'TSPropertySignature' &&
      member.typeAnnotation?.typeAnnotation.type === 'TSFunctionType')
      ? [{ name: declared.id.name, start: member.start }]
      : [],
  );
}

function hasDocstring({ start }: Member, text: string, comments: readonly Comment[]) {
  return comments.some(
    ({ end, type, value }) =>
      type === 'Block' &&
      value.startsWith('*') &&
      end <= start &&
      onlyModifiers.test(text.slice(end, start)),
  );
}

// `npm run types` demands the types of all other exports (`scripts/check-doors.mjs`).
test('no exported type hides behind the function that returns it', async () => {
  const hidden = /^export type (\w+)[^=]*=\s*(?:Readonly<|Awaited<)*ReturnType</gm;
  const matches = (await listSources(everyProgram)).flatMap(({ path, text }) =>
    [...text.matchAll(hidden)].map(([, name]) => `${path}: ${name}`),
  );
  expect(matches).toEqual([]);
});

test('each public member of the product has a sentence that says what it does', async () => {
  const silent = (await listSources(product)).flatMap(({ path, text }) => {
    const { program, comments } = parseSync(path, text);
    const declaredNames = listDeclaredNames(program.body, text);
    return program.body
      .flatMap((statement) => listMembers(statement, declaredNames, text))
      .filter((member) => !hasDocstring(member, text, comments))
      .map(({ name, start }) => `${path}: ${name}.${text.slice(start).split('\n')[0]}`);
  });
  expect(silent).toEqual([]);
});
