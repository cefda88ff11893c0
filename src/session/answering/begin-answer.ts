import { memoryContext } from '#src/captions/answers/memory-context.ts';
import type { Pipeline, Turn, TurnUtterance } from '#src/pipeline/pipeline.ts';
import type { NoticeReceiver } from '#src/session/alerts/fallback-notices.ts';
import type { ChannelCaptions } from '#src/session/captions/channel-captions.ts';
import type { SessionDependencies } from '#src/session/dependencies.ts';
import type { ConsentGate } from '#src/session/hearing/consent-gate.ts';
import type { SpeakerLanguages } from '#src/session/languages/speaker-languages.ts';
import { usableMemories } from '#src/session/memories/usable-memories.ts';
import { spokenSubstitute } from '#src/session/output/written-parts.ts';
import { withToolRules } from '#src/session/tools/offered-tools.ts';
import { ToolRun, type ToolsContext } from '#src/session/tools/run-tools.ts';
import type { BudgetRefusal } from '#src/spending/budget-authority.ts';
import type { PreemptiveBudget } from '#src/spending/preemptive-budget.ts';
import { answerRequestOf, cheaperStyle } from './answer-request.ts';
import type { ConversationMemory } from './conversation-memory.ts';
import { PendingAnswer } from './pending-answer.ts';

/** What an answer is begun with. */
export type AnswerStart = ToolsContext &
  NoticeReceiver & {
    readonly parts: Pick<
      SessionDependencies,
      'places' | 'spending' | 'spokenLocales' | 'style' | 'timeZone'
    >;
    readonly memory: Pick<ConversationMemory, 'messages' | 'state'>;
    readonly pipeline: Pipeline;
    readonly preemptiveBudget: PreemptiveBudget;
    readonly captions: Pick<ChannelCaptions, 'view'>;
    readonly languages: Pick<SpeakerLanguages, 'answerTo' | 'of'>;
    readonly gate: Pick<ConsentGate, 'isLeftOut' | 'standing'>;
  };

/**
 * Begins the answer to what one person said, oldest first, on what the session knows now, if that may cost what it will;
 * `addressee` is named first, if any.
 */
export function beginAnswer(
  said: readonly TurnUtterance[],
  context: AnswerStart,
  signal: AbortSignal,
  addressee = '',
): PendingAnswer | BudgetRefusal {
  const { channel, memory, parts, pipeline, preemptiveBudget } = context;
  const { clock, spending } = parts;
  const tools = new ToolRun(said, context);
  const style = {
    ...cheaperStyle(withToolRules(parts.style, tools), spending.manner(channel.guildId)),
    asidesIn: (language: string | undefined) => spokenSubstitute(channel.guildId, parts, language),
  };
  const askerIds = said.map(({ speakerId }) => speakerId);
  const speakerId = askerIds.at(-1);
  const mayShow = (id: string) => askerIds.includes(id) || !context.gate.isLeftOut(id);
  const turn = {
    said,
    style,
    history: memory.messages(mayShow),
    tools: tools.offered,
    done: tools.done,
    ...contextOf(said, context),
    ...(speakerId !== undefined && { language: context.languages.answerTo(speakerId) }),
  };
  const opened = spending.open(answerRequestOf(turn, channel.guildId));
  if (opened.kind === 'refused') return opened;
  if (opened.news) context.notice(opened.news);
  const { bill } = opened;
  const addressed = addressee === '' ? turn : { ...turn, addressee };
  const basis = memory.state;
  return new PendingAnswer(
    addressed,
    { pipeline, preemptiveBudget, tools, basis, bill, nowMs: () => clock.nowMs() },
    signal,
  );
}

/** What an answer may know beside the conversation: what the server has it remember, and what was said there of late. */
function contextOf(
  said: readonly TurnUtterance[],
  { captions, channel, gate, parts, settings }: AnswerStart,
): Pick<Turn, 'context'> {
  const askerIds = said.map(({ speakerId }) => speakerId);
  const remembered = settings().memory ? parts.memories.known(channel.guildId) : [];
  const shown = [
    memoryContext(usableMemories(remembered, askerIds, gate), parts.timeZone),
    captions.view?.recent(Math.min(...said.map(({ fromMs }) => fromMs))),
  ].filter((one) => one !== undefined);
  return shown.length === 0 ? {} : { context: shown.join('\n\n') };
}
