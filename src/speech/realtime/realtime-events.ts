import { textIn } from '#src/base/json.ts';
import type { JsonEvent } from '#src/provider/json-socket.ts';
import { errorIn } from '#src/provider/realtime-link.ts';
import { heardCount } from '#src/speech/fallbacks/request-counter.ts';
import { realtimeHints } from '#src/speech/hints.ts';
import { languageHint } from '#src/speech/language-hint.ts';
import { type WordDetails, wordDetails } from '#src/speech/openai/word-details.ts';
import type { ServerUsage } from '#src/speech/ports.ts';

/** An event of a transcription session. */
export type HeardEvent =
  | { readonly kind: 'committed'; readonly itemId: string | undefined }
  | { readonly kind: 'delta'; readonly itemId: string | undefined; readonly text: string }
  | {
      readonly kind: 'completed';
      readonly itemId: string | undefined;
      readonly text: string;
      readonly language?: string;
      readonly count?: ServerUsage;
      /** Details of the sound of this item. */
      readonly details?: WordDetails;
    }
  /** Error about an item, about the event sent under `eventId`, or about neither. */
  | ({ readonly kind: 'failed'; readonly itemId: string | undefined } & Readonly<
      ReturnType<typeof errorIn>
    >);

const transcription = 'conversation.item.input_audio_transcription';

/** Undefined for events that a transcription does not need. */
export function readHeard(event: JsonEvent): HeardEvent | undefined {
  const itemId = textIn(event.item_id);
  switch (event.type) {
    case 'input_audio_buffer.committed':
      return { kind: 'committed', itemId };
    case `${transcription}.delta`:
      return { kind: 'delta', itemId, text: textIn(event.delta) ?? '' };
    case `${transcription}.completed`:
      return { kind: 'completed', itemId, ...completed(event) };
    case `${transcription}.failed`:
    case 'error':
      return { kind: 'failed', itemId, ...errorIn(event) };
    default:
      return undefined;
  }
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

function completed(event: JsonEvent): {
  text: string;
  language?: string;
  count?: ServerUsage;
  details: WordDetails;
} {
  const { transcript, languages, usage } = event;
  const text = (textIn(transcript) ?? '').trim();
  const [first] = Array.isArray(languages) ? languages : [];
  const language = textIn(first?.code);
  const count = heardCount(usage);
  const details = wordDetails(event);
  return { text, ...(language && { language }), count, details };
}
