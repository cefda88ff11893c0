import { BotError } from '#src/base/errors.ts';
import { writeUnrecognised } from '#src/notices/report-failure.ts';
import type { AnswerJobs } from './answering/answer-jobs.ts';
import type { Utterances } from './hearing/utterances.ts';
import type { ConversationEffect, EffectOf } from './machine/effects.ts';
import type { PersonId } from './machine/state.ts';
import type { ReadingJobs } from './output/reading-jobs.ts';
import type { SessionContext } from './session-context.ts';
import type { ToolCalls } from './tools/tool-calls.ts';

/** Decisions that the session itself carries out. */
export type SessionDecisions = {
  /** The conversation ends the session. */
  readonly end: (why: string) => void;
  /** The link may be opened again. */
  readonly openLink: () => void;
  /** Nothing of this person is kept any more. */
  readonly forgetPerson: (personId: PersonId) => void;
  /** Something is not answered or not said, as the bot ends. */
  readonly unanswered: () => void;
};

/** Parts that perform effects. */
export type EffectParts = {
  readonly context: SessionContext;
  readonly answers: AnswerJobs;
  readonly calls: ToolCalls;
  readonly readings: ReadingJobs;
  readonly session: SessionDecisions;
  readonly utterances: Utterances;
};

type Performers = {
  readonly [Kind in ConversationEffect['do']]: (effect: EffectOf<Kind>) => void;
};

/** Performs each effect of the conversation by the part that it concerns. */
export function effectPerformer(parts: EffectParts): (effect: ConversationEffect) => void {
  const { answers, calls, context, readings, session, utterances } = parts;
  const performers: Performers = {
    listen: ({ utterance }) => utterances.listen(utterance),
    recognise: ({ pause, utterance }) => utterances.recognise(utterance, pause),
    endpoint: ({ text, utterance }) => utterances.endpoint(utterance, text),
    forget: ({ utterance }) => utterances.forget(utterance),
    overheard: ({ by, isMeant, what }) => context.connection.sound?.overheard(by, what, isMeant),
    begin: (effect) => answers.begin(effect),
    play: (effect) => answers.play(effect),
    hold: ({ answer }) => answers.hold(answer),
    'give-up': (effect) => answers.giveUp(effect),
    discard: ({ reply }) => {
      answers.discard(reply);
      readings.discard(reply);
    },
    speak: (effect) => readings.speak(effect),
    cut: ({ reply }) => void (answers.cut(reply) || readings.cut(reply)),
    'finish-clause': ({ reply }) =>
      void (answers.finishClause(reply) || readings.finishClause(reply)),
    cue: (effect) => playCue(effect, context),
    run: (effect) => calls.run(effect),
    'stop-run': ({ run }) => calls.stopRun(run),
    result: (effect) => calls.result(effect),
    ask: (effect) => calls.ask(effect),
    'close-ask': ({ confirmation }) => calls.closeAsk(confirmation),
    report: ({ outcome, request }) => context.queue.report(request, outcome),
    notice: (effect) => giveNotice(effect, parts),
    obey: ({ by, command }) => context.obey(command, by),
    'forget-person': ({ by }) => session.forgetPerson(by),
    end: ({ why }) => session.end(why),
    fact: (effect) => tell(effect, parts),
    'open-link': () => session.openLink(),
  };
  return (effect) => {
    const perform = performers[effect.do] as (effect: ConversationEffect) => void;
    perform(effect);
  };
}

function playCue({ cue }: EffectOf<'cue'>, { connection, parts, settings }: SessionContext): void {
  if (cue !== 'error') connection.sound?.playWaitingCue(cue);
  else if (settings().cues !== 'off') void connection.play(parts.cues.error);
}

function giveNotice({ line }: EffectOf<'notice'>, { context, session }: EffectParts): void {
  const { notice, people, talk } = context;
  if (line === 'reconnecting') {
    notice({ id: 'panel.reconnecting' }, () => !talk.state.link.isUp && people().length > 0);
  } else if (line === 'unrecognised') {
    if (talk.lastUnrecognised instanceof BotError)
      writeUnrecognised(talk.lastUnrecognised, context);
  } else if (line === 'unanswered') {
    session.unanswered();
  }
}

function tell({ fact }: EffectOf<'fact'>, { answers, context, utterances }: EffectParts): void {
  const { channel, parts } = context;
  if (fact.kind === 'utterance-over') utterances.over(fact);
  if (fact.kind === 'turn-over') answers.turnOver(fact.turn, fact.end);
  if (fact.kind !== 'dropped') return;
  const { by: speakerId, name, why } = fact;
  parts.onEvent(channel.guildId, { kind: 'dropped', speakerId, name, why });
}
