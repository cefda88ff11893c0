import { toGuildId } from '#src/base/ids.ts';
import type { Usage } from '#src/chat/chat-model.ts';
import type { Config } from '#src/config/config.ts';
import { createTariffs, findRolePrice } from '#src/config/tariffs.ts';
import { describeServer, servedLocally } from '#src/provider/models/standard-models.ts';
import { sumCosts } from '#src/spending/cost.ts';
import {
  answerReading,
  askedMs,
  estimateAnswerUse,
} from '#src/spending/minute-cost.ts';
import type { EvalScene } from './eval-scene.ts';

/** Tokens of a request for a verdict (transcript and rule), and of the verdict. */
const judgedTokens = 800;
const verdictTokens = 120;
const nanoUsd = 1e-9;

/** Adds up the price of the requests to a chat model. */
export class ChatPrice {
  readonly #config: Config;
  #usd = 0;

  constructor(config: Config) {
    this.#config = config;
  }

  /** Price so far, in US dollars. */
  get usd(): number {
    return this.#usd;
  }

  /** Adds one request, by the price of the model that answered. */
  recordUsage(usage: Usage): void {
    const {
      budget,
      engines: { chat },
    } = this.#config;
    const defaultServer =
      chat.kind === 'local' ? servedLocally : describeServer(chat.model, chat.baseUrl);
    const { by: server = defaultServer, ...tokens } = usage;
    const rate = findRolePrice(server, 'think', budget);
    this.#usd += nanoUsd * sumCosts([{ ...tokens, kind: 'tokens' }], 'think', rate);
  }
}

/** Estimates the price of a run of these scenes, in US dollars, by questions and answers of an ordinary length. `isText`: without sound. */
export function estimateRunUsd(
  scenes: readonly EvalScene[],
  config: Config,
  isText: boolean,
): number {
  const { recognise, think, speak } = createTariffs(config, () => config.engines)(
    toGuildId(''),
    isText,
  );
  const lines = scenes.flatMap(({ acts }) => acts.filter((act) => act.do === 'say'));
  const answers = lines.flatMap(({ answer }) => answer ?? []);
  const verdicts = 2 * answers.filter(({ rubric }) => rubric !== undefined).length;
  const speaksItself = !isText && config.engines.pipeline !== 'chained';
  const answerCost = sumCosts([estimateAnswerUse(speaksItself)], 'think', think);
  const verdictCost = sumCosts(
    [{ kind: 'tokens', inputTokens: judgedTokens, outputTokens: verdictTokens }],
    'think',
    createTariffs(config, () => config.engines)(toGuildId(''), true).think,
  );
  const thinkingCost = answers.length * answerCost + verdicts * verdictCost;
  if (isText) return nanoUsd * thinkingCost;
  const hearingCost = sumCosts(
    [{ kind: 'heard', ms: askedMs }],
    'recognise',
    recognise,
  );
  const speakingCost = speaksItself ? 0 : sumCosts([answerReading], 'speak', speak);
  return (
    nanoUsd *
    (thinkingCost + lines.length * hearingCost + answers.length * speakingCost)
  );
}
