import { durationMs, type Pcm } from '#src/audio/pcm.ts';
import type { ChatPart } from '#src/chat/ports.ts';
import type { AnswerSound } from '#src/pipeline/prompt.ts';
import type { BoundedQueue } from '#src/pipeline/spoken.ts';
import { ClauseWriter } from '#src/pipeline/written.ts';
import { SoundStream } from '#src/speech/openai/sound-stream.ts';
import { SpokenWords } from './audio-model-words.ts';

export type AudibleAnswer =
  | { readonly kind: 'sound'; readonly pcm: Pcm; readonly words: SpokenWords }
  | { readonly kind: 'over'; readonly words: SpokenWords }
  | { readonly kind: 'clause'; readonly text: string };

/** A model whose last answer had no sound is read aloud without waiting for any. */
export type ModelHabit = {
  isSilent: boolean;
  readonly goneVoices: Set<string>;
};

/**
 * Sorts the output of one request: text to the reader, sound with its words to `queue`, and text without sound to the
 * voice.
 */
export class AudioReply {
  readonly #queue;
  readonly #habit;
  readonly #words = new SpokenWords();
  readonly #sound = new SoundStream('audio/pcm');
  readonly #clauses;
  readonly #unread: string[] = [];
  /** Some servers send the words twice. The form that came first counts. */
  #source: 'text' | 'transcript' | undefined;
  #voice: 'unknown' | 'own' | 'other' = 'unknown';
  #hasSound = false;
  #soundMs = 0;

  constructor(
    queue: BoundedQueue<AudibleAnswer>,
    habit: ModelHabit,
    instead: AnswerSound['asides'],
  ) {
    this.#queue = queue;
    this.#habit = habit;
    this.#clauses = new ClauseWriter(instead);
  }

  get soundMs(): number {
    return this.#soundMs;
  }

  /** Waits while much sound is unheard. Throws BotError `provider.wrong_type` or `audio.bad_wav`. */
  async *handle(part: ChatPart): AsyncGenerator<ChatPart> {
    switch (part.kind) {
      case 'text':
      case 'transcript':
        this.#source ??= part.kind;
        if (this.#source !== part.kind) return;
        this.#write(part.text);
        yield { kind: 'text', text: part.text };
        if (part.kind === 'text' && this.#habit.isSilent) this.#read();
        return;
      case 'sound':
        for (const pcm of this.#sound.push(part.bytes)) await this.#play(pcm);
        return;
      case 'tool':
      case 'cut':
      case 'usage':
        yield part;
    }
  }

  async end(whole: boolean): Promise<void> {
    for (const pcm of this.#sound.end()) await this.#play(pcm);
    this.#words.end();
    this.#queue.put({ kind: 'over', words: this.#words });
    if (this.#source !== undefined || this.#hasSound) this.#habit.isSilent = !this.#hasSound;
    if (this.#voice === 'own') return;
    if (whole) this.#unread.push(...this.#clauses.flush());
    this.#read();
  }

  #write(text: string) {
    this.#words.words(text);
    if (this.#voice !== 'own') this.#unread.push(...this.#clauses.push(text));
  }

  #read() {
    if (this.#unread.length > 0) this.#voice = 'other';
    for (const text of this.#unread.splice(0)) this.#queue.put({ kind: 'clause', text });
  }

  async #play(pcm: Pcm) {
    this.#hasSound = true;
    if (this.#voice === 'other') return; // A voice never changes inside an answer.
    this.#voice = 'own';
    this.#soundMs += durationMs(pcm);
    this.#words.arrived(durationMs(pcm));
    await this.#queue.space();
    this.#queue.put({ kind: 'sound', pcm, words: this.#words });
  }
}
