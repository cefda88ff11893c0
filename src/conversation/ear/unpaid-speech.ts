import type { PersonId } from '#src/base/ids.ts';
import { readHearingState } from '#src/conversation/consent/session-consent.ts';
import type { Utterance, UtteranceEnd } from '#src/conversation/ear/speaker-input.ts';
import { conversationRules } from '#src/conversation/machine/conversation-rules.ts';
import type { UtteranceState } from '#src/conversation/machine/state.ts';
import { isSurelyMeant } from '#src/conversation/machine/turn-addressing.ts';
import type { Session } from '#src/conversation/session.ts';
import type { Deps } from '#src/conversation/session-dependencies.ts';
import { describeHearing, type Hearing } from '#src/ports/talk-guide.ts';
import type { Transcript } from '#src/speech/speech-engine.ts';
import type { BudgetRefusal } from '#src/spending/budget-authority.ts';
import { hasVoice, type VoiceEvidence } from '#src/turn/voice-evidence.ts';
import type { SpokenUtterance } from './spoken-utterance.ts';

type UnpaidSpeechDeps = Deps<'clock' | 'localRecogniser' | 'spending'>;

/** Speech that the usual recogniser does not get. The local one listens for commands in it, and its speaker is told. */
export class UnpaidSpeech {
  readonly #session: Session;
  readonly #deps: UnpaidSpeechDeps;
  readonly #commandListener: CommandListener;
  /** Latest refusal of each person. */
  readonly #refusals = new Map<PersonId, BudgetRefusal>();

  constructor(session: Session, deps: UnpaidSpeechDeps) {
    this.#session = session;
    this.#deps = deps;
    this.#commandListener = new CommandListener(session, deps);
  }

  /**
   * Notes that an utterance begins for which there is no money, and tells what can be told before its words. Returns who
   * recognises them, for the utterance's end.
   */
  begin(speakerId: PersonId, refusal: BudgetRefusal, isCaptioned: boolean): Hearing {
    const hearing = this.#describeHearing(isCaptioned, true);
    this.#refusals.set(speakerId, refusal);
    if (hearing.gap === 'unpaid') this.#tellAhead(speakerId, refusal, hearing);
    return hearing;
  }

  #tellAhead(speakerId: PersonId, refusal: BudgetRefusal, { recognises }: Hearing) {
    const { loop, notices } = this.#session;
    const { cap, isNews, line } = refusal;
    const rules = conversationRules.addressing;
    const nowMs = this.#deps.clock.nowMs();
    if (isSurelyMeant(loop.state, speakerId, nowMs, rules)) {
      if (recognises === 'nobody') this.tellSpeaker(speakerId);
    } else if (cap !== 'person' && cap !== 'token') {
      // Talk among people gets no tone. The money of all is news for all, once a day.
      if (isNews()) notices.post(line);
    }
  }

  /** Listens for commands in an ended utterance, as `begin` returned who recognises it. Never rejects. */
  async end(
    speakerId: PersonId,
    { gap, recognises }: Hearing,
    { heard: evidence, whole: sound }: UtteranceEnd,
    collectHints: () => readonly string[],
  ): Promise<void> {
    if (recognises !== 'commands') return;
    const isUnpaid = gap === 'unpaid';
    const utterance = { speakerId, sound, evidence, hints: collectHints() };
    const isHeard = await this.#commandListener.listen(utterance, isUnpaid);
    if (!isHeard && isUnpaid) this.tellSpeaker(speakerId);
  }

  /** Plays a tone, as words that were meant for the bot are not answered. The speaker reads why, every ten minutes. */
  tellSpeaker(speakerId: PersonId): void {
    const refusal = this.#refusals.get(speakerId);
    if (!refusal) return;
    const { notices, signal, mouth } = this.#session;
    void mouth.playCue('error');
    if (refusal.isNews(speakerId))
      notices.notifyPerson(speakerId, [refusal.line], signal, []);
  }

  /** Listens for commands in a decided utterance whose words nobody needed, or whose recogniser failed. */
  listenAgain(
    { isFollowed, overheardTranscript, speakerId, wholeSound: sound }: SpokenUtterance,
    { heard: { evidence, hints } }: UtteranceState,
  ): void {
    if (!sound || !this.#deps.localRecogniser.isAvailable) return;
    if (this.#describeHearing(isFollowed, false).recognises === 'nobody') return;
    const utterance = { speakerId, sound, evidence, hints, known: overheardTranscript };
    void this.#commandListener.listen(utterance, false);
  }

  #describeHearing(isCaptioned: boolean, isShareUsed: boolean) {
    const isCaptionedNow = this.#session.features.describePanel().isCaptioned === true;
    const facts = readHearingState(this.#session, this.#deps);
    const state = { ...facts, isCaptioned: isCaptionedNow };
    return describeHearing(state, { isCaptioned, isShareUsed });
  }
}

/** Longer speech is no command. */
const maxCommandMs = 10_000;

/** An utterance that no other recogniser gets. */
type UnrecognisedUtterance = {
  readonly speakerId: PersonId;
  readonly sound: Utterance;
  readonly evidence: VoiceEvidence;
  readonly hints: readonly string[];
  /** Its words, where the local recogniser has heard all of them already. */
  readonly known?: Transcript | undefined;
};

/**
 * Listens by the local recogniser for commands, such as a no, where the usual recogniser is closed. The words reach the
 * conversation's decision about commands and are then dropped: no history, caption, prompt or program gets them.
 */
class CommandListener {
  readonly #session: Session;
  readonly #deps: Deps<'localRecogniser'>;

  constructor(session: Session, deps: Deps<'localRecogniser'>) {
    this.#session = session;
    this.#deps = deps;
  }

  /**
   * Recognises an utterance, and posts its words. `isUnpaid`: words to the bot are refused. Resolves with false if the
   * recogniser failed. Never rejects.
   */
  async listen(utterance: UnrecognisedUtterance, isUnpaid: boolean): Promise<boolean> {
    const { evidence, hints, sound, speakerId: by } = utterance;
    const { consent, loop, signal: over } = this.#session;
    const { fromMs, toMs } = sound;
    if (!hasVoice(evidence) || !consent.mayHear(by)) return true;
    if (toMs - fromMs > maxCommandMs) return true;
    const signal = AbortSignal.any([over, consent.withdrawals.getSignal(by)]);
    let transcript: Transcript;
    try {
      transcript = await (utterance.known ?? this.#recognise(utterance, signal));
    } catch {
      return signal.aborted;
    }
    const { language, text } = transcript;
    const spoken = { by, fromMs, toMs, evidence, hints, text, language };
    if (!signal.aborted) loop.post({ kind: 'local-words', ...spoken, isUnpaid });
    return true;
  }

  async #recognise(
    { hints, sound, speakerId }: UnrecognisedUtterance,
    signal: AbortSignal,
  ) {
    const { channel, languages } = this.#session.voiceChannel;
    const language = languages.getExpected(speakerId);
    const options = { guildId: channel.guildId, hints, isLive: true, language };
    return await this.#deps.localRecogniser.recognise(sound.pcm, signal, options);
  }
}
