import { getDurationMs, type Pcm } from '#src/audio/pcm.ts';
import type { ChatPart } from '#src/chat/chat-model.ts';
import type { AnswerSound } from '#src/pipeline/prompt.ts';
import type { BoundedQueue } from '#src/pipeline/read-ahead-speech.ts';
import { createClauseWriter } from '#src/pipeline/written-answer.ts';
import { SpeechSoundReader } from '#src/speech/openai/speech-sound-reader.ts';
import { createTextAligner, type TextAligner } from './audio-model-words.ts';

export type AudibleAnswer =
  | { readonly kind: 'sound'; readonly pcm: Pcm; readonly words: TextAligner }
  | { readonly kind: 'over'; readonly words: TextAligner }
  | { readonly kind: 'clause'; readonly text: string };

/** A model whose last answer had no sound is read aloud without waiting for any. */
export type ModelHabit = {
  isSilent: boolean;
  readonly goneVoices: Set<string>;
};

export type AudioReplySorter = ReturnType<typeof createAudioReplySorter>;

/**
 * Sorts the output of one request: text to the reader, sound with its words to `queue`, and text without sound to the
 * voice.
 */
export function createAudioReplySorter(
  queue: BoundedQueue<AudibleAnswer>,
  habit: ModelHabit,
  notice: AnswerSound['asideNotice'],
) {
  const words = createTextAligner();
  const sound = new SpeechSoundReader('audio/pcm');
  const unread: string[] = [];
  /** Some servers send the words twice. The form that came first counts. */
  let source: 'text' | 'transcript' | undefined;
  let voice: 'unknown' | 'own' | 'other' = 'unknown';
  let hasSound = false;
  let soundMs = 0;
  const clauses = createClauseWriter(notice);

  function addText(text: string) {
    words.addText(text);
    if (voice !== 'own') unread.push(...clauses.push(text));
  }

  function readAloud() {
    if (unread.length > 0) voice = 'other';
    for (const text of unread.splice(0)) queue.put({ kind: 'clause', text });
  }

  async function addSound(pcm: Pcm) {
    hasSound = true;
    if (voice === 'other') return; // A voice never changes inside an answer.
    voice = 'own';
    soundMs += getDurationMs(pcm);
    words.addSound(getDurationMs(pcm));
    await queue.waitForSpace();
    queue.put({ kind: 'sound', pcm, words });
  }

  return {
    get soundMs(): number {
      return soundMs;
    },
    /**
     * Sorts a part, and waits while much sound is unheard. Throws BotError `provider.wrong_type` or
     * `audio.bad_wav`.
     */
    async *handle(part: ChatPart): AsyncGenerator<ChatPart> {
      switch (part.kind) {
        case 'text':
        case 'transcript':
          source ??= part.kind;
          if (source !== part.kind) return;
          addText(part.text);
          yield { kind: 'text', text: part.text };
          if (part.kind === 'text' && habit.isSilent) readAloud();
          return;
        case 'sound':
          for (const pcm of sound.push(part.bytes)) await addSound(pcm);
          return;
        case 'tool':
        case 'cut':
        case 'usage':
          yield part;
      }
    },
    async end(whole: boolean) {
      for (const pcm of sound.end()) await addSound(pcm);
      words.end();
      queue.put({ kind: 'over', words });
      if (source !== undefined || hasSound) habit.isSilent = !hasSound;
      if (voice === 'own') return;
      if (whole) unread.push(...clauses.flush());
      readAloud();
    },
  };
}
