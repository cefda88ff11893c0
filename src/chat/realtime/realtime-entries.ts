import type { TalkAnswer, TalkItem, TalkSound } from './realtime-ports.ts';

/** One item of the server. Those of sound it names itself, later. */
export type ItemPiece = { id: string | undefined; soundMs: number };

/** Items of the server, with the entry they represent. */
export type ServerItem = {
  readonly kind: TalkItem['kind'];
  readonly name: string;
  text: string;
  readonly sound: TalkSound | undefined;
  readonly callId: string | undefined;
  pieces: ItemPiece[];
  readonly answer: TalkAnswer | undefined;
  /** The server has forgotten its end. */
  isCut: boolean;
};

export function entryOf(item: TalkItem, answer: TalkAnswer, pieces: ItemPiece[]): ServerItem {
  return {
    kind: item.kind,
    name: item.kind === 'user' ? item.name : '',
    text: textOf(item),
    sound: item.kind === 'user' ? item.sound : undefined,
    callId: callIdOf(item),
    pieces,
    answer,
    isCut: false,
  };
}

/** Tool calls and their results matter only to the answer they were made in. */
export function isOfTools({ kind }: Pick<ServerItem, 'kind'>): boolean {
  return kind === 'call' || kind === 'result';
}

/** Whether the entry represents this, or does once its end is cut off. */
function standsFor(entry: ServerItem, item: TalkItem): boolean {
  if (entry.kind !== item.kind) return false;
  switch (item.kind) {
    case 'system':
      return entry.text === item.text;
    case 'user':
      if (item.sound) return entry.sound === item.sound;
      return entry.name === item.name && lettersOf(wordsOf(entry)) === lettersOf(item.text);
    case 'assistant':
      return entry.text === item.text || beginsWith(entry, item.text);
    case 'call':
    case 'result':
      return entry.callId === callIdOf(item);
  }
}

/** Whether the entry holds more than `text`. */
export function isLonger(entry: ServerItem, text: string): boolean {
  return !entry.isCut && lettersOf(entry.text) !== lettersOf(text);
}

/** Joins the items in which one answer heard or said something into one entry, once it is over. */
export function fused(entries: readonly ServerItem[], current: TalkAnswer): ServerItem[] {
  const all: ServerItem[] = [];
  for (const entry of entries) {
    const last = all.at(-1);
    const isOver = entry.answer !== undefined && entry.answer !== current;
    if (isOver && last && last.answer === entry.answer && goesOn(last, entry)) {
      all[all.length - 1] = joined(last, entry);
    } else all.push(entry);
  }
  return all;
}

/** Pairs in the order of both, places in `entries` and in `items`: each entry with the first item that it stands for. */
export function matches(
  entries: readonly ServerItem[],
  items: readonly TalkItem[],
): readonly (readonly [number, number])[] {
  const pairs: (readonly [number, number])[] = [];
  let next = 0;
  for (const [place, entry] of entries.entries()) {
    const at = items.findIndex((item, n) => n >= next && standsFor(entry, item));
    if (at < 0) continue;
    pairs.push([place, at]);
    next = at + 1;
  }
  return pairs;
}

/** Letters only: punctuation, case and spaces may differ. */
function lettersOf(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '');
}

function beginsWith(entry: ServerItem, text: string): boolean {
  const [all, start] = [lettersOf(entry.text), lettersOf(text)];
  const hasSound = entry.pieces.some(({ soundMs }) => soundMs > 0);
  return start !== '' && (all === start || (hasSound && all.startsWith(start)));
}

function wordsOf({ sound, text }: ServerItem): string {
  return [sound?.words ?? '', text].join(' ').trim();
}

function goesOn(last: ServerItem, entry: ServerItem): boolean {
  if (last.kind === 'user') return entry.kind === 'user' && entry.name === last.name;
  return last.kind === 'assistant' && entry.kind === 'assistant';
}

function joined(one: ServerItem, other: ServerItem): ServerItem {
  const said = one.kind === 'user';
  const text = said ? `${wordsOf(one)} ${wordsOf(other)}` : `${one.text} ${other.text}`;
  return {
    ...one,
    sound: undefined,
    text: text.trim(),
    pieces: [...one.pieces, ...other.pieces],
    isCut: one.isCut || other.isCut,
  };
}

function textOf(item: TalkItem): string {
  return 'text' in item && !(item.kind === 'user' && item.sound) ? item.text : '';
}

function callIdOf(item: TalkItem): string | undefined {
  if (item.kind === 'call') return item.call.id;
  return item.kind === 'result' ? item.callId : undefined;
}
