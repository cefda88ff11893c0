import { embedded, type ServedBy, servedBy } from '#src/provider/models/models.ts';
import { isOwnServer } from '#src/provider/own-server.ts';
import {
  cautiousPrices,
  type PaidRole,
  paidRoles,
  type RolePrice,
  rateOf,
} from '#src/spending/prices/prices.ts';
import type { Tariff } from '#src/spending/reservation.ts';
import type { Budget } from './budget.ts';
import type { Config } from './types.ts';

/** Engine that serves a role, as far as its price depends on it. */
type PricedRole = { readonly kind: 'embedded' } | RemoteModel;
type RemoteModel = { readonly kind: 'remote'; readonly model: string; readonly baseUrl: string };

/**
 * Price of a model or an engine: the known one wherever it is served; of an unknown model nothing in a private network, elsewhere
 * the cautious price of its role.
 */
export function priceOf(by: ServedBy, role: PaidRole, { prices }: Budget): RolePrice {
  if (by.kind === 'embedded') return { kind: 'free' };
  const usd = rateOf(prices, by.model, by.host);
  if (usd && Object.values(usd).every((one) => one === 0)) return { kind: 'free' };
  if (usd) return { kind: 'priced', usd };
  if (isOwnServer(`http://${by.host}`)) return { kind: 'free' };
  return { kind: 'priced', usd: cautiousPrices[role], isEstimate: true };
}

/** A model in use, or one that may take its place, with its price. */
export type PricedModel = {
  readonly role: PaidRole;
  readonly by: ServedBy;
  readonly price: RolePrice;
};

/** Prices of all models in use, and of those that may take their place. */
export function pricesInUse(config: Config): readonly PricedModel[] {
  const { audioModel, budget, chat, fallbacks, realtime, speech, transcription } = config;
  const hearing: readonly PricedRole[] =
    chat.kind === 'remote' && audioModel.model ? [{ ...chat, model: audioModel.model }] : [];
  const talking: readonly PricedRole[] = realtime ? [{ kind: 'remote', ...realtime }] : [];
  const roles: Readonly<Record<PaidRole, readonly (PricedRole | undefined)[]>> = {
    recognise: [transcription, fallbacks.transcription],
    think: [chat, fallbacks.chat, ...hearing, ...talking],
    speak: [speech, fallbacks.speech],
  };
  return paidRoles.flatMap((role) =>
    roles[role].flatMap((engine) => {
      if (!engine) return [];
      const by = servedByOf(engine);
      return [{ role, by, price: priceOf(by, role, budget) }];
    }),
  );
}

/** Whether any engine in use, or one that may take its place, can cost money. */
export function mayCostMoney(config: Config): boolean {
  return pricesInUse(config).some(({ price }) => price.kind === 'priced');
}

type Roles = Pick<Config, 'budget' | 'chat' | 'fallbacks' | 'speech' | 'transcription'>;

/** Prices of all roles where `thinker` answers; default: the chat model does. */
export function tariffOf(
  { transcription, chat, speech, fallbacks, budget }: Roles,
  thinker?: RemoteModel,
): Tariff {
  const rate = (role: PaidRole, engine: PricedRole) => priceOf(servedByOf(engine), role, budget);
  const chosen = (engine: Config['speech'] | Config['transcription']): readonly PricedRole[] =>
    engine.kind === 'embedded' ? [] : engine.models.map((model) => ({ ...engine, model }));
  const others = {
    recognise: [...chosen(transcription), fallbacks.transcription],
    think: [chat, fallbacks.chat],
    speak: [...chosen(speech), fallbacks.speech],
  };
  const ratesOf = (role: PaidRole) =>
    others[role].flatMap((engine) => (engine ? [rate(role, engine)] : []));
  return {
    recognise: rate('recognise', transcription),
    ...(transcription.kind === 'remote' &&
      transcription.backend === 'realtime' && { streams: true }),
    think: rate('think', thinker ?? chat),
    speak: rate('speak', speech),
    others: {
      recognise: ratesOf('recognise'),
      think: ratesOf('think'),
      speak: ratesOf('speak'),
    },
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

function servedByOf(role: PricedRole): ServedBy {
  return role.kind === 'embedded' ? embedded : servedBy(role.model, role.baseUrl);
}
