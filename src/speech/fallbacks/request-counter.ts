import { fieldsOf } from '#src/base/json.ts';
import { reportedCount } from '#src/provider/models/usage-reading.ts';
import type { ServerUsage } from '#src/speech/ports.ts';

/** Usage of an utterance, as a transcription server reports it; undefined where it does not. */
export function heardCount(usage: unknown): ServerUsage | undefined {
  const { type, seconds, input_tokens, output_tokens, input_token_details } = fieldsOf(usage);
  if (type === 'duration') {
    const counted = reportedCount(seconds);
    return counted ? { kind: 'heard', ms: counted * 1_000 } : undefined;
  }
  const [inputTokens, outputTokens = 0] = [
    reportedCount(input_tokens),
    reportedCount(output_tokens),
  ];
  if (!inputTokens) return undefined;
  // Input is sound, unless the server reports it separately.
  const audioInputTokens = reportedCount(fieldsOf(input_token_details).audio_tokens) ?? inputTokens;
  return { kind: 'tokens', inputTokens, outputTokens, audioInputTokens };
}

/** Both together; undefined if they cannot be added, or one is not known. */
export function sumOf(
  one: ServerUsage | undefined,
  other: ServerUsage | undefined,
): ServerUsage | undefined {
  if (one?.kind === 'heard' && other?.kind === 'heard')
    return { kind: 'heard', ms: one.ms + other.ms };
  if (one?.kind !== 'tokens' || other?.kind !== 'tokens') return undefined;
  const optional = ['audioInputTokens', 'audioOutputTokens', 'cachedInputTokens'] as const;
  const known = optional.filter((name) => one[name] !== undefined || other[name] !== undefined);
  return {
    kind: 'tokens',
    inputTokens: one.inputTokens + other.inputTokens,
    outputTokens: one.outputTokens + other.outputTokens,
    ...Object.fromEntries(known.map((name) => [name, (one[name] ?? 0) + (other[name] ?? 0)])),
  };
}
