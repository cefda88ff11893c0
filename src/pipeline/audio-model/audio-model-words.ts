import { getDurationMs, joinSamples, type Pcm } from '#src/audio/pcm.ts';
import { findBoundaries, findSureEnd } from '#src/chat/text/clause-splitter.ts';

export type PlacedSound = {
  readonly pcm: Pcm;
  readonly ofText?: string;
  readonly begins: boolean;
};

type Clause = { readonly text: string; readonly endLetters: number };

/** An ideogram counts as three letters. */
const usualLetterMs = 65;
const minCutLetters = 12;
const maxClauseChars = 240;
/** The last words need some sound to go with. */
const keptBackMs = 40;
const lastClauseMs = 100;

export type TextAligner = ReturnType<typeof createTextAligner>;

/**
 * Assigns the sound of an answer to its clauses, while both arrive in one stream.
 *
 * A clause takes the time of its letters at a usual pace, once all has arrived at the real one.
 */
export function createTextAligner() {
  let text = '';
  let letters = 0;
  let cut = 0;
  let current: Clause | undefined;
  let arrivedMs = 0;
  let takenMs = 0;
  let kept: Pcm | undefined;
  let ended = false;

  function* placePieces(pcm: Pcm) {
    for (let at = 0; at < pcm.samples.length; ) {
      const former = current;
      const clause = chooseClause();
      const untilMs = clause ? getLeftMs(clause) : keptBackMs;
      const left = slicePcm(pcm, at);
      const piece = untilMs > 0 ? slicePcm(left, 0, countSamples(untilMs, pcm)) : left;
      at += piece.samples.length;
      takenMs += getDurationMs(piece);
      const ofText = clause && { ofText: clause.text };
      yield { pcm: piece, ...ofText, begins: clause !== former };
    }
  }

  function chooseClause() {
    // The clause stays the same until its time is over and another one follows.
    if (current && !isClosing() && getLeftMs(current) > 0) return current;
    const rest = text.slice(cut);
    // All words must go with the little sound that is left.
    const length = isClosing() ? rest.length : measureNextClause(rest);
    const next = rest.slice(0, length);
    if (next.trim() === '') return current;
    cut += length;
    const endLetters = (current?.endLetters ?? 0) + weighLetters(next);
    current = { text: next.trim(), endLetters };
    return current;
  }

  function isClosing() {
    return ended && arrivedMs - takenMs < lastClauseMs;
  }

  function getLeftMs(clause: Clause) {
    const leftMs = toSoundMs(clause.endLetters) - takenMs;
    if (!ended || text.slice(cut).trim() === '') return leftMs;
    return Math.min(leftMs, arrivedMs - takenMs - keptBackMs);
  }

  function measureNextClause(rest: string) {
    const head = rest.slice(0, maxClauseChars);
    const end = findSentenceEnd(head, ended);
    if (end !== undefined) return end;
    if (head !== rest) return dropLastWord(head).length;
    if (ended || findSureEnd(rest) === 'sentence') return rest.length;
    const words = dropLastWord(rest);
    const isLong = words.trim().length >= minCutLetters && words !== rest;
    return !current || isLong ? words.length : 0;
  }

  function toSoundMs(count: number) {
    const isKnown = ended && letters > 0;
    return count * (isKnown ? arrivedMs / letters : usualLetterMs);
  }

  return {
    addText(added: string) {
      text += added;
      letters += weighLetters(added);
    },
    addSound(ms: number) {
      arrivedMs += ms;
    },
    end() {
      ended = true;
    },
    *placeSound(pcm: Pcm): Generator<PlacedSound> {
      const sound = kept ? joinPcm(kept, pcm) : pcm;
      const keeps = !ended && getDurationMs(sound) + takenMs > 2 * keptBackMs;
      const keptSamples = keeps
        ? Math.min(sound.samples.length, countSamples(keptBackMs, sound))
        : 0;
      const length = sound.samples.length - keptSamples;
      kept = keptSamples > 0 ? slicePcm(sound, length) : undefined;
      yield* placePieces(slicePcm(sound, 0, length));
    },
    *releaseRest(): Generator<PlacedSound> {
      const rest = kept;
      kept = undefined;
      if (rest) yield* placePieces(rest);
    },
  };
}

const unspacedScripts =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u;

function findSentenceEnd(text: string, ended: boolean) {
  for (const { end, kind } of findBoundaries(text, ended))
    if (kind === 'sentence' && text.slice(0, end).trim() !== '') return end;
  return undefined;
}

function dropLastWord(text: string) {
  const words = unspacedScripts.test(text) ? '' : text.replace(/(?<!\S)\S+$/, '');
  // The only word stays, but the last one of several may go on.
  return words.trim() === '' ? text.replace(/[\uD800-\uDBFF]$/, '') : words;
}

/**
 * Estimates the time of speech, counted in Latin letters. A Han, kana or Hangul
 * character takes the time of three.
 */
function weighLetters(text: string) {
  const wide = text.match(
    /\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}/gu,
  );
  return text.length + 2 * (wide?.length ?? 0);
}

function countSamples(ms: number, { rateHz }: Pcm) {
  return Math.max(1, Math.ceil((ms / 1000) * rateHz));
}

function slicePcm(pcm: Pcm, from: number, to?: number) {
  return { ...pcm, samples: pcm.samples.subarray(from, to) };
}

function joinPcm(one: Pcm, other: Pcm) {
  return { ...other, samples: joinSamples([one.samples, other.samples]) };
}
