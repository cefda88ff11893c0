import { isRecord, toRecord } from '#src/base/json.ts';
import type { ToolCall } from '#src/chat/chat-model.ts';
import { createCallId } from '#src/provider/call-id.ts';
import { parseLooseObject, readLiteral } from './loose-object.ts';
import { isTagged, readTaggedParameters, removeTagPrefixes } from './tagged-calls.ts';

/** A call of a tool that a model has written as text. */
export type WrittenCall = { readonly name: string; readonly argumentsJson: string };

/**
 * Finds calls of offered tools in text that a server should have parsed: JSON that names the tool, an object after the
 * name, parameters in tags, or a call in Python. A refusal such as Groq's `failed_generation` holds such a text, too.
 * In a text without marks (`isUnmarked`) only JSON that names the tool counts, and a list of calls in Python.
 *
 * @example
 * import { readWrittenCalls } from '#src/chat/completions/written-calls.ts';
 *
 * readWrittenCalls('lamp.call(on=True)', ['lamp']); // [{ name: 'lamp', argumentsJson: '{"on":true}' }]
 */
export function readWrittenCalls(
  text: string,
  tools: readonly string[],
  isUnmarked: boolean = false,
): readonly WrittenCall[] {
  if (tools.length === 0) return [];
  const plainText = removeTagPrefixes(text).replace(quotedByMarks, (_, inside) =>
    JSON.stringify(inside),
  );
  const taggedCalls = isUnmarked ? [] : readTags(plainText, tools);
  if (taggedCalls.length > 0) return taggedCalls;
  const calls = readObjects(plainText, tools, isUnmarked);
  const mayBePython = !isUnmarked || /^\s*(?:```\w*\s*)?\[/.test(text);
  return calls.length > 0 || !mayBePython ? calls : readPython(plainText, tools);
}

function readObjects(text: string, tools: readonly string[], isUnmarked: boolean) {
  const calls: WrittenCall[] = [];
  let searchStart = 0;
  for (const { start, end, value } of findObjects(text)) {
    const nameBefore = isUnmarked
      ? undefined
      : findNameBefore(text.slice(searchStart, start), tools);
    calls.push(...listCallsOfValue(value, nameBefore, tools));
    searchStart = end;
  }
  return calls;
}

/**
 * Finds calls of offered tools in a refusal of them. Groq sends what the model has written in `failed_generation`:
 * https://console.groq.com/docs/tool-use/overview
 *
 * @example
 * import { readRefusedCalls } from '#src/chat/completions/written-calls.ts';
 *
 * const error = { code: 'tool_use_failed', failed_generation: '<function=lamp{"on": true}</function>' };
 * readRefusedCalls({ error }, ['lamp']).map(({ argumentsJson }) => argumentsJson); // ['{"on":true}']
 */
export function readRefusedCalls(
  refusal: unknown,
  tools: readonly string[],
): readonly ToolCall[] {
  const { error, failed_generation } = toRecord(refusal);
  const text = failed_generation ?? toRecord(error).failed_generation;
  if (typeof text !== 'string') return [];
  return readWrittenCalls(text, tools).map((call) => ({ ...call, id: createCallId() }));
}

/** Creates a pattern of the names of tools as whole words. */
export function createToolPattern(tools: readonly string[]): RegExp {
  return new RegExp(
    `(?<![\\w-])(?:${tools.map(RegExp.escape).join('|')})(?![\\w-])`,
    'g',
  );
}

/** Gemma writes `<|"|>` or `<escape>` in place of a quotation mark. */
const quotedByMarks =
  /<(?:[|\uff5c]"[|\uff5c]|escape)>((?:[^<]|<(?![|\uff5c]"|escape))*)<(?:[|\uff5c]"[|\uff5c]|escape)>/g;

/** Finds the tool whose arguments follow: the last name before them, with no sentence in between. */
function findNameBefore(textBefore: string, tools: readonly string[]) {
  const match = [...textBefore.matchAll(createToolPattern(tools))].at(-1);
  if (!match) return undefined;
  const [name] = match;
  const between = textBefore
    .slice(match.index + name.length)
    .replace(/<[^<>]*>|\[[^[\]]*\]/g, ' ');
  const words = between.match(/[\p{L}\p{N}]+/gu) ?? [];
  return words.length <= maxWordsBetween ? name : undefined;
}

/** As in "Action: lamp, Action Input: {}". */
const maxWordsBetween = 3;

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
  // The arguments may stand beside the function.
  const call = isRecord(fields.function)
    ? { ...fields, function: undefined, name: undefined, ...fields.function }
    : fields;
  const named = Object.entries(call).find(
    ([key, name]) => nameKey.test(key) && tools.includes(toToolName(name)),
  );
  if (named) return [createCall(toToolName(named[1]), findInput(call, named[0]))];
  // An object without a name is the arguments of the tool named before it.
  if (nameBefore !== undefined) return [createCall(nameBefore, fields)];
  // The name may be the only key.
  return tools.flatMap((name) =>
    isRecord(fields[name]) ? [createCall(name, fields[name])] : [],
  );
}

