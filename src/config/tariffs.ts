import ipaddr from 'ipaddr.js';
import type { EngineChoice } from '#src/engines/engine.ts';
import {
  describeServer,
  type RemoteServer,
  type ServedBy,
  servedLocally,
} from '#src/provider/models/standard-models.ts';
import {
  cautiousPrices,
  findRate,
  type PaidRole,
  paidRoles,
  type RolePrice,
} from '#src/spending/prices/prices.ts';
import type { Tariff } from '#src/spending/reservation.ts';
import type { Budget } from './budget.ts';
import type { Config } from './config.ts';

/**
 * Price of a model or an engine: the known one wherever it is served; of an unknown model nothing in a private network, elsewhere
 * the cautious price of its role.
 */
export function findRolePrice(
  by: ServedBy,
  role: PaidRole,
  { prices }: Budget,
): RolePrice {
  if (by.kind === 'local') return { kind: 'free' };
  const usd = findRate(prices, by.model, by.host);
  if (usd && Object.values(usd).every((one) => one === 0)) return { kind: 'free' };
  if (usd) return { kind: 'priced', usd };
  const address = `http://${by.host}`;
  if (URL.canParse(address) && isOwnServer(address)) return { kind: 'free' };
  return { kind: 'priced', usd: cautiousPrices[role], isEstimate: true };
}

/** A model in use, or one that may take its place, with its price. */
export type PricedModel = {
  readonly role: PaidRole;
  readonly by: ServedBy;
  readonly price: RolePrice;
};

/** Prices of all models in use, and of those that may take their place. */
export function listPricesInUse(config: Config): readonly PricedModel[] {
  const { audioModel, budget, chat, fallbacks, realtime, speech, transcription } =
    config;
  const { model } = audioModel;
  const roles: Readonly<
    Record<PaidRole, readonly (EngineChoice | RemoteServer | undefined)[]>
  > = {
    recognise: [transcription, fallbacks.transcription],
    think: [
      chat,
      fallbacks.chat,
      chat.kind === 'remote' && model ? { ...chat, model } : undefined,
      realtime,
    ],
    speak: [speech, fallbacks.speech],
  };
  return paidRoles.flatMap((role) =>
    roles[role].flatMap((engine) => {
      if (!engine) return [];
      const by = toServedBy(engine);
      return [{ role, by, price: findRolePrice(by, role, budget) }];
    }),
  );
}

/** Prices of all roles where `thinker` answers; default: the chat model does. */
export function getTariff(
  {
    transcription,
    chat,
    speech,
    fallbacks,
    budget,
  }: Pick<Config, 'budget' | 'chat' | 'fallbacks' | 'speech' | 'transcription'>,
  thinker?: RemoteServer,
): Tariff {
  const listRates = (role: PaidRole, engines: readonly (EngineChoice | undefined)[]) =>
    engines.flatMap((engine) => {
      if (!engine) return [];
      const models = engine.kind === 'local' ? [''] : engine.models;
      return models.map((model) =>
        findRolePrice(toServedBy({ ...engine, model }), role, budget),
      );
    });
  const findRate = (role: PaidRole, engine: EngineChoice | RemoteServer) =>
    findRolePrice(toServedBy(engine), role, budget);
  const isStream = transcription.kind !== 'local' && transcription.price === 'stream';
  return {
    recognise: findRate('recognise', transcription),
    streams: isStream,
    think: findRate('think', thinker ?? chat),
    speak: findRate('speak', speech),
    others: {
      recognise: listRates('recognise', [transcription, fallbacks.transcription]),
      think: listRates('think', [chat, fallbacks.chat]),
      speak: listRates('speak', [speech, fallbacks.speech]),
    },
  };
}

/** Pipeline that answers in a server. */
export type AnsweringWay = { readonly pipeline: Config['pipeline'] };

/** Prices in each server, for an answer aloud or in writing. */
export function createTariffs(
  config: Config,
  wayIn: (guildId: GuildId) => AnsweringWay,
): (guildId: GuildId, isWritten?: boolean) => Tariff {
  return (guildId, isWritten) =>
    getTariff(config, isWritten ? undefined : findThinker(config, wayIn(guildId)));
}

/** Server of the model that thinks, where it is not the chat model. */
function findThinker(
  { audioModel: { model }, chat, realtime }: Config,
  { pipeline }: AnsweringWay,
) {
  if (pipeline === 'realtime') return realtime;
  if (pipeline !== 'audio-model' || chat.kind === 'local' || !model) return undefined;
  return { ...chat, model };
}

/** An engine from outside has no host of its own. */
function toServedBy(engine: EngineChoice | RemoteServer): ServedBy {
  if (!('baseUrl' in engine) || ('price' in engine && engine.price === 'free'))
    return servedLocally;
  const { baseUrl, model } = engine;
  if (baseUrl !== '') return describeServer(model, baseUrl);
  return {
    kind: 'remote',
    model,
    host: `engine ${'backend' in engine ? engine.backend : ''}`,
  };
}

/** Kinds of addresses on this machine and in networks of one's own. */
const ownRanges: readonly string[] = [
  'loopback',
  'unspecified',
  'private',
  'uniqueLocal',
  'linkLocal',
  'carrierGradeNat',
];
/** Names that no public name server gives away. Source: RFC 6761, RFC 6762, RFC 8375, ICANN's `internal`. */
const ownNames = /\.(?:localhost|local|lan|internal|home\.arpa)$/;

/** Whether the server of a base URL stands on this machine or in a private network, as far as its address tells. */
function isOwnServer(baseUrl: string) {
  const host = new URL(baseUrl).hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  if (ipaddr.isValid(host)) return ownRanges.includes(ipaddr.process(host).range());
  return !host.includes('.') || ownNames.test(host);
}
