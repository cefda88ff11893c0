import { textIn } from '#src/base/json.ts';
import type { JsonEvent } from '#src/provider/json-socket.ts';
import { errorIn } from '#src/provider/realtime-pool.ts';
import { heardCount } from '#src/speech/fallbacks/metered-voice.ts';
import { languageHint, realtimeHints } from '#src/speech/hints.ts';
import type { ServerUsage } from '#src/speech/ports.ts';

/** Name of the events about the words of an item. */
export const transcription = 'conversation.item.input_audio_transcription';

/** The words of an item. */
export type ItemTranscript = {
  readonly text: string;
  readonly language?: string;
  readonly count?: ServerUsage;
};

/** Error about an item, about the event sent under `eventId`, or about neither. */
export type ItemFailure = ReturnType<typeof errorIn> & { readonly itemId: string | undefined };

export function failureIn(event: JsonEvent): ItemFailure | undefined {
  if (event.type !== 'error' && event.type !== `${transcription}.failed`) return undefined;
  return { itemId: textIn(event.item_id), ...errorIn(event) };
}

/** Settings of a session that only transcribes 24 kHz sound, each time we say so; `hints` where they are to change. */
export function sessionUpdate(
  model: string,
  language: string | undefined,
  hints?: readonly string[],
): JsonEvent {
  const hintFields = hints && realtimeHints(model, hints);
  const transcription = { model, ...languageHint(model, language), ...hintFields };
  const format = { type: 'audio/pcm', rate: 24_000 };
  const input = { format, transcription, turn_detection: null };
  return { type: 'session.update', session: { type: 'transcription', audio: { input } } };
}

export function transcriptIn(event: JsonEvent): ItemTranscript {
  const { transcript, languages, usage } = event;
  const text = (textIn(transcript) ?? '').trim();
  const [first] = Array.isArray(languages) ? languages : [];
  const language = textIn(first?.code);
  return { text, language, count: heardCount(usage) };
}
