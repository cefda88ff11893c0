import type { SpeakingContext } from '#src/session/context.ts';
import { TurnHandle } from '#src/session/queue/turn-handle.ts';
import { classify, type Interjection } from '#src/turn/overlap/interjections.ts';
import { namesIn } from './bot-names.ts';
import type { Interruptions } from './interruptions.ts';
import type { OpenUtterance } from './open-utterance.ts';

export type OverlapWordsParts = {
  readonly context: SpeakingContext;
  readonly interruptions: Pick<Interruptions, 'hear'>;
};

const slowerSpeed = 0.85;
const louderDb = 6;

/** What words said into the bot's speech or silence want of it, before they count as a question. */
export class OverlapWords {
  readonly #parts: OverlapWordsParts;

  constructor(parts: OverlapWordsParts) {
    this.#parts = parts;
  }

  /** All words so far; more may come. */
  partly({ speakerId: personId }: OpenUtterance, text: string): void {
    const said = this.#classify(text, false);
    const sure = 'sure' in said && said.sure;
    const isOpen = said.kind === 'backchannel' && isBeginning(text);
    this.#parts.interruptions.hear({
      personId,
      what: isOpen ? 'empty' : said.kind,
      sure,
      isFinal: false,
      meant: false,
    });
  }

  /** What an utterance wants, judged on all of it; nothing where there were no words. */
  read(text: string | undefined): Interjection | undefined {
    return text === undefined ? undefined : this.#classify(text, true);
  }

  /** Does what was wanted, where an utterance was nothing but the word for it; false where it is a question. */
  heeds(utterance: OpenUtterance, said: Interjection, meant: boolean): boolean {
    const { queue } = this.#parts.context;
    switch (said.kind) {
      case 'stop':
        this.#hush(utterance, true);
        queue.forgetAside();
        return true;
      case 'never-mind':
        this.#hush(utterance, meant);
        if (meant) queue.forgetAside(utterance.speakerId);
        return meant;
      case 'wait':
      case 'go-on':
      case 'backchannel':
        return utterance.overlaps;
      case 'again':
        return meant && this.#repeat(said);
      case 'empty':
      case 'other':
        return false;
    }
  }

  /** Whether it would be heeded, and so needs no answer. */
  foresees(text: string): boolean {
    const { kind } = this.#classify(text, true);
    return kind === 'stop' || kind === 'never-mind' || (kind === 'again' && this.#canRepeat());
  }

  /** An utterance is over; `said` is missing where there were no words. */
  finally(
    { speakerId: personId }: OpenUtterance,
    said: Interjection | undefined,
    meant: boolean,
  ): void {
    const what = said?.kind ?? 'noise';
    this.#parts.interruptions.hear({ personId, what, isFinal: true, meant });
  }

  #classify(text: string, isFinal: boolean): Interjection {
    const { channel, parts } = this.#parts.context;
    return classify(text, { isFinal, names: namesIn(channel.guildId, parts) });
  }

  #canRepeat(): boolean {
    return this.#parts.context.output.hasAnswered;
  }

  /** What is only being thought about has no sound that could be stopped. */
  #hush({ speakerId }: OpenUtterance, meant: boolean): void {
    const { queue, output } = this.#parts.context;
    const { current } = queue;
    const theirs = current?.kind === 'question' && current.said.speakerId === speakerId;
    if (current && !output.sounds && (theirs || meant)) queue.drop(current, 'stopped');
  }

  #repeat({ slower, louder, quieter }: Extract<Interjection, { kind: 'again' }>): boolean {
    const { queue } = this.#parts.context;
    if (!this.#canRepeat()) return false;
    const gainDb = (louder ? louderDb : 0) - (quieter ? louderDb : 0);
    const speed = slower ? slowerSpeed : 1;
    queue.repeat({ kind: 'repeat', speed, gainDb, handle: new TurnHandle() });
    return true;
  }
}

/** "He" may become "here", and most short words another. */
function isBeginning(text: string): boolean {
  return /^\P{L}*[\p{L}&&\p{Script=Latin}]{1,2}\P{L}*$/v.test(text);
}
