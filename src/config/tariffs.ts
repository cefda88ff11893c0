import ipaddr from 'ipaddr.js';
import type { GuildId } from '#src/base/ids.ts';
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
import type { Config, EngineConfig } from './config.ts';

/**
 * Finds the price of a role. Unknown models are free in a private network, and cost a
 * cautious price elsewhere.
 */
export function findRolePrice(
  by: ServedBy,
  role: PaidRole,
  { prices }: Budget,
): RolePrice {
  if (by.kind === 'local') return { kind: 'free' };
  const usd = findRate(prices, by.model, by.host);
  if (usd && Object.values(usd).every((rate) => rate === 0)) return { kind: 'free' };
  if (usd) return { kind: 'priced', usd };
  const address = `http://${by.host}`;
  if (URL.canParse(address) && isOwnServer(address)) return { kind: 'free' };
  return { kind: 'priced', usd: cautiousPrices[role], isEstimate: true };
}

export type PriceInUse = {
  readonly role: PaidRole;
  readonly by: ServedBy;
  readonly price: RolePrice;
};

/** Lists prices, also of models that may take over from others. */
export function listPricesInUse({ budget, engines }: Config): readonly PriceInUse[] {
  const { audioModel, chat, fallbacks, live, realtime, speech, transcription } =
    engines;
  const { model } = audioModel;
  const roles = {
    recognise: [transcription, fallbacks.transcription],
    think: [
      chat,
      fallbacks.chat,
      chat.kind === 'remote' && model ? { ...chat, model } : undefined,
      realtime,
      live,
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

/** Collects prices of an answer by `thinker`, by default the chat model. */
export function getTariff(
  { budget, engines: { transcription, chat, speech, fallbacks } }: Config,
  thinker?: RemoteServer,
): Tariff {
  const findRate = (role: PaidRole, engine: EngineChoice | RemoteServer) =>
    findRolePrice(toServedBy(engine), role, budget);
  const listRates = (role: PaidRole, engines: readonly (EngineChoice | undefined)[]) =>
    engines.flatMap((engine) => {
      if (!engine) return [];
      const models = engine.kind === 'local' ? [''] : engine.models;
      return models.map((model) => findRate(role, { ...engine, model }));
    });
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

export type AnsweringWay = Pick<EngineConfig, 'pipeline'>;

export function createTariffs(
  config: Config,
  findPipeline: (guildId: GuildId) => AnsweringWay,
): (guildId: GuildId, isWritten?: boolean) => Tariff {
  // Each look at the panel asks whether a request can be paid. Prices are read anew while the bot runs.
  const known = new Map<AnsweringWay['pipeline'] | 'written', Tariff>();
  let { prices } = config.budget;
  return (guildId, isWritten) => {
    if (prices !== config.budget.prices) known.clear();
    prices = config.budget.prices;
    const way = findPipeline(guildId);
    const key = isWritten ? 'written' : way.pipeline;
    const tariff =
      known.get(key) ??
      getTariff(config, isWritten ? undefined : findThinker(config.engines, way));
    known.set(key, tariff);
    return tariff;
  };
}

function findThinker(
  { audioModel: { model }, chat, live, realtime }: EngineConfig,
  { pipeline }: AnsweringWay,
) {
  if (pipeline === 'realtime') return realtime;
  if (pipeline === 'live') return live;
  if (pipeline !== 'audio-model' || chat.kind === 'local' || !model) return undefined;
  return { ...chat, model };
}

function toServedBy(engine: EngineChoice | RemoteServer): ServedBy {
  if (!('baseUrl' in engine) || ('price' in engine && engine.price === 'free'))
    return servedLocally;
  const { baseUrl, model } = engine;
  if (baseUrl !== '') return describeServer(model, baseUrl);
  // An engine from outside has no host of its own.
  return {
    kind: 'remote',
    model,
    host: `engine ${'backend' in engine ? engine.backend : ''}`,
  };
}

const ownRanges: readonly string[] = [
  'loopback',
  'unspecified',
  'private',
  'uniqueLocal',
  'linkLocal',
  'carrierGradeNat',
];
/** No public name server has these names: RFC 6761, RFC 6762, RFC 8375, ICANN's `internal`. */
const ownNames = /\.(?:localhost|local|lan|internal|home\.arpa)$/;

/** Tests by the address alone whether a server is our own. */
function isOwnServer(baseUrl: string) {
  const hostName = new URL(baseUrl).hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  if (ipaddr.isValid(hostName))
    return ownRanges.includes(ipaddr.process(hostName).range());
  return !hostName.includes('.') || ownNames.test(hostName);
}
