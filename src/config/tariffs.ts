import { embedded, type ServedBy, servedBy } from '#src/provider/models/served-by.ts';
import { isOwnServer } from '#src/provider/own-server.ts';
import { costOf } from '#src/spending/cost.ts';
import { type RolePrice, rateOf } from '#src/spending/prices/prices.ts';
import type { Tariff } from '#src/spending/tariff.ts';
import type { Budget } from './budget.ts';
import type { Config } from './types.ts';

/** Engine that serves a role, as far as its price depends on it. */
type PricedRole = { readonly kind: 'embedded' } | RemoteModel;
type RemoteModel = { readonly kind: 'remote'; readonly model: string; readonly baseUrl: string };

/** Price of a model or an engine, in any role. */
export function priceOf(by: ServedBy, { prices }: Budget): RolePrice {
  return by.kind === 'embedded' ? { kind: 'free' } : rateOf(prices, by.model, by.host);
}

/**
 * Whether any engine in use, or one that may take its place, can cost money: it is elsewhere than on a server of one's own,
 * or has a price above 0.
 */
export function mayCostMoney(config: Config): boolean {
  const { budget, chat, fallbacks, realtime, speech, transcription } = config;
  const engines: readonly PricedRole[] = [
    ...[chat, speech, transcription],
    ...Object.values(fallbacks),
    ...(realtime ? [{ kind: 'remote' as const, ...realtime }] : []),
  ];
  return engines.some((engine) => {
    if (engine.kind === 'embedded') return false;
    if (!isOwnServer(engine.baseUrl)) return true;
    const price = priceOf(servedBy(engine.model, engine.baseUrl), budget);
    return price.kind === 'priced' && Object.values(price.usd).some((usd) => usd > 0);
  });
}

type Roles = {
  readonly transcription: PricedRole & { readonly backend?: string };
  readonly chat: PricedRole;
  readonly speech: PricedRole;
  readonly fallbacks: { readonly speech?: PricedRole };
  readonly budget: Budget;
};

/** Prices of all roles where `thinker` answers; default: the chat model does. */
export function tariffOf(
  { transcription, chat, speech, fallbacks, budget }: Roles,
  thinker?: RemoteModel,
): Tariff {
  const rate = (role: PricedRole): RolePrice =>
    priceOf(role.kind === 'embedded' ? embedded : servedBy(role.model, role.baseUrl), budget);
  const speak = rate(speech);
  const next = fallbacks.speech && rate(fallbacks.speech);
  return {
    recognise: rate(transcription),
    ...(transcription.backend === 'realtime' && { streams: true }),
    think: rate(thinker ?? chat),
    speak,
    ...(next && isCheaper(next, speak) && { cheaperVoice: next }),
  };
}

/** Pipeline that answers in a server. */
export type AnsweringWay = { readonly pipeline: Config['pipeline'] };

/** Prices in each server, for an answer aloud or in writing. */
export function tariffsOf(
  config: Config,
  wayIn: (guildId: string) => AnsweringWay,
): (guildId: string, isWritten?: boolean) => Tariff {
  return (guildId, isWritten) =>
    tariffOf(config, isWritten ? undefined : thinkerOf(config, wayIn(guildId)));
}

/** Which model thinks, where it is not the chat model. */
function thinkerOf(
  { audioModel, chat, realtime }: Config,
  { pipeline }: AnsweringWay,
): RemoteModel | undefined {
  if (pipeline === 'realtime' && realtime) return { kind: 'remote', ...realtime };
  const { model } = audioModel;
  if (pipeline !== 'audio-model' || chat.kind === 'embedded' || !model) return undefined;
  return { kind: 'remote', baseUrl: chat.baseUrl, model };
}

/** Whether the next voice is cheaper for a usual sentence; beside a voice of unknown price only a free one is. */
function isCheaper(next: RolePrice, usual: RolePrice): boolean {
  const sentence = { kind: 'spoken', characters: 100, ms: 6_000 } as const;
  const [theirs, ours] = [costOf(sentence, next), costOf(sentence, usual)];
  if (usual.kind === 'free' || theirs === undefined) return false;
  return ours === undefined ? theirs === 0 : theirs < ours;
}
