import { getDurationMs, type Pcm } from '#src/audio/pcm.ts';
import type { ChatPart } from '#src/chat/chat-model.ts';
import type { AnswerSound } from '#src/pipeline/prompt.ts';
import type { BoundedQueue } from '#src/pipeline/read-ahead-speech.ts';
import { ClauseWriter } from '#src/pipeline/written-answer.ts';
import { SpeechSoundReader } from '#src/speech/openai/speech-sound-reader.ts';
import { TextAligner } from './audio-model-words.ts';

export type AudibleAnswer =
  | { readonly kind: 'sound'; readonly pcm: Pcm; readonly words: TextAligner }
  | { readonly kind: 'over'; readonly words: TextAligner }
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
export class AudioReplySorter {
  readonly #queue;
  readonly #habit;
  readonly #words = new TextAligner();
  readonly #sound = new SpeechSoundReader('audio/pcm');
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
        this.#addText(part.text);
        yield { kind: 'text', text: part.text };
        if (part.kind === 'text' && this.#habit.isSilent) this.#readAloud();
        return;
      case 'sound':
        for (const pcm of this.#sound.push(part.bytes)) await this.#addSound(pcm);
        return;
      case 'tool':
      case 'cut':
      case 'usage':
        yield part;
    }
  }

  async end(whole: boolean) {
    for (const pcm of this.#sound.end()) await this.#addSound(pcm);
    this.#words.end();
    this.#queue.put({ kind: 'over', words: this.#words });
    if (this.#source !== undefined || this.#hasSound)
      this.#habit.isSilent = !this.#hasSound;
    if (this.#voice === 'own') return;
    if (whole) this.#unread.push(...this.#clauses.flush());
    this.#readAloud();
  }

  #addText(text: string) {
    this.#words.addText(text);
    if (this.#voice !== 'own') this.#unread.push(...this.#clauses.push(text));
  }

  #readAloud() {
    if (this.#unread.length > 0) this.#voice = 'other';
    for (const text of this.#unread.splice(0))
      this.#queue.put({ kind: 'clause', text });
  }

  async #addSound(pcm: Pcm) {
    this.#hasSound = true;
    if (this.#voice === 'other') return; // A voice never changes inside an answer.
    this.#voice = 'own';
    this.#soundMs += getDurationMs(pcm);
    this.#words.addSound(getDurationMs(pcm));
    await this.#queue.waitForSpace();
    this.#queue.put({ kind: 'sound', pcm, words: this.#words });
  }
}
