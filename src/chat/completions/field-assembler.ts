import { isRecord } from '#src/base/json.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Text of thoughts, which arrives in pieces. A signature, an id or a format arrives whole. */
const joinedName = /(?:^|_)(?:reasoning|thinking|thoughts?|text|summary|content)$/i;

const maxDepth = 32;

/** Characters that are left for all unknown fields of one answer. */
export type FieldRoom = { text: number; other: number };

/** Room of one answer. Thoughts have a share of their own, so that a signature behind them has room. */
export const maxFieldCharacters: Readonly<FieldRoom> = {
  text: 128 * 2 ** 10,
  other: 128 * 2 ** 10,
};

/**
 * Assembles fields that arrive in pieces. Text of thoughts is joined, lists grow, objects are merged, and of anything
 * else the last value counts.
 *
 * @example
 * import { FieldAssembler, maxFieldCharacters } from '#src/chat/completions/field-assembler.ts';
 *
 * const assembler = new FieldAssembler({ ...maxFieldCharacters });
 * assembler.add({ reasoning_content: 'Hm, ' });
 * assembler.add({ reasoning_content: 'tea.', signature: 'abc' });
 * assembler.fields; // { reasoning_content: 'Hm, tea.', signature: 'abc' }
 */
export class FieldAssembler {
  readonly #room: FieldRoom;
  #fields: Fields = {};

  /** Takes from `room`, which all assemblers of one answer share. */
  constructor(room: FieldRoom) {
    this.#room = room;
  }

  /** The fields so far. */
  get fields(): Fields {
    return this.#fields;
  }

  /** Adds a piece. A value for which there is no room is left out. */
  add(piece: Fields): void {
    this.#fields = this.#mergeRecords(this.#fields, piece, 0);
  }

  /** Adds the fields that no piece had, as of a whole message behind its pieces. */
  addMissing(whole: Fields): void {
    const entries = Object.entries(whole);
    this.add(
      Object.fromEntries(
        entries.filter(([name]) => !Object.hasOwn(this.#fields, name)),
      ),
    );
  }

  #mergeRecords(former: Fields, piece: Fields, depth: number): Fields {
    const merged = new Map(Object.entries(former));
    for (const [name, value] of Object.entries(piece)) {
      const isNew = !merged.has(name);
      if (isNew && !this.#takeRoom('other', name.length)) continue;
      const next = this.#mergeValues(name, merged.get(name), value, depth + 1);
      if (next !== undefined) merged.set(name, next);
    }
    return Object.fromEntries(merged);
  }

  #mergeValues(name: string, former: unknown, piece: unknown, depth: number): unknown {
    if (isEmpty(piece) || depth > maxDepth) return keepEmpty(former, piece, depth);
    if (Array.isArray(piece))
      return this.#mergeLists(Array.isArray(former) ? former : [], piece, depth);
    if (isRecord(piece)) {
      const isMerged = isRecord(former) && !Array.isArray(former);
      return this.#mergeRecords(isMerged ? former : {}, piece, depth);
    }
    return typeof piece === 'string' && joinedName.test(name)
      ? this.#joinText(former, piece)
      : this.#replaceValue(former, piece);
  }

  #joinText(former: unknown, piece: string) {
    if (!this.#takeRoom('text', piece.length)) return former;
    return typeof former === 'string' ? former + piece : piece;
  }

  #replaceValue(former: unknown, piece: unknown) {
    const growth = measure(piece) - measure(former);
    return this.#takeRoom('other', growth) ? piece : former;
  }

  /** Takes characters, which may be negative to give some back. False if there is no room for them. */
  #takeRoom(kind: keyof FieldRoom, characters: number) {
    if (characters > this.#room[kind]) return false;
    this.#room[kind] -= characters;
    return true;
  }

  #mergeLists(former: readonly unknown[], piece: readonly unknown[], depth: number) {
    const list = [...former];
    for (const [n, item] of piece.entries()) {
      const at = findContinued(former, item, n === 0);
      const next = this.#mergeValues('', list[at], item, depth + 1);
      if (next === undefined) continue;
      if (at >= 0) list[at] = next;
      else if (this.#takeRoom('other', 1)) list.push(next);
    }
    return list;
  }
}

/** Finds the item of a list that a piece goes on with, by its index, or else the last one. Negative for none. */
function findContinued(list: readonly unknown[], piece: unknown, isFirst: boolean) {
  if (!isRecord(piece)) return -1;
  if (piece.index !== undefined)
    return list.findLastIndex(
      (item) => isRecord(item) && item.index === piece.index && isSameKind(item, piece),
    );
  const last = list.at(-1);
  // A signature ends a thought.
  const isOpen = isRecord(last) && isEmpty(last.signature) && hasText(last);
  const isContinuing = isOpen && (hasText(piece) || !isEmpty(piece.signature));
  return isFirst && isContinuing && isSameKind(last, piece) ? list.length - 1 : -1;
}

function isSameKind(item: Fields, piece: Fields) {
  return ['type', 'id'].every(
    (name) => isEmpty(item[name]) || isEmpty(piece[name]) || item[name] === piece[name],
  );
}

function hasText(item: Fields) {
  return Object.entries(item).some(
    ([name, value]) => joinedName.test(name) && typeof value === 'string',
  );
}

/** Servers compare what stands inside a field, so that a null in it goes back, too. */
function keepEmpty(former: unknown, piece: unknown, depth: number) {
  return former ?? (depth > 1 && depth <= maxDepth ? piece : undefined);
}

function isEmpty(value: unknown) {
  if (value === undefined || value === null || value === '') return true;
  return isRecord(value) && Object.keys(value).length === 0;
}

function measure(value: unknown) {
  return value === undefined ? 0 : JSON.stringify(value).length;
}
