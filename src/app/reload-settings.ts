import { admitSetting, writeSentence } from '#src/base/logged-text.ts';
import type { Config, ConfigResult } from '#src/config/config.ts';
import { listModelsInUse } from '#src/config/models-in-use.ts';
import type { Log } from '#src/ops/log.ts';
import type { ModelInUse } from '#src/provider/models/standard-models.ts';

/** Replaces lists of servers, prices and keys of a running bot. A mistake changes nothing. */
export function reloadSettings(config: Config, read: ConfigResult, log: Log): void {
  if (read.kind === 'bad') {
    log.error(writeSentence`not reloaded: ${admitSetting(read.mistakes.join('; '))}`);
    return;
  }
  const currentModels = listModelsInUse(config.engines);
  const nextModels = listModelsInUse(read.config.engines);
  // A key must never reach the server of another one.
  if (
    `${currentModels.map(describeModelServer)}` !==
    `${nextModels.map(describeModelServer)}`
  ) {
    log.error(
      'not reloaded: restart for another server or model list, a first key or no key',
    );
    return;
  }
  const keys = new Set<string>();
  for (const [index, { apiKey }] of nextModels.entries()) {
    if (!apiKey) continue;
    currentModels[index]?.apiKey?.replaceValue(apiKey);
    keys.add(apiKey.reveal());
  }
  Object.assign(config.gateway.servers, read.config.gateway.servers);
  config.budget.prices = read.config.budget.prices;
  log.info(writeSentence`reloaded: servers, prices, ${keys.size} keys`);
}

function describeModelServer({ role, baseUrl, apiKey }: ModelInUse) {
  return `${role} ${baseUrl} ${apiKey !== undefined}`;
}
