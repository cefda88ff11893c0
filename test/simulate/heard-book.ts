import type { Id } from '#src/conversation/machine/state.ts';
import { slots, type VoiceFrame } from './spoken-sound.ts';

/** A text that the bot's voice was made for, and its frames that left. */
export type SaidText = {
  readonly number: number;
  readonly text: string;
  /** True where a model says it itself, so that nobody knows which sound says which words. */
  readonly isOwnVoice: boolean;
  /** Length of its sound so far, in ms; `isMade`: all of it. */
  ms: number;
  isMade: boolean;
  /** Reply that was current when its first frame left. */
  reply: Id | undefined;
  firstAtMs: number;
  lastAtMs: number;
  frames: number;
  /** True where it paused. */
  hasPaused: boolean;
};

/** Said in the same voice while an answer is awaited. */
export const momentMs = 'One moment.';
const frameMs = 20;
/** Longest gap, in ms, between two frames of a text that goes on. */
const gapMs = 40;
/** Sound, in ms, that may lack at the end of a whole text. */
const missingMs = 80;
/** Words by which an estimate of what was heard may be wrong. */
const [maxWordsOff, maxOwnWordsOff] = [3, 5];
const maxEndWordsOff = 2;
/** Time, in ms, that a letter takes where the sound of a text is not made yet. */
const letterMs = 65;

export type HeardBook = ReturnType<typeof createHeardBook>;

/** What people heard of the bot, by the frames that left. It knows nothing of the conversation but which reply was current. */
export function createHeardBook() {
  const latest = new Map<number, SaidText>();
  let allTexts: SaidText[] = [];
  let next = 0;
  let spokenMs = Number.NEGATIVE_INFINITY;

  /** Texts of a reply of which something left, in order. */
  function listTexts(reply: Id) {
    return allTexts.filter((text) => text.reply === reply);
  }

  return {
    /** The voice is asked for a text, whose frames carry the number that is returned. */
    beginText(text: string, isOwnVoice = false) {
      const none = Number.NEGATIVE_INFINITY;
      const said: SaidText = {
        number: next++,
        text,
        isOwnVoice,
        ms: 0,
        isMade: false,
        reply: undefined,
        firstAtMs: none,
        lastAtMs: none,
        frames: 0,
        hasPaused: false,
      };
      latest.set(said.number % slots, said);
      return said;
    },

    /** A frame of the voice leaves. Undefined: of no reply. */
    noteLeft({ slot }: VoiceFrame, atMs: number, reply: Id | undefined) {
      const text = latest.get(slot);
      if (!text || text.text === momentMs) return undefined;
      spokenMs = atMs;
      if (text.frames === 0) {
        text.firstAtMs = atMs;
        text.reply = reply;
        allTexts.push(text);
      } else if (atMs - text.lastAtMs > gapMs) text.hasPaused = true;
      text.frames++;
      text.lastAtMs = atMs;
      return text;
    },
    listTexts,

    /** Latest instant, in ms, at which words of the bot left. */
    get spokenMs() {
      return spokenMs;
    },

    /** Another session begins, whose ids are new ones. */
    clearReplies() {
      allTexts = [];
    },

    /** Forgets texts of replies that are over. */
    forgetReply(reply: Id) {
      allTexts = allTexts.filter((text) => text.reply !== reply);
    },

    /** What is wrong about the words that a reply is said to have been heard with; undefined: nothing. */
    findMismatch(reply: Id, transcript: string) {
      const texts = listTexts(reply);
      if (texts.some((text) => text.isOwnVoice))
        return findOwnVoiceMismatch(texts, transcript);
      const lacking = texts.find((text, n) =>
        isLackingWords(text, texts[n + 1], transcript),
      );
      if (lacking) return `"${lacking.text}" left, known is "${transcript}"`;
      const most = texts.reduce(
        (sum, text, n) => sum + countMostWords(text, texts[n + 1]),
        0,
      );
      const known = splitWords(transcript).length;
      if (known > most)
        return `${known} words are known, ${most} left: "${transcript}"`;
      return undefined;
    },
  };
}

/** The same, where words and sound arrive without an assignment. */
function findOwnVoiceMismatch(texts: readonly SaidText[], transcript: string) {
  const known = splitWords(transcript).length;
  const whole = texts.filter((text, n) => isWhole(text, texts[n + 1]));
  const least = whole.reduce((sum, { text }) => sum + splitWords(text).length, 0);
  const most = texts.reduce(
    (sum, text, n) => sum + countMostWords(text, texts[n + 1]),
    0,
  );
  const isFine = known >= least - maxOwnWordsOff && known <= most + maxOwnWordsOff;
  return isFine
    ? undefined
    : `${known} words are known, ${least} to ${most} left: "${transcript}"`;
}

/** Whether words of a text are not known that were heard. While more of the last text might come, its end is an estimate. */
function isLackingWords(
  text: SaidText,
  next: SaidText | undefined,
  transcript: string,
) {
  if (!isWhole(text, next)) return false;
  const words = splitWords(text.text);
  const sure = next ? words : words.slice(0, -maxEndWordsOff);
  return !splitWords(transcript).join(' ').includes(sure.join(' '));
}

function isWhole(text: SaidText, next: SaidText | undefined) {
  if (next) return true;
  return (
    text.isMade && !text.hasPaused && text.frames * frameMs >= text.ms - missingMs / 2
  );
}

/** Most words of a text that people can have understood. */
function countMostWords(text: SaidText, next: SaidText | undefined) {
  const words = splitWords(text.text).length;
  if (next) return words;
  const ms = text.isMade ? text.ms : text.text.length * letterMs;
  const share = Math.min(1, (text.frames * frameMs + missingMs) / Math.max(1, ms));
  return Math.min(words, Math.floor(words * share) + maxWordsOff);
}

export function splitWords(text: string) {
  return text
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((item) => item !== '');
}
