import { VoiceLevels } from '#src/audio/loudness/loudness.ts';
import { getDurationMs, type Pcm } from '#src/audio/pcm.ts';
import { realClock } from '#src/base/clock.ts';
import type { ChatPart } from '#src/chat/chat-model.ts';
import type { AnswerSound } from '#src/pipeline/pipeline.ts';
import type { BoundedQueue } from '#src/pipeline/read-ahead-speech.ts';
import { ClauseWriter } from '#src/pipeline/written-answer.ts';
import { ServerKnowledge } from '#src/provider/negotiation/server-knowledge.ts';
import { SpeechSoundReader } from '#src/speech/openai/speech-sound-reader.ts';
import { TextAligner } from './audio-model-words.ts';

/** A piece of an answer to be played: the model's own sound, its end, or a clause that another voice reads. */
export type AudibleAnswer =
  | { readonly kind: 'sound'; readonly pcm: Pcm; readonly aligner: TextAligner }
  | { readonly kind: 'over'; readonly aligner: TextAligner }
  | { readonly kind: 'clause'; readonly text: string };

/** Habits of an audio model that its pipeline has learnt from earlier answers. */
export class ModelHabits {
  #isSilent = false;
  /** What the model takes, such as voices. */
  readonly knowledge: ServerKnowledge = new ServerKnowledge({ clock: realClock });
  /** How loud the voices of the model are. */
  readonly levels: VoiceLevels = new VoiceLevels();

  /** True if the last answer had no sound. The next one is then read aloud without waiting for any. */
  get isSilent(): boolean {
    return this.#isSilent;
  }

  /** Remembers whether an answer had sound. */
  recordAnswer(hasSound: boolean): void {
    this.#isSilent = !hasSound;
  }
}

/**
 * Sorts the output of one request: text to the reader, sound with its words to `queue`, and text without sound to the
 * voice.
 */
export class AudioReplySorter {
  readonly #queue: BoundedQueue<AudibleAnswer>;
  readonly #habits: ModelHabits;
  readonly #aligner = new TextAligner();
  readonly #soundReader = new SpeechSoundReader('audio/pcm');
  readonly #loudness;
  readonly #clauseWriter: ClauseWriter;
  readonly #unreadClauses: string[] = [];
  /** Some servers send the words twice. The form that came first counts. */
  #textKind: 'text' | 'transcript' | undefined;
  #voice: 'unknown' | 'own' | 'other' = 'unknown';
  #hasSound = false;
  #soundMs = 0;

  constructor(
    queue: BoundedQueue<AudibleAnswer>,
    habits: ModelHabits,
    notice: AnswerSound['asideNotice'],
    voiceName = '',
  ) {
    this.#queue = queue;
    this.#habits = habits;
    this.#clauseWriter = new ClauseWriter(notice);
    this.#loudness = habits.levels.getLoudness(voiceName);
  }

  /** Length of the model's own sound so far, in ms. */
  get soundMs(): number {
    return this.#soundMs;
  }

  /**
   * Sorts a part, and waits while much sound is unheard. Throws BotError `provider.wrong_type` or
   * `audio.bad_wav`.
   */
  async *sortPart(part: ChatPart): AsyncGenerator<ChatPart> {
    switch (part.kind) {
      case 'text':
      case 'transcript':
        this.#textKind ??= part.kind;
        if (this.#textKind !== part.kind) return;
        this.#addText(part.text);
        yield { kind: 'text', text: part.text };
        if (part.kind === 'text' && this.#habits.isSilent) this.#readAloud();
        return;
      case 'sound':
        for (const pcm of this.#soundReader.push(part.bytes)) await this.#addSound(pcm);
        return;
      case 'tool':
      case 'cut':
      case 'usage':
        yield part;
    }
  }

  /** Ends the request. Words without sound are read aloud, half a clause only if the reply is whole. */
  async endRequest(isWhole: boolean): Promise<void> {
    for (const pcm of this.#soundReader.end()) await this.#addSound(pcm);
    this.#aligner.endInput();
    this.#queue.put({ kind: 'over', aligner: this.#aligner });
    if (this.#textKind !== undefined || this.#hasSound)
      this.#habits.recordAnswer(this.#hasSound);
    if (this.#voice === 'own') return;
    if (isWhole) this.#unreadClauses.push(...this.#clauseWriter.flush());
    this.#readAloud();
  }

  #addText(text: string) {
    this.#aligner.addText(text);
    if (this.#voice !== 'own')
      this.#unreadClauses.push(...this.#clauseWriter.push(text));
  }

  #readAloud() {
    if (this.#unreadClauses.length > 0) this.#voice = 'other';
    for (const text of this.#unreadClauses.splice(0))
      this.#queue.put({ kind: 'clause', text });
  }

  async #addSound(pcm: Pcm) {
    this.#hasSound = true;
    if (this.#voice === 'other') return; // A voice never changes inside an answer.
    this.#voice = 'own';
    const durationMs = getDurationMs(pcm);
    this.#soundMs += durationMs;
    this.#aligner.addSound(durationMs);
    await this.#queue.waitForSpace();
    this.#queue.put({
      kind: 'sound',
      pcm: { ...pcm, loudness: this.#loudness },
      aligner: this.#aligner,
    });
  }
}
