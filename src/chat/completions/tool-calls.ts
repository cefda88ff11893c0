import type { ToolCall } from '#src/chat/ports.ts';

/** One piece of a tool call as servers stream it; any field may be missing, empty or repeated. */
type Fragment = {
  readonly index: number | undefined;
  readonly id: string;
  readonly name: string;
  readonly json: string;
};

type PartialToolCall = { id: string; name: string; json: string };

/**
 * Puts streamed tool calls together.
 *
 * Sources differ (`index` missing or always 0, `id` empty, a call whole or in crumbs), so a piece belongs to the
 * last call of its key, `index` or else `id` or else its place, unless it can only be a new one.
 */
export class ToolCalls {
  readonly #drafts: PartialToolCall[] = [];
  readonly #byKey = new Map<string, PartialToolCall>();

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
    return this.#drafts
      .filter((draft) => draft.name !== '')
      .map(({ id, name, json }, place) => ({
        id: id === '' ? `call_${place}` : id,
        name,
        argumentsJson: json.trim() === '' ? '{}' : json,
      }));
  }

  #join(fragment: Fragment, key: string): void {
    let draft = this.#byKey.get(key);
    if (!draft || startsAnew(draft, fragment)) {
      draft = { id: '', name: '', json: '' };
      this.#drafts.push(draft);
      this.#byKey.set(key, draft);
    }
    if (draft.id === '') draft.id = fragment.id;
    if (draft.name === '') draft.name = fragment.name;
    draft.json += fragment.json;
  }
}

function keyOf({ index, id }: Fragment, place: number): string {
  if (index !== undefined) return `index ${index}`;
  return id === '' ? `place ${place}` : `id ${id}`;
}

function startsAnew(draft: PartialToolCall, { id, name, json }: Fragment): boolean {
  if (id !== '' && draft.id !== '') return id !== draft.id;
  return name !== '' && json !== '' && isJson(draft.json);
}

/** Whether the arguments of a call are whole. */
export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function readFragment(delta: unknown): Fragment | undefined {
  if (!isRecord(delta)) return undefined;
  const part = isRecord(delta.function) ? delta.function : {};
  const { index } = delta;
  return {
    index: typeof index === 'number' ? index : undefined,
    id: textOf(delta.id),
    name: textOf(part.name),
    json: jsonOf(part.arguments),
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function jsonOf(value: unknown): string {
  return isRecord(value) ? JSON.stringify(value) : textOf(value);
}
