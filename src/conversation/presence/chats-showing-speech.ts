/** Chat in which what people say in a voice channel is written. */
export type ChatShowingSpeech = {
  /** Ids of where the words of this person since then (monotonic clock) stand; undefined: they are not written. */
  since(speakerId: string, fromMs: number): readonly string[] | undefined;
  /** Ids of what this person may open there. */
  openTo(personId: string): readonly string[];
};

/** Chats in which the words of one session are written now: who may open them may know the words. */
export class ChatsShowingSpeech {
  readonly #all = new Set<ChatShowingSpeech>();

  get isEmpty(): boolean {
    return this.#all.size === 0;
  }

  /** Words are written there from now on, until disposed. */
  open(place: ChatShowingSpeech): Disposable {
    this.#all.add(place);
    return { [Symbol.dispose]: () => void this.#all.delete(place) };
  }

  /** `ChatShowingSpeech.since` of all places. */
  since(speakerId: string, fromMs: number): readonly string[] | undefined {
    const found = [...this.#all].flatMap((one) => {
      const ids = one.since(speakerId, fromMs);
      return ids ? [ids] : [];
    });
    return found.length > 0 ? found.flat() : undefined;
  }

  /** `ChatShowingSpeech.openTo` of all places. */
  openTo(personId: string): readonly string[] {
    return [...this.#all].flatMap((one) => one.openTo(personId));
  }
}
