import { foreignJson, isRecord, textIn, toolArgumentLimits } from '#src/base/json.ts';
import type { ToolCall } from '#src/chat/ports.ts';

/** One piece of a tool call as servers stream it; any field may be missing, empty or repeated. */
type Fragment = {
  readonly index: number | undefined;
  readonly id: string;
  readonly name: string;
  readonly json: string;
};

type PartialToolCall = { id: string; name: string; json: string };

/** Limit of characters of arguments that are searched for their end in one answer: each piece may start a new search. */
const mostCheckedChars = 4 * 2 ** 20;

/**
 * Puts streamed tool calls together.
 *
 * Sources differ (`index` missing or always 0, `id` empty, a call whole or in crumbs), so a piece belongs to the
 * last call of its key, `index` or else `id` or else its place, unless it can only be a new one.
 */
export class ToolCalls {
  readonly #calls: PartialToolCall[] = [];
  readonly #byKey = new Map<string, PartialToolCall>();
  #checkedChars = 0;

  /** `deltas` is `delta.tool_calls` as it came from the server, checked here. */
  add(deltas: unknown): void {
    if (!Array.isArray(deltas)) return;
    for (const [place, delta] of deltas.entries()) {
      const fragment = readFragment(delta);
      if (fragment) this.#join(fragment, keyOf(fragment, place));
    }
  }

  /** Every call that has a name, in order of appearance. `argumentsJson` is not checked to be JSON. */
  collected(): readonly ToolCall[] {
    return this.#calls
      .filter((call) => call.name !== '')
      .map(({ id, name, json }, place) => ({
        id: id === '' ? `call_${place}` : id,
        name,
        argumentsJson: json.trim() === '' ? '{}' : json,
      }));
  }

  #join(fragment: Fragment, key: string): void {
    let call = this.#byKey.get(key);
    if (!call || this.#startsAnew(call, fragment)) {
      call = { id: '', name: '', json: '' };
      this.#calls.push(call);
      this.#byKey.set(key, call);
    }
    if (call.id === '') call.id = fragment.id;
    if (call.name === '') call.name = fragment.name;
    if (call.json.length <= toolArgumentLimits.bytes) call.json += fragment.json; // longer ones fit no tool
  }

  #startsAnew(call: PartialToolCall, { id, name, json }: Fragment): boolean {
    if (id !== '' && call.id !== '') return id !== call.id;
    if (name === '' || json === '') return false;
    this.#checkedChars += call.json.length;
    return this.#checkedChars <= mostCheckedChars && isJson(call.json);
  }
}

function keyOf({ index, id }: Fragment, place: number): string {
  if (index !== undefined) return `index ${index}`;
  return id === '' ? `place ${place}` : `id ${id}`;
}

/** Whether the arguments of a call are whole. */
export function isJson(text: string): boolean {
  return foreignJson(text, toolArgumentLimits) !== undefined;
}

function readFragment(delta: unknown): Fragment | undefined {
  if (!isRecord(delta)) return undefined;
  const part = isRecord(delta.function) ? delta.function : {};
  const { index } = delta;
  return {
    index: typeof index === 'number' ? index : undefined,
    id: textIn(delta.id) ?? '',
    name: textIn(part.name) ?? '',
    json: jsonOf(part.arguments),
  };
}

function jsonOf(value: unknown): string {
  return isRecord(value) ? JSON.stringify(value) : (textIn(value) ?? '');
}
