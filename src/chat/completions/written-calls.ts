import {
  isRecord,
  toolArgumentLimits,
  toRecord,
  tryParseForeignJson,
} from '#src/base/json.ts';

/** A call of a tool that a model has written as text. */
export type WrittenCall = { readonly name: string; readonly argumentsJson: string };

/**
 * Finds calls of offered tools in text that a server should have parsed: JSON that names the tool, JSON after the
 * name, parameters in tags, or a call in Python.
 *
 * @example
 * import { readWrittenCalls } from '#src/chat/completions/written-calls.ts';
 *
 * readWrittenCalls('lamp.call(on=True)', ['lamp']); // [{ name: 'lamp', argumentsJson: '{"on":true}' }]
 */
export function readWrittenCalls(
  text: string,
  tools: readonly string[],
): readonly WrittenCall[] {
  if (tools.length === 0) return [];
  const taggedCalls = readTags(text, tools);
  if (taggedCalls.length > 0) return taggedCalls;
  const calls: WrittenCall[] = [];
  let searchStart = 0;
  for (const { start, end, value } of findObjects(text)) {
    const textBefore = text.slice(searchStart, start);
    const nameBefore = textBefore.match(createNamesPattern(tools))?.at(-1);
    calls.push(...listCallsOfValue(value, nameBefore, tools));
    searchStart = end;
  }
  return calls.length > 0 ? calls : readPython(text, tools);
}

function listCallsOfValue(
  value: unknown,
  nameBefore: string | undefined,
  tools: readonly string[],
): WrittenCall[] {
  const fields = toRecord(value);
  if (Array.isArray(fields.tool_calls))
    return fields.tool_calls.flatMap((call) =>
      listCallsOfValue(call, undefined, tools),
    );
  const call = isRecord(fields.function) ? fields.function : fields;
  const names = [call.name, call.tool_name, call.tool, call.function, call.action];
  const ownName = names.find((name) => typeof name === 'string');
  const input = call.arguments ?? call.parameters ?? call.args ?? call.input ?? {};
  if (ownName !== undefined && tools.includes(ownName))
    return [createCall(ownName, input)];
  // An object without a name is the arguments of the tool named before it.
  if (nameBefore !== undefined) return [createCall(nameBefore, fields)];
  // The name may be the only key.
  return tools.flatMap((name) =>
    isRecord(fields[name]) ? [createCall(name, fields[name])] : [],
  );
}

function createCall(name: string, input: unknown): WrittenCall {
  return {
    name,
    argumentsJson: typeof input === 'string' ? input : JSON.stringify(input),
  };
}

function createNamesPattern(tools: readonly string[]) {
  return new RegExp(
    `(?<![\\w-])(?:${tools.map(RegExp.escape).join('|')})(?![\\w-])`,
    'g',
  );
}

function* splitByNames(
  text: string,
  tools: readonly string[],
): Generator<readonly [string, string]> {
  const names = [...text.matchAll(createNamesPattern(tools))];
  for (const [n, { 0: name, index }] of names.entries())
    yield [name, text.slice(index + name.length, names[n + 1]?.index)];
}

/**
 * Reads calls in tags: `<parameter=on>true</parameter>`, `<parameter name="on">...`,
 * `<arg_key>on</arg_key><arg_value>...`
 */
function readTags(text: string, tools: readonly string[]): readonly WrittenCall[] {
  if (!/<(?:function=|invoke\b|arg_key>)/.test(text)) return [];
  const calls: WrittenCall[] = [];
  for (const [name, textAfter] of splitByNames(text, tools)) {
    const [body = '', ...parameters] = textAfter.split(/<(?:parameter[= ]|arg_key>)/);
    if (body.includes('{')) return []; // JSON in a tag.
    calls.push(createCall(name, Object.fromEntries(parameters.map(readParameter))));
  }
  return calls;
}

function readParameter(text: string): readonly [string, unknown] {
  const [namePart = '', key = ''] = /^(?:name=)?["']?([\w.-]+)/.exec(text) ?? [];
  const textAfter = text.slice(namePart.length);
  const value = textAfter
    .slice(textAfter.lastIndexOf('<arg_value>') + 1)
    .replace(/^[^>]*>/, '');
  const [inside = ''] = value.split(/<\/(?:parameter|arg_value)>/);
  return [key, readLiteral(inside.trim())];
}

/** Reads calls in Python: `lamp.call(on=True)`, `[lamp(on=True), door()]` */
function readPython(text: string, tools: readonly string[]): readonly WrittenCall[] {
  return [...splitByNames(text, tools)].flatMap(([name, textAfter]) => {
    const [, inside] = /^(?:\.call)?\(([^)]*)/.exec(textAfter) ?? [];
    if (inside === undefined) return [];
    const pairs = inside.matchAll(/(?<!\w)(\w+)=("[^"]*"|'[^']*'|[^,"']*)/g);
    const input = [...pairs].map(([, key = '', value = '']) => [
      key,
      readLiteral(value.trim()),
    ]);
    return [createCall(name, Object.fromEntries(input))];
  });
}

function readLiteral(text: string): unknown {
  const json = pythonLiterals.get(text) ?? text;
  return (
    tryParseForeignJson(json, toolArgumentLimits) ?? text.replace(/^'(.*)'$/s, '$1')
  );
}

const pythonLiterals = new Map(
  Object.entries({ True: 'true', False: 'false', None: 'null' }),
);

function* findObjects(text: string) {
  let [depth, start] = [0, 0];
  for (const { isOpening, index } of findBraces(text)) {
    if (isOpening && depth === 0) start = index;
    depth = Math.max(0, depth + (isOpening ? 1 : -1));
    if (isOpening || depth > 0) continue;
    const end = index + 1;
    const value = tryParseForeignJson(text.slice(start, end), toolArgumentLimits);
    if (value !== undefined) yield { start, end, value };
    start = end;
  }
}

function* findBraces(text: string) {
  let isQuoted = false;
  for (const { 0: mark, index } of text.matchAll(/[{}"]|\\./gs)) {
    if (mark === '"') isQuoted = !isQuoted;
    if (!isQuoted && /[{}]/.test(mark)) yield { isOpening: mark === '{', index };
  }
}
