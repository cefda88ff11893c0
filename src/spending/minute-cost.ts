import { msPerTokenHeard, msPerTokenSpoken } from '#src/provider/models/request-hold.ts';
import { mostSentShare } from '#src/speech/listen.ts';
import { knownPrices, rateOf } from '#src/spending/prices/prices.ts';
import { charactersPerToken, costAt, type Use } from './cost.ts';
import { spokenCharacters } from './reservation.ts';

/** A minute of conversation: so many questions, and for each of them, in ms, what people and the bot say. */
export const [questions, askedMs, answeredMs] = [4, 5_000, 8_000];
/** Text that a model is shown for each answer, in tokens: instructions, tools, earlier exchanges. */
export const shownTokens = 1_000;

/** A model and the host that serves it; `host` may hold a port. */
export type HostedModel = { readonly model: string; readonly host: string };

/** US dollars for the recogniser in a minute of conversation, at most; undefined: its price is not known. */
export function hearingUsd(recogniser: HostedModel, streams = false): number | undefined {
  return usdOf(recogniser, { kind: 'heard', ms: askedMs * (streams ? 1 : mostSentShare) });
}

/** US dollars for the model that answers; `speaks`: it hears and speaks by itself. As `hearingUsd`. */
export function thinkingUsd(model: HostedModel, speaks = false): number | undefined {
  const heard = speaks ? askedMs / msPerTokenHeard : 0;
  const spoken = speaks ? answeredMs / msPerTokenSpoken : 0;
  return usdOf(model, {
    kind: 'tokens',
    inputTokens: shownTokens + heard,
    audioInputTokens: heard,
    outputTokens: spokenCharacters(answeredMs) / charactersPerToken + spoken,
    audioOutputTokens: spoken,
  });
}

/** US dollars for the model that reads aloud. As `hearingUsd`. */
export function speakingUsd(reader: HostedModel): number | undefined {
  return usdOf(reader, {
    kind: 'spoken',
    characters: spokenCharacters(answeredMs),
    ms: answeredMs,
  });
}

/** Newest day of the known prices. */
export function pricesAsOf(): string {
  return (
    knownPrices
      .map(({ asOf }) => asOf)
      .sort()
      .at(-1) ?? ''
  );
}

/** For all questions of the minute. */
function usdOf({ model, host }: HostedModel, use: Use): number | undefined {
  const rates = rateOf(knownPrices, model, host);
  const nanoUsd = rates && costAt(use, rates);
  return nanoUsd === undefined ? undefined : (questions * nanoUsd) / 1e9;
}
