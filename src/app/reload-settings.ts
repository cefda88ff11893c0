import type { Config, ConfigResult } from '#src/config/config.ts';
import { listModelsInUse } from '#src/config/models-in-use.ts';
import type { Log } from '#src/ops/log.ts';
import type { ModelInUse } from '#src/provider/models/standard-models.ts';

/** Replaces lists of servers, prices and keys of a running bot. A mistake changes nothing. */
export function reloadSettings(config: Config, read: ConfigResult, log: Log) {
  if (read.kind === 'bad') {
    log.error(`not reloaded: ${read.mistakes.join('; ')}`);
    return;
  }
  const now = listModelsInUse(config.engines);
  const next = listModelsInUse(read.config.engines);
  // A key must never reach the server of another one.
  if (`${now.map(toModelPlace)}` !== `${next.map(toModelPlace)}`) {
    log.error(
      'not reloaded: restart for another server or model list, a first key or no key',
    );
    return;
  }
  const keys = new Set<string>();
  for (const [n, { apiKey }] of next.entries()) {
    if (!apiKey) continue;
    now[n]?.apiKey?.replaceValue(apiKey);
    keys.add(apiKey.reveal());
  }
  Object.assign(config.gateway.servers, read.config.gateway.servers);
  config.budget.prices = read.config.budget.prices;
  log.info(`reloaded: servers, prices, ${keys.size} keys`);
}

function toModelPlace({ role, baseUrl, apiKey }: ModelInUse) {
  return `${role} ${baseUrl} ${apiKey !== undefined}`;
}
