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

/** Tokens of a verdict: the transcript with its rule, and the evidence. */
const [judgedTokens, verdictTokens] = [800, 120];
const nanoUsd = 1e-9;

export type ChatPrice = ReturnType<typeof createChatPrice>;

/** Price of the requests to a chat model so far, in US dollars. */
export function createChatPrice(config: Config) {
  let usd = 0;

  return {
    get usd() {
      return usd;
    },

    recordUsage(usage: Usage) {
      const {
        budget,
        engines: { chat },
      } = config;
      const usual =
        chat.kind === 'local'
          ? servedLocally
          : describeServer(chat.model, chat.baseUrl);
      const { by = usual, ...tokens } = usage;
      const rate = findRolePrice(by, 'think', budget);
      usd += nanoUsd * sumCosts([{ ...tokens, kind: 'tokens' }], 'think', rate);
    },
  };
}

/** Price of a run of these scenes, in US dollars, by answers and questions of an ordinary length. */
export function estimateRunUsd(
  scenes: readonly EvalScene[],
  config: Config,
  isText: boolean,
) {
  const { recognise, think, speak } = createTariffs(config, () => config.engines)(
    '',
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
    createTariffs(config, () => config.engines)('', true).think,
  );
  const thought = answers.length * answerCost + verdicts * verdictCost;
  if (isText) return nanoUsd * thought;
  const hearingCost = sumCosts(
    [{ kind: 'heard', ms: askedMs }],
    'recognise',
    recognise,
  );
  const speakingCost = speaksItself ? 0 : sumCosts([answerReading], 'speak', speak);
  return (
    nanoUsd * (thought + lines.length * hearingCost + answers.length * speakingCost)
  );
}
