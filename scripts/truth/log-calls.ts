import { globSync, readFileSync } from 'node:fs';
import { type Node, parseSync, Visitor } from 'oxc-parser';

const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];

/**
 * Every call in the source that writes to a log: level, message, and names of fields, each once and sorted.
 *
 * What only a run knows stands as `*`, fields that are spread as `...`.
 */
export function logCalls(pattern = 'src/**/*.ts'): readonly string[] {
  const found = globSync(pattern).flatMap((path) => callsIn(path, readFileSync(path, 'utf8')));
  return [...new Set(found)].toSorted();
}

/** Log calls of one file. */
export function callsIn(path: string, source: string): readonly string[] {
  const [found, texts]: [string[], Map<string, string>] = [[], new Map()];
  const { program } = parseSync(path, source);
  new Visitor({
    VariableDeclarator({ id, init }) {
      if (id.type === 'Identifier' && init) texts.set(id.name, wordsOf(init, texts));
    },
  }).visit(program);
  new Visitor({
    CallExpression({ callee, arguments: given }) {
      const level = callee.type === 'MemberExpression' ? nameOf(callee.property) : '';
      if (callee.type !== 'MemberExpression' || !levels.includes(level)) return;
      if (/log$/i.test(nameOf(callee.object))) found.push(`${level} ${lineOf(given, texts)}`);
    },
  }).visit(program);
  return found;
}

/** A log takes fields and a message, or a message alone. */
function lineOf([first, second]: readonly Node[], texts: ReadonlyMap<string, string>): string {
  const hasFields = second !== undefined || first?.type === 'ObjectExpression';
  const message = hasFields ? second : first;
  const words = message ? wordsOf(message, texts) : '';
  return hasFields && first ? `${words} { ${fieldsOf(first).join(', ')} }` : words;
}

/** `log` of `log`, `this.#log` and `parts.log`. */
function nameOf(node: Node): string {
  if (node.type === 'Identifier' || node.type === 'PrivateIdentifier') return node.name;
  return node.type === 'MemberExpression' ? nameOf(node.property) : '';
}

function wordsOf(node: Node, texts: ReadonlyMap<string, string>): string {
  if (node.type === 'Literal') return `${node.value}`;
  if (node.type === 'TemplateLiteral')
    return node.quasis.map(({ value }) => value.cooked).join('*');
  if (node.type === 'Identifier') return texts.get(node.name) ?? '*';
  return '*';
}

function fieldsOf(node: Node): readonly string[] {
  if (node.type !== 'ObjectExpression') return ['...'];
  const names = node.properties.flatMap((property) => {
    if (property.type === 'SpreadElement') return fieldsOf(property.argument);
    return property.key.type === 'Identifier' ? [property.key.name] : [];
  });
  return [...new Set(names)].toSorted();
}
