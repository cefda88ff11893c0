import type { Clock } from '#src/base/clock.ts';
import type { PersonId } from '#src/base/ids.ts';
import { toSpeakable } from '#src/chat/text/speakable.ts';
import type { SessionConsent } from '#src/conversation/consent/session-consent.ts';
import type { ConversationLoop } from '#src/conversation/conversation-loop.ts';
import type { SessionChannel } from '#src/conversation/session.ts';
import type { ChannelNotices } from '#src/notices/channel-notices.ts';
import type { ChannelMember } from '#src/ports/voice-link.ts';
import type { CheckedLine } from '#src/texts/texts.ts';
import { getAnswerMedium, getSpokenName } from './answer-delivery.ts';
import type { Mouth } from './mouth.ts';

/** The parts of a session that saying something to one person needs. */
export type SpeakingSession = {
  readonly consent: SessionConsent;
  readonly notices: ChannelNotices;
  readonly voiceChannel: SessionChannel;
  readonly mouth: Mouth;
};

const maxPauseWaitMs = 60_000;

/** Says something to one person by name at the next pause. Returns whether it was heard in time. Never throws. */
export async function sayToPerson(
  {
    personId,
    lines,
    isWanted,
  }: {
    readonly personId: PersonId;
    readonly lines: () => readonly CheckedLine[];
    readonly isWanted: () => boolean;
  },
  { consent, notices, voiceChannel, mouth }: SpeakingSession,
): Promise<boolean> {
  const findListener = () => {
    const isHeardBy =
      consent.getStanding(personId) === 'yes' &&
      getAnswerMedium(personId, voiceChannel) === 'aloud';
    return isHeardBy ? voiceChannel.findPerson(personId) : undefined;
  };
  if (!findListener()) return false;
  await voiceChannel.loadChoices(personId); // With the spoken name.
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const language = notices.getSpokenLocale(voiceChannel.languages.find(personId));
  const isWaiting = mouth.requests.queueNotice({
    language,
    personId,
    maxWaitMs: maxPauseWaitMs,
    getText: () => {
      const person = findListener();
      if (!person || !isWanted()) return '';
      return formatAddressedText(
        getSpokenName(person, voiceChannel),
        lines(),
        (textLine) => notices.formatSpokenText(textLine, language),
      );
    },
    onEnded: resolve,
  });
  return isWaiting && (await promise);
}

function formatAddressedText(
  name: string,
  lines: readonly CheckedLine[],
  format: (textLine: CheckedLine) => string,
) {
  const text = lines
    .map((textLine) => toSpeakable(format(textLine)))
    .filter((sentence) => sentence !== '')
    .join(' ');
  return name === '' || text === ''
    ? text
    : format({ id: 'said.to', with: { name, text } });
}

const maxReceiptWaitMs = 10_000;

/** Pauses hearing from the next packet on, and tells how to resume. */
export function pauseHearingAloud(
  personId: PersonId,
  { consent, notices, voiceChannel, mouth }: SpeakingSession,
): void {
  consent.isPaused = true;
  const pausedNotice = { id: 'privacy.paused' } as const;
  notices.post(pausedNotice);
  const language = notices.getSpokenLocale(voiceChannel.languages.find(personId));
  mouth.requests.queueNotice({
    language,
    maxWaitMs: maxReceiptWaitMs,
    getText: () => notices.formatSpokenText(pausedNotice, language),
    onEnded: () => undefined,
  });
}

/** Time that the bot listens first, so that it greets neither into a voice nor after something else. */
const listenBeforeGreetingMs = 500;

/** Greets aloud once, if people other than the caller are there, who have read nothing. */
export function greetOnArrival(
  session: SpeakingSession & { readonly loop: ConversationLoop },
  clock: Pick<Clock, 'later'>,
  people: readonly ChannelMember[],
  callerId: PersonId,
): void {
  const { loop, notices, voiceChannel, mouth } = session;
  if (!mouth.canSpeak() || !voiceChannel.isFirst('greeted')) return;
  if (!people.some(({ id, isBot }) => !isBot && id !== callerId)) return;
  const { language } = voiceChannel.getSettings();
  const greeting = {
    language: notices.getSpokenLocale(language),
    maxWaitMs: 0,
    getText: () =>
      toSpeakable(notices.formatSpokenText({ id: getGreeting(session) }, language)),
    onEnded: () => undefined,
  };
  const { nextId } = loop.state;
  clock.later(
    listenBeforeGreetingMs,
    () => void (loop.state.nextId === nextId && mouth.requests.queueNotice(greeting)),
  );
}

function getGreeting({
  consent,
  voiceChannel,
}: {
  readonly consent: SessionConsent;
  readonly voiceChannel: SessionChannel;
}) {
  const people = voiceChannel.listPeople().filter(({ isBot }) => !isBot);
  const standings = people.map(({ id }) => consent.getStanding(id));
  if (standings.includes('unasked')) return 'join.spoken';
  const hearsAll =
    consent.storedConsents.policy === 'notice' && !standings.includes('no');
  return hearsAll ? 'join.spoken.notice' : 'join.spoken.heard';
}
