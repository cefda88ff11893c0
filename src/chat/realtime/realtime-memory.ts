import type { JsonEvent } from '#src/provider/json-socket.ts';
import {
  entryOf,
  fused,
  type ItemPiece,
  isLonger,
  isOfTools,
  matches,
  type ServerItem,
} from './realtime-entries.ts';
import type { TalkAnswer, TalkBuffer, TalkItem } from './realtime-ports.ts';
import { itemOf } from './realtime-writing.ts';

export type TalkMemoryOptions = {
  readonly buffer: TalkBuffer;
  readonly send: (event: JsonEvent) => void;
};

/** A server takes no less sound, and refuses to be cut at nothing. */
const leastMs = 1;

/** Conversation items a server holds on one connection, and the events that change them. */
export class TalkMemory {
  readonly #options: TalkMemoryOptions;
  #entries: ServerItem[] = [];
  #number = 0;
  /** Ours, and not confirmed yet; in order. */
  readonly #unconfirmed: ItemPiece[] = [];
  /** Committed, and not named by the server yet; in order. */
  readonly #unnamed: ItemPiece[] = [];
  /** Not wanted any more, and not named yet. */
  readonly #unwanted = new WeakSet<ItemPiece>();
  /** Answers whose further output is not wanted. */
  readonly #over = new WeakSet<TalkAnswer>();

  constructor(options: TalkMemoryOptions) {
    this.#options = options;
  }

  /** As `RealtimeTalk.soundMs`. */
  get soundMs(): number {
    const msOf = ({ kind, pieces }: ServerItem) =>
      pieces.reduce((sum, { soundMs }) => sum + soundMs, 0) * (kind === 'assistant' ? 2 : 1);
    return this.#entries.reduce((sum, entry) => sum + msOf(entry), 0);
  }

