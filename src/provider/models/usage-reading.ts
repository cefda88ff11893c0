import { fieldsOf } from '#src/base/json.ts';

/** Limit of plausible usage of one request, in tokens or seconds: a larger report is wrong. */
const most = 1e9;

/** A count in an answer of a server: finite, not below 0; undefined for anything else. */
export function reportedCount(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 && value <= most ? value : undefined;
}

/** Tokens of one request. Those of sound are counted within the totals and cost more; so are cached ones, which cost less. */
export type TokenUsage = {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly audioInputTokens?: number;
  readonly audioOutputTokens?: number;
  readonly cachedInputTokens?: number;
};

/** Tokens of a request by the totals and their details, as its server reports them; undefined where a total is invalid. */
export function reportedTokens(
  input: unknown,
  output: unknown,
  inputDetails: unknown,
  outputDetails: unknown,
): TokenUsage | undefined {
  const [inputTokens, outputTokens] = [reportedCount(input), reportedCount(output)];
  if (inputTokens === undefined || outputTokens === undefined) return undefined;
  if (inputTokens + outputTokens === 0) return undefined;
  const { audio_tokens, cached_tokens } = fieldsOf(inputDetails);
  return {
    inputTokens,
    outputTokens,
    audioInputTokens: reportedCount(audio_tokens),
    audioOutputTokens: reportedCount(fieldsOf(outputDetails).audio_tokens),
    cachedInputTokens: reportedCount(cached_tokens),
  };
}
