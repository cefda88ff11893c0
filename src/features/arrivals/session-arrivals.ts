import type { Clock } from '#src/base/clock.ts';
import type { PersonId } from '#src/base/ids.ts';
import type { SessionConsent } from '#src/conversation/consent/session-consent.ts';
import type { ConversationLoop } from '#src/conversation/conversation-loop.ts';
import { getSpokenName } from '#src/conversation/mouth/answer-delivery.ts';
import type { Mouth } from '#src/conversation/mouth/mouth.ts';
import type { SessionChannel } from '#src/conversation/session.ts';
import type { ChannelNotices } from '#src/notices/channel-notices.ts';
import type { FeatureSession } from '#src/ports/feature-session.ts';
import { formatShortenedNames } from '#src/ports/talk-guide.ts';
import type { ChannelMember } from '#src/ports/voice-link.ts';
import {
  defineWordSetting,
  type ServerSetting,
} from '#src/settings/setting-definition.ts';

const arrivalForms = ['off', 'names', 'sound'] as const;

/** How it is told who comes and goes: not at all, by names, or by a tone. */
export const arrivalsSetting: ServerSetting<(typeof arrivalForms)[number]> = {
  ...defineWordSetting(
    'arrivals',
    arrivalForms,
    () => 'off',
    'settings.group.presence',
  ),
  perChannel: true,
  restored: 'present',
};

/** Quiet time after a notice, for each person that it told of. */
const [quietMsPerPerson, maxQuietMs] = [10_000, 60_000];
/** By then it is no news. */
const maxWaitMs = 30_000;
/** About four seconds of names. */
const maxNamesChars = 50;

type Move = { readonly person: ChannelMember; readonly hasCome: boolean };

type ArrivalsSession = {
  readonly consent: SessionConsent;
  readonly loop: ConversationLoop;
  readonly mouth: Mouth;
  readonly notices: ChannelNotices;
  readonly voiceChannel: SessionChannel;
  readonly signal: AbortSignal;
};

/** Tells the people of one channel who comes and who leaves, at the next pause, several in one sentence. */
export class SessionArrivals implements FeatureSession {
  readonly #session: ArrivalsSession;
  readonly #clock: Clock;
  #present: ReadonlyMap<PersonId, ChannelMember> | undefined;
  /** People who came or left since the last notice. Who did both did neither. */
  readonly #untold = new Map<PersonId, Move>();
  #isWaiting = false;
  #quietUntilMs = 0;

  constructor(session: ArrivalsSession, clock: Clock) {
    this.#session = session;
    this.#clock = clock;
  }

  /** Notes who has come and who has left since the last call. The first call only learns who is there. */
  onPresence(people: readonly ChannelMember[]): void {
    const { loop, voiceChannel } = this.#session;
    if (loop.state.session.connection.kind !== 'up') return;
    const humans = people.filter(({ isBot }) => !isBot);
    const present = new Map(humans.map((person) => [person.id, person]));
    const before = this.#present;
    this.#present = present;
    if (!before || this.#getForm() === 'off' || present.size === 0) {
      this.#untold.clear();
      return;
    }
    for (const person of present.values())
      if (!before.has(person.id)) {
        void voiceChannel.loadChoices(person.id);
        this.#noteMove({ person, hasCome: true });
      }
    for (const person of before.values())
      if (!present.has(person.id)) this.#noteMove({ person, hasCome: false });
    this.#tellUntold();
  }

  #noteMove(move: Move) {
    const { id } = move.person;
    const isUndone =
      this.#untold.has(id) && this.#untold.get(id)?.hasCome !== move.hasCome;
    if (isUndone) this.#untold.delete(id);
    else this.#untold.set(id, move);
  }

  #getForm() {
    return this.#session.voiceChannel.getSettings().getValue(arrivalsSetting);
  }

  #tellUntold() {
    if (this.#isWaiting || this.#untold.size === 0) return;
    const { mouth, notices, signal, voiceChannel } = this.#session;
    const restMs = this.#quietUntilMs - this.#clock.nowMs();
    this.#isWaiting = true;
    const tellAgain = () => {
      this.#isWaiting = false;
      if (!signal.aborted) this.#tellUntold();
    };
    if (restMs > 0) {
      this.#clock.later(restMs, tellAgain);
      return;
    }
    const language = notices.getSpokenLocale(voiceChannel.getSettings().language);
    const isQueued = mouth.requests.queueNotice({
      language,
      maxWaitMs,
      getText: () => this.#takeText(language),
      onEnded: () => {
        this.#untold.clear();
        tellAgain();
      },
    });
    if (!isQueued) {
      this.#untold.clear();
      this.#isWaiting = false;
    }
  }

  /** Returns the sentence about everybody who came or left until now, or plays the tone in its place. */
  #takeText(language: string) {
    const { mouth, notices } = this.#session;
    const moves = [...this.#untold.values()].filter(({ person }) =>
      this.#mayTell(person.id),
    );
    this.#untold.clear();
    const form = this.#getForm();
    if (moves.length === 0 || form === 'off') return '';
    const quietMs = Math.min(maxQuietMs, moves.length * quietMsPerPerson);
    this.#quietUntilMs = this.#clock.nowMs() + quietMs;
    if (form === 'sound') {
      void mouth.playCue('heard');
      return '';
    }
    const [came, left] = [true, false].map((hasCome) =>
      moves.flatMap((move) => (move.hasCome === hasCome ? this.#getName(move) : [])),
    );
    return (
      [
        ['arrivals.came', came ?? []],
        ['arrivals.left', left ?? []],
      ] as const
    )
      .filter(([, names]) => names.length > 0)
      .map(([id, names]) => {
        const name = formatShortenedNames(names, maxNamesChars);
        return notices.formatSpokenText(
          { id, with: { n: names.length, name } },
          language,
        );
      })
      .join(' ');
  }

  #getName({ person }: Move) {
    const name = getSpokenName(person, this.#session.voiceChannel);
    return name === '' ? [] : name;
  }

  /** Tests whether a person may be named: none who said no, is barred or left out, and nobody before the answers are read. */
  #mayTell(personId: PersonId) {
    const { consent } = this.#session;
    const mayName = consent.isLoaded && consent.getStanding(personId) !== 'no';
    return mayName && !consent.isLeftOut(personId);
  }
}