  /** Makes it equal to `items`, the new ones of which belong to `answer`. */
  become(items: readonly TalkItem[], answer: TalkAnswer): void {
    const isStale = (entry: ServerItem) => isOfTools(entry) && entry.answer !== answer;
    for (const entry of this.#entries.filter(isStale)) this.#forget(entry);
    const fresh = this.#entries.filter((entry) => !isStale(entry));
    const entries = fused(fresh, answer);
    const kept = this.#keepable(entries, items);
    entries.forEach((entry, place) => {
      if (![...kept.values()].includes(place)) this.#forget(entry);
    });
    const last = Math.max(-1, ...kept.keys());
    const now: ServerItem[] = [];
    items.forEach((item, place) => {
      const entry = entries[kept.get(place) ?? -1];
      if (entry && item.kind === 'assistant' && isLonger(entry, item.text)) this.#shorten(entry);
      now.push(entry ?? this.#make(item, answer, place < last ? idBefore(now) : undefined));
    });
    this.#entries = now;
  }

  /** Takes an item that the server adds while it answers. False if that is not wanted. */
  output(answer: TalkAnswer, itemId: string, callId: string | undefined): boolean {
    if (this.#entryOf(itemId)) return true;
    if (this.#over.has(answer)) {
      this.#delete(itemId);
      return false;
    }
    const pieces = [{ id: itemId, soundMs: 0 }];
    const call = { id: callId ?? '', name: '', argumentsJson: '' };
    const item: TalkItem =
      callId === undefined ? { kind: 'assistant', text: '' } : { kind: 'call', call };
    this.#entries.push(entryOf(item, answer, pieces));
    return true;
  }

  said(itemId: string, text: string): void {
    const entry = this.#entryOf(itemId);
    if (entry) entry.text += text;
  }

  sounded(itemId: string, ms: number): void {
    const piece = this.#entryOf(itemId)?.pieces.find(({ id }) => id === itemId);
    if (piece) piece.soundMs += ms;
  }

  /** The sound that was committed first of those without a name. */
  committed(itemId: string): void {
    this.#name(this.#unnamed.shift(), itemId);
  }

  /** The event sent under this id was refused. */
  refused(eventId: string): void {
    if (eventId.startsWith('commit')) this.#unnamed.shift();
  }

  /** The server has an item: ours may have got another id there. */
  added(itemId: string, role: string): void {
    const place = this.#unconfirmed.findIndex(({ id }) => id === itemId);
    if (place >= 0) this.#unconfirmed.splice(0, place + 1);
    else if (role === 'user' && !this.#entryOf(itemId))
      this.#name(this.#unconfirmed.shift(), itemId);
  }

  /** Keeps the heard part of an answer that was broken off; drops all of it if no part was heard. */
  cut(answer: TalkAnswer): void {
    this.#over.add(answer);
    const own = this.#entries.filter((entry) => entry.answer === answer);
    if (answer.playedMs() >= leastMs) {
      const heard = own.filter(({ kind }) => kind === 'assistant');
      // The server may have made more of the last one than has come.
      const open = heard.at(-1)?.pieces.at(-1);
      this.#shortenAll(heard, answer.playedMs(), open);
      return;
    }
    for (const entry of own) this.#forget(entry);
    this.#entries = this.#entries.filter((entry) => entry.answer !== answer);
  }

  /** Server items that may stay, of those that represent a wanted item: by place in `items`. */
  #keepable(
    entries: readonly ServerItem[],
    items: readonly TalkItem[],
  ): ReadonlyMap<number, number> {
    const isKnown = ([place, at]: readonly [number, number]) => {
      const [entry, item] = [entries[place], items[at]];
      if (!entry || item?.kind !== 'assistant' || !isLonger(entry, item.text)) return true;
      return (entry.answer?.playedMs() ?? 0) >= leastMs;
    };
    const known = matches(entries, items).filter(isKnown);
    const pairs = new Map(known.map(([place, at]) => [at, place]));
    // Sound is committed to the end only, so items after new sound are created again.
    const firstNew = items.findIndex(
      (item, place) => item.kind === 'user' && item.sound && !pairs.has(place),
    );
    return firstNew < 0 ? pairs : new Map([...pairs].filter(([place]) => place < firstNew));
  }

  #make(item: TalkItem, answer: TalkAnswer, after: string | undefined): ServerItem {
    const pieces = [this.#create(item, after)];
    if (item.kind === 'user' && item.sound) {
      item.sound.fill(this.#options.buffer);
      this.#options.send({ type: 'input_audio_buffer.commit', event_id: this.#eventId('commit') });
      const piece = { id: undefined, soundMs: item.sound.ms };
      this.#unnamed.push(piece);
      pieces.push(piece);
    }
    return entryOf(item, answer, pieces);
  }

  #create(item: TalkItem, after: string | undefined): ItemPiece {
    const piece = { id: `parley_${++this.#number}`, soundMs: 0 };
    const place = after === undefined ? {} : { previous_item_id: after };
    const made = { id: piece.id, ...itemOf(item) };
    const type = 'conversation.item.create';
    this.#options.send({ type, event_id: this.#eventId('create'), ...place, item: made });
    this.#unconfirmed.push(piece);
    return piece;
  }

  #shorten(entry: ServerItem): void {
    this.#shortenAll([entry], entry.answer?.playedMs() ?? 0);
  }

  /** Cuts the items of one answer, in order, to the heard length. */
  #shortenAll(entries: readonly ServerItem[], playedMs: number, open?: ItemPiece): void {
    let leftMs = playedMs;
    for (const entry of entries) {
      const kept = entry.pieces.filter((piece) => {
        const heardMs = Math.min(leftMs, piece.soundMs);
        leftMs -= heardMs;
        if (heardMs < leastMs) this.#drop(piece);
        else if (heardMs < piece.soundMs || piece === open) this.#truncate(piece, heardMs);
        return heardMs >= leastMs;
      });
      Object.assign(entry, { pieces: kept, isCut: true });
    }
    this.#entries = this.#entries.filter(({ pieces }) => pieces.length > 0);
  }

  #truncate(piece: ItemPiece, heardMs: number): void {
    const audio_end_ms = Math.floor(heardMs);
    const type = 'conversation.item.truncate';
    const event_id = this.#eventId('truncate');
    this.#options.send({ type, event_id, item_id: piece.id, content_index: 0, audio_end_ms });
    piece.soundMs = audio_end_ms;
  }

  #forget({ pieces }: ServerItem): void {
    for (const piece of pieces) this.#drop(piece);
  }

  #drop(piece: ItemPiece): void {
    if (piece.id === undefined) this.#unwanted.add(piece);
    else this.#delete(piece.id);
  }

  #delete(itemId: string): void {
    const type = 'conversation.item.delete';
    this.#options.send({ type, event_id: this.#eventId('delete'), item_id: itemId });
  }

  #name(piece: ItemPiece | undefined, itemId: string): void {
    if (!piece) return;
    piece.id = itemId;
    if (this.#unwanted.has(piece)) this.#delete(itemId);
  }

  #entryOf(itemId: string): ServerItem | undefined {
    return this.#entries.find(({ pieces }) => pieces.some(({ id }) => id === itemId));
  }

  #eventId(what: string): string {
    return `${what}_${++this.#number}`;
  }
}

/** Id of the item after which the next one belongs. */
function idBefore(entries: readonly ServerItem[]): string {
  return entries.at(-1)?.pieces.at(-1)?.id ?? 'root';
}
