import { BotError } from '#src/base/errors.ts';
import { languageTagOf } from '#src/base/language-name.ts';
import { heardCount } from '#src/speech/fallbacks/request-counter.ts';
import type { Transcript } from '#src/speech/ports.ts';
import { wordDetails } from './word-details.ts';

/** `{text}`, JSON in a string, or the bare text: servers send all three for any response format. */
export function transcriptOf(reply: unknown, asked: string | undefined): Transcript {
  const answer = typeof reply === 'string' ? jsonOr(reply) : reply;
  if (typeof answer === 'string' && answer !== '') {
    return { text: answer.trim(), ...(asked && { language: asked }) };
  }
  const { text, language, languages, usage } = (answer || {}) as Readonly<Record<string, unknown>>;
  if (typeof text !== 'string') throw new BotError('provider.empty', true, noText);
  const [first] = Array.isArray(languages) ? languages : [];
  const codes: unknown[] = [language, first?.code, asked];
  const languageTags = codes.flatMap((code) =>
    typeof code === 'string' ? (languageTagOf(code) ?? []) : [],
  )[0];
  const count = heardCount(usage);
  return {
    text: text.trim(),
    language: languageTags,
    ...wordDetails(answer),
    usage: count && { count },
  };
}

const noText = 'The transcription server answered without text: check the base URL and the model.';
const cutOff = 'The transcription server sent JSON that is cut off.';

function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    if (/^\s*\{/.test(text)) throw new BotError('provider.truncated', true, cutOff);
    return text;
  }
}
