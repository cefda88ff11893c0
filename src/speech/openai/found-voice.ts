import { BotError } from '#src/base/errors.ts';
import { admitSentence, writeSentence } from '#src/base/logged-text.ts';
import { standardVoice } from '#src/provider/models/standard-models.ts';
import type { ServerHabit } from '#src/provider/negotiation/server-knowledge.ts';
import type { Synthesizer } from '#src/speech/speech-engine.ts';
import type { VoiceNames } from '#src/speech/voice-names.ts';

/** Beginning of a list: "must be one of [", "Available voices: ", "Input should be '". */
const listStart =
  /\b(?:one of|available|supported|valid|allowed|options?|should be|must be|choose|expected|voices)\b(?:\s+(?:voices?|values?|options?|names?|are|is|from|of|the|following|one))*[:\s]*/gi;
const quotedName = /['"`]([^'"`]{1,60})['"`]/g;
const voiceName = /^[\p{L}\p{N}][\p{L}\p{N} _.:/+-]{0,59}$/u;
const otherSubject =
  /\b(?:models?|formats?|languages?|speed|rate|stream)\b|\b(?:mp3|wav|pcm)\b/i;

/**
 * The voice of a server for which no setting names one: the first of its list, else OpenAI's usual one, else one that
 * the server names when it refuses that.
 *
 * @example
 * import { FoundVoice } from '#src/speech/openai/found-voice.ts';
 * import { createFixedVoiceNames } from '#src/speech/voice-names.ts';
 *
 * const voice = new FoundVoice(createFixedVoiceNames(['af_bella', 'am_adam']));
 * await voice.find(); // 'af_bella'
 */
export class FoundVoice {
  readonly #voices: VoiceNames;
  readonly #report: ((habit: ServerHabit) => void) | undefined;
  readonly #refused = new Set<string>();
  #firstList: Promise<unknown> | undefined;
  #offered: string | undefined;

  constructor(voices: VoiceNames, report?: (habit: ServerHabit) => void) {
    this.#voices = voices;
    this.#report = report;
  }

  /** Finds the voice. Waits for the first list of the server, which has a deadline. */
  async find(): Promise<string> {
    const list = this.#voices.loadNames();
    this.#firstList ??= list;
    await this.#firstList;
    return this.#choose();
  }

  /** Wraps an engine so that it speaks again where its server refuses the voice, and offers another one. */
  wrap(engine: Synthesizer): Synthesizer {
    const isRefused = (error: unknown, said: string) =>
      this.#learnFromRefusal(error, said);
    return {
      async *synthesize(text, voice, signal) {
        let hasSound = false;
        try {
          for await (const pcm of engine.synthesize(text, voice, signal)) {
            hasSound = true;
            yield pcm;
          }
          return;
        } catch (error) {
          const isFound = !hasSound && !signal.aborted && voice.name === undefined;
          if (!isFound || !isRefused(error, text)) throw error;
        }
        yield* engine.synthesize(text, voice, signal);
      },
    };
  }

  #learnFromRefusal(error: unknown, said: string) {
    if (!(error instanceof BotError)) return false;
    this.#refused.add(this.#choose());
    const text = error.about.serverMessage ?? error.message;
    const offered = listOfferedVoices(text).find((name) => !this.#refused.has(name));
    if (offered === undefined) return false;
    this.#offered = offered;
    // A refusal may quote the text, and what looks like a voice in it may be a name that somebody said.
    const voice = admitSentence(offered, said) ?? writeSentence`a voice that it offers`;
    this.#report?.({
      what: writeSentence`it refused the usual voice, so it speaks as ${voice}`,
      mend: writeSentence`set SPEECH_VOICE=${voice}, or another of its voices`,
    });
    return true;
  }

  #choose() {
    return this.#offered ?? this.#voices.getKnown()[0] ?? standardVoice;
  }
}

/** Lists the voices that a refusal offers, in its order. */
function listOfferedVoices(text: string): readonly string[] {
  if (!/\bvoices?\b/i.test(text) && otherSubject.test(text)) return [];
  const ends = [...text.matchAll(listStart)].map(
    ({ 0: start, index }) => index + start.length,
  );
  const lists = ends.map((end) => splitNames(text.slice(end)));
  return lists.find((names) => names.length > 0) ?? [];
}

function splitNames(list: string) {
  const quoted = [...list.matchAll(quotedName)].map(([, name = '']) => name);
  if (quoted.length > 0) return quoted.filter((name) => voiceName.test(name));
  const [, bracketed] = /^[[(]([^\])]*)/.exec(list) ?? [];
  const plain = bracketed ?? list.replace(/[.;]\s.*|[.;]?$/s, '');
  const separator = /,/.test(plain) ? /,\s*(?:(?:or|and)\s+)?/ : /\s+(?:or\s+|and\s+)?/;
  const names = plain.split(separator).map((name) => name.trim());
  // A sentence is no list.
  return names.every((name) => voiceName.test(name)) &&
    (bracketed !== undefined || /,/.test(plain))
    ? names
    : [];
}