const nameKey = /name$|^(?:tool|function|action|method|command|call|recipient)$/i;
const inputKey = /(?:^|_)(?:arguments?|param(?:eter)?s?|args|kwargs|inputs?)$/i;

function toToolName(name: unknown) {
  return typeof name === 'string' ? name.replace(/^functions?\./, '') : '';
}

/** Returns the arguments of a call, which may stand beside its name. */
function findInput(call: Readonly<Record<string, unknown>>, usedKey: string): unknown {
  const input = Object.entries(call).find(([key]) => inputKey.test(key));
  if (input) return input[1] ?? {};
  return Object.fromEntries(
    Object.entries(call).filter(
      ([key]) => key !== usedKey && !/^(?:type|.*id|index)$/i.test(key),
    ),
  );
}

function createCall(name: string, input: unknown): WrittenCall {
  return {
    name,
    argumentsJson: typeof input === 'string' ? input : JSON.stringify(input),
  };
}

function* splitByNames(
  text: string,
  tools: readonly string[],
  isCalled: (textBefore: string) => boolean = () => true,
) {
  const names = [...text.matchAll(createToolPattern(tools))]
    .map(({ 0: name, index }) => ({
      name,
      index,
      textBefore: text.slice(Math.max(0, index - maxFrameChars), index),
    }))
    .filter(({ textBefore }) => isCalled(textBefore));
  for (const [n, { index, name, textBefore }] of names.entries()) {
    const textBehind = text.slice(index + name.length, names[n + 1]?.index);
    yield { name, textBefore, textBehind };
  }
}

/** Longer than the tag before the name of a tool. */
const maxFrameChars = 160;

function readTags(text: string, tools: readonly string[]): readonly WrittenCall[] {
  if (!text.includes('<')) return [];
  const calls: WrittenCall[] = [];
  for (const { name, textBefore, textBehind } of splitByNames(text, tools, isTagged)) {
    const [body = ''] = textBehind.split(/<\w*(?:parameter|key)\b/);
    if (/[{(]/.test(body)) return []; // An object or a call in Python inside a tag.
    const parameters = readTaggedParameters(textBefore, textBehind);
    if (parameters) calls.push(createCall(name, parameters));
  }
  return calls;
}

/** Reads calls in Python: `lamp.call(on=True)`, `[lamp(on=True), door()]` */
function readPython(text: string, tools: readonly string[]): readonly WrittenCall[] {
  return [...splitByNames(text, tools)].flatMap(({ name, textBehind }) => {
    const [, inside] = /^(?:\.call)?\(([^)]*)/.exec(textBehind) ?? [];
    if (inside === undefined) return [];
    const pairs = inside.matchAll(/(?<!\w)(\w+)=("[^"]*"|'[^']*'|[^,"']*)/g);
    const input = [...pairs].map(([, key = '', value = '']) => [
      key,
      readLiteral(value.trim()),
    ]);
    return [createCall(name, Object.fromEntries(input))];
  });
}

function* findObjects(text: string) {
  let [depth, start] = [0, 0];
  for (const { isOpening, index } of findBraces(text)) {
    if (isOpening && depth === 0) start = index;
    depth = Math.max(0, depth + (isOpening ? 1 : -1));
    if (isOpening || depth > 0) continue;
    const end = index + 1;
    const value = parseLooseObject(text.slice(start, end));
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
